#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "cli/log_parts.h"

/* Rows are printed, and the cursor is moved, after so long: often enough for
 * who waits, and rarely beside what a cursor's two syncs cost. */
#define BATCH_US 100000
/* Beside a writer that is faster than its follower, more often: and between two
 * transactions none is open for as long as one was, so that the writer finds a
 * moment to begin the WAL anew. */
#define BATCH_FOLLOW_US 20000
/* The cursor moves over events that are left out, which cost nothing to look at
 * again, only so often. */
#define LEFT_OUT_US 1000000

/* Columns of log_row. */
enum column {
	COLUMN_POSITION,
	COLUMN_RECEIVED_AT,
	COLUMN_EVENT_TYPE,
	COLUMN_ACCOUNT_SID,
	COLUMN_SERVICE_SID,
	COLUMN_IDENTITY,
	COLUMN_ENDPOINT_ID,
	COLUMN_OBJECT_SID,
	COLUMN_UNIQUE_NAME,
	COLUMN_ITEM,
	COLUMN_EVENT_ID,
	COLUMN_REVISION,
	COLUMN_REVISION_TEXT,
	COLUMN_ITEM_REVISION,
	COLUMN_DATA,
	COLUMN_IS_IDENTITY_ONLINE,
	COLUMN_DATE_CREATED,
	COLUMN_LAG_MS,
	COLUMN_STREAM_KIND,
	COLUMN_STREAM_KEY,
	COLUMN_SEQ,
	COLUMN_VERDICT,
	COLUMN_REVISION_VERDICT,
	COLUMN_BEHIND,
	COLUMN_PROBLEM,
	COLUMN_EXTRA,
	N_COLUMNS
};

/* What a table shows; about is made of several. The widths keep what comes
 * later in line. */
#define ABOUT N_COLUMNS
static const struct {
	int column;
	struct output_column as;
} table[] = {
	{ COLUMN_POSITION, { "position", 8 } },
	{ COLUMN_RECEIVED_AT, { "received_at", 23 } },
	{ COLUMN_EVENT_TYPE, { "event_type", 17 } },
	{ ABOUT, { "about", 12 } },
	{ COLUMN_ITEM, { "item", 4 } },
	{ COLUMN_SEQ, { "seq", 4 } },
	{ COLUMN_VERDICT, { "verdict", 9 } },
	{ COLUMN_BEHIND, { "behind", 6 } },
	{ COLUMN_IDENTITY, { "identity", 8 } },
	{ COLUMN_DATA, { "data", 0 } },
};
#define N_TABLE (sizeof(table) / sizeof(table[0]))

/* ------------------------------------------------------------------------
 * Rows
 */

enum rc
log_begin(struct log *log, struct err *err)
{
	struct output_column columns[N_COLUMNS] = { { .name = NULL } };
	struct db *const db = log->reading.db;
	enum rc rc;
	size_t i;

	rc = db_prepare(db, STATEMENT_LOG_ROW, err);
	if (rc != RC_OK)
		return rc;
	if (log->wanted.format == OUTPUT_TABLE) {
		for (i = 0; i < N_TABLE; i++)
			columns[i] = table[i].as;
		return output_begin(&log->output, OUTPUT_TABLE, stdout,
		    columns, N_TABLE, err);
	}
	for (i = 0; i < N_COLUMNS; i++)
		columns[i].name = db_column_name(db, STATEMENT_LOG_ROW,
		    (int)i);
	return output_begin(&log->output, log->wanted.format, stdout, columns,
	    N_COLUMNS, err);
}

/* The name of what it is about, else its SID, else the identity. */
static int
about(struct db *db)
{
	static const int columns[] = { COLUMN_UNIQUE_NAME, COLUMN_OBJECT_SID };
	size_t i;

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		if (!db_is_null(db, STATEMENT_LOG_ROW, columns[i]))
			return columns[i];
	}
	return COLUMN_IDENTITY;
}

/* One event; nothing if it is there no more. */
static enum rc
add_row(struct log *log, int64_t position, struct err *err)
{
	const enum statement s = STATEMENT_LOG_ROW;
	const bool is_table = log->wanted.format == OUTPUT_TABLE;
	struct db_value values[N_COLUMNS];
	struct db *const db = log->reading.db;
	size_t i;
	enum rc rc;
	bool row;
	int column;

	db_bind_int(db, s, 1, position);
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	for (i = 0; i < (is_table ? N_TABLE : N_COLUMNS); i++) {
		column = is_table ? table[i].column : (int)i;
		values[i] = output_value(db, s, column == ABOUT ? about(db) :
		    column);
	}
	output_row(log->output, values);
	db_done(db, s);
	return RC_OK;
}

