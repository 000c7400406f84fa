/* The database driver: SQL that is not one of the named statements, and the
 * limit of time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "journal/db.h"
#include "support.h"

/* A connection that only reads, to a file of one table and one view. */
static struct db *
open_read(const struct place *place)
{
	struct err err;
	struct db *db = NULL;

	if (access(place->path, F_OK) != 0) {
		write_file(place->path, "", 0);
		assert_int_equal(change(place->path,
		    "CREATE TABLE t (n INTEGER PRIMARY KEY, x TEXT);"
		    "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, NULL);"
		    "CREATE VIEW v AS SELECT n, x FROM t;"
		    "PRAGMA user_version = 7"), 0);
	}
	if (db_open(&db, place->path, DB_READ, &err) != RC_OK)
		fail_msg("%s", err.text);
	return db;
}

/* All rows, values joined by '|' and rows by newlines, NULL as nothing. */
static const char *
rows(struct db *db)
{
	static char text[4096];
	struct slice bytes;
	struct err err;
	size_t len = 0;
	bool row;
	int i;

	for (;;) {
		if (db_row(db, DB_QUERY, &row, &err) != RC_OK)
			fail_msg("%s", err.text);
		if (!row)
			break;
		for (i = 0; i < db_columns(db, DB_QUERY); i++) {
			bytes = db_bytes(db, DB_QUERY, i);
			len += (size_t)snprintf(text + len,
			    sizeof(text) - len, "%s%.*s", i > 0 ? "|" : "",
			    (int)bytes.len, bytes.p == NULL ? "" : bytes.p);
			assert_true(len < sizeof(text) - 1);
		}
		text[len++] = '\n';
	}
	text[len] = '\0';
	return text;
}

/* -------------------------------------------------------------------------- */

static void
what_only_reads_is_run(void **state)
{
	static const struct {
		const char *sql, *want;
	} cases[] = {
		{ "SELECT n, x FROM t", "1|one\n2|two\n3|\n" },
		{ "select count(*) from v", "3\n" },
		{ "VALUES (1), (2)", "1\n2\n" },
		{ "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 "
		    "FROM c WHERE i < 3) SELECT sum(i) FROM c", "6\n" },
		{ " /* a */ SELECT 1 -- b", "1\n" },
		{ "SELECT 1;", "1\n" },
		{ "SELECT 1 ;; \n\t -- nothing\n /* more */ ; ", "1\n" },
		{ "SELECT ';'", ";\n" },
		{ "PRAGMA user_version", "7\n" },
		{ "PRAGMA main.user_version", "7\n" },
		{ "PRAGMA table_info(t)", "0|n|INTEGER|0||1\n1|x|TEXT|0||0\n" },
		{ "SELECT name FROM pragma_table_info('t')", "n\nx\n" },
		{ "SELECT name FROM sqlite_master ORDER BY 1", "t\nv\n" },
		{ "SELECT max(n) OVER () FROM t LIMIT 1", "3\n" },
	};
	struct db *db = open_read(*state);
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (db_query(db, cases[i].sql, &err) != RC_OK)
			fail_msg("%s: %s", cases[i].sql, err.text);
		assert_string_equal(rows(db), cases[i].want);
	}
	assert_int_equal(db_query(db, "EXPLAIN QUERY PLAN SELECT * FROM t",
	    &err), RC_OK);
	assert_non_null(strstr(rows(db), "SCAN"));
	assert_int_equal(db_query(db, "EXPLAIN SELECT * FROM t", &err), RC_OK);
	assert_non_null(strstr(rows(db), "Halt"));
	db_close(db);
}

#define ONLY_READS "only what reads the journal is run"

