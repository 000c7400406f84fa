#include "journal/gaps.h"

#include <assert.h>

enum rc
gaps_around(struct db *db, int64_t stream_id, int64_t seq,
    struct around *around, struct err *err)
{
	const enum statement s = STATEMENT_GAP_AROUND;
	enum rc rc;
	bool row;

	around->found = false;
	db_bind_int(db, s, 1, stream_id);
	db_bind_int(db, s, 2, seq);
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	around->id = db_int(db, s, 0);
	around->gap.first = db_int(db, s, 1);
	around->gap.last = db_int(db, s, 2);
	around->gap.state = (enum gap_state)db_int(db, s, 3);
	around->found = seq <= around->gap.last;
	db_done(db, s);
	return RC_OK;
}

/*
 * Ids are made of positions: a delivery or action makes at most so many rows in
 * a base (ledger.h, LEDGER_CHANGES_MAX). When the base changes, the ids do: an
 * operator who closes a gap that he saw in the old one must not close another.
 */
#define IDS_A_BASE 8

static int64_t
new_id(struct gaps_by *by)
{
	const int first = by->base == 16 ? IDS_A_BASE : 0;

	assert(by->n_new < IDS_A_BASE);
	return by->position * 2 * IDS_A_BASE + first + by->n_new++;
}

static enum rc
resize(struct db *db, int64_t id, int64_t first, int64_t last,
    struct err *err)
{
	const enum statement s = STATEMENT_GAP_RESIZE;

	db_bind_int(db, s, 1, id);
	db_bind_int(db, s, 2, first);
	db_bind_int(db, s, 3, last);
	return db_run(db, s, err);
}

static enum rc
close_whole(struct db *db, int64_t id, enum gap_state state,
    const struct gaps_by *by, struct err *err)
{
	const enum statement s = STATEMENT_GAP_CLOSE;

	db_bind_int(db, s, 1, id);
	db_bind_int(db, s, 2, (int64_t)state);
	db_bind_int(db, s, 3, by->position);
	return db_run(db, s, err);
}

/* A piece of another row, that stays as that one is. */
static enum rc
split(struct db *db, int64_t id, int64_t first, int64_t last,
    struct gaps_by *by, struct err *err)
{
	const enum statement s = STATEMENT_GAP_SPLIT;

	db_bind_int(db, s, 1, new_id(by));
	db_bind_int(db, s, 2, id);
	db_bind_int(db, s, 3, first);
	db_bind_int(db, s, 4, last);
	return db_run(db, s, err);
}

static enum rc
split_closed(struct db *db, int64_t id, int64_t first, int64_t last,
    enum gap_state state, struct gaps_by *by, struct err *err)
{
	const enum statement s = STATEMENT_GAP_SPLIT_CLOSED;

	db_bind_int(db, s, 1, new_id(by));
	db_bind_int(db, s, 2, id);
	db_bind_int(db, s, 3, first);
	db_bind_int(db, s, 4, last);
	db_bind_int(db, s, 5, (int64_t)state);
	db_bind_int(db, s, 6, by->position);
	return db_run(db, s, err);
}

static enum rc
add(struct db *db, int64_t stream_id, const struct ledger_change *change,
    struct gaps_by *by, struct err *err)
{
	const enum statement s = STATEMENT_GAP_ADD;

	db_bind_int(db, s, 1, new_id(by));
	db_bind_int(db, s, 2, stream_id);
	db_bind_int(db, s, 3, change->first);
	db_bind_int(db, s, 4, change->last);
	db_bind_int(db, s, 5, (int64_t)change->state);
	db_bind_int(db, s, 6, by->position);
	return db_run(db, s, err);
}

enum rc
gaps_change(struct db *db, int64_t stream_id, int64_t around_id,
    struct gaps_by *by, const struct ledger_change *change, struct err *err)
{
	enum rc rc = RC_OK;

	switch (change->op) {
	case LEDGER_RESIZE:
		rc = resize(db, around_id, change->first, change->last, err);
		break;
	case LEDGER_FILL:
		rc = close_whole(db, around_id, GAP_FILLED, by, err);
		break;
	case LEDGER_REMOVE:
		db_bind_int(db, STATEMENT_GAP_REMOVE, 1, around_id);
		rc = db_run(db, STATEMENT_GAP_REMOVE, err);
		break;
	case LEDGER_ADD:
		rc = add(db, stream_id, change, by, err);
		break;
	case LEDGER_SPLIT:
		rc = split(db, around_id, change->first, change->last, by,
		    err);
		break;
	case LEDGER_SPLIT_FILLED:
		rc = split_closed(db, around_id, change->first, change->last,
		    GAP_FILLED, by, err);
		break;
	case LEDGER_OPEN_UNOBSERVED:
		db_bind_int(db, STATEMENT_GAP_OPEN_UNOBSERVED, 1, stream_id);
		db_bind_int(db, STATEMENT_GAP_OPEN_UNOBSERVED, 2,
		    change->first);
		db_bind_int(db, STATEMENT_GAP_OPEN_UNOBSERVED, 3,
		    by->position);
		rc = db_run(db, STATEMENT_GAP_OPEN_UNOBSERVED, err);
		break;
	case LEDGER_CLEAR_BELOW:
		db_bind_int(db, STATEMENT_GAP_CLEAR_BELOW, 1, stream_id);
		db_bind_int(db, STATEMENT_GAP_CLEAR_BELOW, 2, change->first);
		rc = db_run(db, STATEMENT_GAP_CLEAR_BELOW, err);
		break;
	case N_LEDGER_OPS:
		assert(false);
		break;
	}
	return rc;
}

/* Close the piece first to last of an interval that is larger. */
static enum rc
close_piece(struct db *db, const struct around *around, struct gaps_by *by,
    int64_t first, int64_t last, enum gap_state state, struct err *err)
{
	const struct ledger_gap *gap = &around->gap;
	enum rc rc;

	rc = split_closed(db, around->id, first, last, state, by, err);
	if (rc != RC_OK)
		return rc;
	if (first == gap->first)
		return resize(db, around->id, last + 1, gap->last, err);
	if (last < gap->last)
		rc = split(db, around->id, last + 1, gap->last, by, err);
	if (rc == RC_OK)
		rc = resize(db, around->id, gap->first, first - 1, err);
	return rc;
}

enum rc
gaps_close(struct db *db, int64_t stream_id, struct gaps_by *by,
    int64_t first, int64_t last, enum gap_state state, struct err *err)
{
	struct around around;
	enum rc rc;

	rc = gaps_around(db, stream_id, first, &around, err);
	if (rc != RC_OK || !around.found ||
	    around.gap.state == GAP_UNOBSERVED)
		return rc;
	if (last > around.gap.last)
		last = around.gap.last;
	if (first == around.gap.first && last == around.gap.last)
		return close_whole(db, around.id, state, by, err);
	return close_piece(db, &around, by, first, last, state, err);
}
