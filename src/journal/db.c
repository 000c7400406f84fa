#include "journal/db.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "journal/arena.h"
#include "journal/db_parts.h"
#include "journal/file.h"
#include "journal/vfs.h"

/* Who opens first reads a WAL that was left, some 5 ms for 5 MiB; others wait. A
 * writer holds the writers' lock meanwhile. */
#define RECOVERY_WAIT_MS 2000
#define RECOVERY_WAIT_WRITE_MS 100

static enum rc
classify(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return RC_BUSY;
	case SQLITE_FULL:
		return RC_FULL;
	case SQLITE_NOMEM:
		return RC_MEMORY;
	case SQLITE_INTERRUPT:
		return RC_LIMIT;
	case SQLITE_IOERR:
		return code == SQLITE_IOERR_NOMEM ? RC_MEMORY : RC_SYNC;
	default:
		return RC_STORE;
	}
}

/* A limit on the size of files is one more quota. */
static bool
is_room(int reason)
{
	return reason != EDQUOT && reason != ENOSPC && reason != EFBIG;
}

/* By the errno of a file's last failed call, as its driver kept it. */
static bool
had_room(sqlite3_file *file)
{
	int reason = 0;

	return file == NULL || file->pMethods == NULL ||
	    file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO,
	    &reason) != SQLITE_OK || is_room(reason);
}

/*
 * SQLite has no code of its own for a quota, nor for a full disk under its
 * shared memory. A failed sync stays one, whatever its reason.
 */
static bool
is_no_room(const struct db *db, int code)
{
	sqlite3_file *file = NULL, *log = NULL;

	if (code == SQLITE_IOERR_SHMSIZE)
		return true;
	/* A WAL, or its -shm; the errno is that of a second try, to read. */
	if ((code & 0xff) == SQLITE_CANTOPEN)
		return !file_has_inodes(db->path);
	if (code != SQLITE_IOERR_WRITE || db->sqlite == NULL)
		return false;
	(void)sqlite3_file_control(db->sqlite, "main",
	    SQLITE_FCNTL_FILE_POINTER, &file);
	(void)sqlite3_file_control(db->sqlite, "main",
	    SQLITE_FCNTL_JOURNAL_POINTER, &log);
	/* The connection's errno may be that of what came after, and a rollback
	 * journal that could not be begun is closed already. */
	return !had_room(file) || !had_room(log) ||
	    !is_room(sqlite3_system_errno(db->sqlite));
}

/* What a person can do about it. */
static const char *
mend(enum rc rc)
{
	if (rc == RC_FULL)
		return ": no room for it, its -wal, -journal or -shm: make room "
		    "on the disk (df, df -i) or in the quota";
	if (rc == RC_SYNC)
		return ": see with dmesg and df whether the disk is damaged, or "
		    "read-only";
	return "";
}

/* SQLite's message is that of the last call, which need not have failed. */
static const char *
reason(const struct db *db, int code)
{
	if (db->sqlite == NULL)
		return "no memory";
	return sqlite3_extended_errcode(db->sqlite) == code ?
	    sqlite3_errmsg(db->sqlite) : sqlite3_errstr(code);
}

enum rc
db_fail(const struct db *db, int code, const char *what, struct err *err)
{
	enum rc rc = is_no_room(db, code) ? RC_FULL : classify(code);

	if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
		return err_set(err, rc, "%s: is damaged (%s): restore a "
		    "backup, or save what can be read with .recover of the "
		    "sqlite3 shell", db->path, sqlite3_errstr(code));
	if (rc == RC_LIMIT)
		return err_set(err, rc, "%s: %s: takes longer than it may",
		    db->path, what);
	return err_set(err, rc, "%s: %s: %s (SQLite's code %d)%s", db->path,
	    what, reason(db, code), code, mend(rc));
}

/* Remembers how long the WAL is after a commit; makes no checkpoint. */
static int
note_wal(void *context, sqlite3 *sqlite, const char *name, int pages)
{
	struct db *db = context;

	(void)sqlite;
	(void)name;
	db->wal_pages = pages;
	return SQLITE_OK;
}

