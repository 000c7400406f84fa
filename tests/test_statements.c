/* Every statement that the programs run: whole, and by an index. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "scripts.h"
#include "statements.h"
#include "support.h"

/* Statements that may read a whole table, and why. */
static const struct {
	enum statement statement;
	const char *what;
} may_scan[] = {
	/* One row. */
	{ STATEMENT_JOURNAL_MODE, "journal" },
	{ STATEMENT_JOURNAL_PROGRAM, "journal" },
	{ STATEMENT_JOURNAL_TOUCH, "journal" },
	{ STATEMENT_REJECT_SIZE, "journal" },
	{ STATEMENT_REJECT_COUNT, "journal" },
	{ STATEMENT_REJECT_TAKEN, "journal" },
	{ STATEMENT_POSITION_LAST, "journal" },
	{ STATEMENT_POSITION_LAST, "upkeep" },
	{ STATEMENT_JOURNAL_UUID, "journal" },
	{ STATEMENT_GENERATION, "journal" },
	{ STATEMENT_GENERATION_USE, "journal" },
	{ STATEMENT_UPKEEP_READ, "upkeep" },
	{ STATEMENT_UPKEEP_REBUILD, "upkeep" },
	{ STATEMENT_UPKEEP_WANT, "upkeep" },
	{ STATEMENT_UPKEEP_SWEEP, "upkeep" },
	{ STATEMENT_UPKEEP_CHANGE, "upkeep" },
	{ STATEMENT_EXPORT_ABOUT, "j" },
	{ STATEMENT_EXPORT_ABOUT, "u" },
	/* From the beginning, with a limit. */
	{ STATEMENT_EVENT_EMPTY, "event_a" },
	{ STATEMENT_GAP_EMPTY, "gap_a" },
	{ STATEMENT_ITEM_EMPTY, "item_a" },
	{ STATEMENT_STREAM_EMPTY, "stream_a" },
	{ STATEMENT_BASE_EVIDENCE_EMPTY, "base_evidence_a" },
	{ STATEMENT_SERVICE_EMPTY, "service_a" },
	{ STATEMENT_CHANGES, "CONSTANT ROW" },
	/* All of it is what is wanted. */
	{ STATEMENT_EVENT_COUNT, "event_a" },
	/* A person's word: streams are few beside their events, and an index
	 * of their names would cost each new one. */
	{ STATEMENT_NAME_FIND, "s" },
	{ STATEMENT_NAME_NEAR, "stream_a" },
	/* From the end, with a limit. */
	{ STATEMENT_REJECT_RECENT, "(subquery" },
	{ STATEMENT_REJECT_LEAST, "reject" },
	{ STATEMENT_DOCTOR_NEWEST, "delivery" },
	{ STATEMENT_DOCTOR_NEWEST_REJECT, "reject" },
	/* Bounded, and all of it is to be looked at. */
	{ STATEMENT_REJECT_IDS, "reject" },
	/* Streams, services and rejects, not events. */
	{ STATEMENT_AUDIT_GROUND, "s" },
	{ STATEMENT_AUDIT_GROUND, "v" },
	{ STATEMENT_AUDIT_GROUND, "journal" },
	{ STATEMENT_SERVICE_KNOWN, "service_a" },
	{ STATEMENT_OVERVIEW_BASES, "v" },
	{ STATEMENT_OVERVIEW_STREAMS, "stream_a" },
	{ STATEMENT_OVERVIEW_REJECTS, "reject" },
	{ STATEMENT_OVERVIEW_JOURNAL, "journal" },
	/* One from an end, or some. */
	{ STATEMENT_AUDIT_GROUND, "d" },
	{ STATEMENT_AUDIT_GROUND, "reject" },
	{ STATEMENT_OVERVIEW_JOURNAL, "delivery" },
	{ STATEMENT_OVERVIEW_RUN, "action" },
	{ STATEMENT_OVERVIEW_RUN, "(subquery" },
	{ STATEMENT_OVERVIEW_LAGS, "event_a" },
	{ STATEMENT_OVERVIEW_LAGS, "e" },
	/* No table of the journal. */
	{ STATEMENT_JSON_MEMBERS, "json_each" },
	{ STATEMENT_JSON_IS_OBJECT, "CONSTANT ROW" },
	{ STATEMENT_SERVICE_KNOWN, "CONSTANT ROW" },
	{ STATEMENT_OVERVIEW_OTHERS, "CONSTANT ROW" },
	{ STATEMENT_REJECT_PUT, "CONSTANT ROW" },
	{ STATEMENT_POSITION_LAST, "CONSTANT ROW" },
	{ STATEMENT_EVIDENCE_PUT, "CONSTANT ROW" },
};

