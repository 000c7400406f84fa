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

/* Each statement takes the row or stream it is about, then the interval, then
 * the delivery. */
enum rc
gaps_change(struct db *db, int64_t stream_id, int64_t around_id,
    int64_t position, const struct ledger_change *change, struct err *err)
{
	enum statement s = STATEMENT_GAP_ADD;

	switch (change->op) {
	case LEDGER_RESIZE:
		s = STATEMENT_GAP_RESIZE;
		db_bind_int(db, s, 1, around_id);
		db_bind_int(db, s, 2, change->first);
		db_bind_int(db, s, 3, change->last);
		break;
	case LEDGER_FILL:
		s = STATEMENT_GAP_FILL;
		db_bind_int(db, s, 1, around_id);
		db_bind_int(db, s, 2, position);
		break;
	case LEDGER_REMOVE:
		s = STATEMENT_GAP_REMOVE;
		db_bind_int(db, s, 1, around_id);
		break;
	case LEDGER_ADD:
		s = STATEMENT_GAP_ADD;
		db_bind_int(db, s, 1, stream_id);
		db_bind_int(db, s, 2, change->first);
		db_bind_int(db, s, 3, change->last);
		db_bind_int(db, s, 4, change->state);
		db_bind_int(db, s, 5, position);
		break;
	case LEDGER_SPLIT:
		s = STATEMENT_GAP_SPLIT;
		db_bind_int(db, s, 1, around_id);
		db_bind_int(db, s, 2, change->first);
		db_bind_int(db, s, 3, change->last);
		break;
	case LEDGER_SPLIT_FILLED:
		s = STATEMENT_GAP_SPLIT_FILLED;
		db_bind_int(db, s, 1, around_id);
		db_bind_int(db, s, 2, change->first);
		db_bind_int(db, s, 3, change->last);
		db_bind_int(db, s, 4, position);
		break;
	case LEDGER_OPEN_UNOBSERVED:
		s = STATEMENT_GAP_OPEN_UNOBSERVED;
		db_bind_int(db, s, 1, stream_id);
		db_bind_int(db, s, 2, change->first);
		db_bind_int(db, s, 3, position);
		break;
	case LEDGER_CLEAR_BELOW:
		s = STATEMENT_GAP_CLEAR_BELOW;
		db_bind_int(db, s, 1, stream_id);
		db_bind_int(db, s, 2, change->first);
		break;
	case N_LEDGER_OPS:
		assert(false);
		break;
	}
	return db_run(db, s, err);
}
