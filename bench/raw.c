/*
 * raw -- SQLite alone: append the rows of a journal to a new file, as fast as
 * one process can while each commit is durable.
 *
 *     bench/raw JOURNAL NEWFILE BATCH
 *
 * JOURNAL is made by bench/fill. Its deliveries and their events are read into
 * memory, then inserted into the same tables with the same indexes (without
 * triggers, streams and gaps), BATCH deliveries a transaction, in WAL mode with
 * synchronous = FULL and the journal's own checkpoints. One line of JSON tells
 * what it took.
 */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "journal/journal.h"
#include "spent.h"

#define N_TABLES 2

struct table {
	const char *name;
	const char *read;
	sqlite3_value **value;	/* n_rows times n_columns */
	size_t n_rows;
	int n_columns;
	sqlite3_stmt *put;
};

struct raw {
	sqlite3 *from;
	sqlite3 *to;
	struct table table[N_TABLES];
	int wal_pages;
	int64_t *took_us;	/* of each commit */
	size_t n_commits;
};

static void
die(sqlite3 *db, const char *what)
{
	(void)fprintf(stderr, "raw: %s: %s\n", what,
	    db == NULL ? "no memory" : sqlite3_errmsg(db));
	exit(1);
}

static void
run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(db, sql);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		die(db, sql);
	return stmt;
}

static void
read_row(struct table *table, sqlite3_stmt *stmt)
{
	const size_t n = (size_t)table->n_columns;
	sqlite3_value **row;
	size_t i;

	if ((table->n_rows & (table->n_rows - 1)) == 0) {
		table->value = realloc(table->value, sizeof(*table->value) *
		    n * (table->n_rows == 0 ? 1 : table->n_rows * 2));
		if (table->value == NULL)
			die(NULL, table->name);
	}
	row = table->value + table->n_rows++ * n;
	for (i = 0; i < n; i++) {
		row[i] = sqlite3_value_dup(sqlite3_column_value(stmt, (int)i));
		if (row[i] == NULL)
			die(NULL, table->name);
	}
}

static void
read_table(struct raw *raw, struct table *table)
{
	sqlite3_stmt *stmt = prepare(raw->from, table->read);
	int code;

	table->n_columns = sqlite3_column_count(stmt);
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW)
		read_row(table, stmt);
	if (code != SQLITE_DONE)
		die(raw->from, table->name);
	(void)sqlite3_finalize(stmt);
}

/* The tables and their indexes, as the journal has them. */
static void
copy_schema(struct raw *raw)
{
	sqlite3_stmt *stmt;
	int code;

	stmt = prepare(raw->from, "SELECT sql FROM sqlite_master "
	    "WHERE type IN ('table', 'index') AND sql IS NOT NULL "
	    "AND tbl_name IN ('delivery', 'event_a') ORDER BY type DESC");
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW)
		run(raw->to, (const char *)sqlite3_column_text(stmt, 0));
	if (code != SQLITE_DONE)
		die(raw->from, "the schema");
	(void)sqlite3_finalize(stmt);
}

static void
prepare_put(struct raw *raw, struct table *table)
{
	char sql[256];
	int i, len;

	len = snprintf(sql, sizeof(sql), "INSERT INTO %s VALUES (?1",
	    table->name);
	for (i = 2; i <= table->n_columns; i++)
		len += snprintf(sql + len, sizeof(sql) - (size_t)len, ", ?%d",
		    i);
	(void)snprintf(sql + len, sizeof(sql) - (size_t)len, ")");
	table->put = prepare(raw->to, sql);
}

static int
count_pages(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct raw *raw = arg;

	(void)db, (void)name;
	raw->wal_pages = pages;
	return SQLITE_OK;
}

static void
open_both(struct raw *raw, const char *from, const char *to)
{
	size_t i;

	if (sqlite3_open_v2(from, &raw->from, SQLITE_OPEN_READONLY, NULL) !=
	    SQLITE_OK)
		die(raw->from, from);
	if (sqlite3_open(to, &raw->to) != SQLITE_OK)
		die(raw->to, to);
	/* As src/journal/db.c. */
	run(raw->to, "PRAGMA journal_mode = wal; PRAGMA synchronous = FULL; "
	    "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384; "
	    "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;");
	copy_schema(raw);
	for (i = 0; i < N_TABLES; i++) {
		read_table(raw, &raw->table[i]);
		prepare_put(raw, &raw->table[i]);
	}
	(void)sqlite3_close(raw->from);
	(void)sqlite3_wal_hook(raw->to, count_pages, raw);
}

