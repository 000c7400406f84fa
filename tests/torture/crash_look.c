#include "crash_look.h"

#include <dirent.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash_disk.h"
#include "journal/ledger.h"

/* SQLite's own driver: nothing of this is written down. */
sqlite3 *
look_open(const char *path)
{
	sqlite3 *sqlite = NULL;

	if (sqlite3_open_v2(path, &sqlite, SQLITE_OPEN_READWRITE, "unix") !=
	    SQLITE_OK)
		crash_die("%s: %s", path, sqlite3_errmsg(sqlite));
	(void)sqlite3_db_config(sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
	    NULL);
	(void)sqlite3_exec(sqlite, "PRAGMA synchronous = OFF", NULL, NULL,
	    NULL);
	return sqlite;
}

void
look_close(sqlite3 *sqlite)
{
	(void)sqlite3_close(sqlite);
}

static sqlite3_stmt *
prepare(sqlite3 *sqlite, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	/* NULL, which SQLite takes as well, where the file is damaged. */
	if (sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL) != SQLITE_OK &&
	    sqlite3_errcode(sqlite) != SQLITE_CORRUPT)
		crash_die("%s: %s", sql, sqlite3_errmsg(sqlite));
	return stmt;
}

static int64_t
first_value(sqlite3 *sqlite, const char *sql, const char *bytes)
{
	sqlite3_stmt *const stmt = prepare(sqlite, sql);
	int64_t value = -1;

	if (bytes != NULL)
		(void)sqlite3_bind_blob(stmt, 1, bytes, (int)strlen(bytes),
		    SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return value;
}

int64_t
look_number(sqlite3 *sqlite, const char *sql)
{
	return first_value(sqlite, sql, NULL);
}

/* ------------------------------------------------------------------------
 * All of it
 */

static uint64_t
add_bytes(uint64_t sum, const void *bytes, size_t len)
{
	const unsigned char *const p = bytes;
	size_t i;

	/* FNV-1a */
	for (i = 0; i < len; i++)
		sum = (sum ^ p[i]) * 0x100000001b3u;
	return (sum ^ len) * 0x100000001b3u;
}

/* false: it cannot be read to its end. */
static bool
add_table(sqlite3 *sqlite, const char *table, uint64_t *sum)
{
	sqlite3_stmt *stmt;
	char sql[128];
	int code, i;

	(void)snprintf(sql, sizeof(sql), "SELECT * FROM %s", table);
	stmt = prepare(sqlite, sql);
	*sum = add_bytes(*sum, table, strlen(table));
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
		for (i = 0; i < sqlite3_column_count(stmt); i++) {
			const int type = sqlite3_column_type(stmt, i);

			/* The journal's own: which one it is, and how it is
			 * written. */
			const char *name = sqlite3_column_name(stmt, i);

			if (strcmp(name, "uuid") == 0 ||
			    strcmp(name, "mode") == 0)
				continue;
			*sum = add_bytes(*sum, &type, sizeof(type));
			*sum = add_bytes(*sum, sqlite3_column_blob(stmt, i),
			    (size_t)sqlite3_column_bytes(stmt, i));
		}
	}
	(void)sqlite3_finalize(stmt);
	return code == SQLITE_DONE;
}

uint64_t
look_sum(sqlite3 *sqlite)
{
	sqlite3_stmt *const stmt = prepare(sqlite, "SELECT name FROM "
	    "sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
	    "ORDER BY name");
	uint64_t sum = 0xcbf29ce484222325u;
	bool ok = true;

	while (ok && sqlite3_step(stmt) == SQLITE_ROW)
		ok = add_table(sqlite, (const char *)sqlite3_column_text(stmt,
		    0), &sum);
	(void)sqlite3_finalize(stmt);
	return ok ? sum : 1;
}

static bool
copy(const char *from_directory, const char *to_directory, const char *name)
{
	char path[256], bytes[65536];
	FILE *from, *to;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/%s", from_directory, name);
	from = fopen(path, "rb");
	if (from == NULL)
		return false;
	(void)snprintf(path, sizeof(path), "%s/%s", to_directory, name);
	to = fopen(path, "wb");
	if (to == NULL)
		crash_die("%s: %s", path, strerror(errno));
	while ((len = fread(bytes, 1, sizeof(bytes), from)) > 0) {
		if (fwrite(bytes, 1, len, to) != len)
			crash_die("%s: %s", path, strerror(errno));
	}
	(void)fclose(from);
	if (fclose(to) != 0)
		crash_die("%s: %s", path, strerror(errno));
	return true;
}

bool
look_copy(const char *directory)
{
	char place[128];

	(void)snprintf(place, sizeof(place), "%s/look", directory);
	look_clear(place);
	(void)copy(directory, place, "journal.db-wal");
	(void)copy(directory, place, "journal.db-journal");
	return copy(directory, place, "journal.db");
}

