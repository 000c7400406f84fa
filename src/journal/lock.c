#include "journal/lock.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "journal/file.h"

/* After the first expiry the timer fires again and again, since a signal that
 * comes just before flock() sleeps would break nothing. */
#define LOCK_TICK_US 5000

/* Nobody replaces the file so often: it cannot be looked at. */
#define TRIES_MAX 100

/* A byte for each word. */
#define LEFT '!'
#define TAKEN_BACK '-'

struct lock {
	char *path;
	char *journal;
	int fd;	/* -1: to be opened */
};

/* Only has to break a system call. */
static void
on_alarm(int signal)
{
	(void)signal;
}

static enum rc
open_file(struct lock *lock, struct err *err)
{
	lock->fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK, 0600);
	/* What may be over without a restart is as a full disk. */
	if (lock->fd < 0)
		return err_set(err, errno == EROFS || errno == ENOSPC ||
		    errno == EDQUOT ? RC_FULL : RC_SYSTEM, "%s: cannot open "
		    "the writers' lock: %s; the journal's directory must be "
		    "there, and the user that runs this program be able to "
		    "write to it", lock->path, strerror(errno));
	file_give_to_owner(lock->fd, lock->journal);
	return RC_OK;
}

static void
close_file(struct lock *lock)
{
	if (lock->fd >= 0)
		(void)close(lock->fd);
	lock->fd = -1;
}

enum rc
lock_open(struct lock **lock, const char *journal, struct err *err)
{
	struct lock *new;
	struct buf path;
	enum rc rc;

	buf_init(&path, 0);
	buf_printf(&path, "%s-lock", journal);
	new = calloc(1, sizeof(*new));
	if (new != NULL)
		new->fd = -1;
	if (new == NULL || !buf_ok(&path) ||
	    (new->journal = strdup(journal)) == NULL) {
		rc = err_set(err, RC_MEMORY, "%s: no memory", journal);
		goto out;
	}
	new->path = path.data;
	buf_init(&path, 0);
	rc = open_file(new, err);
	if (rc != RC_OK)
		goto out;
	*lock = new;
	new = NULL;
out:
	lock_close(new);
	buf_clear(&path);
	return rc;
}

void
lock_close(struct lock *lock)
{
	if (lock == NULL)
		return;
	close_file(lock);
	free(lock->path);
	free(lock->journal);
	free(lock);
}

/* Whether the file that is locked is still the one that others find. */
static bool
is_current(const struct lock *lock)
{
	struct stat held, named;

	return fstat(lock->fd, &held) == 0 && stat(lock->path, &named) == 0 &&
	    held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/* Wait in flock() until the deadline; errno as flock() leaves it. */
static int
wait_until(const struct lock *lock, int64_t deadline_us)
{
	int result;

	do {
		result = flock(lock->fd, LOCK_EX);
	} while (result != 0 && errno == EINTR &&
	    clock_mono_us() < deadline_us);
	return result;
}

/* The same, with the timer that breaks the wait. */
static int
wait_timed(const struct lock *lock, int64_t wait_us)
{
	const struct itimerval off = { { 0, 0 }, { 0, 0 } };
	struct itimerval timer = {
		.it_interval = { 0, LOCK_TICK_US },
		.it_value = { wait_us / 1000000, wait_us % 1000000 },
	};
	struct sigaction action, old_action;
	sigset_t alarm_set, old_set;
	int result, saved;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGALRM, &action, &old_action);
	(void)sigemptyset(&alarm_set);
	(void)sigaddset(&alarm_set, SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &alarm_set, &old_set);
	(void)setitimer(ITIMER_REAL, &timer, NULL);

	result = wait_until(lock, clock_mono_us() + wait_us);
	saved = errno;

	(void)setitimer(ITIMER_REAL, &off, NULL);
	/* One that is still pending arrives while the handler stands. */
	(void)sigprocmask(SIG_SETMASK, &old_set, NULL);
	(void)sigaction(SIGALRM, &old_action, NULL);
	errno = saved;
	return result;
}

static enum rc
take_file(struct lock *lock, int64_t deadline_us, struct err *err)
{
	int64_t left_us;
	int result;

	result = flock(lock->fd, LOCK_EX | LOCK_NB);
	if (result != 0 && (errno == EWOULDBLOCK || errno == EINTR)) {
		left_us = deadline_us - clock_mono_us();
		if (left_us <= 0)
			return err_set(err, RC_BUSY, "%s: another program "
			    "holds the writers' lock", lock->path);
		result = wait_timed(lock, left_us);
	}
	if (result == 0)
		return RC_OK;
	if (errno == EINTR)
		return err_set(err, RC_BUSY, "%s: another program holds the "
		    "writers' lock", lock->path);
	return err_set(err, RC_SYSTEM, "%s: cannot lock: %s", lock->path,
	    strerror(errno));
}

enum rc
lock_take(struct lock *lock, int wait_ms, struct err *err)
{
	int64_t deadline_us = clock_mono_us() + (int64_t)wait_ms * 1000;
	enum rc rc;
	int i;

	for (i = 0; i < TRIES_MAX; i++) {
		if (lock->fd < 0) {
			rc = open_file(lock, err);
			if (rc != RC_OK)
				return rc;
		}
		rc = take_file(lock, deadline_us, err);
		if (rc != RC_OK)
			return rc;
		if (is_current(lock))
			return RC_OK;
		/* Somebody removed the file: lock the one that others find. */
		close_file(lock);
	}
	return err_set(err, RC_SYSTEM, "%s: whether it is still there after "
	    "locking cannot be seen", lock->path);
}

enum rc
lock_leave(struct lock *lock, enum lock_word word, bool leave,
    struct err *err)
{
	const char byte = leave ? LEFT : TAKEN_BACK;
	ssize_t n;

	do
		n = pwrite(lock->fd, &byte, 1, (off_t)word);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return RC_OK;
	if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
		return err_set(err, RC_FULL, "%s: cannot be written to: %s; "
		    "make room on the disk or in the quota", lock->path,
		    strerror(errno));
	return err_set(err, RC_SYNC, "%s: cannot be written to: %s; see with "
	    "dmesg and df whether the disk is damaged, or read-only",
	    lock->path, n < 0 ? strerror(errno) : "nothing was written");
}

bool
lock_is_plain(const struct lock *lock)
{
	char bytes[N_LOCK_WORDS] = { LEFT };
	ssize_t n;
	int i;

	do
		n = pread(lock->fd, bytes, sizeof(bytes), 0);
	while (n < 0 && errno == EINTR);
	for (i = 0; i < N_LOCK_WORDS; i++) {
		if (bytes[i] != TAKEN_BACK)
			return false;
	}
	return n == N_LOCK_WORDS;
}

void
lock_release(struct lock *lock)
{
	if (lock->fd >= 0)
		(void)flock(lock->fd, LOCK_UN);
}
