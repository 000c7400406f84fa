/*
 * db_parts -- what the files of db share; for them alone.
 */
#ifndef JOURNAL_DB_PARTS_H
#define JOURNAL_DB_PARTS_H

#include <sqlite3.h>
#include <stdint.h>

#include "journal/db.h"

struct db {
	sqlite3 *sqlite;
	char *path;
	/* By generation; one without tables of generations is in [0]. */
	sqlite3_stmt *prepared[DB_GENERATIONS][N_STATEMENTS];
	int generation;
	sqlite3_stmt *query;	/* DB_QUERY; NULL: none */
	int64_t limit_us;	/* of clock_mono_us; 0: none */
	void (*watch)(void *to);
	void *watch_to;
	int bind_code;	/* the first that failed since the last run */
	int wal_pages;
	sqlite3_file *unsynced;	/* the WAL, between db_commit and db_sync */
};

/* db_fail -- the code and message of one of SQLite's, of what was tried. */
enum rc db_fail(const struct db *db, int code, const char *what,
    struct err *err);

#endif