/* On a connection that may write: else SQLite itself would refuse. */
static void
what_does_more_than_read_is_refused(void **state)
{
	static const struct {
		const char *sql, *says;
	} cases[] = {
		{ "INSERT INTO t VALUES (4, 'x')", ONLY_READS },
		{ "UPDATE t SET x = 1", ONLY_READS },
		{ "DELETE FROM t", ONLY_READS },
		{ "UPDATE sqlite_master SET sql = ''", "sqlite_master" },
		{ "REPLACE INTO t VALUES (1, 'x')", ONLY_READS },
		{ "WITH c AS (SELECT 1) DELETE FROM t", ONLY_READS },
		{ "EXPLAIN DELETE FROM t", ONLY_READS },
		{ "CREATE TABLE u (a)", ONLY_READS },
		{ "CREATE TEMP TABLE u (a)", ONLY_READS },
		{ "CREATE TEMP VIEW u AS SELECT 1", ONLY_READS },
		{ "CREATE TEMP TRIGGER u AFTER INSERT ON t BEGIN SELECT 1; "
		    "END", ONLY_READS },
		{ "CREATE INDEX u ON t (x)", ONLY_READS },
		{ "CREATE VIRTUAL TABLE u USING fts5(a)", ONLY_READS },
		{ "ALTER TABLE t RENAME TO u", ONLY_READS },
		{ "DROP TABLE t", ONLY_READS },
		{ "DROP VIEW v", ONLY_READS },
		{ "ATTACH 'other.db' AS o", ONLY_READS },
		{ "ATTACH ':memory:' AS o", ONLY_READS },
		{ "DETACH main", ONLY_READS },
		{ "BEGIN", ONLY_READS },
		{ "BEGIN IMMEDIATE", ONLY_READS },
		{ "COMMIT", ONLY_READS },
		{ "ROLLBACK", ONLY_READS },
		{ "SAVEPOINT a", ONLY_READS },
		{ "RELEASE a", ONLY_READS },
		{ "VACUUM", ONLY_READS },
		{ "VACUUM INTO 'other.db'", ONLY_READS },
		{ "ANALYZE", ONLY_READS },
		{ "REINDEX", ONLY_READS },
		{ "PRAGMA user_version = 8", ONLY_READS },
		{ "PRAGMA user_version(8)", ONLY_READS },
		{ "PRAGMA journal_mode = delete", ONLY_READS },
		{ "PRAGMA wal_checkpoint", ONLY_READS },
		{ "PRAGMA writable_schema = 1", ONLY_READS },
		{ "PRAGMA query_only = 0", ONLY_READS },
		{ "PRAGMA cache_size = 1", ONLY_READS },
		{ "PRAGMA temp_store_directory = '/'", ONLY_READS },
		{ "PRAGMA optimize", ONLY_READS },
		{ "SELECT * FROM pragma_optimize", ONLY_READS },
		{ "SELECT load_extension('x')", "load_extension" },
		{ "SELECT 1; SELECT 2", "not: SELECT 2" },
		{ "SELECT 1; ; \n SELECT 2; ", "not: SELECT 2" },
		{ "SELECT 1; DELETE FROM t", "not: DELETE FROM t" },
		{ "SELECT 1; frob", "not: frob" },
		{ "SELECT 1; 'open", "one statement at a time" },
		{ "", "there is no SQL" },
		{ " ;; -- nothing", "there is no SQL" },
		{ "frob", "frob" },
		{ "SELECT", "incomplete input" },
		{ "SELECT * FROM nowhere", "nowhere" },
		{ "SELECT \"no such column\" FROM t", "no such column" },
		{ "SELECT 'open", "open" },
	};
	const struct place *place = *state;
	struct db *db = NULL;
	struct err err;
	size_t i;

	db_close(open_read(place));
	assert_int_equal(db_open(&db, place->path, DB_WRITE, &err), RC_OK);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err.text[0] = '\0';
		if (db_query(db, cases[i].sql, &err) != RC_USAGE)
			fail_msg("%s: is run", cases[i].sql);
		if (strstr(err.text, cases[i].says) == NULL &&
		    strstr(err.text, ONLY_READS) == NULL)
			fail_msg("%s: %s", cases[i].sql, err.text);
	}
	assert_false(db_in_transaction(db));
	/* The connection's own work is not hindered afterwards. */
	assert_int_equal(db_run(db, STATEMENT_BEGIN, &err), RC_OK);
	assert_int_equal(db_run(db, STATEMENT_ROLLBACK, &err), RC_OK);
	db_close(db);
	assert_string_equal(look(place->path, "SELECT n, x FROM v"),
	    "1|one\n2|two\n3|");
	assert_string_equal(look(place->path, "PRAGMA user_version"), "7");
}

/* -------------------------------------------------------------------------- */

static void
values_are_bound_by_name(void **state)
{
	static const char hostile[] = "'; DROP TABLE t; -- \" % _ \x01";
	struct db *db = open_read(*state);
	struct err err;

	assert_int_equal(db_query(db, "SELECT :a, :b, :c, :a", &err), RC_OK);
	assert_int_equal(db_parameter(db, ":none"), 0);
	db_bind_text(db, DB_QUERY, db_parameter(db, ":a"), slice_of(hostile));
	db_bind_int(db, DB_QUERY, db_parameter(db, ":b"), -5);
	db_bind_text(db, DB_QUERY, db_parameter(db, ":c"), slice_of(NULL));
	assert_string_equal(rows(db), "'; DROP TABLE t; -- \" % _ \x01|-5||"
	    "'; DROP TABLE t; -- \" % _ \x01\n");
	/* Bindings are gone with the last row. */
	assert_string_equal(rows(db), "|||\n");
	db_close(db);
}

