#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "journal/migrate.h"
#include "journal/project.h"
#include "model_bench.h"
#include "model_parts.h"
#include "twilio/params.h"

#define FORM "application/x-www-form-urlencoded"
#define START_US 1700000000000000

static const uint8_t no_digest[32];

/* A database that cannot be used at all is not the projector's fault. */
static void
must(enum rc rc, const struct err *err)
{
	if (rc != RC_OK)
		print_error("%s\n", err->text);
	assert_int_equal(rc, RC_OK);
}

static void
run(struct bench *bench, enum statement statement)
{
	struct err err;

	must(db_run(bench->db, statement, &err), &err);
}

struct bench *
bench_new(void)
{
	struct bench *const bench = calloc(1, sizeof(*bench));
	struct projector_options options;
	struct err err;

	assert_non_null(bench);
	params_init(&bench->params);
	event_init(&bench->event);
	buf_init(&bench->body, 0);
	buf_init(&bench->text, 0);
	buf_init(&bench->rows, 0);
	must(db_open(&bench->db, ":memory:", DB_WRITE, &err), &err);
	must(migrate(bench->db, ":memory:", "truncate", &err), &err);
	options = (struct projector_options){ .db = bench->db,
	    .record = bench->db };
	must(projector_new(&bench->projector, &options, &err), &err);
	db_bind_text(bench->db, STATEMENT_EVIDENCE_PUT, 1,
	    slice_of("https://hooks.example.com/sync"));
	db_bind_text(bench->db, STATEMENT_EVIDENCE_PUT, 2, slice_of("key"));
	db_bind_text(bench->db, STATEMENT_EVIDENCE_PUT, 3, slice_of(FORM));
	run(bench, STATEMENT_EVIDENCE_PUT);
	return bench;
}

void
bench_free(struct bench *bench)
{
	if (bench == NULL)
		return;
	projector_free(bench->projector);
	db_close(bench->db);
	params_clear(&bench->params);
	event_clear(&bench->event);
	buf_clear(&bench->body);
	buf_clear(&bench->text);
	buf_clear(&bench->rows);
	free(bench);
}

void
bench_begin(struct bench *bench)
{
	/* A test that failed left its own. */
	if (db_in_transaction(bench->db))
		run(bench, STATEMENT_ROLLBACK);
	run(bench, STATEMENT_BEGIN);
	projector_forget(bench->projector);
	projector_begin(bench->projector);
}

void
bench_rollback(struct bench *bench)
{
	run(bench, STATEMENT_ROLLBACK);
	projector_forget(bench->projector);
	projector_begin(bench->projector);
}

void
bench_save(struct bench *bench)
{
	run(bench, STATEMENT_SAVEPOINT);
}

void
bench_back(struct bench *bench)
{
	run(bench, STATEMENT_ROLLBACK_TO);
	run(bench, STATEMENT_RELEASE);
	projector_forget(bench->projector);
	projector_begin(bench->projector);
}

void
bench_rebuild(struct bench *bench, bool rebuild)
{
	bench->rebuild = rebuild;
}

uint64_t
bench_events(const struct bench *bench)
{
	return bench->events;
}

int64_t
bench_received_us(size_t position)
{
	/* Later, but now and then not: so it is after a merge. */
	return START_US + (int64_t)(position * 1000 + position * 5 % 7 * 3000);
}

/* --- Steps -------------------------------------------------------------- */

static void
make_body(struct buf *body, const struct model_step *step)
{
	const struct event_rule *const rule = event_rule(step->type);
	enum field field;

	buf_reset(body);
	buf_printf(body, "EventType=%s", step->type == EVENT_UNKNOWN ?
	    "list_item_sneezed" : rule->name);
	for (field = FIELD_EVENT_TYPE + 1; field < N_FIELDS; field++) {
		if (rule->param[field] != NULL && step->field[field] != NULL)
			buf_printf(body, "&%s=%s", rule->param[field],
			    step->field[field]);
	}
	if (step->retry != NULL)
		buf_printf(body, "&RetryCount=%s", step->retry);
	assert_true(buf_ok(body));
}

