/*
 * err -- result codes and error messages.
 *
 * Every function that can fail returns an enum rc and takes a struct err as
 * its last argument. The callee writes the message (the input's name, then
 * the rule); only main() and the request loop log it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/* Longest message with its NUL: two paths of PATH_MAX do not fit, and are
 * cut; a message is for a person, not for a program. */
#define ERR_TEXT_SIZE 1024

enum rc {
	RC_OK = 0,
	RC_USAGE,	/* the command line is wrong */
	RC_CONFIG,	/* the configuration is wrong; nothing was changed */
	RC_MEMORY,	/* no memory */
	RC_SYSTEM,	/* a system call failed */
	RC_LIMIT,	/* an input is larger than its bound */
	RC_SYNTAX,	/* an input is not in its grammar */
	RC_DENIED,	/* a signature does not fit, or access is refused */
	RC_BUSY,	/* somebody else held a lock for the whole wait */
	RC_FULL,	/* the disk, or a quota, is full */
	RC_SYNC,	/* a write or sync failed: this process must end */
	RC_STORE,	/* any other failure of the database */
	RC_FOREIGN,	/* the file is not a journal of ours */
	RC_NEWER,	/* the journal is newer than this program */
	N_RC
};

struct err {
	char text[ERR_TEXT_SIZE];	/* NUL-terminated; may hold any bytes */
};

/*
 * err_set -- write a message.
 *
 * err   may be NULL: the message is dropped
 * rc    returned as it is, so that a caller can write return err_set(...)
 * fmt   printf; a message that does not fit is cut
 */
enum rc err_set(struct err *err, enum rc rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * err_prefix -- put "what: " before the message that is there.
 */
void err_prefix(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
