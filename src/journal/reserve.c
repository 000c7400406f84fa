#include "journal/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "journal/file.h"

/* Free before it is made: a small disk is rather filled with deliveries. */
#define FREE_TO_MAKE (4 * RESERVE_SIZE)
/* Free before it is filled again: what is left then are some hundred
 * deliveries, so that it is not given back with the next one. */
#define FREE_TO_FILL (RESERVE_SIZE + ((int64_t)1 << 20))

enum rc
reserve_path(const char *journal, char **path, struct err *err)
{
	struct buf text;

	buf_init(&text, 0);
	buf_printf(&text, "%s-reserve", journal);
	if (!buf_ok(&text)) {
		buf_clear(&text);
		return err_set(err, RC_MEMORY, "%s: no memory", journal);
	}
	*path = text.data;
	return RC_OK;
}

/* All of it or nothing; the errno, or 0. A quota is not seen in any other way:
 * what is to be left is taken as well, for a moment. */
static int
fill(int fd)
{
	struct stat status;
	int code;

	do
		code = posix_fallocate(fd, 0, (off_t)FREE_TO_FILL);
	while (code == EINTR);
	if (ftruncate(fd, code == 0 ? (off_t)RESERVE_SIZE : 0) != 0 &&
	    code == 0)
		code = errno;
	/* Some file systems promise, and keep no room. */
	if (code == 0 && fstat(fd, &status) == 0 && status.st_blocks == 0)
		code = EOPNOTSUPP;
	return code;
}

void
reserve_make(const char *path, const char *journal)
{
	int fd;

	if (access(path, F_OK) == 0 || file_room(path) < FREE_TO_MAKE)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd < 0)
		return;
	file_give_to_owner(fd, journal);
	/* An empty one would say that it was given back. */
	if (fill(fd) != 0)
		(void)unlink(path);
	(void)close(fd);
}

static enum rc
refill(const char *path, struct err *err)
{
	const int64_t room = file_room(path);
	int code;
	int fd;

	if (room >= 0 && room < FREE_TO_FILL)
		return err_set(err, RC_FULL, "%s: was given back, since the "
		    "disk is full (%lld KiB free, %lld needed): make room; "
		    "until then deliveries are answered 503, and the journal "
		    "can be read", path, (long long)(room / 1024),
		    (long long)(FREE_TO_FILL / 1024));
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return RC_OK;
	code = fill(fd);
	(void)close(fd);
	if (code == EOPNOTSUPP)
		(void)unlink(path);
	/* No room is what it is for; all else is not its matter. */
	if (code != ENOSPC && code != EDQUOT && code != EFBIG)
		return RC_OK;
	return err_set(err, RC_FULL, "%s: was given back, and %lld KiB cannot "
	    "be had (%s): make room in the quota, or lift the limit on the size "
	    "of files; until then deliveries are answered 503, and the journal "
	    "can be read", path, (long long)(FREE_TO_FILL / 1024),
	    strerror(code));
}

/* Its size, if that takes any room; -1: it is not there. */
static int64_t
size_of(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return -1;
	return status.st_blocks > 0 ? (int64_t)status.st_size : 0;
}

enum rc
reserve_check(const char *path, struct err *err)
{
	return size_of(path) == 0 ? refill(path, err) : RC_OK;
}

bool
reserve_give_back(const char *path)
{
	int fd;

	if (size_of(path) <= 0)
		return false;
	/* Not truncate(2), which a confined process does not have. */
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

bool
reserve_is_given_back(const char *path)
{
	return size_of(path) == 0;
}