/* Some of these positions, in one transaction. */
static enum rc
add_rows(struct log *log, const int64_t *position, size_t n, size_t *done,
    struct err *err)
{
	const int64_t end_us = clock_mono_us() + (log->wanted.follow ?
	    BATCH_FOLLOW_US : BATCH_US);
	enum rc rc;

	rc = reading_begin(&log->reading, err);
	while (rc == RC_OK && *done < n && log->left != 0) {
		rc = add_row(log, position[*done], err);
		if (rc != RC_OK)
			break;
		log->at = position[*done];
		(*done)++;
		if (log->left > 0)
			log->left--;
		if (clock_mono_us() >= end_us)
			break;
	}
	reading_end(&log->reading);
	return rc;
}

/* Print what was added; the cursor follows only once it was taken. */
static enum rc
flush(struct log *log, struct err *err)
{
	enum rc rc;

	progress_clear(&log->progress);
	rc = output_flush(log->output, err);
	log->is_cut = rc != RC_OK || output_is_over(log->output);
	if (log->is_cut || follow_is_stopped())
		log->is_over = true;
	if (log->is_cut || log->cursor == NULL)
		return rc;
	rc = cursor_move(log->cursor, log->reading.db, log->at, err);
	if (rc == RC_OK)
		log->handed_on = log->at;
	return rc;
}

/* ------------------------------------------------------------------------
 * Pieces
 */

/* As long as a transaction took. A signal breaks it. */
static void
make_room(int64_t us)
{
	const struct timespec pause = { 0, 1000 * (us < BATCH_FOLLOW_US ?
	    us : BATCH_FOLLOW_US) };

	(void)nanosleep(&pause, NULL);
}

enum rc
log_find(struct log *log, struct err *err)
{
	enum rc rc;

	do {
		rc = reading_begin(&log->reading, err);
		if (rc == RC_OK)
			rc = events_find(log->events, log->reading.db, err);
		reading_end(&log->reading);
	} while (rc == RC_LIMIT && events_narrow(log->events));
	return rc;
}

static enum rc
print_piece(struct log *log, struct err *err)
{
	const int64_t *position;
	int64_t begun_us, took_us;
	size_t n, done = 0;
	enum rc rc = RC_OK, flushed;

	position = events_piece(log->events, &n);
	while (rc == RC_OK && done < n && log->left != 0 && !log->is_over) {
		begun_us = clock_mono_us();
		rc = add_rows(log, position, n, &done, err);
		took_us = clock_mono_us() - begun_us;
		if (rc == RC_OK && done == n && !log->wanted.reverse)
			log->at = events_reached(log->events);
		/* Those before one that could not be read, too: the next try
		 * goes on behind them. */
		flushed = flush(log, rc == RC_OK ? err : NULL);
		if (rc == RC_OK)
			rc = flushed;
		if (log->wanted.follow)
			make_room(took_us);
	}
	if (rc == RC_OK && n == 0 && !log->wanted.reverse)
		log->at = events_reached(log->events);
	return rc;
}

enum rc
log_move_on(struct log *log, bool now, struct err *err)
{
	enum rc rc;

	if (log->cursor == NULL || log->is_cut ||
	    log->at == log->handed_on)
		return RC_OK;
	/* --from may be beyond the journal's end. */
	if (log->at > log->last)
		return RC_OK;
	if (!now && clock_mono_us() < log->move_us)
		return RC_OK;
	rc = cursor_move(log->cursor, log->reading.db, log->at, err);
	if (rc != RC_OK)
		return rc;
	log->handed_on = log->at;
	log->move_us = clock_mono_us() + LEFT_OUT_US;
	return RC_OK;
}

enum rc
log_print(struct log *log, int64_t first, int64_t last, struct err *err)
{
	enum rc rc = RC_OK;
	int64_t done = 0;

	events_range(log->events, first, last, log->wanted.reverse);
	while (rc == RC_OK && !events_are_done(log->events) &&
	    log->left != 0 && !log->is_over) {
		rc = log_find(log, err);
		if (rc == RC_OK)
			rc = print_piece(log, err);
		if (rc == RC_OK)
			rc = log_move_on(log, false, err);
		if (follow_is_stopped())
			log->is_over = true;
		if (!log->wanted.reverse)
			done = log->at - first + 1;
		progress_show(&log->progress, done, last - first + 1);
	}
	progress_clear(&log->progress);
	return rc;
}
