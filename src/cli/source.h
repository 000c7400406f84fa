/*
 * source -- which journal the command line means.
 */
#ifndef CLI_SOURCE_H
#define CLI_SOURCE_H

#include "base/conf.h"
#include "base/err.h"
#include "cli/command.h"
#include "journal/journal.h"

struct source {
	const char *path;
	enum conf_mode mode;
	struct conf *conf;	/* NULL: --journal named it */
};

/*
 * source_find -- by --journal, else by the configuration.
 *
 * *source  set in any case, cleared with source_clear; path is borrowed from
 *          it or from call
 *
 * Codes as conf_load.
 */
enum rc source_find(struct source *source, const struct call *call,
    struct err *err);
void source_clear(struct source *source);

/*
 * source_find_tokens -- the configuration with its tokens, also where --journal
 * names another journal than it does.
 *
 * Codes as conf_load; *source as of source_find.
 */
enum rc source_find_tokens(struct source *source, const struct call *call,
    struct err *err);

/* source_open -- journal_open, to write to a journal that must be there. */
enum rc source_open(const struct source *source, int wait_ms,
    struct journal **journal, struct err *err);

#endif