static enum rc
configure(struct db *db, struct err *err)
{
	static const struct {
		int option, value;
	} settings[] = {
		/* A last close would checkpoint without the writers' lock. */
		{ SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 },
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		/* The triggers keep others from changing the record. That no
		 * statement of ours does is tested (tests/test_statements.c);
		 * asking them costs an eighth of an append. */
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
#ifdef SQLITE_DBCONFIG_DQS_DML	/* 3.29 */
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
#endif
#ifdef SQLITE_DBCONFIG_TRUSTED_SCHEMA	/* 3.31 */
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
#endif
	};
	size_t i;
	int code;

	(void)sqlite3_extended_result_codes(db->sqlite, 1);
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		code = sqlite3_db_config(db->sqlite, settings[i].option,
		    settings[i].value, NULL);
		/* An older library does not know all of them, but without the
		 * first a journal is not safe. */
		if (code != SQLITE_OK && i == 0)
			return db_fail(db, code, "NO_CKPT_ON_CLOSE", err);
	}
	/* The hook takes the place of the automatic checkpoint. */
	(void)sqlite3_wal_autocheckpoint(db->sqlite, 0);
	(void)sqlite3_wal_hook(db->sqlite, note_wal, db);
	/* An I/O error in a mapped file would be a SIGBUS. */
	return db_script(db, "PRAGMA mmap_size = 0; "
	    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;", err);
}

/* The path as a URI, since immutable=1 can be said in no other way. */
static enum rc
immutable_uri(const char *path, struct buf *uri, struct err *err)
{
	const char *p;

	buf_add_text(uri, "file:");
	for (p = path; *p != '\0'; p++) {
		if (*p == '%' || *p == '?' || *p == '#')
			buf_printf(uri, "%%%02X", (unsigned int)*p);
		else
			buf_add_char(uri, *p);
	}
	buf_add_text(uri, "?immutable=1");
	if (!buf_ok(uri))
		return err_set(err, RC_MEMORY, "%s: no memory", path);
	return RC_OK;
}

static int
open_flags(enum db_access access)
{
	switch (access) {
	case DB_READ:
		return SQLITE_OPEN_READONLY;
	case DB_READ_IMMUTABLE:
		return SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
	case DB_SCRATCH:
		return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	case DB_WRITE:
	case N_DB_ACCESSES:
		break;
	}
	return SQLITE_OPEN_READWRITE;
}

/* What SQLite is to open; an empty name is a database of its own. */
static enum rc
name_of(const char *path, enum db_access access, struct buf *name,
    struct err *err)
{
	switch (access) {
	case DB_READ_IMMUTABLE:
		return immutable_uri(path, name, err);
	case DB_SCRATCH:
		path = "";
		break;
	case DB_READ:
	case DB_WRITE:
	case N_DB_ACCESSES:
		break;
	}
	buf_add_text(name, path);
	if (!buf_ok(name))
		return err_set(err, RC_MEMORY, "%s: no memory", path);
	return RC_OK;
}

static int
begin_memory(void *context)
{
	(void)context;
	return SQLITE_OK;
}

static void
end_memory(void *context)
{
	(void)context;
}

void
db_brief(void)
{
	static const sqlite3_mem_methods arena = {
		.xMalloc = arena_get,
		.xFree = arena_put,
		.xRealloc = arena_resize,
		.xSize = arena_size,
		.xRoundup = arena_round,
		.xInit = begin_memory,
		.xShutdown = end_memory,
	};

	/* Without it everything works, only slower. */
	(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &arena);
}

/* Before the first connection; too late, it has no effect. */
static void
start(void)
{
	static bool started;

	/* What SQLite would count under a lock with each allocation, nobody
	 * asks. */
	if (!started)
		(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	started = true;
}

enum rc
db_open(struct db **db, const char *path, enum db_access access,
    struct err *err)
{
	const char *vfs = NULL;
	struct db *new;
	struct buf name;
	enum rc rc;
	int code;

	start();
	buf_init(&name, 0);
	new = calloc(1, sizeof(*new));
	if (new == NULL || (new->path = strdup(path)) == NULL) {
		rc = err_set(err, RC_MEMORY, "%s: no memory", path);
		goto out;
	}
	rc = name_of(path, access, &name, err);
	if (rc == RC_OK && access == DB_WRITE)
		rc = vfs_name(&vfs, err);
	if (rc != RC_OK)
		goto out;
	code = sqlite3_open_v2(name.data, &new->sqlite, open_flags(access) |
	    SQLITE_OPEN_NOMUTEX, vfs);
	if (code != SQLITE_OK) {
		rc = db_fail(new, code, "open", err);
		goto out;
	}
	db_wait(new, access == DB_WRITE ? RECOVERY_WAIT_WRITE_MS :
	    RECOVERY_WAIT_MS);
	rc = configure(new, err);
	if (rc != RC_OK)
		goto out;
	db_wait(new, 0);
	/* SQLite falls back to reading where it may not write. */
	if (access == DB_WRITE && sqlite3_db_readonly(new->sqlite, "main")) {
		rc = err_set(err, RC_SYSTEM, "%s: may not be written to; the "
		    "user that runs this program must own it", path);
		goto out;
	}
	*db = new;
	new = NULL;
out:
	db_close(new);
	buf_clear(&name);
	return rc;
}

void
db_close(struct db *db)
{
	size_t i;

	if (db == NULL)
		return;
	for (i = 0; i < N_STATEMENTS; i++) {
		(void)sqlite3_finalize(db->prepared[0][i]);
		(void)sqlite3_finalize(db->prepared[1][i]);
	}
	(void)sqlite3_finalize(db->query);
	/* Cannot be busy: no statement is left. */
	(void)sqlite3_close(db->sqlite);
	free(db->path);
	free(db);
}

void
db_wait(struct db *db, int ms)
{
	(void)sqlite3_busy_timeout(db->sqlite, ms);
}

enum rc
db_script(struct db *db, const char *sql, struct err *err)
{
	int code;

	code = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);
	if (code != SQLITE_OK)
		return db_fail(db, code, "script", err);
	return RC_OK;
}

