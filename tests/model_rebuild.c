/* "Everything else is a projection of it, in position order, and can be rebuilt
 * from it alone": into generation 1, the bases known from the start. */
#include "model_parts.h"

#include <stdio.h>

static void
add_rows(struct bench *bench, const struct model *model, enum statement rows,
    struct buf *text)
{
	struct db *const db = bench->db;
	int column;

	buf_printf(text, "%s\n", statement_name[rows]);
	db_bind_int(db, rows, 1, 0);
	if (rows == STATEMENT_RECORD_CHECK)
		db_bind_int(db, rows, 2, (int64_t)model->n);
	while (bench_row(db, rows)) {
		for (column = 0; column < db_columns(db, rows); column++) {
			if (db_is_null(db, rows, column))
				buf_add_text(text, "NULL");
			else
				buf_add_slice(text, db_bytes(db, rows,
				    column));
			buf_add_char(text, '|');
		}
		buf_add_char(text, '\n');
	}
}

static void
add_all_rows(struct bench *bench, const struct model *model, struct buf *text)
{
	static const enum statement rows[] = {
		STATEMENT_COMPARE_SERVICE, STATEMENT_COMPARE_BASE_EVIDENCE,
		STATEMENT_COMPARE_STREAM, STATEMENT_COMPARE_GAP,
		STATEMENT_COMPARE_ITEM, STATEMENT_RECORD_CHECK,
	};
	size_t i;

	buf_reset(text);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		add_rows(bench, model, rows[i], text);
}

static enum rc
project_all(struct bench *bench, const struct model *model, struct err *err)
{
	enum rc rc = RC_OK;
	size_t i;

	projector_forget(bench->projector);
	for (i = 0; i < model->n && rc == RC_OK; i++) {
		/* Settings are in the bases that are taken over. */
		if (model->steps[i].op != MODEL_SETTING)
			rc = bench_take(bench, &model->steps[i], i + 1, err);
	}
	if (rc == RC_OK)
		rc = projector_flush(bench->projector, err);
	if (rc == RC_OK)
		rc = projector_settle(bench->projector, NULL, err);
	if (rc == RC_OK)
		rc = projector_flush(bench->projector, err);
	return rc;
}

/* As a rebuild does it; generation 1 is in use afterwards. */
static enum rc
rebuild(struct bench *bench, const struct model *model, struct err *err)
{
	const struct projector_options options = { .db = bench->db,
	    .record = bench->db, .hint = bench->db, .hint_generation = 0 };
	struct projector *const usual = bench->projector;
	enum rc rc;

	db_generation(bench->db, 1);
	rc = projector_new(&bench->projector, &options, err);
	if (rc == RC_OK) {
		rc = project_all(bench, model, err);
		projector_free(bench->projector);
	}
	bench->projector = usual;
	return rc;
}

/* The first line that is not the same in both. */
static bool
differs_at(const struct buf *live, const struct buf *rebuilt, struct why *why)
{
	const char *a = live->data, *b = rebuilt->data;
	const char *line_a = a, *line_b = b;

	for (; *a != '\0' && *a == *b; a++, b++) {
		if (*a == '\n') {
			line_a = a + 1;
			line_b = b + 1;
		}
	}
	return bench_differs(why, "a rebuild gives other rows:\n"
	    "  live    %.*s\n  rebuilt %.*s", (int)strcspn(line_a, "\n"),
	    line_a, (int)strcspn(line_b, "\n"), line_b);
}

bool
bench_rebuilt(struct bench *bench, const struct model *model, struct why *why)
{
	struct err err;
	bool same = true;

	add_all_rows(bench, model, &bench->rows);
	if (rebuild(bench, model, &err) != RC_OK)
		same = bench_differs(why, "a rebuild: %.400s", err.text);
	if (same)
		add_all_rows(bench, model, &bench->text);
	if (same && slice_compare(buf_slice(&bench->rows),
	    buf_slice(&bench->text)) != 0)
		same = differs_at(&bench->rows, &bench->text, why);
	db_generation(bench->db, 0);
	return same;
}
