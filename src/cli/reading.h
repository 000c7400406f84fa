/*
 * reading -- a journal that a command reads, beside whoever writes to it.
 *
 * While a read transaction is open the WAL cannot be begun anew, so it is never
 * open for longer than a second: a command that has more to read does it in
 * slices, each a transaction of its own, and prints between them.
 */
#ifndef CLI_READING_H
#define CLI_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/source.h"
#include "journal/db.h"

struct reading {
	struct source source;
	struct db *db;
	bool file_only;	/* as of reader_open */
	int limit_ms;	/* of a transaction; 0: none */
	int64_t begun_us;
	struct progress progress;
};

/* A read transaction's limit, unless --seconds allows more. */
#define READING_LIMIT_MS 1000

/*
 * reading_open -- open the journal that the command line means.
 *
 * *reading  set in any case, cleared with reading_close
 *
 * When what lies in the WAL cannot be seen, says so on standard error. Codes as
 * source_find and reader_open; RC_USAGE when --seconds is no number of seconds.
 */
enum rc reading_open(struct reading *reading, const struct call *call,
    struct err *err);
void reading_close(struct reading *reading);

/* reading_start, reading_stop -- from here to there statements may take limit_ms,
 * and a person is told of those that take more than a second. For what has a
 * transaction of its own; reading_begin and reading_end do it too. */
void reading_start(struct reading *reading);
void reading_stop(struct reading *reading);

/*
 * reading_begin -- from here to reading_end all that is read is of one state of
 * the journal. Its statements together may take limit_ms: what takes longer
 * ends with RC_LIMIT.
 */
enum rc reading_begin(struct reading *reading, struct err *err);

/* reading_end -- also after a failure, and when nothing was begun. */
void reading_end(struct reading *reading);

/*
 * reading_explain -- make a failure's message one for a person: when the journal
 * is older than this program, it says how it is brought up; when a transaction
 * was longer than it may, what can be done. Returns rc.
 */
enum rc reading_explain(struct reading *reading, enum rc rc,
    struct err *err);

#endif