/* Run a PRAGMA and compare its answer, without regard to case. */
static enum rc
expect(struct db *db, const char *pragma, const char *want, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	const unsigned char *got;
	enum rc rc;
	int code;

	code = sqlite3_prepare_v2(db->sqlite, pragma, -1, &stmt, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code != SQLITE_ROW) {
		rc = db_fail(db, code, pragma, err);
		goto out;
	}
	got = sqlite3_column_text(stmt, 0);
	if (got == NULL || sqlite3_stricmp((const char *)got, want) != 0)
		rc = err_set(err, RC_STORE, "%s: %s is %s, must be %s",
		    db->path, pragma, got == NULL ? "nothing" :
		    (const char *)got, want);
	else
		rc = RC_OK;
out:
	(void)sqlite3_finalize(stmt);
	return rc;
}

enum rc
db_make_durable(struct db *db, enum db_journal_mode mode, struct err *err)
{
	enum rc rc;

	if (mode == DB_WAL)
		rc = expect(db, "PRAGMA journal_mode = wal", "wal", err);
	else
		rc = expect(db, "PRAGMA journal_mode = truncate", "truncate",
		    err);
	if (rc != RC_OK)
		return rc;
	/* Per connection, and some builds begin with less. */
	rc = db_script(db, "PRAGMA synchronous = FULL;", err);
	if (rc != RC_OK)
		return rc;
	return expect(db, "PRAGMA synchronous", "2", err);
}

int
db_generation(struct db *db, int generation)
{
	const int old = db->generation;

	assert(generation >= 0 && generation < DB_GENERATIONS);
	db->generation = generation;
	return old;
}

const char *
db_text(const struct db *db, enum statement statement)
{
	assert(statement < N_STATEMENTS);
	return statement_text[db->generation][statement];
}

/* Where a statement of the present generation is kept. */
static sqlite3_stmt **
place_of(struct db *db, enum statement statement)
{
	const int generation = db->generation;

	if (statement == DB_QUERY)
		return &db->query;
	assert(statement < N_STATEMENTS);
	if (statement_text[generation][statement] ==
	    statement_text[0][statement])
		return &db->prepared[0][statement];
	return &db->prepared[generation][statement];
}

static const char *
name_of_statement(enum statement statement)
{
	return statement == DB_QUERY ? "query" : statement_name[statement];
}

/* The prepared statement, or NULL with the code in bind_code. */
static sqlite3_stmt *
prepared(struct db *db, enum statement statement)
{
	sqlite3_stmt **const place = place_of(db, statement);
	int code;

	if (*place != NULL)
		return *place;
	assert(statement != DB_QUERY);
	code = sqlite3_prepare_v3(db->sqlite,
	    statement_text[db->generation][statement], -1,
	    SQLITE_PREPARE_PERSISTENT, place, NULL);
	if (code != SQLITE_OK && db->bind_code == SQLITE_OK)
		db->bind_code = code;
	return *place;
}

static void
note_bind(struct db *db, int code)
{
	if (code != SQLITE_OK && db->bind_code == SQLITE_OK)
		db->bind_code = code;
}

void
db_bind_int(struct db *db, enum statement statement, int index, int64_t value)
{
	sqlite3_stmt *stmt = prepared(db, statement);

	if (stmt != NULL)
		note_bind(db, sqlite3_bind_int64(stmt, index, value));
}