static int
bind(sqlite3_stmt *put, int i, sqlite3_value *value)
{
	const int len = sqlite3_value_bytes(value);

	switch (sqlite3_value_type(value)) {
	case SQLITE_INTEGER:
		return sqlite3_bind_int64(put, i, sqlite3_value_int64(value));
	case SQLITE_TEXT:
		return sqlite3_bind_text(put, i, (const char *)
		    sqlite3_value_text(value), len, SQLITE_STATIC);
	case SQLITE_BLOB:
		return sqlite3_bind_blob(put, i, sqlite3_value_blob(value),
		    len, SQLITE_STATIC);
	default:
		return sqlite3_bind_null(put, i);
	}
}

static void
put_row(struct raw *raw, const struct table *table, size_t row)
{
	const size_t first = row * (size_t)table->n_columns;
	int i;

	for (i = 0; i < table->n_columns; i++)
		if (bind(table->put, i + 1, table->value[first + (size_t)i]) !=
		    SQLITE_OK)
			die(raw->to, table->name);
	if (sqlite3_step(table->put) != SQLITE_DONE ||
	    sqlite3_reset(table->put) != SQLITE_OK)
		die(raw->to, table->name);
}

static void
append(struct raw *raw, size_t n, size_t batch)
{
	sqlite3_stmt *begin = prepare(raw->to, "BEGIN IMMEDIATE");
	sqlite3_stmt *commit = prepare(raw->to, "COMMIT");
	int64_t begun_us;
	size_t i = 0, end;

	while (i < n) {
		begun_us = clock_mono_us();
		if (sqlite3_step(begin) != SQLITE_DONE)
			die(raw->to, "begin");
		(void)sqlite3_reset(begin);
		for (end = i + batch; i < n && i < end; i++) {
			put_row(raw, &raw->table[0], i);
			put_row(raw, &raw->table[1], i);
		}
		if (sqlite3_step(commit) != SQLITE_DONE)
			die(raw->to, "commit");
		(void)sqlite3_reset(commit);
		raw->took_us[raw->n_commits++] = clock_mono_us() - begun_us;
		if (raw->wal_pages >= JOURNAL_WAL_PAGES) {
			run(raw->to, "PRAGMA wal_checkpoint(RESTART)");
			raw->wal_pages = 0;
		}
	}
	(void)sqlite3_finalize(begin);
	(void)sqlite3_finalize(commit);
}

static int
by_size(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t
percentile(const struct raw *raw, size_t per_thousand)
{
	return raw->took_us[(raw->n_commits - 1) * per_thousand / 1000];
}

/* What this process gave to the disks so far. */
static int64_t
bytes_written(void)
{
	FILE *io = fopen("/proc/self/io", "r");
	char line[128];
	int64_t n = 0;

	while (io != NULL && fgets(line, sizeof(line), io) != NULL)
		(void)sscanf(line, "write_bytes: %" SCNd64, &n);
	if (io != NULL)
		(void)fclose(io);
	return n;
}

static void
measure(struct raw *raw, size_t n, size_t batch)
{
	const int64_t written = bytes_written();
	const double cpu = spent_cpu_s();
	const int64_t begun_us = clock_mono_us();
	double s;

	append(raw, n, batch);
	s = (double)(clock_mono_us() - begun_us) / 1e6;
	qsort(raw->took_us, raw->n_commits, sizeof(*raw->took_us), by_size);
	(void)printf("{\"rows\": %zu, \"batch\": %zu, \"seconds\": %.3f, "
	    "\"events_per_s\": %.0f, \"p50_us\": %" PRId64 ", \"p99_us\": %"
	    PRId64 ", \"p999_us\": %" PRId64 ", \"cpu_s\": %.3f, "
	    "\"bytes_written\": %" PRId64 "}\n", n, batch, s, (double)n / s,
	    percentile(raw, 500), percentile(raw, 990), percentile(raw, 999),
	    spent_cpu_s() - cpu, bytes_written() - written);
}

int
main(int argc, char **argv)
{
	static struct raw raw = { .table = {
		{ .name = "delivery",
		  .read = "SELECT * FROM delivery ORDER BY position" },
		{ .name = "event_a",
		  .read = "SELECT * FROM event_a ORDER BY position" } } };
	size_t n, batch;

	if (argc != 4 || (batch = strtoul(argv[3], NULL, 10)) == 0) {
		(void)fputs("usage: raw JOURNAL NEWFILE BATCH\n", stderr);
		return 2;
	}
	open_both(&raw, argv[1], argv[2]);
	n = raw.table[0].n_rows;
	if (n == 0 || n != raw.table[1].n_rows) {
		(void)fprintf(stderr, "raw: %s: no deliveries with an event "
		    "each\n", argv[1]);
		return 1;
	}
	raw.took_us = calloc(n, sizeof(*raw.took_us));
	if (raw.took_us == NULL)
		die(NULL, "commits");
	measure(&raw, n, batch);
	(void)sqlite3_finalize(raw.table[0].put);
	(void)sqlite3_finalize(raw.table[1].put);
	if (sqlite3_close(raw.to) != SQLITE_OK)
		die(raw.to, argv[2]);
	free(raw.took_us);
	return 0;
}
