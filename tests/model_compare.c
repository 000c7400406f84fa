/* The rows of generation 0 against what the model says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_bench.h"
#include "model_parts.h"

/* A row's column against what it should be. */
static bool
same_int(struct db *db, enum statement statement, int column, int64_t want,
    const char *what, int64_t of, struct why *why)
{
	const int64_t got = bench_int(db, statement, column);

	if (got == want)
		return true;
	return bench_differs(why, "%s of %lld: expected %lld, got %lld", what,
	    (long long)of, (long long)want, (long long)got);
}

static bool
same_text(struct db *db, enum statement statement, int column,
    const char *want, const char *what, int64_t of, struct why *why)
{
	const struct slice got = db_bytes(db, statement, column);

	if (want == NULL ? db_is_null(db, statement, column) :
	    slice_is(got, want))
		return true;
	return bench_differs(why, "%s of %lld: expected %s, got %.*s", what,
	    (long long)of, want == NULL ? "NULL" : want, (int)got.len,
	    got.p == NULL ? "" : got.p);
}

/* Position of the service's first delivery. */
static size_t
service_of(const struct model *model, const struct model_step *of)
{
	size_t i;

	for (i = 0; i < model->n; i++) {
		if (model->steps[i].op == MODEL_DELIVERY &&
		    model_same_service(&model->steps[i], of))
			return i + 1;
	}
	return 0;
}

static size_t
stream_of(const struct model *model, const struct model_step *of)
{
	size_t i;

	for (i = 0; i < model->n; i++) {
		if (model->steps[i].op == MODEL_DELIVERY &&
		    model_same_stream(&model->steps[i], of))
			return i + 1;
	}
	return 0;
}

static const char *
or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

/* --- Services ----------------------------------------------------------- */

static bool
compare_services(struct bench *bench, const struct model *model,
    struct why *why)
{
	const enum statement rows = STATEMENT_COMPARE_SERVICE;
	struct db *const db = bench->db;
	bool same = true;
	size_t i;

	db_bind_int(db, rows, 1, 0);
	for (i = 0; i < model->n && same; i++) {
		const struct model_step *const step = &model->steps[i];
		struct model_base base;

		if (step->op != MODEL_DELIVERY ||
		    service_of(model, step) != i + 1)
			continue;
		if (!bench_row(db, rows))
			return bench_differs(why, "no service %zu", i + 1);
		base = model_base(model, step);
		same = same_int(db, rows, 0, (int64_t)i + 1, "service_id",
		    (int64_t)i + 1, why) &&
		    same_text(db, rows, 1, or_empty(
		    step->field[FIELD_ACCOUNT_SID]), "account_sid",
		    (int64_t)i + 1, why) &&
		    same_text(db, rows, 2, or_empty(
		    step->field[FIELD_SERVICE_SID]), "service_sid",
		    (int64_t)i + 1, why) &&
		    same_int(db, rows, 3, base.base, "base of service",
		    (int64_t)i + 1, why) &&
		    same_int(db, rows, 4, base.reason, "base_reason",
		    (int64_t)i + 1, why);
	}
	if (same && bench_row(db, rows))
		same = bench_differs(why, "one service too many: %lld",
		    (long long)db_int(db, rows, 0));
	db_done(db, rows);
	return same;
}

/* --- Events ------------------------------------------------------------- */

static bool
same_verdict(struct db *db, enum statement row, const struct model_judged *want,
    size_t position, struct why *why)
{
	const char *const wanted = verdict_name(want->verdict);
	const char *got;

	if (db_int(db, row, 6) == want->verdict)
		return true;
	got = verdict_name((enum verdict)db_int(db, row, 6));
	return bench_differs(why, "verdict of %zu: expected %s, got %s",
	    position, wanted == NULL ? "none" : wanted,
	    got == NULL ? "none" : got);
}

static bool
same_revision_verdict(struct db *db, enum statement row,
    const struct model_judged *want, size_t position, struct why *why)
{
	static const char *const names[N_REVISION_VERDICTS] = {
		[REVISION_NONE] = "none", [REVISION_OK] = "ok",
		[REVISION_REGRESSED] = "regressed",
		[REVISION_UNREADABLE] = "unreadable",
	};
	const int64_t got = db_is_null(db, row, 7) ? REVISION_NONE :
	    db_int(db, row, 7);

	if (got == want->revision_verdict && got != 0)
		return true;
	if (want->revision_verdict == REVISION_NONE && db_is_null(db, row, 7))
		return true;
	return bench_differs(why, "revision_verdict of %zu: expected %s, "
	    "got %s", position, names[want->revision_verdict],
	    got >= 0 && got < N_REVISION_VERDICTS ? names[got] : "?");
}

