#include "journal/gaps.h"
#include "journal/journal_parts.h"

/* What is known of a gap by its id. */
struct target {
	int64_t stream_id;
	struct ledger_gap gap;
};

static enum rc
find_gap(struct db *db, int64_t gap_id, struct target *target,
    struct err *err)
{
	const enum statement s = STATEMENT_GAP_BY_ID;
	enum rc rc;
	bool row;

	db_bind_int(db, s, 1, gap_id);
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK)
		return rc;
	if (!row)
		return err_set(err, RC_USAGE, "gap %lld: there is none with "
		    "this id; syncjournal gaps lists them", (long long)gap_id);
	target->stream_id = db_int(db, s, 0);
	target->gap.first = db_int(db, s, 1);
	target->gap.last = db_int(db, s, 2);
	target->gap.state = (enum gap_state)db_int(db, s, 3);
	db_done(db, s);
	return RC_OK;
}

/* Only what is missing, and was once expected, can be explained. */
static enum rc
check_target(int64_t gap_id, const struct target *target, int64_t *first,
    int64_t *last, struct err *err)
{
	const struct ledger_gap *gap = &target->gap;

	switch (gap->state) {
	case GAP_UNOBSERVED:
		return err_set(err, RC_USAGE, "gap %lld: is unobserved: what "
		    "came before the first event of a stream needs no "
		    "explanation", (long long)gap_id);
	case GAP_FILLED:
		return err_set(err, RC_USAGE, "gap %lld: is filled: nothing "
		    "is missing", (long long)gap_id);
	case GAP_OPEN:
	case GAP_EXPLAINED:
	case GAP_LOST:
	case N_GAP_STATES:
		break;
	}
	if (*first < 0) {
		*first = gap->first;
		*last = gap->last;
	}
	if (*first < gap->first || *last > gap->last || *first > *last)
		return err_set(err, RC_USAGE, "gap %lld: is %lld to %lld: "
		    "%lld to %lld does not lie within", (long long)gap_id,
		    (long long)gap->first, (long long)gap->last,
		    (long long)*first, (long long)*last);
	return RC_OK;
}

/* Store the action by what its numbers are of, since gap ids change with every
 * event; then let it take effect as a rebuild would. */
static enum rc
write_action(struct journal *journal, int64_t stream_id,
    struct gap_action *action, struct err *err)
{
	const enum statement from = STATEMENT_STREAM_BY_ID;
	const enum statement to = STATEMENT_GAP_ACTION_PUT;
	struct db *db = journal->db;
	enum rc rc;
	bool row;

	db_bind_int(db, from, 1, stream_id);
	rc = db_row(db, from, &row, err);
	if (rc == RC_OK && !row)
		rc = err_set(err, RC_STORE, "%s: stream %lld: is not there",
		    journal->path, (long long)stream_id);
	if (rc != RC_OK)
		return rc;
	action->kind = (enum stream_kind)db_int(db, from, 1);
	action->key = db_column(db, from, 2);
	action->account_sid = db_bytes(db, from, 3);
	action->service_sid = db_bytes(db, from, 4);
	action->base = action->kind == STREAM_DOCUMENT ?
	    (int)db_int(db, from, 5) : 10;
	db_bind_int(db, to, 1, action->position);
	db_bind_text(db, to, 2, action->account_sid);
	db_bind_text(db, to, 3, action->service_sid);
	db_bind_int(db, to, 4, action->kind);
	db_bind(db, to, 5, &action->key);
	db_bind_int(db, to, 6, action->first);
	db_bind_int(db, to, 7, action->last);
	db_bind_int(db, to, 8, (int64_t)action->state);
	db_bind_int(db, to, 9, action->base);
	rc = db_run(db, to, err);
	if (rc == RC_OK)
		rc = projector_close_gap(journal->projector, action, err);
	db_done(db, from);
	return rc;
}

/* Inside the transaction. */
static enum rc
close_gap(struct journal *journal, int64_t gap_id, const char *actor,
    const char *reason, struct gap_action *action, struct err *err)
{
	struct target target = { .stream_id = 0 };
	enum rc rc;

	rc = find_gap(journal->db, gap_id, &target, err);
	if (rc != RC_OK)
		return rc;
	rc = check_target(gap_id, &target, &action->first, &action->last, err);
	if (rc != RC_OK)
		return rc;
	rc = journal_put_action(journal, action->position,
	    action->state == GAP_LOST ? "gap_lost" : "gap_explained", actor,
	    reason, err);
	if (rc != RC_OK)
		return rc;
	return write_action(journal, target.stream_id, action, err);
}

enum rc
journal_close_gap(struct journal *journal, int64_t gap_id,
    enum gap_state state, int64_t first, int64_t last, const char *actor,
    const char *reason, int wait_ms, struct gap_closed *closed,
    struct err *err)
{
	struct gap_action action = { .state = state, .first = first,
	    .last = last };
	int64_t position;
	enum rc rc;

	rc = journal_begin(journal, wait_ms, &position, err);
	if (rc != RC_OK)
		return rc;
	action.position = position + 1;
	rc = close_gap(journal, gap_id, actor, reason, &action, err);
	rc = journal_finish(journal, rc, err);
	if (rc == RC_OK)
		*closed = (struct gap_closed){ .first = action.first,
		    .last = action.last, .position = action.position };
	return rc;
}
