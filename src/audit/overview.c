#include "audit/overview.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "journal/file.h"
#include "journal/reader.h"
#include "journal/rebuild.h"

#define SECOND_US INT64_C(1000000)

/* Where the latest position is, and the first of each time. */
struct times {
	int64_t last;
	int64_t minute, hour, day;
};

/* ------------------------------------------------------------------------
 * The file
 */

static void
read_files(const char *path, struct overview *overview)
{
	struct buf wal;
	struct statvfs system;
	struct stat file;
	char *canonical = NULL;

	overview->file_bytes = -1;
	overview->wal_bytes = -1;
	overview->room_bytes = -1;
	if (stat(path, &file) == 0)
		overview->file_bytes = (int64_t)file.st_size;
	if (statvfs(path, &system) == 0)
		overview->room_bytes = (int64_t)((uint64_t)system.f_bavail *
		    system.f_frsize);
	/* It lies beside the file that a link leads to. */
	if (file_canonical(path, &canonical, NULL) != RC_OK)
		return;
	buf_init(&wal, 0);
	buf_printf(&wal, "%s-wal", canonical);
	if (buf_ok(&wal))
		overview->wal_bytes = stat(wal.data, &file) == 0 ?
		    (int64_t)file.st_size : 0;
	buf_clear(&wal);
	free(canonical);
}

static enum rc
read_pages(struct db *db, struct overview *overview, struct err *err)
{
	enum rc rc;

	rc = db_number(db, STATEMENT_PAGE_SIZE, &overview->page_size, err);
	if (rc == RC_OK)
		rc = db_number(db, STATEMENT_PAGE_COUNT, &overview->pages,
		    err);
	if (rc == RC_OK)
		rc = db_number(db, STATEMENT_FREELIST_COUNT,
		    &overview->free_pages, err);
	return rc;
}

/* ------------------------------------------------------------------------
 * The journal's own row, and the like
 */

static void
copy(char *to, size_t size, struct slice text)
{
	(void)snprintf(to, size, "%.*s", (int)text.len,
	    text.p == NULL ? "" : text.p);
}

static enum rc
read_journal(struct db *db, struct overview *o, struct err *err)
{
	const enum statement s = STATEMENT_OVERVIEW_JOURNAL;
	enum rc rc;
	bool row;

	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	copy(o->uuid, sizeof(o->uuid), db_bytes(db, s, 0));
	copy(o->mode, sizeof(o->mode), db_bytes(db, s, 1));
	copy(o->schema_version, sizeof(o->schema_version),
	    db_bytes(db, s, 2));
	copy(o->program_version, sizeof(o->program_version),
	    db_bytes(db, s, 3));
	copy(o->sqlite_version, sizeof(o->sqlite_version),
	    db_bytes(db, s, 4));
	o->created_us = db_int(db, s, 5);
	o->first_us = db_int(db, s, 6);
	db_done(db, s);
	return RC_OK;
}

static enum rc
read_reject(struct db *db, struct overview *o, struct err *err)
{
	const enum statement s = STATEMENT_OVERVIEW_REJECTS;
	enum rc rc;
	bool row;

	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	o->rejects_kept = db_int(db, s, 0);
	o->reject_last_us = db_int(db, s, 1);
	copy(o->reject_reason, sizeof(o->reject_reason), db_bytes(db, s, 2));
	db_done(db, s);
	return RC_OK;
}

static enum rc
read_run(struct db *db, struct overview *o, struct err *err)
{
	const enum statement s = STATEMENT_OVERVIEW_RUN;
	enum rc rc;
	bool row;

	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	copy(o->run, sizeof(o->run), db_bytes(db, s, 0));
	o->run_us = db_int(db, s, 1);
	db_done(db, s);
	return RC_OK;
}

static enum rc
read_upkeep(struct db *db, struct overview *o, struct err *err)
{
	const enum statement s = STATEMENT_UPKEEP_READ;
	enum rebuild_state state;
	enum rc rc;
	bool row;

	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	state = (enum rebuild_state)db_int(db, s, 0);
	o->rebuild_position = db_int(db, s, 2);
	if (state == REBUILD_FILL)
		o->upkeep = OVERVIEW_FILLING;
	else if (db_int(db, s, 1) != 0)
		o->upkeep = OVERVIEW_WANTED;
	else if (!db_is_null(db, s, 3))
		o->upkeep = OVERVIEW_SWEEPING;
	else if (state == REBUILD_EMPTY)
		o->upkeep = OVERVIEW_EMPTYING;
	db_done(db, s);
	return RC_OK;
}