static void
a_query_takes_the_place_of_the_one_before(void **state)
{
	struct db *db = open_read(*state);
	struct err err;
	bool row;

	assert_int_equal(db_query(db, "SELECT n FROM t", &err), RC_OK);
	assert_int_equal(db_row(db, DB_QUERY, &row, &err), RC_OK);
	assert_true(row);
	/* In the midst of it, and without harm to a named statement. */
	assert_int_equal(db_run(db, STATEMENT_BEGIN_READ, &err), RC_OK);
	assert_int_equal(db_query(db, "SELECT 'other' AS o", &err), RC_OK);
	assert_string_equal(db_column_name(db, DB_QUERY, 0), "o");
	assert_string_equal(rows(db), "other\n");
	assert_int_equal(db_run(db, STATEMENT_ROLLBACK, &err), RC_OK);
	db_close(db);
}

static void
a_query_goes_on_when_the_views_are_made_anew(void **state)
{
	const struct place *place = *state;
	struct db *db = open_read(place);
	struct err err;

	assert_int_equal(db_query(db, "SELECT x FROM v WHERE n = 1", &err),
	    RC_OK);
	assert_string_equal(rows(db), "one\n");
	assert_int_equal(change(place->path, "DROP VIEW v; "
	    "CREATE VIEW v AS SELECT n, x || '!' AS x FROM t"), 0);
	assert_string_equal(rows(db), "one!\n");
	db_close(db);
}

/* -------------------------------------------------------------------------- */

#define ENDLESS "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL " \
    "SELECT i + 1 FROM c) SELECT count(*) FROM c"
#define ENDLESS_ROWS "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL " \
    "SELECT i + 1 FROM c) SELECT i FROM c"

/* The code with which a query ends, and after how long. */
static enum rc
run_out(struct db *db, const char *sql, int64_t *took_us)
{
	const int64_t began_us = clock_mono_us();
	struct err err;
	enum rc rc;
	bool row;

	assert_int_equal(db_query(db, sql, &err), RC_OK);
	do
		rc = db_row(db, DB_QUERY, &row, &err);
	while (rc == RC_OK && row);
	*took_us = clock_mono_us() - began_us;
	return rc;
}

static void
an_endless_query_ends_at_the_limit(void **state)
{
	static const char *const queries[] = { ENDLESS, ENDLESS_ROWS };
	struct db *db = open_read(*state);
	struct err err;
	int64_t took_us;
	size_t i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(db_run(db, STATEMENT_BEGIN_READ, &err),
		    RC_OK);
		db_limit(db, 200);
		assert_int_equal(run_out(db, queries[i], &took_us), RC_LIMIT);
		assert_in_range(took_us, 200000, 2000000);
		/* It is of all statements together. */
		assert_int_equal(run_out(db, queries[i], &took_us), RC_LIMIT);
		assert_in_range(took_us, 0, 150000);
		/* The connection is as before. */
		db_limit(db, 0);
		assert_int_equal(db_run(db, STATEMENT_ROLLBACK, &err), RC_OK);
		assert_int_equal(db_query(db, "SELECT count(*) FROM t", &err),
		    RC_OK);
		assert_string_equal(rows(db), "3\n");
	}
	db_close(db);
}

static void
what_stays_below_the_limit_is_not_cut(void **state)
{
	struct db *db = open_read(*state);
	struct err err;

	db_limit(db, 60000);
	assert_int_equal(db_query(db, "WITH RECURSIVE c (i) AS (SELECT 1 "
	    "UNION ALL SELECT i + 1 FROM c WHERE i < 300000) "
	    "SELECT count(*) FROM c", &err), RC_OK);
	assert_string_equal(rows(db), "300000\n");
	db_close(db);
}

#define AT_A_PLACE(test) \
	cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_A_PLACE(what_only_reads_is_run),
		AT_A_PLACE(what_does_more_than_read_is_refused),
		AT_A_PLACE(values_are_bound_by_name),
		AT_A_PLACE(a_query_takes_the_place_of_the_one_before),
		AT_A_PLACE(a_query_goes_on_when_the_views_are_made_anew),
		AT_A_PLACE(an_endless_query_ends_at_the_limit),
		AT_A_PLACE(what_stays_below_the_limit_is_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
