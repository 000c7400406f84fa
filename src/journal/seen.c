#include "journal/seen.h"

/* Only documents have two roles: docs/design.md section 2. */
static bool
is_removal(enum event_type type)
{
	const struct event_rule *rule = event_rule(type);

	return rule->kind == STREAM_DOCUMENT && rule->life == LIFE_REMOVED;
}

static bool
is_type(int64_t code)
{
	return code > EVENT_UNKNOWN && code < N_EVENT_TYPES;
}

static enum ledger_seen
seen_by(const struct event *event, int64_t type, struct slice content)
{
	const struct slice own = { (const char *)event->content, DIGEST_SIZE };

	if (is_type(type) && is_removal((enum event_type)type) !=
	    is_removal(event->type))
		return LEDGER_OTHER_ROLE;
	return slice_compare(content, own) == 0 ? LEDGER_SAME_CONTENT :
	    LEDGER_OTHER_CONTENT;
}

enum rc
seen_find(struct db *events, int64_t stream_id, int64_t position,
    const struct event *event, enum ledger_seen *seen, struct err *err)
{
	const enum statement s = event->has_seq ? STATEMENT_EVENT_SEEN :
	    STATEMENT_EVENT_SEEN_LIFECYCLE;
	enum ledger_seen by;
	enum rc rc;
	bool row;

	*seen = LEDGER_UNSEEN;
	db_bind_int(events, s, 1, stream_id);
	db_bind_int(events, s, 2, event->has_seq ? event->seq :
	    (int64_t)event->type);
	db_bind_int(events, s, 3, position);
	/* The strongest that any of the rows says. */
	for (;;) {
		rc = db_row(events, s, &row, err);
		if (rc != RC_OK || !row)
			return rc;
		by = seen_by(event, db_int(events, s, 0),
		    db_bytes(events, s, 1));
		if (by > *seen)
			*seen = by;
		if (*seen == LEDGER_SAME_CONTENT)
			break;
	}
	db_done(events, s);
	return RC_OK;
}