static bool
compare_event(struct db *db, enum statement row, const struct model *model,
    size_t i, struct why *why)
{
	const struct model_step *const step = &model->steps[i];
	const int64_t position = (int64_t)i + 1;
	struct model_judged want;

	model_judge(model, i, &want);
	return same_int(db, row, 23, position, "position", position, why) &&
	    same_int(db, row, 0, position, "event", position, why) &&
	    same_int(db, row, 3, (int64_t)service_of(model, step),
	    "service_id", position, why) &&
	    same_int(db, row, 4, want.has_stream ?
	    (int64_t)stream_of(model, step) : -1, "stream_id", position,
	    why) &&
	    same_int(db, row, 5, want.has_number ? want.number : -1, "seq",
	    position, why) &&
	    same_verdict(db, row, &want, i + 1, why) &&
	    same_revision_verdict(db, row, &want, i + 1, why) &&
	    same_int(db, row, 8, want.behind, "behind", position, why) &&
	    same_int(db, row, 15, want.has_revision ? want.revision : -1,
	    "revision", position, why);
}

/* The deliveries at positions beyond from, to the end. */
static bool
compare_events(struct bench *bench, const struct model *model, size_t from,
    struct why *why)
{
	const enum statement rows = STATEMENT_RECORD_CHECK;
	bool same = true;
	size_t i;

	db_bind_int(bench->db, rows, 1, (int64_t)from);
	db_bind_int(bench->db, rows, 2, (int64_t)model->n);
	for (i = from; i < model->n && same; i++) {
		if (model->steps[i].op != MODEL_DELIVERY)
			continue;
		if (!bench_row(bench->db, rows))
			return bench_differs(why, "no delivery %zu", i + 1);
		same = compare_event(bench->db, rows, model, i, why);
	}
	db_done(bench->db, rows);
	return same;
}

/* --- Streams and items -------------------------------------------------- */

static bool
compare_items(struct bench *bench, const struct model_stream *want,
    struct why *why)
{
	const enum statement rows = STATEMENT_COMPARE_ITEM;
	const int64_t id = (int64_t)want->first_position;
	struct db *const db = bench->db;
	bool same = true;
	size_t k, n = 0;

	db_bind_int(db, rows, 1, id - 1);
	while (same && bench_row(db, rows) && db_int(db, rows, 0) == id) {
		const struct slice item = db_bytes(db, rows, 1);

		for (k = 0; k < want->n_items; k++) {
			if (slice_is(item, want->items[k].item))
				break;
		}
		if (k == want->n_items)
			same = bench_differs(why, "an item too many: %.*s",
			    (int)item.len, item.p);
		else
			same = same_int(db, rows, 2,
			    (int64_t)want->items[k].position,
			    "position of an item of stream", id, why) &&
			    same_int(db, rows, 3, want->items[k].number,
			    "seq of an item of stream", id, why) &&
			    same_int(db, rows, 4, want->items[k].removed,
			    "removed of an item of stream", id, why) &&
			    same_int(db, rows, 5,
			    want->items[k].has_revision ?
			    want->items[k].revision : -1,
			    "revision of an item of stream", id, why);
		n++;
	}
	db_done(db, rows);
	if (same && n != want->n_items)
		same = bench_differs(why, "stream %lld: expected %zu items, "
		    "got %zu", (long long)id, want->n_items, n);
	return same;
}

/* Receipt of the stream's earliest delivery, and of its latest. */
static bool
compare_received(struct db *db, enum statement row, const struct model *model,
    const struct model_step *of, int64_t id, struct why *why)
{
	int64_t first = INT64_MAX, last = 0, us;
	size_t i;

	for (i = 0; i < model->n; i++) {
		if (model->steps[i].op != MODEL_DELIVERY ||
		    !model_same_stream(&model->steps[i], of))
			continue;
		us = bench_received_us(i + 1);
		first = us < first ? us : first;
		last = us > last ? us : last;
	}
	return same_int(db, row, 17, first, "first_us of stream", id, why) &&
	    same_int(db, row, 18, last, "last_us of stream", id, why);
}

static bool
compare_row(struct db *db, enum statement row, const struct model *model,
    const struct model_step *step, const struct model_stream *want,
    struct why *why)
{
	const int64_t id = (int64_t)want->first_position;

	return same_int(db, row, 0, id, "stream_id", id, why) &&
	    same_int(db, row, 1, (int64_t)service_of(model, step),
	    "service_id of stream", id, why) &&
	    same_int(db, row, 2, model_kind(step->type), "kind", id, why) &&
	    same_text(db, row, 3, model_key(step), "key", id, why) &&
	    same_text(db, row, 5, want->unique_name, "unique_name", id, why) &&
	    (model_kind(step->type) == STREAM_IDENTITY ||
	    same_int(db, row, 6, want->base, "base of stream", id, why)) &&
	    same_int(db, row, 7, want->has_head ? want->first : -1,
	    "first_seq", id, why) &&
	    same_int(db, row, 8, want->has_head ? want->head : -1, "head", id,
	    why) &&
	    same_int(db, row, 9, want->has_head_revision ?
	    want->head_revision : -1, "head_revision", id, why) &&
	    same_int(db, row, 10, want->observed, "observed", id, why) &&
	    same_int(db, row, 11, (int64_t)want->events, "events", id, why) &&
	    same_int(db, row, 14, want->removed, "removed", id, why) &&
	    same_int(db, row, 15, want->state_position == 0 ? -1 :
	    (int64_t)want->state_position, "state_position", id, why) &&
	    same_int(db, row, 16, want->has_state_number ?
	    want->state_number : -1, "state_seq", id, why) &&
	    compare_received(db, row, model, step, id, why);
}

