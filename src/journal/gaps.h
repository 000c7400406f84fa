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

/* Whose changes they are: of a delivery or an action. */
struct gaps_by {
	int64_t position;	/* its own */
	int base;		/* that the numbers are read in */
	int n_new;		/* rows that it has made so far: begin with 0 */
};

/*
 * gaps_change -- carry out one change that the ledger asks for.
 *
 * around_id  of the interval around the number, as it was before the first
 *            change; 0 if there was none
 */
enum rc gaps_change(struct db *db, int64_t stream_id, int64_t around_id,
    struct gaps_by *by, const struct ledger_change *change, struct err *err);

/* What an operator says of missing numbers, as the record has it. */
struct gap_action {
	int64_t position;	/* of the action */
	struct slice account_sid;
	struct slice service_sid;
	enum stream_kind kind;
	struct db_value key;	/* of the stream: text or blob */
	int64_t first, last;	/* the numbers */
	enum gap_state state;	/* GAP_EXPLAINED or GAP_LOST */
	int base;		/* the numbers are meant in; lists and maps: 10 */
};

/*
 * gaps_close -- give the numbers first to last this state, as far as they lie
 * in the interval around first, and that is not unobserved.
 *
 * by  the action
 */
enum rc gaps_close(struct db *db, int64_t stream_id, struct gaps_by *by,
    int64_t first, int64_t last, enum gap_state state, struct err *err);

#endif
