#include "journal/vfs.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* 31 frames of pages of 4 KiB. SQLite's driver on Unix (os_unix.c,
 * seekAndWriteFd) writes at most 131,071 bytes at once, and says of a multiple
 * of 131,072 that the disk is full. */
#define GATHER_SIZE (31 * (24 + 4096))
/* https://sqlite.org/fileformat.html section 4.1 */
#define WAL_HEADER_LEN 32

/* An open WAL. The driver's own file stands behind this structure. */
struct wal {
	sqlite3_file file;	/* first: it is what SQLite holds */
	bool defer;
	char *bytes;		/* GATHER_SIZE of them; not yet written: */
	int len;		/* so many, */
	sqlite3_int64 at;	/* from here in the file */
};

static sqlite3_vfs own;

static sqlite3_vfs *
driver(void)
{
	return own.pAppData;
}

static sqlite3_file *
real(struct wal *wal)
{
	return (sqlite3_file *)(wal + 1);
}

static struct wal *
wal_of(sqlite3_file *file)
{
	return (struct wal *)(void *)file;
}

/* Write what was gathered. After a failure it is gone: SQLite rolls back, and
 * writes the same place again. */
static int
flush(struct wal *wal)
{
	const int len = wal->len;

	wal->len = 0;
	if (len == 0)
		return SQLITE_OK;
	return real(wal)->pMethods->xWrite(real(wal), wal->bytes, len,
	    wal->at);
}

/* ------------------------------------------------------------------------
 * The WAL's methods
 */

static int
wal_close(sqlite3_file *file)
{
	struct wal *const wal = wal_of(file);

	/* Nothing is gathered outside a COMMIT. */
	sqlite3_free(wal->bytes);
	return real(wal)->pMethods->xClose(real(wal));
}

static int
wal_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
	struct wal *const wal = wal_of(file);
	const int code = flush(wal);

	return code != SQLITE_OK ? code :
	    real(wal)->pMethods->xRead(real(wal), bytes, len, at);
}

static int
wal_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
	struct wal *const wal = wal_of(file);
	int code = SQLITE_OK;

	if (!wal->defer)
		return real(wal)->pMethods->xWrite(real(wal), bytes, len, at);
	if (at != wal->at + wal->len || len > GATHER_SIZE - wal->len) {
		code = flush(wal);
		wal->at = at;
	}
	if (code != SQLITE_OK)
		return code;
	if (len > GATHER_SIZE)
		return real(wal)->pMethods->xWrite(real(wal), bytes, len, at);
	memcpy(wal->bytes + wal->len, bytes, (size_t)len);
	wal->len += len;
	return SQLITE_OK;
}

static int
wal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct wal *const wal = wal_of(file);
	const int code = flush(wal);

	return code != SQLITE_OK ? code :
	    real(wal)->pMethods->xTruncate(real(wal), size);
}

static int
wal_sync(sqlite3_file *file, int flags)
{
	struct wal *const wal = wal_of(file);
	const bool is_header = wal->at == 0 && wal->len == WAL_HEADER_LEN;
	const int code = flush(wal);

	if (code != SQLITE_OK || (wal->defer && !is_header))
		return code;
	return real(wal)->pMethods->xSync(real(wal), flags);
}

static int
wal_size(sqlite3_file *file, sqlite3_int64 *size)
{
	struct wal *const wal = wal_of(file);
	const int code = flush(wal);

	return code != SQLITE_OK ? code :
	    real(wal)->pMethods->xFileSize(real(wal), size);
}

static int
wal_lock(sqlite3_file *file, int level)
{
	return real(wal_of(file))->pMethods->xLock(real(wal_of(file)), level);
}

static int
wal_unlock(sqlite3_file *file, int level)
{
	return real(wal_of(file))->pMethods->xUnlock(real(wal_of(file)), level);
}

static int
wal_is_reserved(sqlite3_file *file, int *result)
{
	return real(wal_of(file))->pMethods->xCheckReservedLock(
	    real(wal_of(file)), result);
}

static int
wal_control(sqlite3_file *file, int what, void *argument)
{
	return real(wal_of(file))->pMethods->xFileControl(real(wal_of(file)),
	    what, argument);
}

static int
wal_sector(sqlite3_file *file)
{
	return real(wal_of(file))->pMethods->xSectorSize(real(wal_of(file)));
}

static int
wal_device(sqlite3_file *file)
{
	return real(wal_of(file))->pMethods->xDeviceCharacteristics(
	    real(wal_of(file)));
}

static const sqlite3_io_methods wal_methods = {
	.iVersion = 1,
	.xClose = wal_close,
	.xRead = wal_read,
	.xWrite = wal_write,
	.xTruncate = wal_truncate,
	.xSync = wal_sync,
	.xFileSize = wal_size,
	.xLock = wal_lock,
	.xUnlock = wal_unlock,
	.xCheckReservedLock = wal_is_reserved,
	.xFileControl = wal_control,
	.xSectorSize = wal_sector,
	.xDeviceCharacteristics = wal_device,
};