/* ------------------------------------------------------------------------
 * Times
 */

/* The first delivery from a position on; *position is beyond the last when
 * there is none. */
static enum rc
look_from(struct db *db, int64_t from, int64_t *position, int64_t *received_us,
    struct err *err)
{
	const enum statement s = STATEMENT_OVERVIEW_FROM;
	enum rc rc;
	bool row;

	*position = INT64_MAX;
	*received_us = INT64_MAX;
	db_bind_int(db, s, 1, from);
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	*position = db_int(db, s, 0);
	*received_us = db_int(db, s, 1);
	db_done(db, s);
	return RC_OK;
}

/* The position of the first delivery that was received at us or later, or one
 * beyond the last. */
static enum rc
find_time(struct db *db, int64_t us, int64_t last, int64_t *found,
    struct err *err)
{
	int64_t low = 1, high = last + 1, middle, position, received_us;
	enum rc rc = RC_OK;

	while (rc == RC_OK && low < high) {
		middle = low + (high - low) / 2;
		rc = look_from(db, middle, &position, &received_us, err);
		if (received_us >= us)
			high = middle;
		else
			low = position + 1;
	}
	*found = low;
	return rc;
}

/* How many deliveries stand from a position to the last: positions are given
 * out one by one, to settings and actions too, which are few. */
static enum rc
count_from(struct db *db, int64_t from, int64_t last, int64_t *n,
    struct err *err)
{
	const enum statement s = STATEMENT_OVERVIEW_OTHERS;
	enum rc rc;
	bool row;

	*n = 0;
	if (from > last)
		return RC_OK;
	db_bind_int(db, s, 1, from);
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	*n = last - from + 1 - db_int(db, s, 0);
	db_done(db, s);
	return RC_OK;
}

static enum rc
read_times(struct db *db, int64_t now_us, struct times *times,
    struct overview *o, struct err *err)
{
	struct {
		int64_t s, *from, *n;
	} of[] = {
		{ 60, &times->minute, &o->minute },
		{ 3600, &times->hour, &o->hour },
		{ 86400, &times->day, &o->day },
	};
	enum rc rc;
	size_t i;

	rc = db_number(db, STATEMENT_POSITION_LAST, &times->last, err);
	for (i = 0; rc == RC_OK && i < 3; i++) {
		rc = find_time(db, now_us - of[i].s * SECOND_US, times->last,
		    of[i].from, err);
		if (rc == RC_OK)
			rc = count_from(db, *of[i].from, times->last, of[i].n,
			    err);
	}
	o->last_position = times->last;
	return rc;
}

/* ------------------------------------------------------------------------
 * Counts
 */

static enum rc
read_verdicts(struct db *db, const struct times *times, struct overview *o,
    struct err *err)
{
	const enum statement s = STATEMENT_OVERVIEW_VERDICTS;
	int64_t from = times->last + 1 - OVERVIEW_VERDICTS, code;
	enum rc rc;
	bool row;

	db_bind_int(db, s, 1, times->day > from ? times->day : from);
	while ((rc = db_row(db, s, &row, err)) == RC_OK && row) {
		code = db_int(db, s, 0);
		if (code >= 0 && code < N_VERDICTS)
			o->verdicts[code] = db_int(db, s, 1);
		o->n_verdicts += db_int(db, s, 1);
	}
	return rc;
}

static enum rc
read_bases(struct db *db, struct overview *o, struct err *err)
{
	const enum statement s = STATEMENT_OVERVIEW_BASES;
	struct overview_base *base;
	enum rc rc;
	bool row;

	while ((rc = db_row(db, s, &row, err)) == RC_OK && row) {
		o->services += db_int(db, s, 2);
		if (o->n_bases == OVERVIEW_BASES)
			continue;
		base = &o->bases[o->n_bases++];
		base->base = (int)db_int(db, s, 0);
		copy(base->reason, sizeof(base->reason), db_bytes(db, s, 1));
		base->services = db_int(db, s, 2);
	}
	return rc;
}

