#include "journal/revisions.h"

#include <assert.h>

#include "twilio/number.h"

static const char *const verdict_names[N_REVISION_VERDICTS] = {
	[REVISION_NONE] = NULL,
	[REVISION_OK] = "ok",
	[REVISION_REGRESSED] = "regressed",
	[REVISION_UNREADABLE] = "unreadable",
};

const char *
revision_verdict_name(enum revision_verdict verdict)
{
	assert(verdict < N_REVISION_VERDICTS);
	return verdict_names[verdict];
}

/* What the event is compared with on one side. */
struct neighbour {
	bool found;
	int64_t revision;
};

static bool
fits(const struct neighbour *below, int64_t revision,
    const struct neighbour *above)
{
	return (!below->found || below->revision < revision) &&
	    (!above->found || revision < above->revision);
}

/* ------------------------------------------------------------------------
 * The collection's revision
 */

static enum rc
find_revision(struct db *events, enum statement statement, int64_t stream_id,
    int64_t seq, int64_t position, struct neighbour *neighbour,
    struct err *err)
{
	enum rc rc;

	db_bind_int(events, statement, 1, stream_id);
	db_bind_int(events, statement, 2, seq);
	db_bind_int(events, statement, 3, position);
	rc = db_row(events, statement, &neighbour->found, err);
	if (rc != RC_OK || !neighbour->found)
		return rc;
	neighbour->revision = db_int(events, statement, 0);
	db_done(events, statement);
	return RC_OK;
}

static enum rc
judge_collection(struct db *events, const struct stream *stream,
    int64_t position, const struct event *event, bool *ok, struct err *err)
{
	const struct ledger_stream *ledger = &stream->ledger;
	const bool is_beyond = !ledger->has_head || event->seq > ledger->head;
	struct neighbour below = { .found = false }, above = below;
	enum rc rc = RC_OK;

	if (is_beyond && stream->has_head_revision) {
		below.found = true;
		below.revision = stream->head_revision;
	} else if (ledger->has_head) {
		rc = find_revision(events, STATEMENT_REVISION_BELOW,
		    stream->id, event->seq, position, &below, err);
	}
	if (rc == RC_OK && !is_beyond)
		rc = find_revision(events, STATEMENT_REVISION_ABOVE,
		    stream->id, event->seq, position, &above, err);
	*ok = fits(&below, event->revision, &above);
	return rc;
}

/* ------------------------------------------------------------------------
 * The item's revision
 */

static bool
is_life(int64_t type, enum life life)
{
	return type > EVENT_UNKNOWN && type < N_EVENT_TYPES &&
	    event_rule((enum event_type)type)->life == life;
}

/* Walk from the event's number downwards, or upwards, within one life of the
 * item, to the next readable revision. */
static enum rc
find_item_revision(struct db *events, bool down, const struct stream *stream,
    struct slice item_text, int64_t position, const struct event *event,
    struct neighbour *neighbour, struct err *err)
{
	const enum statement s = down ? STATEMENT_ITEM_BELOW :
	    STATEMENT_ITEM_ABOVE;
	int64_t type;
	enum rc rc;
	bool row;

	db_bind_int(events, s, 1, stream->id);
	db_bind_text(events, s, 2, item_text);
	db_bind_int(events, s, 3, event->seq);
	db_bind_int(events, s, 4, position);
	for (;;) {
		rc = db_row(events, s, &row, err);
		if (rc != RC_OK || !row)
			return rc;
		type = db_int(events, s, 0);
		/* Another life. */
		if (is_life(type, down ? LIFE_ITEM_REMOVED : LIFE_ITEM_ADDED))
			break;
		neighbour->found = number_parse(db_bytes(events, s, 1),
		    stream->base, &neighbour->revision);
		if (neighbour->found ||
		    is_life(type, down ? LIFE_ITEM_ADDED : LIFE_ITEM_REMOVED))
			break;
	}
	db_done(events, s);
	return RC_OK;
}

static enum rc
judge_item(struct db *events, const struct stream *stream,
    const struct item *item, struct slice item_text, int64_t position,
    const struct event *event, bool *ok, struct err *err)
{
	const bool is_latest = !item->found || event->seq > item->seq;
	struct neighbour below = { .found = false }, above = below;
	enum rc rc = RC_OK;

	if (event->rule->life == LIFE_ITEM_ADDED || !item->found ||
	    (is_latest && item->removed)) {
		/* Nothing below belongs to this life. */
	} else if (is_latest && item->has_revision) {
		below.found = true;
		below.revision = item->revision;
	} else {
		rc = find_item_revision(events, true, stream, item_text,
		    position, event, &below, err);
	}
	if (rc == RC_OK && !is_latest &&
	    event->rule->life != LIFE_ITEM_REMOVED)
		rc = find_item_revision(events, false, stream, item_text,
		    position, event, &above, err);
	*ok = fits(&below, event->item_revision, &above);
	return rc;
}

/* ------------------------------------------------------------------------
 * Both
 */

enum rc
revisions_judge(struct db *events, const struct stream *stream,
    const struct item *item, struct slice item_text, int64_t position,
    const struct event *event, enum revision_verdict *verdict,
    struct err *err)
{
	const enum stream_kind kind = stream->ledger.kind;
	bool ok = true, item_ok = true;
	enum rc rc = RC_OK;

	*verdict = REVISION_NONE;
	if (kind != STREAM_LIST && kind != STREAM_MAP)
		return RC_OK;
	if (event->revision_unreadable) {
		*verdict = REVISION_UNREADABLE;
		return RC_OK;
	}
	if (!event->has_seq ||
	    (!event->has_revision && !event->has_item_revision))
		return RC_OK;
	if (event->has_revision)
		rc = judge_collection(events, stream, position, event, &ok,
		    err);
	if (rc == RC_OK && event->has_item_revision && item_text.p != NULL)
		rc = judge_item(events, stream, item, item_text, position,
		    event, &item_ok, err);
	*verdict = ok && item_ok ? REVISION_OK : REVISION_REGRESSED;
	return rc;
}
