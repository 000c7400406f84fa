/*
 * setup -- the configuration in use, what was made ready from it, and its
 * journal.
 */
#ifndef RESPONDER_SETUP_H
#define RESPONDER_SETUP_H

#include <stdbool.h>

#include "base/conf.h"
#include "base/err.h"
#include "journal/journal.h"
#include "responder/receive.h"

struct setup {
	const char *file;	/* of --config, or NULL */
	char *const *envp;
	bool resident;		/* a responder that stays */
	bool confined;		/* CGI: to be, before the journal is opened */
	struct conf *conf;
	struct receiver *receiver;
	struct journal *journal;	/* NULL: not open */
};

/*
 * setup_load -- find and read the configuration.
 *
 * setup   file, envp and resident are set, the rest is NULL; the strings are
 *         borrowed until setup_close
 *
 * The tokens are wiped, once the keys are made of them.
 *
 * Codes of conf_load and receiver_new; nothing is set then.
 */
enum rc setup_load(struct setup *setup, struct err *err);

/* setup_open -- open the journal; codes of journal_open. */
enum rc setup_open(struct setup *setup, int wait_ms, struct err *err);

/*
 * setup_record -- write into the journal that the program starts, and the
 * settings that it starts with.
 */
enum rc setup_record(struct setup *setup, const char *kind, int wait_ms,
    struct err *err);

/*
 * setup_reload -- take a new configuration over whole, or keep the old one.
 *
 * The journal is opened anew when the path leads to another file, in a
 * directory that is still within reach (responder/confine.h); its mode counts
 * only when it is created. Rejects that wait are written to the old
 * one. No receipt may be in use.
 *
 * On any other code than RC_OK all is as before.
 */
enum rc setup_reload(struct setup *setup, int wait_ms, struct err *err);

/* setup_close -- free everything; rejects that wait are dropped. */
void setup_close(struct setup *setup);

#endif