static sqlite3 *
open_sqlite(const struct place *place)
{
	struct journal *journal = open_journal(place);
	sqlite3 *sqlite = NULL;

	journal_close(journal);
	assert_int_equal(sqlite3_open(place->path, &sqlite), SQLITE_OK);
	return sqlite;
}

static void
every_statement_prepares_to_its_last_byte(void **state)
{
	sqlite3 *sqlite = open_sqlite(*state);
	sqlite3_stmt *stmt;
	const char *name, *tail;
	size_t i;

	for (i = 0; i < 2 * N_STATEMENTS; i++) {
		stmt = NULL;
		name = statement_name[i / 2];
		if (sqlite3_prepare_v2(sqlite, statement_text[i % 2][i / 2],
		    -1, &stmt, &tail) != SQLITE_OK)
			fail_msg("%s: %s", name, sqlite3_errmsg(sqlite));
		assert_non_null(stmt);
		if (tail[strspn(tail, " \n\t")] != '\0')
			fail_msg("%s: left over: %s", name, tail);
		(void)sqlite3_finalize(stmt);
	}
	(void)sqlite3_close(sqlite);
}

/* The tables of the record: their triggers are not asked by our programs. */
static int
only_new_rows(void *unused, int action, const char *table, const char *column,
    const char *database, const char *trigger)
{
	static const char *const record[] = { "delivery", "setting", "action",
	    "gap_action", "evidence", "origin" };
	size_t i;

	(void)unused;
	(void)column;
	(void)database;
	(void)trigger;
	if (action != SQLITE_UPDATE && action != SQLITE_DELETE)
		return SQLITE_OK;
	for (i = 0; i < sizeof(record) / sizeof(record[0]); i++) {
		if (strcmp(table, record[i]) == 0)
			return SQLITE_DENY;
	}
	return SQLITE_OK;
}

static int
prepare_only_new_rows(sqlite3 *sqlite, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int code;

	(void)sqlite3_set_authorizer(sqlite, only_new_rows, NULL);
	code = sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_set_authorizer(sqlite, NULL, NULL);
	return code;
}

static void
no_statement_changes_what_is_in_the_record(void **state)
{
	sqlite3 *sqlite = open_sqlite(*state);
	size_t i;

	assert_int_equal(prepare_only_new_rows(sqlite,
	    "UPDATE delivery SET body = NULL"), SQLITE_AUTH);
	assert_int_equal(prepare_only_new_rows(sqlite,
	    "DELETE FROM action"), SQLITE_AUTH);
	for (i = 0; i < 2 * N_STATEMENTS; i++) {
		if (prepare_only_new_rows(sqlite, statement_text[i % 2][i / 2])
		    != SQLITE_OK)
			fail_msg("%s: %s", statement_name[i / 2],
			    sqlite3_errmsg(sqlite));
		/* It deletes without asking the authorizer. */
		if (strstr(statement_text[i % 2][i / 2], "REPLACE") != NULL)
			fail_msg("%s: REPLACE", statement_name[i / 2]);
	}
	(void)sqlite3_close(sqlite);
}

static bool
is_allowed(size_t statement, const char *detail)
{
	size_t i;

	if (strncmp(detail, "SCAN ", 5) != 0)
		return true;
	/* A listing lists. */
	if (strncmp(statement_name[statement], "list_", 5) == 0)
		return true;
	for (i = 0; i < sizeof(may_scan) / sizeof(may_scan[0]); i++) {
		if (may_scan[i].statement == statement &&
		    strncmp(detail + 5, may_scan[i].what,
		    strlen(may_scan[i].what)) == 0)
			return true;
	}
	return false;
}

