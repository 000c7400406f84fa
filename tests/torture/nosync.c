/*
 * nosync -- a library to preload: the disk, or SQLite, promises less than
 * syncjournal relies on. tests/torture/power.py shows with it that a missing
 * sync would be found.
 *
 * NOSYNC=lie       fsync and fdatasync say that they are done, and do nothing
 * NOSYNC=database  they do so for files that are named .db
 * NOSYNC=normal    synchronous is NORMAL where FULL is asked for, and is read
 *                  back as FULL; the kernel claims to be one where the sync
 *                  of a commit is left to SQLite
 */
#include <dlfcn.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

typedef int plain(int);
typedef int naming(struct utsname *);
typedef int executing(sqlite3 *, const char *,
    int (*)(void *, int, char **, char **), void *, char **);
typedef int preparing(sqlite3 *, const char *, int, sqlite3_stmt **,
    const char **);

static bool
is(const char *what)
{
	const char *asked = getenv("NOSYNC");

	return asked != NULL && strcmp(asked, what) == 0;
}

/* The next one of this name: dlsym gives no function pointer in ISO C. */
static void
find(const char *name, void *function, size_t size)
{
	void *const found = dlsym(RTLD_NEXT, name);

	if (found == NULL)
		abort();
	memcpy(function, &found, size);
}

static bool
is_database(int descriptor)
{
	char link[64], path[PATH_MAX];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
	len = readlink(link, path, sizeof(path));
	return len > 3 && memcmp(path + len - 3, ".db", 3) == 0;
}

static bool
is_lie(int descriptor)
{
	return is("lie") || (is("database") && is_database(descriptor));
}

int
fsync(int descriptor)
{
	plain *next;

	if (is_lie(descriptor))
		return 0;
	find("fsync", &next, sizeof(next));
	return next(descriptor);
}

int
fdatasync(int descriptor)
{
	plain *next;

	if (is_lie(descriptor))
		return 0;
	find("fdatasync", &next, sizeof(next));
	return next(descriptor);
}

int
uname(struct utsname *system)
{
	naming *next;
	int code;

	find("uname", &next, sizeof(next));
	code = next(system);
	if (code == 0 && is("normal"))
		strcpy(system->release, "4.17.0");
	return code;
}

int
sqlite3_exec(sqlite3 *sqlite, const char *sql,
    int (*row)(void *, int, char **, char **), void *context, char **message)
{
	executing *next;

	if (is("normal") && strcmp(sql, "PRAGMA synchronous = FULL;") == 0)
		sql = "PRAGMA synchronous = NORMAL;";
	find("sqlite3_exec", &next, sizeof(next));
	return next(sqlite, sql, row, context, message);
}

int
sqlite3_prepare_v2(sqlite3 *sqlite, const char *sql, int len,
    sqlite3_stmt **statement, const char **rest)
{
	preparing *next;

	if (is("normal") && strcmp(sql, "PRAGMA synchronous") == 0)
		sql = "SELECT 2";
	find("sqlite3_prepare_v2", &next, sizeof(next));
	return next(sqlite, sql, len, statement, rest);
}