static enum rc
put_delivery(struct bench *bench, size_t position, struct err *err)
{
	const enum statement put = STATEMENT_DELIVERY_PUT;
	struct db *const db = bench->db;

	db_bind_int(db, put, 1, (int64_t)position);
	db_bind_int(db, put, 2, bench_received_us(position));
	db_bind_int(db, put, 3, 1);
	db_bind_text(db, put, 4, slice_of("signature"));
	db_bind_blob(db, put, 6, buf_slice(&bench->body));
	db_bind_blob(db, put, 7, (struct slice){ (const char *)no_digest,
	    sizeof(no_digest) });
	return db_run(db, put, err);
}

static struct gap_action
gap_action_of(const struct model_step *step, size_t position)
{
	return (struct gap_action){
		.position = (int64_t)position,
		.account_sid = slice_of(step->field[FIELD_ACCOUNT_SID]),
		.service_sid = slice_of(step->field[FIELD_SERVICE_SID]),
		.kind = step->kind,
		.key = { .type = DB_TEXT,
		    .bytes = slice_of(step->field[FIELD_OBJECT_SID]) },
		.first = step->first, .last = step->last,
		.state = step->state, .base = step->base,
	};
}

static enum rc
put_gap_action(struct db *db, const struct gap_action *action,
    struct err *err)
{
	const enum statement put = STATEMENT_GAP_ACTION_PUT;

	db_bind_int(db, put, 1, action->position);
	db_bind_text(db, put, 2, action->account_sid);
	db_bind_text(db, put, 3, action->service_sid);
	db_bind_int(db, put, 4, action->kind);
	db_bind(db, put, 5, &action->key);
	db_bind_int(db, put, 6, action->first);
	db_bind_int(db, put, 7, action->last);
	db_bind_int(db, put, 8, action->state);
	db_bind_int(db, put, 9, action->base);
	return db_run(db, put, err);
}

static enum rc
put_action(struct db *db, const struct model_step *step, size_t position,
    struct err *err)
{
	const struct gap_action action = gap_action_of(step, position);
	const enum statement put = STATEMENT_ACTION_PUT;
	enum rc rc;

	db_bind_int(db, put, 1, (int64_t)position);
	db_bind_int(db, put, 2, bench_received_us(position));
	db_bind_text(db, put, 3, slice_of("operator"));
	db_bind_text(db, put, 4, slice_of("explain"));
	db_bind_text(db, put, 5, slice_of("because"));
	rc = db_run(db, put, err);
	return rc == RC_OK ? put_gap_action(db, &action, err) : rc;
}

static enum rc
put_setting(struct db *db, const struct model_step *step, size_t position,
    struct err *err)
{
	const enum statement put = STATEMENT_SETTING_PUT;

	db_bind_int(db, put, 1, (int64_t)position);
	db_bind_int(db, put, 2, bench_received_us(position));
	db_bind_text(db, put, 3, slice_of(step->field[FIELD_SERVICE_SID]));
	db_bind_text(db, put, 4, slice_of("revision_base"));
	db_bind_text(db, put, 5, slice_of(step->value));
	return db_run(db, put, err);
}

/* The record. */
static enum rc
put_step(struct bench *bench, const struct model_step *step, size_t position,
    struct err *err)
{
	switch (step->op) {
	case MODEL_DELIVERY:
		make_body(&bench->body, step);
		bench->events++;
		return put_delivery(bench, position, err);
	case MODEL_CLOSE:
		return put_action(bench->db, step, position, err);
	case MODEL_SETTING:
		return put_setting(bench->db, step, position, err);
	case N_MODEL_OPS:
		break;
	}
	return err_set(err, RC_USAGE, "no such step");
}

static enum rc
judge(struct bench *bench, const struct model_step *step, size_t position,
    struct err *err)
{
	enum verdict verdict;
	enum rc rc;

	make_body(&bench->body, step);
	rc = params_from_form(&bench->params, buf_slice(&bench->body), err);
	if (rc != RC_OK)
		return rc;
	params_sort(&bench->params);
	rc = event_decode(&bench->event, &bench->params, NULL, err);
	if (rc == RC_OK)
		rc = projector_judge(bench->projector, (int64_t)position,
		    bench_received_us(position), &bench->event, &verdict, err);
	bench->learned = rc == RC_OK &&
	    projector_learned(bench->projector) != NULL;
	return rc;
}

