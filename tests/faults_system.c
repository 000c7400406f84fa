/* The system's calls that src makes itself. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "faults.h"

#define WRAP(type, name, ...) \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

/* Whether it fails, with errno set. */
#define SYSTEM_NOW(call, ...) FAULT_NOW(FAULT_SYSTEM, call, &errno, __VA_ARGS__)

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int
__wrap_open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	va_start(arguments, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	if (SYSTEM_NOW("open", EMFILE, EACCES, ENOSPC, ENOENT))
		return -1;
	return __real_open(path, flags, mode);
}

WRAP(int, stat, const char *path, struct stat *status)
{
	return SYSTEM_NOW("stat", EIO, EACCES, ENOENT) ? -1 :
	    __real_stat(path, status);
}

WRAP(int, lstat, const char *path, struct stat *status)
{
	return SYSTEM_NOW("lstat", EIO, ENOENT) ? -1 :
	    __real_lstat(path, status);
}

WRAP(int, fstat, int fd, struct stat *status)
{
	return SYSTEM_NOW("fstat", EIO) ? -1 : __real_fstat(fd, status);
}

WRAP(int, statfs, const char *path, struct statfs *status)
{
	return SYSTEM_NOW("statfs", EIO) ? -1 : __real_statfs(path, status);
}

WRAP(int, statvfs, const char *path, struct statvfs *status)
{
	return SYSTEM_NOW("statvfs", EIO) ? -1 : __real_statvfs(path, status);
}

WRAP(ssize_t, read, int fd, void *bytes, size_t size)
{
	return SYSTEM_NOW("read", EIO, EINTR) ? -1 :
	    __real_read(fd, bytes, size);
}

WRAP(ssize_t, __read_chk, int fd, void *bytes, size_t size, size_t room)
{
	return SYSTEM_NOW("read", EIO, EINTR) ? -1 :
	    __real___read_chk(fd, bytes, size, room);
}

WRAP(ssize_t, pread, int fd, void *bytes, size_t size, off_t at)
{
	return SYSTEM_NOW("pread", EIO, EINTR) ? -1 :
	    __real_pread(fd, bytes, size, at);
}

WRAP(ssize_t, __pread_chk, int fd, void *bytes, size_t size, off_t at,
    size_t room)
{
	return SYSTEM_NOW("pread", EIO, EINTR) ? -1 :
	    __real___pread_chk(fd, bytes, size, at, room);
}

WRAP(ssize_t, pwrite, int fd, const void *bytes, size_t size, off_t at)
{
	return SYSTEM_NOW("pwrite", EIO, ENOSPC, EDQUOT, EINTR) ? -1 :
	    __real_pwrite(fd, bytes, size, at);
}

/* To let go of a lock waits for nothing, and cannot fail. */
WRAP(int, flock, int fd, int operation)
{
	if (operation != LOCK_UN && SYSTEM_NOW("flock", ENOLCK, EINTR,
	    EWOULDBLOCK))
		return -1;
	return __real_flock(fd, operation);
}

WRAP(int, fsync, int fd)
{
	(void)fd;
	return SYSTEM_NOW("fsync", EIO, EINVAL) ? -1 : 0;
}

WRAP(int, fchown, int fd, uid_t user, gid_t group)
{
	return SYSTEM_NOW("fchown", EPERM) ? -1 :
	    __real_fchown(fd, user, group);
}

WRAP(int, ftruncate, int fd, off_t size)
{
	return SYSTEM_NOW("ftruncate", EIO, ENOSPC) ? -1 :
	    __real_ftruncate(fd, size);
}

/* Its result is the errno. */
WRAP(int, posix_fallocate, int fd, off_t at, off_t len)
{
	int code;

	return FAULT_NOW(FAULT_SYSTEM, "posix_fallocate", &code, ENOSPC, EIO,
	    EINTR) ? code : __real_posix_fallocate(fd, at, len);
}

WRAP(int, access, const char *path, int mode)
{
	return SYSTEM_NOW("access", EACCES, ENOENT) ? -1 :
	    __real_access(path, mode);
}

WRAP(int, unlink, const char *path)
{
	return SYSTEM_NOW("unlink", EACCES, EROFS) ? -1 : __real_unlink(path);
}

WRAP(int, rename, const char *from, const char *to)
{
	return SYSTEM_NOW("rename", EACCES, ENOSPC) ? -1 :
	    __real_rename(from, to);
}

WRAP(ssize_t, readlink, const char *path, char *bytes, size_t size)
{
	return SYSTEM_NOW("readlink", EIO) ? -1 :
	    __real_readlink(path, bytes, size);
}

WRAP(struct passwd *, getpwuid, uid_t user)
{
	return SYSTEM_NOW("getpwuid", EMFILE) ? NULL : __real_getpwuid(user);
}

/* What it gives is freed by who asked. */
WRAP(char *, realpath, const char *path, char *real)
{
	if (SYSTEM_NOW("realpath", EACCES, ENOMEM, ENOENT))
		return NULL;
	return real != NULL ? __real_realpath(path, real) :
	    faults_counted(__real_realpath(path, NULL));
}
