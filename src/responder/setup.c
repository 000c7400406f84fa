#include "responder/setup.h"

#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "responder/confine.h"

enum rc
setup_load(struct setup *setup, struct err *err)
{
	struct conf *conf;
	enum rc rc;

	rc = conf_load(&conf, setup->file, setup->envp, CONF_NEED_TOKENS, err);
	if (rc != RC_OK)
		return rc;
	rc = receiver_new(&setup->receiver, conf, err);
	if (rc != RC_OK) {
		conf_free(conf);
		return rc;
	}
	conf_forget(conf);
	setup->conf = conf;
	return RC_OK;
}

/* tell_mode -- if the configuration asks for another one than the journal has:
 * others may have it open, and count on it. */
static void
tell_mode(const struct setup *setup)
{
	static const char *const asked[N_CONF_MODES] = {
		[CONF_MODE_WAL] = "wal",
		[CONF_MODE_TRUNCATE] = "truncate",
	};
	const char *const wanted = asked[setup->conf->journal_mode];
	const char *const mode = journal_mode(setup->journal);

	if (wanted != NULL && strcmp(wanted, mode) != 0)
		log_line(LOG_WARNING, 0, "%s: is written in mode %s, as it was "
		    "made; mode = %s in the configuration is not followed: "
		    "take it out, or begin another journal and merge this "
		    "one into it", journal_path(setup->journal), mode, wanted);
}

enum rc
setup_open(struct setup *setup, int wait_ms, struct err *err)
{
	const struct journal_options options = {
		.path = setup->conf->journal_path,
		.mode = setup->conf->journal_mode,
		.resident = setup->resident,
		.brief = !setup->resident,
	};
	enum rc rc;

	rc = journal_open(&setup->journal, &options, wait_ms, err);
	if (rc == RC_OK)
		tell_mode(setup);
	return rc;
}

enum rc
setup_record(struct setup *setup, const char *kind, int wait_ms,
    struct err *err)
{
	enum rc rc;

	rc = journal_settings(setup->journal, setup->conf, wait_ms, err);
	if (rc != RC_OK)
		return rc;
	return journal_act(setup->journal, kind, NULL, setup->conf->file,
	    wait_ms, err);
}

/*
 * same_journal -- whether the new configuration's journal is the one that is
 * open. By what the path leads to, not by its text: a file that is open twice
 * in one process loses its locks when one of the two is closed.
 */
static bool
same_journal(const struct setup *old, const struct setup *new)
{
	const char *old_path = journal_path(old->journal);
	struct stat a;
	struct stat b;

	if (strcmp(old_path, new->conf->journal_path) == 0)
		return true;
	return stat(old_path, &a) == 0 &&
	    stat(new->conf->journal_path, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* leave -- write what waits to a journal that is no longer used, if that can
 * be: it may be why another one is. */
static void
leave(struct journal *journal, int wait_ms)
{
	struct err err;
	enum rc rc = RC_OK;

	if (journal_pending(journal))
		rc = journal_flush(journal, wait_ms, &err);
	if (rc == RC_OK)
		rc = journal_act(journal, "stop", NULL, "the configuration "
		    "names another journal", wait_ms, &err);
	if (rc != RC_OK)
		log_line(LOG_WARNING, 0, "the old journal does not say that "
		    "it is left: %s", err.text);
}

/* move -- let the new configuration have its journal. */
static enum rc
move(struct setup *old, struct setup *new, int wait_ms, struct err *err)
{
	enum rc rc;

	if (old->journal != NULL && same_journal(old, new)) {
		rc = journal_settings(old->journal, new->conf, wait_ms, err);
		if (rc == RC_OK) {
			new->journal = old->journal;
			old->journal = NULL;
		}
		return rc;
	}
	rc = confine_admits(new->conf->journal_path, err);
	if (rc == RC_OK)
		rc = setup_open(new, wait_ms, err);
	if (rc == RC_OK)
		rc = setup_record(new, "start", wait_ms, err);
	if (rc == RC_OK && old->journal != NULL)
		leave(old->journal, wait_ms);
	return rc;
}

enum rc
setup_reload(struct setup *setup, int wait_ms, struct err *err)
{
	struct setup new = {
		.file = setup->file,
		.envp = setup->envp,
		.resident = setup->resident,
	};
	enum rc rc;

	rc = setup_load(&new, err);
	if (rc == RC_OK)
		rc = move(setup, &new, wait_ms, err);
	if (rc != RC_OK) {
		setup_close(&new);
		return rc;
	}
	setup_close(setup);
	*setup = new;
	return RC_OK;
}

void
setup_close(struct setup *setup)
{
	journal_close(setup->journal);
	receiver_free(setup->receiver);
	conf_free(setup->conf);
	setup->journal = NULL;
	setup->receiver = NULL;
	setup->conf = NULL;
}
