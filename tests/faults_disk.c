/* SQLite's own driver of files, any call of which can fail. */
#include <assert.h>
#include <sqlite3.h>
#include <stddef.h>

#include "faults.h"

#define DISK_NOW(call, code, ...) FAULT_NOW(FAULT_DISK, call, code, __VA_ARGS__)

/* The driver has methods of its own for each kind of file. */
#define KINDS_MAX 4

static struct kind {
	sqlite3_io_methods methods;	/* first: it is what SQLite holds */
	const sqlite3_io_methods *own;
} kinds[KINDS_MAX];

static sqlite3_vfs disk;

static const sqlite3_io_methods *
own(const sqlite3_file *file)
{
	return ((const struct kind *)(const void *)file->pMethods)->own;
}

static sqlite3_vfs *
driver(void)
{
	return disk.pAppData;
}

static int
disk_close(sqlite3_file *file)
{
	return own(file)->xClose(file);
}

static int
disk_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
	int code;

	return DISK_NOW("xRead", &code, SQLITE_IOERR_READ) ? code :
	    own(file)->xRead(file, bytes, len, at);
}

/* Half of it may be there. */
static int
disk_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
	int code;

	if (!DISK_NOW("xWrite", &code, SQLITE_IOERR_WRITE, SQLITE_FULL))
		return own(file)->xWrite(file, bytes, len, at);
	if (len > 1)
		(void)own(file)->xWrite(file, bytes, len / 2, at);
	return code;
}

static int
disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int code;

	return DISK_NOW("xTruncate", &code, SQLITE_IOERR_TRUNCATE) ? code :
	    own(file)->xTruncate(file, size);
}

static int
disk_sync(sqlite3_file *file, int flags)
{
	int code;

	(void)file;
	(void)flags;
	return DISK_NOW("xSync", &code, SQLITE_IOERR_FSYNC) ? code : SQLITE_OK;
}

static int
disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
	int code;

	return DISK_NOW("xFileSize", &code, SQLITE_IOERR_FSTAT) ? code :
	    own(file)->xFileSize(file, size);
}

static int
disk_lock(sqlite3_file *file, int level)
{
	int code;

	return DISK_NOW("xLock", &code, SQLITE_IOERR_LOCK, SQLITE_BUSY) ?
	    code : own(file)->xLock(file, level);
}

static int
disk_unlock(sqlite3_file *file, int level)
{
	return own(file)->xUnlock(file, level);
}

static int
disk_reserved(sqlite3_file *file, int *result)
{
	int code;

	return DISK_NOW("xCheckReservedLock", &code,
	    SQLITE_IOERR_CHECKRESERVEDLOCK) ? code :
	    own(file)->xCheckReservedLock(file, result);
}

static int
disk_control(sqlite3_file *file, int operation, void *argument)
{
	return own(file)->xFileControl(file, operation, argument);
}

static int
disk_sector(sqlite3_file *file)
{
	return own(file)->xSectorSize(file);
}

static int
disk_device(sqlite3_file *file)
{
	return own(file)->xDeviceCharacteristics(file);
}

static int
disk_shm_map(sqlite3_file *file, int page, int size, int extend,
    void volatile **out)
{
	int code;

	return DISK_NOW("xShmMap", &code, SQLITE_IOERR_SHMMAP,
	    SQLITE_IOERR_SHMSIZE) ? code :
	    own(file)->xShmMap(file, page, size, extend, out);
}

/* To let go of a lock cannot fail. What is busy for long is waited for, so that
 * this is not what lasts. */
static int
disk_shm_lock(sqlite3_file *file, int at, int n, int flags)
{
	int code;

	if ((flags & SQLITE_SHM_LOCK) != 0 && DISK_NOW("xShmLock", &code,
	    SQLITE_IOERR_SHMLOCK, SQLITE_BUSY))
		return code;
	return own(file)->xShmLock(file, at, n, flags);
}

static void
disk_shm_barrier(sqlite3_file *file)
{
	own(file)->xShmBarrier(file);
}

static int
disk_shm_unmap(sqlite3_file *file, int is_deleted)
{
	return own(file)->xShmUnmap(file, is_deleted);
}

static const sqlite3_io_methods *
methods_for(const sqlite3_io_methods *methods)
{
	static const sqlite3_io_methods failing = {
		.iVersion = 2,
		.xClose = disk_close,
		.xRead = disk_read,
		.xWrite = disk_write,
		.xTruncate = disk_truncate,
		.xSync = disk_sync,
		.xFileSize = disk_size,
		.xLock = disk_lock,
		.xUnlock = disk_unlock,
		.xCheckReservedLock = disk_reserved,
		.xFileControl = disk_control,
		.xSectorSize = disk_sector,
		.xDeviceCharacteristics = disk_device,
		.xShmMap = disk_shm_map,
		.xShmLock = disk_shm_lock,
		.xShmBarrier = disk_shm_barrier,
		.xShmUnmap = disk_shm_unmap,
	};
	size_t i = 0;

	while (i < KINDS_MAX && kinds[i].own != NULL &&
	    kinds[i].own != methods)
		i++;
	assert(i < KINDS_MAX);
	if (kinds[i].own == NULL) {
		kinds[i].methods = failing;
		kinds[i].own = methods;
	}
	return &kinds[i].methods;
}

static int
disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *out_flags)
{
	int code;

	(void)vfs;
	file->pMethods = NULL;
	if (DISK_NOW("xOpen", &code, SQLITE_CANTOPEN))
		return code;
	code = driver()->xOpen(driver(), name, file, flags, out_flags);
	if (code == SQLITE_OK)
		file->pMethods = methods_for(file->pMethods);
	return code;
}

static int
disk_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
	int code;

	(void)vfs;
	(void)sync_directory;
	return DISK_NOW("xDelete", &code, SQLITE_IOERR_DELETE) ? code :
	    driver()->xDelete(driver(), name, 0);
}

static int
disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
	int code;

	(void)vfs;
	return DISK_NOW("xAccess", &code, SQLITE_IOERR_ACCESS) ? code :
	    driver()->xAccess(driver(), name, flags, result);
}

static int
disk_full_name(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	int code;

	(void)vfs;
	return DISK_NOW("xFullPathname", &code, SQLITE_CANTOPEN) ? code :
	    driver()->xFullPathname(driver(), name, size, out);
}

void
faults_disk_start(void)
{
	sqlite3_vfs *const unix_vfs = sqlite3_vfs_find("unix");

	assert(unix_vfs != NULL);
	disk = *unix_vfs;
	disk.zName = "failing";
	disk.pAppData = unix_vfs;
	disk.xOpen = disk_open;
	disk.xDelete = disk_delete;
	disk.xAccess = disk_access;
	disk.xFullPathname = disk_full_name;
	(void)sqlite3_vfs_register(&disk, 1);
}