enum rc
bench_take(struct bench *bench, const struct model_step *step,
    size_t position, struct err *err)
{
	struct gap_action action;

	switch (step->op) {
	case MODEL_DELIVERY:
		return judge(bench, step, position, err);
	case MODEL_CLOSE:
		action = gap_action_of(step, position);
		return projector_close_gap(bench->projector, &action, err);
	case MODEL_SETTING:
		return projector_settle(bench->projector, NULL, err);
	case N_MODEL_OPS:
		break;
	}
	return err_set(err, RC_USAGE, "no such step");
}

/* Until nothing remains to be recomputed. */
static enum rc
sweep(struct bench *bench, struct err *err)
{
	bool row, remains;
	enum rc rc;
	int i;

	for (i = 0; i < 10; i++) {
		projector_begin(bench->projector);
		rc = projector_sweep(bench->projector, 1000000, err);
		if (rc == RC_OK)
			rc = projector_flush(bench->projector, err);
		if (rc == RC_OK)
			rc = db_row(bench->db, STATEMENT_UPKEEP_READ, &row,
			    err);
		if (rc != RC_OK)
			return rc;
		remains = row && !db_is_null(bench->db, STATEMENT_UPKEEP_READ,
		    3);
		db_done(bench->db, STATEMENT_UPKEEP_READ);
		if (!remains)
			return RC_OK;
	}
	return err_set(err, RC_STORE, "the sweep finds no end");
}

/* What an operator or a configuration does has a transaction of its own. */
static bool
is_alone(const struct model_step *step)
{
	return step->op != MODEL_DELIVERY;
}

bool
bench_step(struct bench *bench, const struct model_step *step,
    size_t position, struct why *why)
{
	struct err err = { "" };
	enum rc rc = RC_OK;

	if (step->begins || is_alone(step)) {
		rc = projector_flush(bench->projector, &err);
		projector_begin(bench->projector);
	}
	if (rc == RC_OK)
		rc = put_step(bench, step, position, &err);
	if (rc == RC_OK)
		rc = bench_take(bench, step, position, &err);
	if (rc == RC_OK && bench_looks(step))
		rc = projector_flush(bench->projector, &err);
	if (rc == RC_OK && is_alone(step))
		projector_begin(bench->projector);
	if (rc == RC_OK && step->swept)
		rc = sweep(bench, &err);
	if (rc == RC_OK)
		return true;
	snprintf(why->text, sizeof(why->text), "position %zu: code %d: %.400s",
	    position, (int)rc, err.text);
	return false;
}

bool
bench_looks(const struct model_step *step)
{
	return !step->held || step->swept || is_alone(step);
}

static bool
run_steps(struct bench *bench, const struct model *model, struct why *why)
{
	struct model part = *model;
	struct err err;
	size_t i;

	for (i = 0; i < model->n; i++) {
		part.n = i + 1;
		if (!bench_step(bench, &model->steps[i], i + 1, why))
			return false;
		if (bench_looks(&model->steps[i]) &&
		    !bench_compare(bench, &part, model->steps[i].swept ?
		    BENCH_ALL : BENCH_LAST, why))
			return false;
	}
	if (projector_flush(bench->projector, &err) != RC_OK ||
	    sweep(bench, &err) != RC_OK) {
		snprintf(why->text, sizeof(why->text), "sweep: %.400s",
		    err.text);
		return false;
	}
	return bench_compare(bench, model, BENCH_ALL, why) &&
	    (!bench->rebuild || bench_rebuilt(bench, model, why));
}

bool
bench_run(struct bench *bench, const struct model *model, struct why *why)
{
	bool same;

	bench_begin(bench);
	same = run_steps(bench, model, why);
	bench_rollback(bench);
	return same;
}

/* --- Reading rows -------------------------------------------------------- */

bool
bench_differs(struct why *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return false;
}

bool
bench_row(struct db *db, enum statement statement)
{
	struct err err;
	bool row;

	if (db_row(db, statement, &row, &err) != RC_OK) {
		print_error("%s\n", err.text);
		fail();
	}
	return row;
}

int64_t
bench_int(struct db *db, enum statement statement, int column)
{
	return db_is_null(db, statement, column) ? -1 :
	    db_int(db, statement, column);
}
