/*
 * walk -- the record once more, in the order of positions, into a projector.
 */
#ifndef JOURNAL_WALK_H
#define JOURNAL_WALK_H

#include <stdint.h>

#include "base/err.h"
#include "journal/db.h"
#include "journal/project.h"

struct walk;

/*
 * walk_new -- borrows all until walk_free (NULL is accepted).
 *
 * statement  with the columns position, received_us, content_type, body from
 *            column at on, and the parameters ?1 (after) and ?2 (up to)
 */
enum rc walk_new(struct walk **walk, struct db *record,
    struct projector *projector, enum statement statement, int at,
    struct err *err);
void walk_free(struct walk *walk);

/*
 * walk_some -- go on from a position, for about budget_us.
 *
 * *position  projected up to here, before and after; last when all of it is
 * *n         deliveries that were projected are added
 *
 * The record must be as one transaction sees it; the statement holds one
 * itself while it runs.
 */
enum rc walk_some(struct walk *walk, int64_t *position, int64_t last,
    int64_t budget_us, int64_t *n, struct err *err);

#endif
