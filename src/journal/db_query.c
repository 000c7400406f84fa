#include <sqlite3.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "journal/db.h"
#include "journal/db_parts.h"

/* A limit is looked at after so many instructions of SQLite's machine: some
 * 0.1 ms. */
#define LIMIT_EVERY 10000
/* Bytes of a value that a query makes, such as all data in one: a function that
 * is given more would run for seconds between two looks at the limit. */
#define VALUE_MOST (16 * 1024 * 1024)

static bool
is_one_of(const char *word, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (sqlite3_stricmp(word, words[i]) == 0)
			return true;
	}
	return false;
}

#define IS_ONE_OF(word, words) \
	is_one_of(word, words, sizeof(words) / sizeof((words)[0]))

/* A PRAGMA that tells of the schema or the file, and sets nothing. */
static bool
only_tells(const char *name, const char *argument)
{
	static const char *const told[] = { "table_info", "table_xinfo",
	    "table_list", "index_list", "index_info", "index_xinfo",
	    "foreign_key_list", "database_list", "function_list",
	    "collation_list", "compile_options" };
	/* With an argument these would be set. */
	static const char *const number[] = { "user_version",
	    "application_id", "schema_version", "data_version", "page_count",
	    "page_size", "freelist_count", "encoding" };

	return IS_ONE_OF(name, told) ||
	    (argument == NULL && IS_ONE_OF(name, number));
}

/* What a query may do, beyond which a connection would be changed or another
 * file touched. */
static int
only_reads(void *unused, int action, const char *first, const char *second,
    const char *database, const char *trigger)
{
	bool is_allowed = false;

	(void)unused;
	(void)database;
	(void)trigger;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_RECURSIVE:
		is_allowed = true;
		break;
	case SQLITE_READ:
		/* The one table made of a PRAGMA that does something. */
		is_allowed = sqlite3_stricmp(first, "pragma_optimize") != 0;
		break;
	case SQLITE_UPDATE:
		/* SQLite asks so when it makes a table of a PRAGMA. What
		 * would write it is no query that is read-only. */
		is_allowed = sqlite3_stricmp(first, "sqlite_master") == 0;
		break;
	case SQLITE_FUNCTION:
		is_allowed = sqlite3_stricmp(second, "load_extension") != 0;
		break;
	case SQLITE_PRAGMA:
		is_allowed = only_tells(first, second);
		break;
	default:
		break;
	}
	return is_allowed ? SQLITE_OK : SQLITE_DENY;
}

/* Whether nothing but blanks and comments is left of some SQL. */
static bool
is_blank(struct db *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int code;

	code = sqlite3_prepare_v2(db->sqlite, sql, -1, &stmt, NULL);
	(void)sqlite3_finalize(stmt);
	return code == SQLITE_OK && stmt == NULL;
}

/* What came of preparing a query. */
static enum rc
judge(struct db *db, int code, const char *rest, struct err *err)
{
	/* VACUUM INTO asks no authorizer before it runs, and has no columns. */
	if (code == SQLITE_AUTH || (code == SQLITE_OK && db->query != NULL &&
	    (sqlite3_column_count(db->query) == 0 ||
	    !sqlite3_stmt_readonly(db->query))))
		return err_set(err, RC_USAGE, "only what reads the journal is "
		    "run: SELECT, WITH, VALUES, EXPLAIN, and PRAGMAs that tell "
		    "of the schema");
	if ((code & 0xff) == SQLITE_ERROR || code == SQLITE_TOOBIG)
		return err_set(err, RC_USAGE, "%s",
		    sqlite3_errmsg(db->sqlite));
	if (code != SQLITE_OK)
		return db_fail(db, code, "query", err);
	if (db->query == NULL)
		return err_set(err, RC_USAGE, "there is no SQL to run");
	if (!is_blank(db, rest))
		return err_set(err, RC_USAGE, "one statement at a time, not: "
		    "%s", rest + strspn(rest, " \t\r\n;"));
	return RC_OK;
}

enum rc
db_query(struct db *db, const char *sql, struct err *err)
{
	const char *rest = "";
	enum rc rc;
	int code;

	(void)sqlite3_finalize(db->query);
	db->query = NULL;
	db->bind_code = SQLITE_OK;
	(void)sqlite3_limit(db->sqlite, SQLITE_LIMIT_LENGTH, VALUE_MOST);
	(void)sqlite3_set_authorizer(db->sqlite, only_reads, NULL);
	code = sqlite3_prepare_v2(db->sqlite, sql, -1, &db->query, &rest);
	rc = judge(db, code, rest, err);
	(void)sqlite3_set_authorizer(db->sqlite, NULL, NULL);
	if (rc != RC_OK) {
		(void)sqlite3_finalize(db->query);
		db->query = NULL;
	}
	return rc;
}

int
db_parameter(struct db *db, const char *name)
{
	return sqlite3_bind_parameter_index(db->query, name);
}

static int
on_progress(void *context)
{
	const struct db *db = context;

	if (db->watch != NULL)
		db->watch(db->watch_to);
	return db->limit_us != 0 && clock_mono_us() >= db->limit_us;
}

static void
set_progress(struct db *db)
{
	const bool is_needed = db->limit_us != 0 || db->watch != NULL;

	sqlite3_progress_handler(db->sqlite, is_needed ? LIMIT_EVERY : 0,
	    is_needed ? on_progress : NULL, db);
}

void
db_limit(struct db *db, int ms)
{
	db->limit_us = ms == 0 ? 0 : clock_mono_us() + (int64_t)ms * 1000;
	set_progress(db);
}

void
db_watch(struct db *db, void (*watch)(void *to), void *to)
{
	db->watch = watch;
	db->watch_to = to;
	set_progress(db);
}
