/*
 * check -- whether the projections are what follows from the record.
 *
 * Nothing is written, no lock is taken, and no read transaction is held for
 * long: a journal that is being appended to can be checked. What
 * is recomputed lies in a database of its own in the temporary directory;
 * events are compared one by one, and not kept.
 */
#ifndef JOURNAL_CHECK_H
#define JOURNAL_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct check_report {
	int64_t deliveries;	/* that were recomputed */
	int64_t differences;	/* rows that are not as they should be */
};

struct check_calls {
	/* A row that differs, in one sentence; called for the first
	 * CHECK_TOLD_MAX only. */
	void (*differs)(void *context, const char *sentence);
	/* How far it is: position, of last. Now and then; may be NULL. */
	void (*progress)(void *context, int64_t position, int64_t last);
	void *context;
};
#define CHECK_TOLD_MAX 20

/*
 * check_run -- compare every row of every projection of a journal.
 *
 * *report  set only on RC_OK
 *
 * RC_BUSY   a rebuild, or a recomputation after a change of base, is under
 *           way, or began meanwhile: try again when it is done
 * Other codes as reader_open and db_row.
 */
enum rc check_run(const char *path, const struct check_calls *calls,
    struct check_report *report, struct err *err);

#endif
