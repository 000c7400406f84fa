#include "cli/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One read of what is kept. */
#define CHUNK_SIZE 16384

void
spool_init(struct spool *spool, FILE *to)
{
	struct stat status;

	*spool = (struct spool){ .to = to, .fd = -1, .rc = RC_OK };
	spool->is_regular = fstat(fileno(to), &status) == 0 &&
	    S_ISREG(status.st_mode);
	buf_init(&spool->memory, SPOOL_MEMORY_SIZE);
}

void
spool_clear(struct spool *spool)
{
	buf_clear(&spool->memory);
	if (spool->fd >= 0)
		(void)close(spool->fd);
	spool->fd = -1;
	spool->len = 0;
}

bool
spool_reader_gone(FILE *file)
{
	struct pollfd pollfd = { .fd = fileno(file), .events = POLLOUT };

	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLERR) != 0;
}

bool
spool_is_over(struct spool *spool)
{
	if (!spool->is_over)
		spool->is_over = spool_reader_gone(spool->to);
	return spool->is_over;
}

/* ------------------------------------------------------------------------
 * Writing
 */

/* A descriptor that does not block may be shared with whoever made it so. */
static bool
wait_writable(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	return poll(&pollfd, 1, -1) >= 0 || errno == EINTR;
}

static bool
write_all(int fd, struct slice bytes)
{
	ssize_t n;

	while (bytes.len > 0) {
		n = write(fd, bytes.p, bytes.len);
		if (n >= 0) {
			bytes.p += n;
			bytes.len -= (size_t)n;
		} else if (errno == EAGAIN) {
			if (!wait_writable(fd))
				return false;
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

/* What others printed stands before what is kept. */
static void
write_out(struct spool *spool, struct slice bytes)
{
	if (spool->rc != RC_OK || spool->is_over)
		return;
	if (fflush(spool->to) == 0 && write_all(fileno(spool->to), bytes))
		return;
	if (errno == EPIPE)
		spool->is_over = true;
	else
		spool->rc = err_set(&spool->err, RC_SYSTEM, "standard output: "
		    "cannot be written to: %s", strerror(errno));
}

/* ------------------------------------------------------------------------
 * Keeping
 */

static const char *
directory(void)
{
	const char *named = getenv("TMPDIR");

	return named == NULL || named[0] == '\0' ? "/tmp" : named;
}

static bool
open_file(struct spool *spool)
{
	char path[PATH_MAX];
	const int n = snprintf(path, sizeof(path), "%s/syncjournal.XXXXXX",
	    directory());

	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	spool->fd = mkostemp(path, O_CLOEXEC);
	return spool->fd >= 0 && unlink(path) == 0;
}

static void
keep_in_file(struct spool *spool, struct slice bytes)
{
	if ((spool->fd >= 0 || open_file(spool)) &&
	    write_all(spool->fd, bytes))
		spool->len += (off_t)bytes.len;
	else
		spool->rc = err_set(&spool->err, RC_SYSTEM, "%s: cannot keep "
		    "what is to be printed: %s", directory(),
		    strerror(errno));
}

static void
keep(struct spool *spool, struct slice bytes)
{
	if (spool->is_regular)
		write_out(spool, bytes);
	else if (!spool_is_over(spool))
		keep_in_file(spool, bytes);
}

void
spool_add(struct spool *spool, struct slice bytes)
{
	if (bytes.len > SPOOL_MEMORY_SIZE - spool->memory.len) {
		keep(spool, buf_slice(&spool->memory));
		buf_reset(&spool->memory);
	}
	if (spool->rc != RC_OK || spool->is_over)
		return;
	if (bytes.len > SPOOL_MEMORY_SIZE)
		keep(spool, bytes);
	else
		buf_add_slice(&spool->memory, bytes);
	if (!buf_ok(&spool->memory))
		spool->rc = err_set(&spool->err, RC_MEMORY, "no memory for "
		    "what is to be printed");
}

/* ------------------------------------------------------------------------
 * Printing what is kept
 */

static void
write_file(struct spool *spool)
{
	char bytes[CHUNK_SIZE];
	off_t at = 0;
	ssize_t n;

	while (at < spool->len && spool->rc == RC_OK && !spool->is_over) {
		n = pread(spool->fd, bytes, sizeof(bytes), at);
		if (n > 0) {
			write_out(spool, (struct slice){ bytes, (size_t)n });
			at += n;
		} else if (n == 0 || errno != EINTR) {
			spool->rc = err_set(&spool->err, RC_SYSTEM, "%s: "
			    "cannot read what is to be printed: %s",
			    directory(), n == 0 ? "cut short" :
			    strerror(errno));
		}
	}
	if (spool->len > 0 && ftruncate(spool->fd, 0) == 0 &&
	    lseek(spool->fd, 0, SEEK_SET) == 0)
		spool->len = 0;
}

enum rc
spool_flush(struct spool *spool, struct err *err)
{
	write_file(spool);
	write_out(spool, buf_slice(&spool->memory));
	buf_reset(&spool->memory);
	if (spool->rc != RC_OK)
		return err_set(err, spool->rc, "%s", spool->err.text);
	return RC_OK;
}