static void
check_plan(sqlite3 *sqlite, size_t statement)
{
	sqlite3_stmt *stmt = NULL;
	const char *detail;
	char *sql;

	sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s",
	    statement_text[0][statement]);
	/* BEGIN, COMMIT and the like have no plan. */
	if (sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL) == SQLITE_OK) {
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			detail = (const char *)sqlite3_column_text(stmt, 3);
			if (!is_allowed(statement, detail))
				fail_msg("%s: %s", statement_name[statement],
				    detail);
		}
	}
	(void)sqlite3_finalize(stmt);
	sqlite3_free(sql);
}

static void
no_statement_reads_a_whole_table(void **state)
{
	sqlite3 *sqlite = open_sqlite(*state);
	size_t i;

	for (i = 0; i < N_STATEMENTS; i++)
		check_plan(sqlite, i);
	(void)sqlite3_close(sqlite);
}

static void
the_views_in_a_journal_are_those_of_the_program(void **state)
{
	const struct place *place = *state;
	const char *view, *sql;
	sqlite3 *sqlite = open_sqlite(place);
	sqlite3_stmt *stmt = NULL;
	int n = 0;

	assert_int_equal(sqlite3_prepare_v2(sqlite, "SELECT name, sql "
	    "FROM sqlite_master WHERE type = 'view'", -1, &stmt, NULL),
	    SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		view = (const char *)sqlite3_column_text(stmt, 0);
		sql = (const char *)sqlite3_column_text(stmt, 1);
		if (strstr(views_text[0], sql) == NULL)
			fail_msg("view %s is not that of views.sql", view);
		n++;
	}
	assert_true(n >= 19);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(sqlite);
}

/* What users ask of the views is not answered by reading all events. */
static void
views_find_what_is_asked_for_by_an_index(void **state)
{
	static const char *const queries[] = {
		"SELECT * FROM document_revisions WHERE document_sid = 'x'",
		"SELECT * FROM document_revisions WHERE unique_name = 'x'",
		"SELECT * FROM item_revisions WHERE object_sid = 'x'",
		"SELECT * FROM events WHERE position = 1",
		"SELECT * FROM deliveries WHERE position = 1",
		"SELECT * FROM documents",
		"SELECT * FROM lists",
		"SELECT * FROM map_items",
		"SELECT * FROM gaps",
		"SELECT * FROM streams",
		"SELECT head FROM streams WHERE stream_key = 'x'",
		"SELECT * FROM gaps WHERE stream_key = 'x'",
		"SELECT * FROM gaps WHERE state = 'open'",
		"SELECT * FROM gaps WHERE state = 'open' AND stream_key = 'x'",
		"SELECT * FROM services",
		"SELECT * FROM presence",
		"SELECT * FROM presence_sessions WHERE identity = 'x'",
		"SELECT * FROM findings",
	};
	sqlite3 *sqlite = open_sqlite(*state);
	sqlite3_stmt *stmt;
	const char *detail;
	char *sql;
	size_t i;

	for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		stmt = NULL;
		sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", queries[i]);
		assert_int_equal(sqlite3_prepare_v2(sqlite, sql, -1, &stmt,
		    NULL), SQLITE_OK);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			detail = (const char *)sqlite3_column_text(stmt, 3);
			if (strncmp(detail, "SCAN e", 6) == 0 ||
			    strncmp(detail, "SCAN d", 6) == 0 ||
			    ((strstr(queries[i], "stream_key =") != NULL ||
			    strstr(queries[i], "state =") != NULL) &&
			    (strncmp(detail, "SCAN s", 6) == 0 ||
			    strncmp(detail, "SCAN g", 6) == 0)))
				fail_msg("%s: %s", queries[i], detail);
		}
		(void)sqlite3_finalize(stmt);
		sqlite3_free(sql);
	}
	(void)sqlite3_close(sqlite);
}

/* What is put around a listing (src/cli/select.c) does not hide its indexes:
 * nothing is sorted that is in order, and of a range no more is read than it. */
