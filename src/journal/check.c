#include "journal/check.h"

#include <stdio.h>

#include "journal/compare.h"
#include "journal/db.h"
#include "journal/migrate.h"
#include "journal/project.h"
#include "journal/reader.h"
#include "journal/walk.h"

/* A read transaction keeps the WAL from being begun anew, and, where there is
 * none, keeps deliveries waiting. */
#define SLICE_US 30000

/* Where the columns of the delivery begin in statement record_check, behind
 * those of its event. */
#define AT_DELIVERY EVENT_ROW_COLUMNS

struct check {
	struct db *record;	/* the journal */
	struct db *scratch;
	struct projector *projector;
	struct walk *walk;
	const struct check_calls *calls;
	int generation;		/* that is checked */
	int64_t changes;	/* of bases, when it began */
	int64_t position;	/* recomputed up to here, */
	int64_t last;		/* of the record's last */
	struct check_report report;
	struct buf told[CHECK_TOLD_MAX];	/* the first sentences */
};

/* Told in the end: when a base changed meanwhile, they mean nothing. */
static void
differs(void *context, const char *sentence)
{
	struct check *check = context;

	if (check->report.differences < CHECK_TOLD_MAX)
		buf_add_text(&check->told[check->report.differences],
		    sentence);
	check->report.differences++;
}

static void
tell_all(const struct check *check)
{
	int i;

	for (i = 0; i < CHECK_TOLD_MAX && i < check->report.differences; i++)
		check->calls->differs(check->calls->context,
		    buf_ok(&check->told[i]) ? check->told[i].data :
		    "a row differs");
}

/* ------------------------------------------------------------------------
 * Events
 */

static void
tell_event(struct check *check, int64_t position, int column,
    const struct db_value *should)
{
	const enum statement s = STATEMENT_RECORD_CHECK;
	struct db_value is;
	struct buf text;

	buf_init(&text, 0);
	buf_printf(&text, "event %lld: ", (long long)position);
	if (db_is_null(check->record, s, 0)) {
		buf_add_text(&text, "is missing");
	} else {
		buf_printf(&text, "%s is ", db_column_name(check->record, s,
		    column));
		is = db_column(check->record, s, column);
		compare_value(&text, &is);
		buf_add_text(&text, ", should be ");
		compare_value(&text, should);
	}
	differs(check, buf_ok(&text) ? text.data : "an event differs");
	buf_clear(&text);
}

/* The event that the walk is at, as it should be. */
static enum rc
compare_event(void *context, const struct db_value *columns, struct err *err)
{
	struct check *check = context;
	int i;

	(void)err;
	for (i = 0; i < EVENT_ROW_COLUMNS; i++) {
		if (db_same(check->record, STATEMENT_RECORD_CHECK, i,
		    &columns[i]))
			continue;
		tell_event(check, columns[0].number, i, &columns[i]);
		break;
	}
	return RC_OK;
}

/* ------------------------------------------------------------------------
 * The journal at one moment
 */

static enum rc
busy(struct err *err)
{
	return err_set(err, RC_BUSY, "a rebuild or recomputation is wanted or "
	    "under way: try again when it is done, or run syncjournal "
	    "rebuild");
}

/* Where the record ends; RC_BUSY when the projections are on the move, or
 * stand on other bases than when the check began. */
