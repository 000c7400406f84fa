#include "audit/past.h"

#include "audit/past_parts.h"
#include "journal/reader.h"

static void
state_init(struct past_state *state)
{
	*state = (struct past_state){ .answer = PAST_UNKNOWN };
	buf_init(&state->why, 0);
	buf_init(&state->note, 0);
	buf_init(&state->text[TEXT_VERSION], 0);
	buf_init(&state->text[TEXT_REMOVAL], 0);
}

void
past_clear(struct past_state *state)
{
	buf_clear(&state->why);
	buf_clear(&state->note);
	buf_clear(&state->text[TEXT_VERSION]);
	buf_clear(&state->text[TEXT_REMOVAL]);
}

static enum rc
check_words(const struct past_state *state, struct err *err)
{
	if (!buf_ok(&state->why) || !buf_ok(&state->note))
		return err_set(err, RC_MEMORY, "past: no memory");
	return RC_OK;
}

static enum rc
find_base(struct db *db, const struct subject *subject, struct buf *why,
    struct err *err)
{
	const enum statement s = STATEMENT_PAST_BASE;
	bool row;
	enum rc rc;

	if (subject->kind != STREAM_DOCUMENT)
		return RC_OK;
	version_bind(db, s, subject);
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	if (db_int(db, s, 0) != 0) {
		version_title(why, subject);
		buf_add_text(why, ": its revisions are to be read anew in "
		    "another base, and their numbers will be others; let the "
		    "responder go on, or run syncjournal rebuild\n");
	}
	db_done(db, s);
	return RC_OK;
}

enum rc
past_check_base(struct db *db, const struct subject *subject, struct buf *why,
    struct err *err)
{
	int before;
	enum rc rc;

	rc = reader_use(db, &before, err);
	if (rc != RC_OK)
		return rc;
	rc = find_base(db, subject, why, err);
	(void)db_generation(db, before);
	return rc;
}

enum rc
past_rev(struct db *db, const struct past_about *about, int64_t number,
    struct past_state *state, struct err *err)
{
	struct ask ask = { .db = db, .about = about, .state = state };
	int before;
	enum rc rc;

	state_init(state);
	rc = reader_use(db, &before, err);
	if (rc != RC_OK)
		return rc;
	rc = find_base(db, about->subject, &state->why, err);
	if (rc == RC_OK && state->why.len == 0)
		rc = ask_number(&ask, number, err);
	(void)db_generation(db, before);
	cut_clear(&ask.cut);
	return rc == RC_OK ? check_words(state, err) : rc;
}

enum rc
past_at(struct db *db, const struct past_about *about, const int64_t *at_us,
    struct past_state *state, struct err *err)
{
	struct ask ask = { .db = db, .about = about, .state = state };
	int before;
	enum rc rc;

	state_init(state);
	rc = reader_use(db, &before, err);
	if (rc != RC_OK)
		return rc;
	rc = find_base(db, about->subject, &state->why, err);
	if (rc == RC_OK && state->why.len == 0)
		rc = ask_moment(&ask, at_us, err);
	(void)db_generation(db, before);
	cut_clear(&ask.cut);
	return rc == RC_OK ? check_words(state, err) : rc;
}
