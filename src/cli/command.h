/*
 * command -- what the commands of syncjournal(1) have in common.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdint.h>

#include "base/err.h"

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
	OPTION_SORT,
	OPTION_REVERSE,
	OPTION_SINCE,
	OPTION_UNTIL,
	OPTION_SERVICE,
	OPTION_KIND,
	OPTION_TYPE,
	OPTION_IDENTITY,
	OPTION_VERDICT,
	OPTION_STATE,
	OPTION_SEVERITY,
	OPTION_FOLLOW,
	OPTION_FROM,
	OPTION_CURSOR,
	OPTION_REV,
	OPTION_AT,
	OPTION_ITEM,
	OPTION_RAW,
	OPTION_PARTIAL,
	OPTION_GRACE,
	OPTION_QUIET,
	OPTION_NAGIOS,
	OPTION_OUTPUT,
	OPTION_MANIFEST,
	OPTION_SECONDS,
	OPTION_RANGE,
	OPTION_REASON,
	OPTION_ACTOR,
	OPTION_CHECK,
	OPTION_SIGNATURE,
	OPTION_CONTENT_TYPE,
	OPTION_BODY,
	OPTION_ALL,
	OPTION_URL,
	OPTION_TOKEN_FILE,
	OPTION_ACCOUNT,
	OPTION_DIRECTORY,
	OPTION_SERVER,
	OPTION_PROGRAM,
	OPTION_ROOT,
	OPTION_NO_DELIVERIES,
	OPTION_HELP,
	OPTION_VERSION,
	N_OPTIONS
};
#define OPTION_BIT(id) (UINT64_C(1) << (id))

/* The command line as it was given; all is borrowed from argv. */
struct call {
	/* The argument of each option, "" of one that takes none; NULL: not
	 * given. */
	const char *option[N_OPTIONS];
	char *const *word;	/* arguments after the command's name */
	int n_words;
};

/* In the order of the list of commands in --help. */
enum command_group {
	GROUP_PAST,	/* what happened to one object */
	GROUP_LISTING,
	GROUP_AUDIT,
	GROUP_DATA,	/* for other programs */
	GROUP_WORK,	/* writes to the journal */
	N_COMMAND_GROUPS
};

struct command {
	const char *name;
	enum command_group group;
	const char *what;	/* in one line, for the list of commands */
	const char *arguments;	/* as they follow the name in the usage */
	const char *more;	/* what --help adds: whole lines, or "" */
	const char *example;	/* what follows the name in one */
	uint64_t options;	/* bits, besides those that all take */
	int least, most;	/* words */
	const void *own;	/* what only run understands, or NULL */
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
