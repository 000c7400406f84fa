#include <stdint.h>

#include "audit/past_parts.h"

/* The removal is the cut's: of the document, list or map. */
static enum rc
answer_removed(struct ask *ask, struct err *err)
{
	struct past_state *const state = ask->state;
	struct buf text = state->text[TEXT_REMOVAL];
	const struct version *removal = &ask->cut.removal;
	enum rc rc;

	state->answer = PAST_REMOVED;
	cut_removed(&ask->cut, &state->why);
	if (ask->about->item.p != NULL)
		rc = ask_item(ask, STATEMENT_PAST_ITEM_LAST, INT64_MAX,
		    TEXT_VERSION, &state->version, err);
	else
		rc = ask_data(ask, removal->has_number ? removal->number :
		    INT64_MAX, err);
	if (rc != RC_OK)
		return rc;
	if (version_is_removal(&state->version))
		state->version.position = 0;
	state->removal = *removal;
	rc = ask_last(ask, err);
	state->text[TEXT_REMOVAL] = ask->cut.text[CUT_REMOVAL];
	ask->cut.text[CUT_REMOVAL] = text;
	return rc;
}

static void
begin_unknown(struct ask *ask)
{
	struct buf *why = &ask->state->why;

	ask->state->answer = PAST_UNKNOWN;
	ask_title(why, ask->about);
	if (ask->cut.is_now)
		buf_add_text(why, " is not known as it is now:\n");
	else
		buf_printf(why, " at %s is not known:\n", ask->cut.at);
}

/* The lines of what is missing, behind the line that says what that means. */
static enum rc
answer_doubts(struct ask *ask, int64_t first, bool *doubts, struct err *err)
{
	struct past_state *const state = ask->state;
	struct buf lines;
	size_t n = 0;
	enum rc rc;

	buf_init(&lines, 0);
	rc = cut_doubts(&ask->cut, ask->db, first, &lines, &n, err);
	*doubts = rc == RC_OK && n > 0;
	if (*doubts) {
		begin_unknown(ask);
		buf_add_slice(&state->why, buf_slice(&lines));
		if (!buf_ok(&lines))
			rc = err_set(err, RC_MEMORY, "past: no memory");
	}
	buf_clear(&lines);
	if (!*doubts || state->version.position == 0)
		return rc;
	buf_add_text(&state->why, version_is_removal(&state->version) ?
	    "before, it was removed: " : "the last that is known before is ");
	version_words(&state->why, ask->about->subject->kind,
	    &state->version);
	buf_add_char(&state->why, '\n');
	return rc;
}

static enum rc
answer_document(struct ask *ask, struct err *err)
{
	struct past_state *const state = ask->state;
	bool doubts = false;
	enum rc rc;

	state->version = ask->cut.last;
	state->text[TEXT_VERSION] = ask->cut.text[CUT_LAST];
	buf_init(&ask->cut.text[CUT_LAST], 0);
	rc = answer_doubts(ask, state->version.number + 1, &doubts, err);
	if (rc != RC_OK || doubts)
		return rc;
	state->answer = PAST_KNOWN;
	cut_note(&ask->cut, &state->note);
	if (ask->cut.next.life == LIFE_REMOVED &&
	    ask->cut.next.number == state->version.number + 1)
		buf_printf(&state->note, "revision %lld is of the removal: "
		    "whether there was an update of this number too cannot be "
		    "known\n", (long long)ask->cut.next.number);
	return ask_conflicts(ask, err);
}

/* Nothing of the item is known up to the moment, and nothing is missing. */
static enum rc
answer_no_item(struct ask *ask, struct err *err)
{
	struct past_state *const state = ask->state;
	struct version first;
	enum rc rc;

	rc = ask_item(ask, STATEMENT_PAST_ITEM_NEXT, -1, TEXT_REMOVAL,
	    &first, err);
	if (rc != RC_OK)
		return rc;
	if (first.position > 0 && first.life != LIFE_ITEM_ADDED) {
		begin_unknown(ask);
		buf_add_text(&state->why, "the first that is known of it is "
		    "no addition: ");
	} else {
		state->answer = first.position == 0 ? PAST_NEVER :
		    PAST_NOT_YET;
		ask_title(&state->why, ask->about);
		buf_add_text(&state->why, first.position == 0 ? " was never "
		    "there, as far as the journal goes" : " was not there "
		    "yet: it was added as ");
	}
	if (first.position > 0)
		version_words(&state->why, ask->about->subject->kind, &first);
	buf_add_char(&state->why, '\n');
	return RC_OK;
}

static enum rc
answer_item(struct ask *ask, struct err *err)
{
	struct past_state *const state = ask->state;
	const struct version *last = &ask->cut.last;
	bool doubts = false;
	int64_t first = 0;
	enum rc rc = RC_OK;

	if (last->position > 0)
		rc = ask_item(ask, STATEMENT_PAST_ITEM_LAST, last->number,
		    TEXT_VERSION, &state->version, err);
	if (rc == RC_OK && state->version.position > 0)
		first = state->version.number + 1;
	if (rc == RC_OK)
		rc = answer_doubts(ask, first, &doubts, err);
	if (rc != RC_OK || doubts)
		return rc;
	cut_note(&ask->cut, &state->note);
	if (state->version.position == 0)
		return answer_no_item(ask, err);
	if (version_is_removal(&state->version)) {
		ask_removed(ask);
		return ask_before(ask, state->version.number, err);
	}
	state->answer = PAST_KNOWN;
	return ask_conflicts(ask, err);
}

enum rc
ask_moment(struct ask *ask, const int64_t *at_us, struct err *err)
{
	bool is_known;
	enum rc rc;

	rc = cut_find(&ask->cut, ask->db, ask->about, at_us, err);
	if (rc != RC_OK)
		return rc;
	if (ask->cut.removal.position > 0)
		return answer_removed(ask, err);
	if (cut_has_begun(&ask->cut))
		return ask->about->item.p != NULL ? answer_item(ask, err) :
		    answer_document(ask, err);
	cut_begins(&ask->cut, &ask->state->why, &is_known);
	ask->state->answer = is_known ? PAST_NOT_YET : PAST_UNKNOWN;
	return RC_OK;
}