static enum rc
read_streams(struct db *db, struct overview *o, struct err *err)
{
	const enum statement s = STATEMENT_OVERVIEW_STREAMS;
	int64_t kind;
	enum rc rc;
	bool row;

	while ((rc = db_row(db, s, &row, err)) == RC_OK && row) {
		kind = db_int(db, s, 0);
		if (kind > 0 && kind < N_STREAM_KINDS)
			o->streams[kind] = db_int(db, s, 1);
	}
	return rc;
}

static enum rc
read_gaps(struct db *db, int64_t now_us, struct overview *o, struct err *err)
{
	const enum statement s = STATEMENT_OVERVIEW_GAPS;
	const int64_t grace_us = FINDINGS_GRACE_S * SECOND_US;
	enum rc rc;
	bool row;

	db_bind_int(db, s, 1, now_us - grace_us);
	db_bind_int(db, s, 2, now_us + grace_us);
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	o->open_gaps = db_int(db, s, 0);
	o->missing = db_int(db, s, 1);
	o->pending = db_int(db, s, 2);
	db_done(db, s);
	return RC_OK;
}

/* ------------------------------------------------------------------------
 * Lags
 */

static int
compare_lags(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The smallest lag that so many of a hundred do not exceed (nearest rank). */
static int64_t
percentile(const int64_t *lags, size_t n, size_t percent)
{
	return lags[(n * percent + 99) / 100 - 1];
}

static enum rc
read_lags(struct db *db, struct overview *o, struct err *err)
{
	const enum statement s = STATEMENT_OVERVIEW_LAGS;
	int64_t lags[OVERVIEW_LAGS];
	size_t n = 0;
	enum rc rc;
	bool row;

	db_bind_int(db, s, 1, OVERVIEW_LAGS);
	while ((rc = db_row(db, s, &row, err)) == RC_OK && row) {
		if (n < OVERVIEW_LAGS)
			lags[n++] = db_int(db, s, 0);
	}
	if (rc != RC_OK || n == 0)
		return rc;
	qsort(lags, n, sizeof(lags[0]), compare_lags);
	o->n_lags = n;
	o->lag_p50_ms = percentile(lags, n, 50);
	o->lag_p90_ms = percentile(lags, n, 90);
	o->lag_p99_ms = percentile(lags, n, 99);
	o->lag_max_ms = lags[n - 1];
	return RC_OK;
}

/* ------------------------------------------------------------------------ */

/* The statements mean the generation in use. */
static enum rc
read_tables(struct db *db, int64_t now_us, struct overview *o,
    struct err *err)
{
	struct times times;
	enum rc rc;

	rc = read_times(db, now_us, &times, o, err);
	if (rc == RC_OK)
		rc = read_verdicts(db, &times, o, err);
	if (rc == RC_OK)
		rc = read_lags(db, o, err);
	if (rc == RC_OK)
		rc = read_bases(db, o, err);
	if (rc == RC_OK)
		rc = read_streams(db, o, err);
	if (rc == RC_OK)
		rc = read_gaps(db, now_us, o, err);
	if (rc == RC_OK)
		rc = findings_ground(db, NULL, &o->ground, err);
	return rc;
}

enum rc
overview_read(struct db *db, const char *path, int64_t now_us,
    struct overview *overview, struct err *err)
{
	struct overview o = { .uuid = "" };
	int before;
	enum rc rc;

	rc = reader_use(db, &before, err);
	if (rc != RC_OK)
		return rc;
	rc = read_tables(db, now_us, &o, err);
	(void)db_generation(db, before);
	if (rc == RC_OK)
		rc = read_journal(db, &o, err);
	if (rc == RC_OK)
		rc = read_reject(db, &o, err);
	if (rc == RC_OK)
		rc = read_run(db, &o, err);
	if (rc == RC_OK)
		rc = read_upkeep(db, &o, err);
	if (rc == RC_OK)
		rc = read_pages(db, &o, err);
	if (rc != RC_OK)
		return rc;
	read_files(path, &o);
	*overview = o;
	return RC_OK;
}
