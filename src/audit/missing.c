#include "audit/missing.h"

#include "audit/version.h"

/* Columns of missing_up and missing_down. */
enum column {
	COLUMN_GAP_ID,
	COLUMN_FIRST,
	COLUMN_LAST,
	COLUMN_STATE,
	COLUMN_SILENT,
	COLUMN_AFTER,
	COLUMN_BEFORE,
	COLUMN_OPENED,
	COLUMN_CLOSED,
	COLUMN_ACTOR,
	COLUMN_REASON,
};

static enum gap_state
state_of(struct slice name)
{
	int i;

	for (i = GAP_UNOBSERVED; i < N_GAP_STATES; i++) {
		if (slice_is(name, gap_state_name((enum gap_state)i)))
			break;
	}
	return (enum gap_state)i;
}

static struct missing
of_row(struct db *db, enum statement s)
{
	return (struct missing){
		.gap_id = db_int(db, s, COLUMN_GAP_ID),
		.first = db_int(db, s, COLUMN_FIRST),
		.last = db_int(db, s, COLUMN_LAST),
		.state = state_of(db_bytes(db, s, COLUMN_STATE)),
		.is_likely_silent = db_int(db, s, COLUMN_SILENT) != 0,
		.after_at = db_bytes(db, s, COLUMN_AFTER),
		.before_at = db_bytes(db, s, COLUMN_BEFORE),
		.opened_at = db_bytes(db, s, COLUMN_OPENED),
		.closed_at = db_bytes(db, s, COLUMN_CLOSED),
		.actor = db_bytes(db, s, COLUMN_ACTOR),
		.reason = db_bytes(db, s, COLUMN_REASON),
	};
}

static void
bind(struct db *db, enum statement s, const struct subject *subject,
    int64_t first, int64_t last)
{
	db_bind_text(db, s, 1, subject->stream_key);
	db_bind_text(db, s, 2, slice_of(stream_kind_name(subject->kind)));
	db_bind_text(db, s, 3, subject->service_sid);
	db_bind_int(db, s, 4, first);
	db_bind_int(db, s, 5, last);
}

/* starts_at_zero -- whether 1 is unobserved: then 0 is as much missing, in an
 * interval of its own. */
static enum rc
starts_at_zero(struct missing_reading *reading, struct err *err)
{
	const enum statement s = STATEMENT_MISSING_UP;
	bool row = false;
	enum rc rc;

	reading->from_zero = false;
	bind(reading->db, s, reading->subject, 1, 1);
	rc = db_row(reading->db, s, &row, err);
	if (rc == RC_OK && row) {
		reading->from_zero = state_of(db_bytes(reading->db, s,
		    COLUMN_STATE)) == GAP_UNOBSERVED;
		db_done(reading->db, s);
	}
	return rc;
}

static enum statement
statement_of(const struct missing_reading *reading)
{
	return reading->backwards ? STATEMENT_MISSING_DOWN :
	    STATEMENT_MISSING_UP;
}

enum rc
missing_begin(struct missing_reading *reading, struct db *db,
    const struct subject *subject, int64_t first, int64_t last, bool backwards,
    struct err *err)
{
	enum rc rc = RC_OK;

	*reading = (struct missing_reading){ .db = db, .subject = subject,
	    .backwards = backwards };
	if (!stream_kind_contiguous(subject->kind) || first > last)
		return RC_OK;
	if (first <= 1 && subject->kind != STREAM_DOCUMENT)
		rc = starts_at_zero(reading, err);
	if (rc != RC_OK)
		return rc;
	bind(db, statement_of(reading), subject, first, last);
	reading->is_open = true;
	return RC_OK;
}

enum rc
missing_next(struct missing_reading *reading, struct missing *missing,
    bool *row, struct err *err)
{
	const enum statement s = statement_of(reading);
	enum rc rc;

	for (;;) {
		*row = false;
		if (!reading->is_open)
			return RC_OK;
		rc = db_row(reading->db, s, row, err);
		if (rc != RC_OK || !*row) {
			reading->is_open = false;
			return rc;
		}
		*missing = of_row(reading->db, s);
		if (reading->subject->kind == STREAM_DOCUMENT ||
		    missing->state != GAP_UNOBSERVED)
			return RC_OK;
		if (missing->first == 1 && reading->from_zero)
			missing->first = 0;
		/* 0 stands for itself only where 1 is not unobserved: there
		 * it is not missing. */
		if (missing->last > 0)
			return RC_OK;
	}
}

void
missing_end(struct missing_reading *reading)
{
	if (reading->is_open)
		db_done(reading->db, statement_of(reading));
	reading->is_open = false;
}

static void
add_word(struct buf *out, const char *before, struct slice text)
{
	if (text.p == NULL)
		return;
	buf_add_text(out, before);
	version_value(out, text);
}

static void
add_state(struct buf *out, const struct missing *missing)
{
	switch (missing->state) {
	case GAP_UNOBSERVED:
		buf_add_text(out, " unobserved: from before the first that "
		    "the journal has");
		break;
	case GAP_OPEN:
		buf_add_text(out, " missing");
		add_word(out, " since ", missing->opened_at);
		if (missing->is_likely_silent)
			buf_add_text(out, " (likely written through REST, "
			    "without webhooks)");
		break;
	case GAP_EXPLAINED:
	case GAP_LOST:
		buf_add_text(out, missing->state == GAP_LOST ?
		    " missing, given up" : " missing, explained");
		add_word(out, " by ", missing->actor);
		add_word(out, " at ", missing->closed_at);
		add_word(out, ": ", missing->reason);
		break;
	case GAP_FILLED:
	case N_GAP_STATES:
		break;
	}
}

void
missing_words(struct buf *out, enum stream_kind kind,
    const struct missing *missing)
{
	const bool several = missing->last > missing->first;

	buf_add_text(out, kind == STREAM_DOCUMENT ? "revision" : "EventId");
	if (several)
		buf_printf(out, "s %lld to %lld are",
		    (long long)missing->first, (long long)missing->last);
	else
		buf_printf(out, " %lld is", (long long)missing->first);
	add_state(out, missing);
	if (missing->after_at.p == NULL && missing->before_at.p == NULL)
		return;
	buf_add_text(out, "; written");
	if (missing->after_at.p != NULL && missing->before_at.p != NULL) {
		add_word(out, " between ", missing->after_at);
		add_word(out, " and ", missing->before_at);
		return;
	}
	add_word(out, " after ", missing->after_at);
	add_word(out, " before ", missing->before_at);
}