void
db_bind_int_if(struct db *db, enum statement statement, int index,
    bool is_there, int64_t value)
{
	sqlite3_stmt *stmt = prepared(db, statement);

	if (stmt != NULL && is_there)
		note_bind(db, sqlite3_bind_int64(stmt, index, value));
	else if (stmt != NULL)
		note_bind(db, sqlite3_bind_null(stmt, index));
}

void
db_bind_text(struct db *db, enum statement statement, int index,
    struct slice text)
{
	sqlite3_stmt *stmt = prepared(db, statement);

	if (stmt != NULL)
		note_bind(db, sqlite3_bind_text64(stmt, index, text.p,
		    text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void
db_bind_blob(struct db *db, enum statement statement, int index,
    struct slice bytes)
{
	sqlite3_stmt *stmt = prepared(db, statement);

	if (stmt != NULL)
		note_bind(db, sqlite3_bind_blob64(stmt, index, bytes.p,
		    bytes.len, SQLITE_STATIC));
}

void
db_bind(struct db *db, enum statement statement, int index,
    const struct db_value *value)
{
	switch (value->type) {
	case DB_NULL:
		db_bind_int_if(db, statement, index, false, 0);
		break;
	case DB_INTEGER:
		db_bind_int(db, statement, index, value->number);
		break;
	case DB_TEXT:
		db_bind_text(db, statement, index, value->bytes);
		break;
	case DB_BLOB:
		db_bind_blob(db, statement, index, value->bytes);
		break;
	case DB_REAL:
	case N_DB_TYPES:
		assert(false);
		break;
	}
}

void
db_done(struct db *db, enum statement statement)
{
	sqlite3_stmt *const stmt = *place_of(db, statement);

	db->bind_code = SQLITE_OK;
	if (stmt == NULL)
		return;
	/* The code of a reset repeats that of the step before. */
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
}

enum rc
db_row(struct db *db, enum statement statement, bool *row, struct err *err)
{
	sqlite3_stmt *stmt = prepared(db, statement);
	enum rc rc;
	int code;

	code = db->bind_code;
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW) {
		*row = true;
		return RC_OK;
	}
	if (code == SQLITE_DONE) {
		*row = false;
		rc = RC_OK;
	} else {
		rc = db_fail(db, code, name_of_statement(statement), err);
	}
	db_done(db, statement);
	return rc;
}

enum rc
db_run(struct db *db, enum statement statement, struct err *err)
{
	enum rc rc;
	bool row;

	rc = db_row(db, statement, &row, err);
	if (rc == RC_OK && row)
		db_done(db, statement);
	return rc;
}

int64_t
db_int(struct db *db, enum statement statement, int column)
{
	return sqlite3_column_int64(*place_of(db, statement), column);
}

bool
db_is_null(struct db *db, enum statement statement, int column)
{
	return sqlite3_column_type(*place_of(db, statement), column) ==
	    SQLITE_NULL;
}

struct slice
db_bytes(struct db *db, enum statement statement, int column)
{
	sqlite3_stmt *stmt = *place_of(db, statement);
	const int type = sqlite3_column_type(stmt, column);
	struct slice bytes;

	if (type == SQLITE_NULL)
		return slice_of(NULL);
	bytes.p = sqlite3_column_blob(stmt, column);
	bytes.len = (size_t)sqlite3_column_bytes(stmt, column);
	if (bytes.p != NULL)
		return bytes;
	/* For no bytes at all; or there was no memory to make a number's text,
	 * or a blob of zeros, and the next row must not come. */
	if (bytes.len > 0 || type == SQLITE_INTEGER || type == SQLITE_FLOAT)
		note_bind(db, SQLITE_NOMEM);
	return (struct slice){ "", 0 };
}

int
db_columns(struct db *db, enum statement statement)
{
	return sqlite3_column_count(*place_of(db, statement));
}

const char *
db_column_name(struct db *db, enum statement statement, int column)
{
	return sqlite3_column_name(*place_of(db, statement), column);
}

enum db_type
db_column_type(struct db *db, enum statement statement, int column)
{
	switch (sqlite3_column_type(*place_of(db, statement), column)) {
	case SQLITE_INTEGER:
		return DB_INTEGER;
	case SQLITE_FLOAT:
		return DB_REAL;
	case SQLITE_TEXT:
		return DB_TEXT;
	case SQLITE_BLOB:
		return DB_BLOB;
	default:
		return DB_NULL;
	}
}

struct db_value
db_column(struct db *db, enum statement statement, int column)
{
	struct db_value value = { .type = db_column_type(db, statement,
	    column) };

	switch (value.type) {
	case DB_INTEGER:
		value.number = db_int(db, statement, column);
		break;
	case DB_TEXT:
	case DB_BLOB:
		value.bytes = db_bytes(db, statement, column);
		break;
	case DB_NULL:
	case DB_REAL:
	case N_DB_TYPES:
		break;
	}
	return value;
}

bool
db_same(struct db *db, enum statement statement, int column,
    const struct db_value *value)
{
	const struct db_value own = db_column(db, statement, column);

	if (own.type != value->type)
		return false;
	switch (own.type) {
	case DB_INTEGER:
		return own.number == value->number;
	case DB_TEXT:
	case DB_BLOB:
		return own.bytes.len == value->bytes.len &&
		    slice_compare(own.bytes, value->bytes) == 0;
	case DB_NULL:
	case DB_REAL:
	case N_DB_TYPES:
		break;
	}
	return own.type == DB_NULL;
}

enum rc
db_prepare(struct db *db, enum statement statement, struct err *err)
{
	enum rc rc;

	if (prepared(db, statement) != NULL)
		return RC_OK;
	rc = db_fail(db, db->bind_code, name_of_statement(statement), err);
	db_done(db, statement);
	return rc;
}

enum rc
db_commit(struct db *db, struct err *err)
{
	sqlite3_file *file = NULL;
	enum rc rc;

	(void)sqlite3_file_control(db->sqlite, "main",
	    SQLITE_FCNTL_JOURNAL_POINTER, &file);
	if (!vfs_defer(file, true))
		return db_run(db, STATEMENT_COMMIT, err);
	rc = db_run(db, STATEMENT_COMMIT, err);
	(void)vfs_defer(file, false);
	if (rc == RC_OK)
		db->unsynced = file;
	return rc;
}

enum rc
db_sync(struct db *db, struct err *err)
{
	sqlite3_file *const file = db->unsynced;
	int code;

	db->unsynced = NULL;
	if (file == NULL)
		return RC_OK;
	code = vfs_sync(file);
	if (code == SQLITE_OK)
		return RC_OK;
	return err_set(err, RC_SYNC, "%s: sync of the WAL: %s (SQLite's code "
	    "%d)%s", db->path, sqlite3_errstr(code), code, mend(RC_SYNC));
}

enum rc
db_number(struct db *db, enum statement statement, int64_t *number,
    struct err *err)
{
	enum rc rc;
	bool row;

	rc = db_row(db, statement, &row, err);
	if (rc != RC_OK)
		return rc;
	if (!row)
		return err_set(err, RC_STORE, "%s: %s: no row", db->path,
		    name_of_statement(statement));
	*number = db_int(db, statement, 0);
	db_done(db, statement);
	return RC_OK;
}

bool
db_in_transaction(struct db *db)
{
	return sqlite3_get_autocommit(db->sqlite) == 0;
}

int64_t
db_last_id(struct db *db)
{
	return sqlite3_last_insert_rowid(db->sqlite);
}

int
db_wal_pages(const struct db *db)
{
	return db->wal_pages;
}

enum rc
db_renew_wal(struct db *db, struct err *err)
{
	sqlite3_file *file = NULL;
	enum rc rc;
	int code;

	db_wait(db, 0);
	rc = db_run(db, STATEMENT_BEGIN, err);
	if (rc != RC_OK)
		return rc;
	(void)sqlite3_file_control(db->sqlite, "main",
	    SQLITE_FCNTL_JOURNAL_POINTER, &file);
	code = vfs_renew(file);
	if (code != SQLITE_OK)
		rc = err_set(err, classify(code), "%s: writing the WAL again: "
		    "%s (SQLite's code %d)", db->path, sqlite3_errstr(code),
		    code);
	if (rc != RC_OK) {
		(void)db_run(db, STATEMENT_ROLLBACK, NULL);
		return rc;
	}
	return db_run(db, STATEMENT_ROLLBACK, err);
}

enum rc
db_checkpoint(struct db *db, enum db_checkpoint checkpoint, struct err *err)
{
	enum rc rc;
	int code, pages, copied;

	db_wait(db, 0);
	rc = db_run(db, STATEMENT_BEGIN, err);
	if (rc == RC_OK)
		rc = db_run(db, STATEMENT_ROLLBACK, err);
	if (rc != RC_OK)
		return rc;
	code = sqlite3_wal_checkpoint_v2(db->sqlite, "main",
	    checkpoint == DB_CHECKPOINT_TRUNCATE ?
	    SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART, &pages,
	    &copied);
	if (code != SQLITE_OK)
		return db_fail(db, code, "checkpoint", err);
	db->wal_pages = 0;
	return RC_OK;
}