/* Of an identity: what the event at its position says. */
static bool
compare_online(struct bench *bench, const struct model_stream *want,
    struct why *why)
{
	const enum statement row = STATEMENT_RECORD_CHECK;
	bool same;

	if (want->state_position == 0)
		return true;
	db_bind_int(bench->db, row, 1, (int64_t)want->state_position - 1);
	db_bind_int(bench->db, row, 2, (int64_t)want->state_position);
	same = bench_row(bench->db, row) && same_int(bench->db, row, 19,
	    want->online, "online of identity",
	    (int64_t)want->first_position, why);
	db_done(bench->db, row);
	return same;
}

/* The stream whose first delivery is at position id. */
static bool
compare_stream(struct bench *bench, const struct model *model, size_t id,
    struct why *why)
{
	const enum statement row = STATEMENT_COMPARE_STREAM;
	const struct model_step *const step = &model->steps[id - 1];
	struct db *const db = bench->db;
	struct model_stream want;
	bool born, same;

	model_stream(model, step, &want);
	db_bind_int(db, row, 1, (int64_t)id - 1);
	if (!bench_row(db, row))
		return bench_differs(why, "no stream %zu", id);
	born = !db_is_null(db, row, 13);
	same = compare_row(db, row, model, step, &want, why);
	db_done(db, row);
	return same && bench_compare_gaps(bench, model, &want, born, why) &&
	    compare_items(bench, &want, why) &&
	    (model_kind(step->type) != STREAM_IDENTITY ||
	    compare_online(bench, &want, why));
}

static bool
compare_all_streams(struct bench *bench, const struct model *model,
    struct why *why)
{
	const enum statement row = STATEMENT_COMPARE_STREAM;
	size_t i, n = 0, n_rows = 0;

	for (i = 0; i < model->n; i++) {
		const struct model_step *const step = &model->steps[i];

		if (step->op != MODEL_DELIVERY || model_key(step) == NULL ||
		    stream_of(model, step) != i + 1)
			continue;
		n++;
		if (!compare_stream(bench, model, i + 1, why))
			return false;
	}
	db_bind_int(bench->db, row, 1, 0);
	while (bench_row(bench->db, row))
		n_rows++;
	if (n_rows == n)
		return true;
	return bench_differs(why, "expected %zu streams, got %zu", n, n_rows);
}

/* Of an operator's action, only where its stream is not to be recomputed
 * first. */
static bool
compare_last(struct bench *bench, const struct model *model, struct why *why)
{
	const struct model_step *const step = &model->steps[model->n - 1];
	const enum statement row = STATEMENT_COMPARE_STREAM;
	const size_t id = stream_of(model, step);
	bool stale;

	if (step->op == MODEL_SETTING || id == 0)
		return true;
	if (step->op == MODEL_CLOSE) {
		db_bind_int(bench->db, row, 1, (int64_t)id - 1);
			stale = bench_row(bench->db, row) &&
		    db_int(bench->db, row, 6) != model_base(model, step).base;
		db_done(bench->db, row);
		if (stale)
			return true;
	}
	return compare_stream(bench, model, id, why);
}

/* Whether the last delivery taught something of its service's base: what
 * deliveries say is another thing than before it. What they say against a
 * configuration is not asked. */
static bool
compare_learned(const struct bench *bench, const struct model *model,
    struct why *why)
{
	const struct model_step *const step = &model->steps[model->n - 1];
	const struct model earlier = { model->steps, model->n - 1 };
	const struct model_base before = model_base(&earlier, step);
	const struct model_base now = model_base(model, step);
	const bool learned = before.base != now.base ||
	    before.reason != now.reason;

	if (step->op != MODEL_DELIVERY || now.reason == BASE_CONFIGURED ||
	    learned == bench->learned)
		return true;
	return bench_differs(why, "projector_learned: expected %s",
	    learned ? "something" : "nothing");
}

bool
bench_compare(struct bench *bench, const struct model *model,
    enum bench_scope scope, struct why *why)
{
	char text[sizeof(why->text)];
	bool same;

	if (model->n == 0)
		return true;
	same = compare_services(bench, model, why) &&
	    compare_events(bench, model, scope == BENCH_ALL ? 0 :
	    model->n - 1, why) &&
	    (scope == BENCH_ALL ? compare_all_streams(bench, model, why) :
	    compare_last(bench, model, why)) &&
	    compare_learned(bench, model, why);
	if (same)
		return true;
	memcpy(text, why->text, sizeof(text));
	return bench_differs(why, "after position %zu: %.450s", model->n, text);
}
