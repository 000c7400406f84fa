/*
 * compare -- the rows of a projection in two databases.
 */
#ifndef JOURNAL_COMPARE_H
#define JOURNAL_COMPARE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "journal/db.h"

/* Told of a row that differs, in one sentence. */
typedef void compare_differs(void *context, const char *sentence);

/*
 * compare_rows -- compare for about budget_us.
 *
 * statement  one of compare_*: ?1 is the id after which it begins; the first
 *            column is an id, rising; rows of the same id are one group
 * *after     where to begin, and then where to go on; INT64_MAX at the end
 *
 * A group that differs is told once.
 */
enum rc compare_rows(struct db *is, struct db *should, enum statement statement,
    int64_t *after, int64_t budget_us, compare_differs *differs,
    void *context, struct err *err);

/* compare_value -- "7", "'text'", "X'..'" or "nothing", for a sentence. */
void compare_value(struct buf *text, const struct db_value *value);

#endif
