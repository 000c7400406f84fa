/*
 * command -- what the commands of syncjournal(1) have in common.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/err.h"
#include "journal/db.h"

enum status {
	STATUS_CLEAN = 0,
	STATUS_FINDINGS = 1,	/* the work was done, and something is wrong */
	STATUS_USAGE = 2,
	STATUS_FAILED = 3	/* the journal could not be read or written */
};

enum option_id {
	OPTION_CONFIG,
	OPTION_JOURNAL,
	OPTION_FORMAT,
	OPTION_ROWS,
	OPTION_RANGE,
	OPTION_REASON,
	OPTION_ACTOR,
	OPTION_CHECK,
	OPTION_HELP,
	OPTION_VERSION,
	N_OPTIONS
};
#define OPTION_BIT(id) (1U << (id))

/* The command line as it was given; all is borrowed from argv. */
struct call {
	/* The argument of each option, "" of one that takes none; NULL: not
	 * given. */
	const char *option[N_OPTIONS];
	char *const *word;	/* arguments after the command's name */
	int n_words;
};

struct command {
	const char *name;
	const char *what;	/* in one line, for the list of commands */
	const char *arguments;	/* as they follow the name in the usage */
	const char *more;	/* what --help adds: whole lines, or "" */
	const char *example;	/* what follows the name in one */
	unsigned options;	/* bits, besides those that all take */
	int least, most;	/* words */
	enum statement statement;	/* of a listing */
	/*
	 * run -- do it.
	 *
	 * *status  set only on RC_OK
	 *
	 * RC_USAGE  an option or argument is wrong: STATUS_USAGE. All other
	 *           codes are STATUS_FAILED. Nothing but results was printed.
	 */
	enum rc (*run)(const struct command *command, const struct call *call,
	    enum status *status, struct err *err);
};

#endif
