/* What a person may ask of a journal: whatever db_query takes only reads. The
 * connection could write; what stands in between is db_query alone. */
#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "journal/db.h"
#include "journal/journal.h"

#define RUN_MS 10
#define ROWS_MOST 20

static struct db *db;
static sqlite3 *other;		/* sees what others write */
static char path[96];

static void
ok(enum rc rc, const struct err *err)
{
	if (rc != RC_OK)
		fuzz_broken(__FILE__, __LINE__, err->text);
}

static void
close_all(void)
{
	db_close(db);
	(void)sqlite3_close(other);
}

static void
start(void)
{
	struct journal_options options = { .path = path,
	    .mode = CONF_MODE_TRUNCATE };
	struct journal *journal = NULL;
	struct err err;

	snprintf(path, sizeof(path), "%s/journal.db", fuzz_directory());
	ok(journal_open(&journal, &options, 1000, &err), &err);
	ok(journal_act(journal, "start", NULL, NULL, 1000, &err), &err);
	journal_close(journal);
	ok(db_open(&db, path, DB_WRITE, &err), &err);
	MUST(sqlite3_open_v2(path, &other, SQLITE_OPEN_READONLY, NULL) ==
	    SQLITE_OK);
	MUST(atexit(close_all) == 0);
}

static int
first_number(void *to, int n, char **values, char **names)
{
	(void)names;
	MUST(n == 1);
	*(long *)to = atol(values[0] == NULL ? "-1" : values[0]);
	return 0;
}

static long
number(const char *sql)
{
	long value = -1;

	MUST(sqlite3_exec(other, sql, first_number, &value, NULL) ==
	    SQLITE_OK);
	return value;
}

/* Files beside the journal: nothing is attached, and nothing copied out. */
static unsigned int
files(void)
{
	DIR *const directory = opendir(fuzz_directory());
	unsigned int n = 0;

	MUST(directory != NULL);
	while (readdir(directory) != NULL)
		n++;
	MUST(closedir(directory) == 0);
	return n;
}

/* What the query's own connection would say, were it changed. */
static long
own_number(const char *sql)
{
	struct err err;
	int64_t value = -1;

	db_limit(db, 0);
	ok(db_query(db, sql, &err), &err);
	ok(db_number(db, DB_QUERY, &value, &err), &err);
	return (long)value;
}

static void
run(void)
{
	bool row = true;
	struct err err;
	enum rc rc = RC_OK;
	int n, i;

	db_limit(db, RUN_MS);
	for (n = 0; rc == RC_OK && row && n < ROWS_MOST; n++) {
		rc = db_row(db, DB_QUERY, &row, &err);
		for (i = 0; rc == RC_OK && row &&
		    i < db_columns(db, DB_QUERY); i++) {
			MUST(db_column_name(db, DB_QUERY, i) != NULL);
			(void)db_bytes(db, DB_QUERY, i);
		}
	}
	MUST(rc != RC_SYNC && rc != RC_FULL);
	if (rc == RC_OK && row)
		db_done(db, DB_QUERY);
	db_limit(db, 0);
}

/* Its own transaction, and settings that no other connection can see. */
static void
check_connection(void)
{
	struct err err;

	MUST(!db_in_transaction(db));
	MUST(own_number("SELECT total_changes()") == 0);
	MUST(own_number("SELECT count(*) FROM pragma_database_list") == 1);
	MUST(db_query(db, "DELETE FROM journal", &err) != RC_OK);
	MUST(db_query(db, "PRAGMA synchronous = off", &err) == RC_USAGE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	char *const sql = fuzz_text(input_rest(&input));
	struct err err = { "" };
	unsigned int before;
	long version;
	enum rc rc;

	if (db == NULL)
		start();
	before = files();
	version = number("PRAGMA data_version");
	rc = db_query(db, sql, &err);
	if (rc == RC_OK) {
		run();
		check_connection();
		MUST(files() == before);
		MUST(number("PRAGMA data_version") == version);
	} else {
		MUST(err.text[0] != '\0');
	}
	free(sql);
	return 0;
}