static void
listings_by_position_are_read_in_their_order(void **state)
{
	static const struct {
		enum statement statement;
		const char *wanted, *first;
	} cases[] = {
		{ STATEMENT_LIST_EVENTS, "ORDER BY \"position\" DESC",
		    "SCAN e" },
		{ STATEMENT_LIST_EVENTS, "WHERE 1 AND \"event_type\" >= :v0 "
		    "AND \"stream_kind\" IN (:v1, :v2) AND \"position\" "
		    "BETWEEN :first AND :last ORDER BY \"position\"",
		    "SEARCH e USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" },
		{ STATEMENT_LIST_STALE, "WHERE 1 AND \"verdict\" IN (:v0) AND "
		    "\"position\" BETWEEN :first AND :last ORDER BY "
		    "\"position\" DESC",
		    "SEARCH e USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" },
		{ STATEMENT_LIST_ACTIONS, "WHERE 1 AND \"position\" BETWEEN "
		    ":first AND :last ORDER BY \"position\" DESC",
		    "SEARCH a USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" },
	};
	sqlite3 *sqlite = open_sqlite(*state);
	sqlite3_stmt *stmt;
	const char *text, *detail;
	char *sql;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		stmt = NULL;
		text = statement_text[0][cases[i].statement];
		sql = sqlite3_mprintf("EXPLAIN QUERY PLAN SELECT * FROM "
		    "(%.*s) %s LIMIT :limit", (int)strcspn(text, ";"), text,
		    cases[i].wanted);
		if (sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL) !=
		    SQLITE_OK)
			fail_msg("%s: %s", sql, sqlite3_errmsg(sqlite));
		assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
		detail = (const char *)sqlite3_column_text(stmt, 3);
		/* SQLite before 3.36 says "SCAN TABLE event_a AS e". */
		if (strstr(detail, cases[i].first) == NULL &&
		    strstr(detail, " TABLE ") == NULL)
			fail_msg("%s: %s", sql, detail);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			detail = (const char *)sqlite3_column_text(stmt, 3);
			if (strstr(detail, "TEMP B-TREE") != NULL ||
			    strncmp(detail, "SCAN", 4) == 0)
				fail_msg("%s: %s", sql, detail);
		}
		(void)sqlite3_finalize(stmt);
		sqlite3_free(sql);
	}
	(void)sqlite3_close(sqlite);
}

/* What a journal holds of the program: written when it is migrated, and only
 * then. Whoever changes a view or a word adds a migration, if need be an empty
 * one, and its line here. */
static const char *const interface_of_version[] = {
	"",	/* there is no version 0 */
	"6f4ce42798f5d3759c3d8a668173b4bcf8335dddad4eb0f86f628b2c11aaa070",
	"e3b730b3dddc61e250da2942cabfae2c7942e62237d696f989e9d74fcd4f107a",
	"e3b730b3dddc61e250da2942cabfae2c7942e62237d696f989e9d74fcd4f107a",
	"1410b1c50b6d93af04545df00293e918c587a34366feea2561b16a833192ac99",
};

static void
add_without_comments(struct buf *out, const char *sql)
{
	size_t len;

	for (; *sql != '\0'; sql += len) {
		len = strcspn(sql, "\n");
		len += sql[len] == '\n';
		if (strncmp(sql, "--", 2) != 0)
			buf_add(out, sql, len);
	}
}

/* Functions that SQLite 3.26 has in every build (https://sqlite.org/changes.html
 * says which came later), as far as we use them. */
static const char *const functions_of_3_26[] = {
	"abs", "avg", "coalesce", "count", "datetime", "group_concat", "hex",
	"julianday", "length", "lower", "max", "min", "nullif", "random",
	"randomblob", "round", "sqlite_version", "strftime", "substr", "sum",
};

static int
only_old_functions(void *unknown, int action, const char *none,
    const char *name, const char *database, const char *trigger)
{
	const char **first = unknown;
	size_t i;

	(void)none;
	(void)database;
	(void)trigger;
	if (action != SQLITE_FUNCTION)
		return SQLITE_OK;
	for (i = 0; i < sizeof(functions_of_3_26) /
	    sizeof(functions_of_3_26[0]); i++) {
		if (sqlite3_stricmp(name, functions_of_3_26[i]) == 0)
			return SQLITE_OK;
	}
	*first = "a function that is not on the list";
	return SQLITE_DENY;
}

