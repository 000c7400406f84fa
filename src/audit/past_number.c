#include <stdint.h>

#include "audit/past_parts.h"

/* What this number is, when the journal does not have it. */
static enum rc
tell_never(struct ask *ask, int64_t number, struct err *err)
{
	const enum stream_kind kind = ask->about->subject->kind;
	struct buf *why = &ask->state->why;
	struct missing_reading reading;
	struct missing missing;
	bool row = false;
	enum rc rc;

	version_title(why, ask->about->subject);
	buf_add_text(why, ": the journal never had ");
	version_number_words(why, kind, number);
	buf_add_char(why, '\n');
	rc = missing_begin(&reading, ask->db, ask->about->subject, number,
	    number, false, err);
	if (rc == RC_OK)
		rc = missing_next(&reading, &missing, &row, err);
	if (rc == RC_OK && row) {
		missing_words(why, kind, &missing);
		buf_add_char(why, '\n');
	}
	missing_end(&reading);
	if (rc != RC_OK || row)
		return rc;
	rc = cut_find(&ask->cut, ask->db, ask->about, NULL, err);
	if (rc == RC_OK && ask->cut.last.position > 0) {
		buf_add_text(why, "the newest is ");
		version_words(why, kind, &ask->cut.last);
		buf_add_char(why, '\n');
	}
	return rc;
}

/* Its number is there: whether it is data, and of this item. */
static enum rc
answer_number(struct ask *ask, int64_t number, struct err *err)
{
	struct past_state *const state = ask->state;
	const struct slice item = ask->about->item;
	struct buf *why = &state->why;

	if (item.p != NULL && slice_compare(state->version.item, item) != 0) {
		state->answer = PAST_NEVER;
		ask_title(why, ask->about);
		buf_add_text(why, ": ");
		version_number_words(why, ask->about->subject->kind, number);
		buf_add_text(why, " is of item ");
		version_value(why, state->version.item);
		buf_add_char(why, '\n');
		state->version.position = 0;
		return RC_OK;
	}
	if (!version_is_removal(&state->version)) {
		state->answer = PAST_KNOWN;
		return ask_conflicts(ask, err);
	}
	ask_removed(ask);
	return RC_OK;
}

enum rc
ask_number(struct ask *ask, int64_t number, struct err *err)
{
	const enum statement s = STATEMENT_PAST_NUMBER;
	struct past_state *const state = ask->state;
	enum rc rc;

	version_bind(ask->db, s, ask->about->subject);
	db_bind_int(ask->db, s, 4, number);
	rc = version_first(ask->db, s, &state->text[TEXT_VERSION],
	    &state->version, err);
	if (rc != RC_OK)
		return rc;
	if (state->version.position == 0) {
		state->answer = PAST_NEVER;
		return tell_never(ask, number, err);
	}
	rc = answer_number(ask, number, err);
	if (rc == RC_OK && state->answer == PAST_REMOVED)
		rc = ask_before(ask, number, err);
	return rc;
}
