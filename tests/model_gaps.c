/* Gap rows against the model's sets of numbers, and rows as text. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "model_parts.h"

static enum model_state
model_state_of(int64_t gap_state)
{
	switch (gap_state) {
	case GAP_UNOBSERVED:
		return MODEL_UNOBSERVED;
	case GAP_OPEN:
		return MODEL_OPEN;
	case GAP_EXPLAINED:
		return MODEL_EXPLAINED;
	case GAP_LOST:
		return MODEL_LOST;
	default:
		return MODEL_NOTHING;
	}
}

/* Put a row's numbers among those that were painted before. */
static bool
paint_gap(struct db *db, struct model_number *painted, struct why *why)
{
	const enum statement row = STATEMENT_COMPARE_GAP;
	const int64_t last = db_int(db, row, 3), state = db_int(db, row, 4);
	const int64_t opened_by = db_int(db, row, 5);
	const int64_t closed_by = bench_int(db, row, 6);
	int64_t s;

	if (last >= MODEL_NUMBERS)
		return bench_differs(why, "a gap up to %lld", (long long)last);
	for (s = db_int(db, row, 2); s <= last; s++) {
		struct model_number *const number = &painted[s];

		if (state == GAP_FILLED) {
			if (number->filled)
				return bench_differs(why, "number %lld is "
				    "filled twice", (long long)s);
			number->filled = true;
			number->filled_opened_by = (size_t)opened_by;
			number->filled_by = (size_t)closed_by;
			continue;
		}
		if (number->state != MODEL_NOTHING)
			return bench_differs(why, "number %lld is missing "
			    "twice", (long long)s);
		number->state = model_state_of(state);
		number->opened_by = (size_t)opened_by;
		number->closed_by = closed_by < 0 ? 0 : (size_t)closed_by;
	}
	return true;
}

static bool
differs_numbers(const struct model_number *want,
    const struct model_number *got, size_t id, int64_t s, struct why *why)
{
	char wanted[MODEL_NUMBERS + 1] = "", is[MODEL_NUMBERS + 1] = "";
	int64_t k;

	for (k = 0; k < MODEL_NUMBERS; k++) {
		wanted[k] = model_letter(want[k].state);
		is[k] = model_letter(got[k].state);
	}
	return bench_differs(why, "stream %zu, number %lld: expected opened "
	    "by %zu, closed by %zu, filled by %zu of %zu; got %zu, %zu, "
	    "%zu of %zu\n  expected %s\n  got      %s", id, (long long)s,
	    want[s].opened_by, want[s].closed_by, want[s].filled_by,
	    want[s].filled_opened_by, got[s].opened_by, got[s].closed_by,
	    got[s].filled_by, got[s].filled_opened_by, wanted, is);
}

static bool
same_numbers(const struct model_stream *want, struct model_number *got,
    struct why *why)
{
	const size_t id = want->first_position;
	int64_t s;

	for (s = 0; s < MODEL_NUMBERS; s++) {
		const struct model_number *const number = &want->number[s];

		if (number->state == MODEL_OBSERVED) {
			/* An observed number is in no gap. */
			if (got[s].state != MODEL_NOTHING)
				return differs_numbers(want->number, got, id,
				    s, why);
			got[s].state = MODEL_OBSERVED;
		}
		/* The design does not date what is unobserved. */
		if (got[s].state == MODEL_UNOBSERVED)
			got[s].opened_by = 0;
		if (got[s].state != number->state ||
		    got[s].opened_by != number->opened_by ||
		    got[s].closed_by != number->closed_by ||
		    got[s].filled != number->filled ||
		    got[s].filled_by != number->filled_by ||
		    got[s].filled_opened_by != number->filled_opened_by)
			return differs_numbers(want->number, got, id, s, why);
	}
	return true;
}

/* observed + missing = head - first + 1, of the rows alone; missing numbers
 * below a document's creation are no rows. */
