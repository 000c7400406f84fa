#include <stdint.h>

#include "audit/past_parts.h"

/* Positions that a note on conflicts names. */
#define CONFLICTS_SHOWN 5

enum rc
ask_data(struct ask *ask, int64_t up_to, struct err *err)
{
	const enum statement s = STATEMENT_PAST_LAST;

	version_bind(ask->db, s, ask->about->subject);
	db_bind_int(ask->db, s, 4, up_to);
	db_bind_text(ask->db, s, 5, slice_of(CUT_END));
	db_bind_int(ask->db, s, 6, 0);
	return version_first(ask->db, s, &ask->state->text[TEXT_VERSION],
	    &ask->state->version, err);
}

enum rc
ask_item(struct ask *ask, enum statement s, int64_t number,
    enum past_text text, struct version *version, struct err *err)
{
	version_bind(ask->db, s, ask->about->subject);
	db_bind_int(ask->db, s, 4, number);
	db_bind_text(ask->db, s, 5, ask->about->item);
	db_bind_int(ask->db, s, 6, INT64_MAX);
	return version_first(ask->db, s, &ask->state->text[text], version,
	    err);
}

void
ask_title(struct buf *out, const struct past_about *about)
{
	version_title(out, about->subject);
	if (about->item.p == NULL)
		return;
	buf_add_text(out, ", item ");
	version_value(out, about->item);
}

enum rc
ask_last(struct ask *ask, struct err *err)
{
	struct buf *why = &ask->state->why;
	const enum stream_kind kind = ask->about->subject->kind;
	const struct version *version = &ask->state->version;
	const struct version *removal = &ask->state->removal;
	size_t n = 0;
	enum rc rc = RC_OK;

	if (version->position == 0) {
		buf_add_text(why, "none of its data before is known\n");
		return RC_OK;
	}
	buf_add_text(why, "the last data that is known is ");
	version_words(why, kind, version);
	buf_add_char(why, '\n');
	if (removal->has_number && version->number < removal->number) {
		const struct cut between = { .subject = ask->about->subject,
		    .next = *removal };

		rc = cut_doubts(&between, ask->db, version->number + 1, why,
		    &n, err);
	}
	if (rc == RC_OK && kind == STREAM_DOCUMENT && removal->has_number &&
	    removal->number == version->number + 1)
		buf_printf(&ask->state->note, "revision %lld is of the "
		    "removal: whether there was an update of this number too "
		    "cannot be known\n", (long long)removal->number);
	return rc;
}

enum rc
ask_conflicts(struct ask *ask, struct err *err)
{
	const enum statement s = STATEMENT_PAST_CONFLICTS;
	const struct version *version = &ask->state->version;
	struct buf *note = &ask->state->note;
	int n = 0;
	bool row;
	enum rc rc;

	if (version->position == 0 || !version->has_number)
		return RC_OK;
	version_bind(ask->db, s, ask->about->subject);
	db_bind_int(ask->db, s, 4, version->number);
	db_bind_int(ask->db, s, 5, version->life == LIFE_REMOVED);
	db_bind_int(ask->db, s, 6, CONFLICTS_SHOWN + 1);
	while ((rc = db_row(ask->db, s, &row, err)) == RC_OK && row) {
		if (n == 0) {
			version_number_words(note, ask->about->subject->kind,
			    version->number);
			buf_printf(note, " arrived with different contents: "
			    "position %lld, the first, counts; it is "
			    "contradicted by position",
			    (long long)version->position);
		}
		if (n++ < CONFLICTS_SHOWN)
			buf_printf(note, "%s %lld", n == 1 ? "" : ",",
			    (long long)db_int(ask->db, s, 0));
	}
	if (n > CONFLICTS_SHOWN)
		buf_add_text(note, " and others");
	if (n > 0)
		buf_add_char(note, '\n');
	return rc;
}

void
ask_removed(struct ask *ask)
{
	struct past_state *const state = ask->state;

	state->answer = PAST_REMOVED;
	ask_title(&state->why, ask->about);
	buf_add_text(&state->why, " was removed: ");
	version_words(&state->why, ask->about->subject->kind,
	    &state->version);
	buf_add_char(&state->why, '\n');
}

enum rc
ask_before(struct ask *ask, int64_t number, struct err *err)
{
	struct past_state *const state = ask->state;
	const struct buf text = state->text[TEXT_REMOVAL];
	enum rc rc;

	state->removal = state->version;
	state->text[TEXT_REMOVAL] = state->text[TEXT_VERSION];
	state->text[TEXT_VERSION] = text;
	if (ask->about->item.p == NULL)
		rc = ask_data(ask, number, err);
	else
		rc = ask_item(ask, STATEMENT_PAST_ITEM_LAST, number - 1,
		    TEXT_VERSION, &state->version, err);
	if (rc == RC_OK && version_is_removal(&state->version))
		state->version.position = 0;
	return rc == RC_OK ? ask_last(ask, err) : rc;
}
