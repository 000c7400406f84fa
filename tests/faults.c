#include "faults.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* 2026-01-01, and a millisecond later with each look. */
#define BEGIN_US INT64_C(1767225600000000)

/* SQLITE_TESTCTRL_PRNG_SAVE and _RESTORE: the same numbers in all versions. */
#define PRNG_SAVE 5
#define PRNG_RESTORE 6

static struct fault_plan plan;
static struct fault_seen seen;
static bool is_armed;
static int64_t now_us = BEGIN_US;
static long n_live;

const char *
fault_name(enum fault fault)
{
	static const char *const names[N_FAULTS] = {
		[FAULT_MEMORY] = "memory",
		[FAULT_SQLITE_MEMORY] = "SQLite's memory",
		[FAULT_SQLITE] = "SQLite",
		[FAULT_DISK] = "disk",
		[FAULT_SYSTEM] = "system",
	};

	return names[fault];
}

void
faults_still(void)
{
	(void)sqlite3_test_control(PRNG_RESTORE);
	now_us = BEGIN_US;
}

void
faults_begin(const struct fault_plan *new)
{
	plan = *new;
	memset(&seen, 0, sizeof(seen));
	is_armed = true;
}

void
faults_end(struct fault_seen *out)
{
	is_armed = false;
	*out = seen;
}

long
faults_live(void)
{
	return n_live;
}

/* What would be tried again for ever cannot last. */
static bool
is_passing(enum fault fault, int code)
{
	return fault == FAULT_SYSTEM && (code == EINTR || code == EWOULDBLOCK);
}

bool
fault_now(enum fault fault, const char *call, const int *ways, int n,
    int *code)
{
	if (!is_armed)
		return false;
	seen.calls[fault]++;
	if (fault != plan.fault || plan.at == 0 ||
	    seen.calls[fault] < plan.at ||
	    (seen.calls[fault] > plan.at && !plan.lasting))
		return false;
	if (fault == FAULT_SYSTEM && seen.n_failed > 0 &&
	    strcmp(call, seen.call) != 0)
		return false;
	*code = ways[plan.way < n ? plan.way : 0];
	if (plan.lasting && is_passing(fault, *code))
		*code = ways[0];
	if (seen.n_failed++ == 0) {
		seen.call = call;
		seen.n_ways = n;
		seen.code = *code;
	}
	return true;
}

/* ------------------------------------------------------------------------
 * Memory
 */

static sqlite3_mem_methods library;

static bool
is_short_of(enum fault fault, const char *call)
{
	int code;

	if (!FAULT_NOW(fault, call, &code, 0))
		return false;
	errno = ENOMEM;
	return true;
}

void *
faults_counted(void *piece)
{
	if (piece != NULL)
		n_live++;
	return piece;
}

static bool
is_short(const char *call)
{
	return is_short_of(FAULT_MEMORY, call);
}

static void *
library_malloc(int size)
{
	return is_short_of(FAULT_SQLITE_MEMORY, "xMalloc") ? NULL :
	    faults_counted(library.xMalloc(size));
}

static void
library_free(void *piece)
{
	if (piece != NULL)
		n_live--;
	library.xFree(piece);
}

static void *
library_realloc(void *piece, int size)
{
	return is_short_of(FAULT_SQLITE_MEMORY, "xRealloc") ? NULL :
	    library.xRealloc(piece, size);
}

/* The linker's names of what is wrapped, and of what stands in its place. */
#define WRAP(type, name, ...) \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

WRAP(void *, malloc, size_t size)
{
	return is_short("malloc") ? NULL : faults_counted(__real_malloc(size));
}

WRAP(void *, calloc, size_t n, size_t size)
{
	return is_short("calloc") ? NULL :
	    faults_counted(__real_calloc(n, size));
}

WRAP(void *, realloc, void *piece, size_t size)
{
	if (is_short("realloc"))
		return NULL;
	return piece == NULL ? faults_counted(__real_realloc(NULL, size)) :
	    __real_realloc(piece, size);
}

