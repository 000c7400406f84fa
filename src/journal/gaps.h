/*
 * gaps -- the missing intervals of a stream, as they are stored.
 */
#ifndef JOURNAL_GAPS_H
#define JOURNAL_GAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/db.h"
#include "journal/ledger.h"

/* The interval around a number, if there is one. */
struct around {
	bool found;
	int64_t id;
	struct ledger_gap gap;
};

/* gaps_around -- find the missing interval that holds a number. */
enum rc gaps_around(struct db *db, int64_t stream_id, int64_t seq,
    struct around *around, struct err *err);

/*
 * gaps_change -- carry out one change that the ledger asks for.
 *
 * around_id  of the interval around the number, as it was before the first
 *            change; 0 if there was none
 * position   of the delivery that causes it
 */
enum rc gaps_change(struct db *db, int64_t stream_id, int64_t around_id,
    int64_t position, const struct ledger_change *change, struct err *err);

#endif