/* ------------------------------------------------------------------------
 * Rows
 */

static char *
add_rows(char *text, sqlite3 *sqlite, const char *sql)
{
	sqlite3_stmt *const stmt = prepare(sqlite, sql);
	char *longer;
	int i;

	while (sqlite3_step(stmt) == SQLITE_ROW) {
		for (i = 0; i < sqlite3_column_count(stmt); i++) {
			longer = sqlite3_mprintf("%s%s%s", text, i > 0 ? "|" :
			    "", sqlite3_column_text(stmt, i));
			sqlite3_free(text);
			text = longer;
		}
		longer = sqlite3_mprintf("%s\n", text);
		sqlite3_free(text);
		text = longer;
	}
	(void)sqlite3_finalize(stmt);
	return text;
}

char *
look_rows(sqlite3 *sqlite, const char *sql)
{
	char *const text = add_rows(sqlite3_mprintf(""), sqlite, sql);
	char *const own = text == NULL ? NULL : strdup(text);

	sqlite3_free(text);
	if (own == NULL)
		crash_die("no memory");
	return own;
}

char *
look_now(sqlite3 *sqlite)
{
	return look_rows(sqlite,
	    "SELECT * FROM (SELECT 'document', service_sid, document_sid, "
	    "revision, data, updated_by, removed FROM documents UNION ALL "
	    "SELECT 'list', service_sid, list_sid, revision, items, open_gaps, "
	    "removed FROM lists UNION ALL "
	    "SELECT 'map', service_sid, map_sid, revision, items, open_gaps, "
	    "removed FROM maps UNION ALL "
	    "SELECT 'list item', service_sid, list_sid, item_index, data, "
	    "item_revision, event_id FROM list_items UNION ALL "
	    "SELECT 'map item', service_sid, map_sid, item_key, data, "
	    "item_revision, event_id FROM map_items UNION ALL "
	    "SELECT 'identity', service_sid, identity, online, event_id, "
	    "endpoints, '' FROM presence UNION ALL "
	    "SELECT stream_kind, service_sid, stream_key, first_seq, head, "
	    "observed, missing FROM streams UNION ALL "
	    "SELECT 'gap', service_sid, stream_key, first_missing, "
	    "last_missing, state, reason FROM gaps UNION ALL "
	    "SELECT 'service', service_sid, revision_base, base_reason, "
	    "open_gaps, '', '' FROM services) ORDER BY 1, 2, 3, 4, 5, 6, 7");
}

bool
look_body(sqlite3 *sqlite, int64_t position, const char *body)
{
	sqlite3_stmt *const stmt = prepare(sqlite, "SELECT body FROM "
	    "deliveries WHERE position = ?1");
	bool same;

	(void)sqlite3_bind_int64(stmt, 1, position);
	same = sqlite3_step(stmt) == SQLITE_ROW &&
	    (size_t)sqlite3_column_bytes(stmt, 0) == strlen(body) &&
	    memcmp(sqlite3_column_blob(stmt, 0), body, strlen(body)) == 0;
	(void)sqlite3_finalize(stmt);
	return same;
}

static unsigned char
verdict_of(const char *name)
{
	int i;

	for (i = 1; name != NULL && i < N_VERDICTS; i++) {
		if (strcmp(verdict_name((enum verdict)i), name) == 0)
			return (unsigned char)i;
	}
	return VERDICT_NONE;
}

void
look_verdicts(sqlite3 *sqlite, unsigned char *verdicts, size_t n)
{
	sqlite3_stmt *const stmt = prepare(sqlite, "SELECT position, verdict "
	    "FROM events");
	size_t position;

	memset(verdicts, 0, n);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		position = (size_t)sqlite3_column_int64(stmt, 0);
		if (position >= n)
			crash_die("position %zu is too large", position);
		verdicts[position] = verdict_of((const char *)
		    sqlite3_column_text(stmt, 1));
	}
	(void)sqlite3_finalize(stmt);
}

int64_t
look_has(sqlite3 *sqlite, const char *body)
{
	return first_value(sqlite, "SELECT count(*) FROM deliveries "
	    "WHERE body = ?1", body);
}

void
look_clear(const char *directory)
{
	DIR *const entries = opendir(directory);
	struct dirent *entry;
	char path[512];

	if (entries == NULL) {
		if (mkdir(directory, 0700) != 0)
			crash_die("%s: %s", directory, strerror(errno));
		return;
	}
	while ((entry = readdir(entries)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory,
		    entry->d_name);
		if (entry->d_type == DT_REG && unlink(path) != 0)
			crash_die("%s: %s", path, strerror(errno));
	}
	(void)closedir(entries);
}