/* Run a script of queries statement by statement under the authorizer. */
static void
check_functions(sqlite3 *sqlite, const char *sql)
{
	sqlite3_stmt *stmt;
	const char *newer = NULL, *tail;

	(void)sqlite3_set_authorizer(sqlite, only_old_functions, &newer);
	for (; *sql != '\0'; sql = tail) {
		stmt = NULL;
		if (sqlite3_prepare_v2(sqlite, sql, -1, &stmt, &tail) !=
		    SQLITE_OK)
			fail_msg("%s: %.60s...", newer != NULL ? newer :
			    sqlite3_errmsg(sqlite), sql);
		(void)sqlite3_finalize(stmt);
	}
	(void)sqlite3_set_authorizer(sqlite, NULL, NULL);
}

/* Words of syntax that came after 3.26. */
static void
check_syntax(const char *name, const char *text)
{
	static const char *const words[] = { "FILTER", "STRICT", "RETURNING",
	    "NULLS", "MATERIALIZED", "GENERATED", "->", "IS DISTINCT",
	    "RIGHT JOIN", "FULL JOIN" };
	struct buf sql;
	size_t i;

	buf_init(&sql, 0);
	add_without_comments(&sql, text);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strstr(sql.data, words[i]) != NULL)
			fail_msg("%s: %s", name, words[i]);
	}
	buf_clear(&sql);
}

static void
what_users_run_needs_nothing_newer_than_3_26(void **state)
{
	sqlite3 *sqlite = open_sqlite(*state);
	sqlite3_stmt *stmt = NULL;
	char *sql;
	int n = 0;

	assert_int_equal(sqlite3_prepare_v2(sqlite, "SELECT name "
	    "FROM sqlite_master WHERE type = 'view'", -1, &stmt, NULL),
	    SQLITE_OK);
	for (; sqlite3_step(stmt) == SQLITE_ROW; n++) {
		sql = sqlite3_mprintf("SELECT * FROM %w",
		    sqlite3_column_text(stmt, 0));
		check_functions(sqlite, sql);
		sqlite3_free(sql);
	}
	assert_true(n >= 15);
	(void)sqlite3_finalize(stmt);
	check_functions(sqlite, cookbook_text);
	check_syntax("views.sql", views_text[0]);
	check_syntax("cookbook.sql", cookbook_text);
	for (n = 0; n < (int)n_migrations; n++)
		check_syntax("a migration", migration_text[n]);
	(void)sqlite3_close(sqlite);
}

static void
a_change_of_views_or_words_is_a_migration(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	char hex[DIGEST_HEX_SIZE];
	uint8_t digest[DIGEST_SIZE];
	struct buf all;

	journal_close(journal);
	buf_init(&all, 0);
	add_without_comments(&all, views_text[0]);
	buf_add_text(&all, look(place->path, "SELECT domain, code, name "
	    "FROM word ORDER BY domain, code"));
	digest_sha256(buf_slice(&all), digest);
	digest_hex(digest, sizeof(digest), hex);
	buf_clear(&all);
	assert_true(n_migrations < sizeof(interface_of_version) /
	    sizeof(interface_of_version[0]));
	assert_string_equal(hex, interface_of_version[n_migrations]);
}

#define AT_A_PLACE(test) \
	cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_A_PLACE(every_statement_prepares_to_its_last_byte),
		AT_A_PLACE(no_statement_changes_what_is_in_the_record),
		AT_A_PLACE(no_statement_reads_a_whole_table),
		AT_A_PLACE(the_views_in_a_journal_are_those_of_the_program),
		AT_A_PLACE(views_find_what_is_asked_for_by_an_index),
		AT_A_PLACE(listings_by_position_are_read_in_their_order),
		AT_A_PLACE(what_users_run_needs_nothing_newer_than_3_26),
		AT_A_PLACE(a_change_of_views_or_words_is_a_migration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