static bool
adds_up(const struct model_stream *want, enum stream_kind kind,
    const struct model_number *got, bool born, struct why *why)
{
	int64_t s, missing = 0, all;

	if (!want->has_head || !stream_kind_contiguous(kind))
		return true;
	all = want->head - want->first + 1;
	for (s = want->first; s <= want->head; s++)
		missing += got[s].state != MODEL_NOTHING &&
		    got[s].state != MODEL_OBSERVED;
	if (want->observed + missing == all ||
	    (born && want->observed + missing < all))
		return true;
	return bench_differs(why, "stream %zu: %lld observed and %lld missing "
	    "of %lld", want->first_position, (long long)want->observed,
	    (long long)missing, (long long)all);
}

/* "The ids of projected rows are made of positions": here, of the delivery or
 * action that made the row, which is about its stream. */
static bool
is_id(const struct model *model, const struct model_step *of, int64_t id)
{
	const int64_t position = id / 16;

	return position >= 1 && position <= (int64_t)model->n &&
	    model->steps[position - 1].op != MODEL_SETTING &&
	    model_same_stream(&model->steps[position - 1], of);
}

bool
bench_compare_gaps(struct bench *bench, const struct model *model,
    const struct model_stream *want, bool born, struct why *why)
{
	const struct model_step *const of =
	    &model->steps[want->first_position - 1];
	const enum statement rows = STATEMENT_COMPARE_GAP;
	struct model_number got[MODEL_NUMBERS] = { { .state = 0 } };
	struct db *const db = bench->db;
	int64_t id, last_id = 0;
	bool same = true;

	db_bind_int(db, rows, 1, 0);
	while (same && bench_row(db, rows)) {
		id = db_int(db, rows, 0);
		if (id <= last_id)
			same = bench_differs(why, "gap %lld: not unique",
			    (long long)id);
		last_id = id;
		if (db_int(db, rows, 1) != (int64_t)want->first_position)
			continue;
		if (!is_id(model, of, id))
			same = bench_differs(why, "gap %lld: its id is not "
			    "of its stream", (long long)id);
		same = same && paint_gap(db, got, why);
	}
	db_done(db, rows);
	return same && adds_up(want, model_kind(of->type), got, born, why) &&
	    same_numbers(want, got, why);
}

/* --- For tests that say what they expect -------------------------------- */

const char *
bench_gaps(struct bench *bench)
{
	const enum statement rows = STATEMENT_COMPARE_GAP;
	struct db *const db = bench->db;

	buf_reset(&bench->text);
	buf_add_text(&bench->text, "");
	db_bind_int(db, rows, 1, 0);
	while (bench_row(db, rows)) {
		const enum gap_state state =
		    (enum gap_state)db_int(db, rows, 4);

		buf_printf(&bench->text, "%lld-%lld %s",
		    (long long)db_int(db, rows, 2),
		    (long long)db_int(db, rows, 3), gap_state_name(state));
		if (state != GAP_UNOBSERVED)
			buf_printf(&bench->text, " %lld-",
			    (long long)db_int(db, rows, 5));
		if (!db_is_null(db, rows, 6))
			buf_printf(&bench->text, "%lld",
			    (long long)db_int(db, rows, 6));
		buf_add_char(&bench->text, ';');
	}
	assert_true(buf_ok(&bench->text));
	return bench->text.data;
}

const char *
bench_items(struct bench *bench)
{
	const enum statement rows = STATEMENT_COMPARE_ITEM;
	struct db *const db = bench->db;

	buf_reset(&bench->text);
	buf_add_text(&bench->text, "");
	db_bind_int(db, rows, 1, 0);
	while (bench_row(db, rows)) {
		buf_add_slice(&bench->text, db_bytes(db, rows, 1));
		buf_printf(&bench->text, "@%lld %s;",
		    (long long)db_int(db, rows, 2),
		    db_int(db, rows, 4) ? "gone" : "live");
	}
	assert_true(buf_ok(&bench->text));
	return bench->text.data;
}

const char *
bench_verdict(struct bench *bench, size_t position)
{
	const enum statement row = STATEMENT_RECORD_CHECK;
	const char *name = NULL;

	db_bind_int(bench->db, row, 1, (int64_t)position - 1);
	db_bind_int(bench->db, row, 2, (int64_t)position);
	if (bench_row(bench->db, row))
		name = verdict_name((enum verdict)db_int(bench->db, row, 6));
	db_done(bench->db, row);
	return name == NULL ? "none" : name;
}