static int
open_wal(const char *name, struct wal *wal, int flags, int *out_flags)
{
	int code;

	wal->file.pMethods = NULL;
	wal->defer = false;
	wal->len = 0;
	wal->at = 0;
	wal->bytes = sqlite3_malloc(GATHER_SIZE);
	if (wal->bytes == NULL)
		return SQLITE_NOMEM;
	/* Of a WAL that it makes, the driver of most builds syncs the directory
	 * too, at the first sync; journal_open does so in all. One that is there
	 * is not to be told as made. */
	code = driver()->xOpen(driver(), name, real(wal),
	    flags & ~SQLITE_OPEN_CREATE, out_flags);
	if (code != SQLITE_OK && real(wal)->pMethods == NULL)
		code = driver()->xOpen(driver(), name, real(wal), flags,
		    out_flags);
	/* SQLite closes a file whose methods are set, also after a failure. */
	if (real(wal)->pMethods != NULL)
		wal->file.pMethods = &wal_methods;
	else
		sqlite3_free(wal->bytes);
	return code;
}

bool
vfs_may_defer(const char *release)
{
	char *end;
	const long major = strtol(release, &end, 10);
	const long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

	return major > 4 || (major == 4 && minor >= 18);
}

static bool
failures_are_told(void)
{
	static bool known, told;
	struct utsname system;

	if (!known)
		told = uname(&system) == 0 &&
		    strcmp(system.sysname, "Linux") == 0 &&
		    vfs_may_defer(system.release);
	known = true;
	return told;
}

bool
vfs_defer(sqlite3_file *file, bool defer)
{
	struct wal *const wal = wal_of(file);

	if (file == NULL || file->pMethods != &wal_methods ||
	    (wal_device(file) & SQLITE_IOCAP_POWERSAFE_OVERWRITE) == 0 ||
	    !failures_are_told())
		return false;
	wal->defer = defer;
	wal->len = 0;
	return true;
}

int
vfs_sync(sqlite3_file *file)
{
	sqlite3_file *const below = real(wal_of(file));

	return below->pMethods->xSync(below, SQLITE_SYNC_NORMAL);
}

int
vfs_renew(sqlite3_file *file)
{
	struct wal *const wal = wal_of(file);
	sqlite3_file *below;
	sqlite3_int64 size = 0, at;
	int code, len;

	if (file == NULL || file->pMethods != &wal_methods)
		return SQLITE_OK;
	below = real(wal);
	code = below->pMethods->xFileSize(below, &size);
	/* Nothing is gathered outside a COMMIT: there is room. */
	for (at = 0; code == SQLITE_OK && at < size; at += len) {
		len = size - at < GATHER_SIZE ? (int)(size - at) : GATHER_SIZE;
		code = below->pMethods->xRead(below, wal->bytes, len, at);
		if (code == SQLITE_OK)
			code = below->pMethods->xWrite(below, wal->bytes, len,
			    at);
	}
	return code == SQLITE_OK ? vfs_sync(file) : code;
}

/* ------------------------------------------------------------------------
 * The driver's own
 */

static int
open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *out_flags)
{
	(void)vfs;
	if ((flags & SQLITE_OPEN_WAL) != 0)
		return open_wal(name, wal_of(file), flags, out_flags);
	return driver()->xOpen(driver(), name, file, flags, out_flags);
}

static int
remove_file(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
	(void)vfs;
	return driver()->xDelete(driver(), name, sync_directory);
}

static int
access_file(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
	(void)vfs;
	return driver()->xAccess(driver(), name, flags, result);
}

static int
full_name(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	(void)vfs;
	return driver()->xFullPathname(driver(), name, size, out);
}

static int
randomness(sqlite3_vfs *vfs, int len, char *out)
{
	(void)vfs;
	return driver()->xRandomness(driver(), len, out);
}

static int
pause_us(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return driver()->xSleep(driver(), us);
}

static int
current_time(sqlite3_vfs *vfs, double *days)
{
	(void)vfs;
	return driver()->xCurrentTime(driver(), days);
}

static int
last_error(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	return driver()->xGetLastError(driver(), size, out);
}

/* Version 1: no extension is ever loaded, and the time is asked in double. */
static sqlite3_vfs own = {
	.iVersion = 1,
	.zName = "syncjournal",
	.xOpen = open_file,
	.xDelete = remove_file,
	.xAccess = access_file,
	.xFullPathname = full_name,
	.xRandomness = randomness,
	.xSleep = pause_us,
	.xCurrentTime = current_time,
	.xGetLastError = last_error,
};

enum rc
vfs_name(const char **name, struct err *err)
{
	sqlite3_vfs *found;
	int code;

	*name = own.zName;
	if (own.pAppData != NULL)
		return RC_OK;
	found = sqlite3_vfs_find(NULL);
	if (found == NULL)
		return err_set(err, RC_STORE, "SQLite has no driver of files");
	own.szOsFile = (int)sizeof(struct wal) + found->szOsFile;
	own.mxPathname = found->mxPathname;
	own.pAppData = found;
	code = sqlite3_vfs_register(&own, 0);
	if (code == SQLITE_OK)
		return RC_OK;
	own.pAppData = NULL;
	return err_set(err, RC_MEMORY, "SQLite: %s", sqlite3_errstr(code));
}