WRAP(void *, reallocarray, void *piece, size_t n, size_t size)
{
	if (is_short("reallocarray"))
		return NULL;
	return piece == NULL ?
	    faults_counted(__real_reallocarray(NULL, n, size)) :
	    __real_reallocarray(piece, n, size);
}

WRAP(char *, strdup, const char *text)
{
	return is_short("strdup") ? NULL : faults_counted(__real_strdup(text));
}

WRAP(char *, strndup, const char *text, size_t len)
{
	return is_short("strndup") ? NULL :
	    faults_counted(__real_strndup(text, len));
}

WRAP(void, free, void *piece)
{
	if (piece != NULL)
		n_live--;
	__real_free(piece);
}

/* So that the same work leaves the same bytes. */
WRAP(int64_t, clock_now_us, void)
{
	now_us += 1000;
	return now_us;
}

void
faults_start(bool own_memory)
{
	if (own_memory) {
		sqlite3_mem_methods methods;

		(void)sqlite3_config(SQLITE_CONFIG_GETMALLOC, &library);
		methods = library;
		methods.xMalloc = library_malloc;
		methods.xFree = library_free;
		methods.xRealloc = library_realloc;
		(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
	}
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	faults_disk_start();
	(void)sqlite3_test_control(PRNG_SAVE);
}

/* ------------------------------------------------------------------------
 * SQLite
 */

#define SQLITE_NOW(call, code, ...) \
	FAULT_NOW(FAULT_SQLITE, call, code, __VA_ARGS__)

/* A handle comes with a failure too, unless there is no memory for one. */
WRAP(int, sqlite3_open_v2, const char *name, sqlite3 **sqlite, int flags,
    const char *vfs)
{
	int code;

	if (!SQLITE_NOW("sqlite3_open_v2", &code, SQLITE_CANTOPEN,
	    SQLITE_NOMEM))
		return __real_sqlite3_open_v2(name, sqlite, flags, vfs);
	*sqlite = NULL;
	if (code != SQLITE_NOMEM)
		(void)__real_sqlite3_open_v2(name, sqlite, flags, vfs);
	return code;
}

WRAP(int, sqlite3_prepare_v2, sqlite3 *sqlite, const char *sql, int len,
    sqlite3_stmt **stmt, const char **rest)
{
	int code;

	if (!SQLITE_NOW("sqlite3_prepare_v2", &code, SQLITE_NOMEM,
	    SQLITE_CORRUPT, SQLITE_BUSY))
		return __real_sqlite3_prepare_v2(sqlite, sql, len, stmt, rest);
	*stmt = NULL;
	return code;
}

WRAP(int, sqlite3_prepare_v3, sqlite3 *sqlite, const char *sql, int len,
    unsigned int flags, sqlite3_stmt **stmt, const char **rest)
{
	int code;

	if (!SQLITE_NOW("sqlite3_prepare_v3", &code, SQLITE_NOMEM,
	    SQLITE_CORRUPT, SQLITE_BUSY))
		return __real_sqlite3_prepare_v3(sqlite, sql, len, flags, stmt,
		    rest);
	*stmt = NULL;
	return code;
}

/* A ROLLBACK that fails has been one nonetheless
 * (https://sqlite.org/lang_transaction.html, section 3). */
WRAP(int, sqlite3_step, sqlite3_stmt *stmt)
{
	const char *sql = sqlite3_sql(stmt);
	int code;

	if (!SQLITE_NOW("sqlite3_step", &code, SQLITE_IOERR, SQLITE_NOMEM,
	    SQLITE_FULL, SQLITE_BUSY, SQLITE_CORRUPT))
		return __real_sqlite3_step(stmt);
	if (sql != NULL && strncmp(sql, "ROLLBACK", 8) == 0)
		(void)__real_sqlite3_step(stmt);
	return code;
}

WRAP(int, sqlite3_exec, sqlite3 *sqlite, const char *sql,
    int (*row)(void *, int, char **, char **), void *to, char **message)
{
	int code;

	if (SQLITE_NOW("sqlite3_exec", &code, SQLITE_IOERR, SQLITE_NOMEM,
	    SQLITE_FULL, SQLITE_BUSY, SQLITE_CORRUPT))
		return code;
	return __real_sqlite3_exec(sqlite, sql, row, to, message);
}

WRAP(int, sqlite3_wal_checkpoint_v2, sqlite3 *sqlite, const char *database,
    int mode, int *pages, int *copied)
{
	int code;

	if (SQLITE_NOW("sqlite3_wal_checkpoint_v2", &code, SQLITE_BUSY,
	    SQLITE_IOERR, SQLITE_FULL, SQLITE_NOMEM, SQLITE_CORRUPT))
		return code;
	return __real_sqlite3_wal_checkpoint_v2(sqlite, database, mode, pages,
	    copied);
}

WRAP(int, sqlite3_bind_int64, sqlite3_stmt *stmt, int index,
    sqlite3_int64 value)
{
	int code;

	if (SQLITE_NOW("sqlite3_bind_int64", &code, SQLITE_NOMEM))
		return code;
	return __real_sqlite3_bind_int64(stmt, index, value);
}

WRAP(int, sqlite3_bind_null, sqlite3_stmt *stmt, int index)
{
	int code;

	if (SQLITE_NOW("sqlite3_bind_null", &code, SQLITE_NOMEM))
		return code;
	return __real_sqlite3_bind_null(stmt, index);
}

WRAP(int, sqlite3_bind_text64, sqlite3_stmt *stmt, int index,
    const char *text, sqlite3_uint64 len, void (*done)(void *),
    unsigned char encoding)
{
	int code;

	if (SQLITE_NOW("sqlite3_bind_text64", &code, SQLITE_NOMEM,
	    SQLITE_TOOBIG))
		return code;
	return __real_sqlite3_bind_text64(stmt, index, text, len, done,
	    encoding);
}

WRAP(int, sqlite3_bind_blob64, sqlite3_stmt *stmt, int index,
    const void *bytes, sqlite3_uint64 len, void (*done)(void *))
{
	int code;

	if (SQLITE_NOW("sqlite3_bind_blob64", &code, SQLITE_NOMEM,
	    SQLITE_TOOBIG))
		return code;
	return __real_sqlite3_bind_blob64(stmt, index, bytes, len, done);
}

/* Of a number, whose text has to be made. */
WRAP(const void *, sqlite3_column_blob, sqlite3_stmt *stmt, int column)
{
	const int type = sqlite3_column_type(stmt, column);
	int code;

	if (type == SQLITE_INTEGER && SQLITE_NOW("sqlite3_column_blob", &code,
	    SQLITE_NOMEM))
		return NULL;
	return __real_sqlite3_column_blob(stmt, column);
}

WRAP(const unsigned char *, sqlite3_column_text, sqlite3_stmt *stmt,
    int column)
{
	int code;

	if (SQLITE_NOW("sqlite3_column_text", &code, SQLITE_NOMEM))
		return NULL;
	return __real_sqlite3_column_text(stmt, column);
}

WRAP(void *, sqlite3_malloc, int size)
{
	int code;

	if (SQLITE_NOW("sqlite3_malloc", &code, SQLITE_NOMEM))
		return NULL;
	return __real_sqlite3_malloc(size);
}

WRAP(int, sqlite3_vfs_register, sqlite3_vfs *vfs, int first)
{
	int code;

	if (SQLITE_NOW("sqlite3_vfs_register", &code, SQLITE_NOMEM))
		return code;
	return __real_sqlite3_vfs_register(vfs, first);
}

/* By the linker's name: <sqlite3.h> has a variable list of arguments. */
int __real_sqlite3_db_config(sqlite3 *sqlite, int option, ...);
int __wrap_sqlite3_db_config(sqlite3 *sqlite, int option, ...);

int
__wrap_sqlite3_db_config(sqlite3 *sqlite, int option, ...)
{
	va_list arguments;
	int value, *out, code;

	va_start(arguments, option);
	value = va_arg(arguments, int);
	out = va_arg(arguments, int *);
	va_end(arguments);
	if (SQLITE_NOW("sqlite3_db_config", &code, SQLITE_ERROR))
		return code;
	return __real_sqlite3_db_config(sqlite, option, value, out);
}
