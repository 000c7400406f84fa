#include "cli/follow.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/stop.h"

/* Between looks: a new event is seen a quarter of 200 ms after its commit at
 * the latest, and 20 looks a second are 0.1 % of a processor. */
#define PAUSE_MS 50
/* A signal that comes while others' locks are waited for is seen after that;
 * what was not had in time is tried again. */
#define LOCK_WAIT_MS 500

/* That many in a row are no coincidence: a second. */
#define FAILURES_MOST 20

/* No version of SQLite's: they count from 1. */
#define VERSION_NONE (-1)

/* What is being printed when a signal comes has so long, for a reader may never
 * read it. */
#define STOP_S 1

static volatile sig_atomic_t stop_wanted;

static void
on_stop(int number)
{
	(void)number;
	stop_wanted = 1;
	(void)alarm(STOP_S);
}

/* As after a kill, nothing is left out: what was not taken comes once more. */
static _Noreturn void
on_alarm(int number)
{
	(void)number;
	_exit(0);
}

static enum rc
catch_signals(struct err *err)
{
	struct sigaction timer = { .sa_handler = on_alarm };

	if (sigemptyset(&timer.sa_mask) != 0 ||
	    sigaction(SIGALRM, &timer, NULL) != 0)
		return err_set(err, RC_SYSTEM, "signal handlers: %s",
		    strerror(errno));
	return stop_catch(on_stop, false, 0, err);
}

enum rc
follow_begin(struct follow *follow, const char *path, struct db *db,
    struct err *err)
{
	enum rc rc;

	follow->path = path;
	follow->failures = 0;
	rc = catch_signals(err);
	if (rc == RC_OK)
		rc = file_identify(path, &follow->id, err);
	if (rc == RC_OK)
		rc = db_number(db, STATEMENT_DATA_VERSION, &follow->version,
		    err);
	return rc;
}

bool
follow_is_stopped(void)
{
	return stop_wanted != 0;
}

/* Wait for a moment; false when nobody reads any more. A signal is no
 * failure. */
static bool
pause_for(int fd)
{
	struct pollfd reader = { .fd = fd, .events = 0 };

	return poll(&reader, 1, PAUSE_MS) <= 0 ||
	    (reader.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

enum rc
follow_wait(struct follow *follow, struct db *db, int fd, int64_t until_us,
    bool *over, struct err *err)
{
	int64_t version = VERSION_NONE;
	enum rc rc;

	db_wait(db, LOCK_WAIT_MS);
	for (;;) {
		*over = follow_is_stopped() || !pause_for(fd) ||
		    follow_is_stopped();
		if (*over)
			return RC_OK;
		rc = file_check(follow->path, &follow->id, err);
		if (rc == RC_OK)
			rc = db_number(db, STATEMENT_DATA_VERSION, &version,
			    err);
		if (rc != RC_OK)
			return rc;
		if (version != follow->version || clock_mono_us() >= until_us)
			break;
	}
	follow->version = version;
	return RC_OK;
}

bool
follow_may_pass(struct follow *follow, enum rc rc)
{
	if (rc == RC_OK) {
		follow->failures = 0;
		return true;
	}
	follow->version = VERSION_NONE;
	if (rc == RC_BUSY)
		return true;
	return rc == RC_STORE && (file_has_hot_journal(follow->path) ||
	    ++follow->failures < FAILURES_MOST);
}