static enum rc
look(struct check *check, bool first, struct err *err)
{
	const enum statement s = STATEMENT_POSITION_LAST;
	int64_t changes;
	int generation;
	bool row, due;
	enum rc rc;

	rc = db_row(check->record, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	check->last = db_int(check->record, s, 0);
	generation = (int)db_int(check->record, s, 1);
	due = db_int(check->record, s, 2) != 0;
	changes = db_int(check->record, s, 3);
	db_done(check->record, s);
	if (due || (!first && (generation != check->generation ||
	    changes != check->changes)))
		return busy(err);
	check->generation = generation;
	check->changes = changes;
	return RC_OK;
}

static enum rc
begin(struct check *check, struct err *err)
{
	enum rc rc;

	rc = db_run(check->record, STATEMENT_BEGIN_READ, err);
	return rc == RC_OK ? look(check, false, err) : rc;
}

/* End of a slice; its result is kept. */
static enum rc
end(struct check *check, enum rc rc, struct err *err)
{
	if (!db_in_transaction(check->record))
		return rc;
	if (rc == RC_OK)
		return db_run(check->record, STATEMENT_COMMIT, err);
	(void)db_run(check->record, STATEMENT_ROLLBACK, NULL);
	return rc;
}

static void
say_progress(const struct check *check)
{
	if (check->calls->progress != NULL)
		check->calls->progress(check->calls->context, check->position,
		    check->last);
}

/* Recompute what has not been yet, for a while. */
static enum rc
catch_up(struct check *check, struct err *err)
{
	return walk_some(check->walk, &check->position, check->last, SLICE_US,
	    &check->report.deliveries, err);
}

static enum rc
walk_all(struct check *check, struct err *err)
{
	enum rc rc;

	do {
		rc = begin(check, err);
		if (rc == RC_OK)
			rc = catch_up(check, err);
		rc = end(check, rc, err);
		say_progress(check);
	} while (rc == RC_OK && check->position < check->last);
	return rc;
}

/* ------------------------------------------------------------------------
 * Tables
 */

/* Some rows of a table, at a moment when all that is journaled was
 * recomputed. */
static enum rc
compare_slice(struct check *check, enum statement statement, int64_t *after,
    struct err *err)
{
	enum rc rc;

	rc = begin(check, err);
	if (rc == RC_OK)
		rc = catch_up(check, err);
	if (rc == RC_OK)
		rc = projector_flush(check->projector, err);
	/* Else the journal grows faster than this: once more. */
	if (rc == RC_OK && check->position == check->last)
		rc = compare_rows(check->record, check->scratch, statement,
		    after, SLICE_US, differs, check, err);
	return end(check, rc, err);
}

static enum rc
compare_table(struct check *check, enum statement statement, struct err *err)
{
	int64_t after = 0;
	enum rc rc;

	do {
		rc = compare_slice(check, statement, &after, err);
	} while (rc == RC_OK && after != INT64_MAX);
	return rc;
}

/* Events of no delivery are met by no walk; *counted once all that is journaled
 * was recomputed. */
static enum rc
count_slice(struct check *check, bool *counted, struct err *err)
{
	char sentence[96];
	int64_t n = 0;
	enum rc rc;

	rc = begin(check, err);
	if (rc == RC_OK)
		rc = catch_up(check, err);
	*counted = rc == RC_OK && check->position == check->last;
	if (*counted)
		rc = db_number(check->record, STATEMENT_EVENT_COUNT, &n, err);
	if (rc == RC_OK && *counted && n > check->report.deliveries) {
		(void)snprintf(sentence, sizeof(sentence), "event: %lld rows "
		    "belong to no delivery", (long long)(n -
		    check->report.deliveries));
		differs(check, sentence);
	}
	return end(check, rc, err);
}

static enum rc
count_events(struct check *check, struct err *err)
{
	bool counted = false;
	enum rc rc = RC_OK;

	while (rc == RC_OK && !counted)
		rc = count_slice(check, &counted, err);
	return rc;
}

/* The bases were taken over: what the deliveries say of them is settled
 * first. */
static enum rc
compare_all(struct check *check, struct err *err)
{
	static const enum statement tables[] = { STATEMENT_COMPARE_SERVICE,
	    STATEMENT_COMPARE_STREAM, STATEMENT_COMPARE_GAP,
	    STATEMENT_COMPARE_ITEM, STATEMENT_COMPARE_BASE_EVIDENCE };
	enum rc rc;
	size_t i;

	rc = projector_settle(check->projector, NULL, err);
	for (i = 0; rc == RC_OK && i < sizeof(tables) / sizeof(tables[0]);
	    i++)
		rc = compare_table(check, tables[i], err);
	return rc == RC_OK ? count_events(check, err) : rc;
}

/* ------------------------------------------------------------------------
 * All
 */

static enum rc
open_scratch(struct check *check, struct err *err)
{
	enum rc rc;

	rc = db_open(&check->scratch, "a scratch database", DB_SCRATCH, err);
	if (rc == RC_OK)
		rc = db_script(check->scratch, "PRAGMA synchronous = OFF; "
		    "PRAGMA journal_mode = MEMORY; "
		    "PRAGMA cache_size = -32768;", err);
	if (rc == RC_OK)
		rc = migrate(check->scratch, "a scratch database", "truncate",
		    err);
	/* Never committed: it is gone with its connection. */
	if (rc == RC_OK)
		rc = db_run(check->scratch, STATEMENT_BEGIN, err);
	return rc;
}

static enum rc
prepare(struct check *check, const char *path, struct err *err)
{
	struct projector_options options;
	bool file_only;
	enum rc rc;

	rc = reader_open(&check->record, path, &file_only, err);
	if (rc == RC_OK)
		rc = reader_check_version(check->record, path, err);
	if (rc == RC_OK)
		rc = look(check, true, err);
	if (rc == RC_OK)
		rc = open_scratch(check, err);
	if (rc != RC_OK)
		return rc;
	(void)db_generation(check->record, check->generation);
	options = (struct projector_options){ .db = check->scratch,
	    .record = check->record, .put = compare_event, .context = check,
	    .hint = check->record, .hint_generation = check->generation };
	rc = projector_new(&check->projector, &options, err);
	if (rc == RC_OK)
		rc = walk_new(&check->walk, check->record, check->projector,
		    STATEMENT_RECORD_CHECK, AT_DELIVERY, err);
	return rc;
}

enum rc
check_run(const char *path, const struct check_calls *calls,
    struct check_report *report, struct err *err)
{
	struct check check = { .calls = calls };
	enum rc rc;
	int i;

	rc = prepare(&check, path, err);
	if (rc == RC_OK)
		rc = walk_all(&check, err);
	if (rc == RC_OK)
		rc = compare_all(&check, err);
	if (rc == RC_OK) {
		*report = check.report;
		tell_all(&check);
	}
	walk_free(check.walk);
	projector_free(check.projector);
	db_close(check.scratch);
	db_close(check.record);
	for (i = 0; i < CHECK_TOLD_MAX; i++)
		buf_clear(&check.told[i]);
	return rc;
}
