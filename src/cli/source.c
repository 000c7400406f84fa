#include "cli/source.h"

#include <stddef.h>
#include <stdlib.h>

extern char **environ;

enum rc
source_find(struct source *source, const struct call *call, struct err *err)
{
	enum rc rc;

	source->conf = NULL;
	source->path = call->option[OPTION_JOURNAL];
	source->mode = CONF_MODE_AUTO;
	if (source->path != NULL)
		return RC_OK;
	rc = conf_load(&source->conf, call->option[OPTION_CONFIG], environ,
	    CONF_NEED_JOURNAL, err);
	if (rc != RC_OK)
		return rc;
	source->path = source->conf->journal_path;
	source->mode = source->conf->journal_mode;
	return RC_OK;
}

enum rc
source_find_tokens(struct source *source, const struct call *call,
    struct err *err)
{
	const char *journal = call->option[OPTION_JOURNAL];
	enum rc rc;

	*source = (struct source){ .mode = CONF_MODE_AUTO };
	/* What the configuration lacks. */
	if (journal != NULL && setenv("SYNCJOURNAL_JOURNAL", journal, 1) != 0)
		return err_set(err, RC_MEMORY, "no memory for a path");
	rc = conf_load(&source->conf, call->option[OPTION_CONFIG], environ,
	    CONF_NEED_TOKENS, err);
	if (rc != RC_OK)
		return rc;
	source->path = journal != NULL ? journal :
	    source->conf->journal_path;
	source->mode = source->conf->journal_mode;
	return RC_OK;
}

void
source_clear(struct source *source)
{
	conf_free(source->conf);
	source->conf = NULL;
	source->path = NULL;
}

enum rc
source_open(const struct source *source, int wait_ms,
    struct journal **journal, struct err *err)
{
	const struct journal_options options = {
		.path = source->path,
		.mode = source->mode,
		.existing = true,
	};

	return journal_open(journal, &options, wait_ms, err);
}
