/*
 * follow -- wait until a journal has news, beside whoever writes to it.
 *
 * Between two looks no transaction is open, so the writer's checkpoints are not
 * held up. A look costs some microseconds when nothing was written.
 */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/db.h"
#include "journal/file.h"

struct follow {
	const char *path;	/* of the journal; borrowed */
	struct file_id id;
	int64_t version;	/* of the data, at the last look */
	int failures;		/* that might have passed, since it was read */
};

/*
 * follow_begin -- from now on SIGINT and SIGTERM do not end the program, but
 * what waits (unless they are ignored), and changes are noticed. For the rest
 * of the process.
 *
 * RC_BUSY, RC_STORE, RC_SYSTEM
 */
enum rc follow_begin(struct follow *follow, const char *path, struct db *db,
    struct err *err);

/* follow_is_stopped -- whether such a signal came. */
bool follow_is_stopped(void);

/*
 * follow_wait -- until something was written since the last look or
 * follow_begin, or the time has come.
 *
 * fd        what is printed to
 * until_us  the time, of clock_mono_us; INT64_MAX: none
 * *over     set on RC_OK: a signal came, or nobody reads fd any more
 *
 * RC_FOREIGN  the path leads to another file, or to none: what is written now
 *             is not seen
 * RC_BUSY, RC_STORE  as of db_number; see follow_may_pass
 */
enum rc follow_wait(struct follow *follow, struct db *db, int fd,
    int64_t until_us, bool *over, struct err *err);

/*
 * follow_may_pass -- whether a failure of reading may be over soon: others hold
 * locks, or a transaction was cut off and is undone when the responder is
 * started again. The next follow_wait returns as if there were news, after a
 * moment. RC_OK, which is none, is to be told as well.
 *
 * Some others are tried again a few times: with a rollback journal, who only
 * reads takes a transaction that begins in that very moment for one that was
 * cut off (SQLITE_READONLY_ROLLBACK).
 */
bool follow_may_pass(struct follow *follow, enum rc rc);

#endif
