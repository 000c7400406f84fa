#include "cli/command_rebuild.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "cli/command_check.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/source.h"
#include "cli/stop.h"
#include "journal/journal.h"
#include "journal/reader.h"
#include "journal/rebuild.h"

/* Longest wait for the writers' lock: a responder holds it for 50 ms at most,
 * so after a minute something is stuck. In pieces, so that a signal is seen. */
#define LOCK_WAIT_MS 60000
#define LOCK_PIECE_MS 500
/* Between slices. Who waits for the lock is woken at once, but gets it only if
 * it runs before we take it again: on a machine with all processors busy that
 * may be a turn of the scheduler later, 3 or 4 ms. Beside a slice of some
 * 20 ms it is a fifth of the time. */
#define PAUSE_US 5000
/* Looking whether a checkpoint is due takes far less, and one that is made far
 * more. */
#define NOTHING_US 1000

struct run {
	struct journal *journal;
	struct progress progress;
	struct rebuild_progress at;	/* after the last slice */
	bool is_done;
};

static volatile sig_atomic_t stop_wanted;

static void
on_stop(int number)
{
	(void)number;
	stop_wanted = 1;
}

static void
make_room(void)
{
	const struct timespec pause = { 0, PAUSE_US * 1000L };

	(void)nanosleep(&pause, NULL);
}

/* The rebuild, then what a change of base has left to be recomputed, so that
 * afterwards the journal can be checked without a responder. */
static enum rc
do_some(struct run *run, struct err *err)
{
	enum rc rc;

	rc = rebuild_slice(run->journal, LOCK_PIECE_MS, &run->at, err);
	if (rc != RC_OK || run->at.state != REBUILD_NONE)
		return rc;
	if (!journal_upkeep_due(run->journal)) {
		run->is_done = true;
		return RC_OK;
	}
	return journal_upkeep(run->journal, LOCK_PIECE_MS, err);
}

static enum rc
next_slice(struct run *run, struct err *err)
{
	const int64_t give_up_us = clock_mono_us() + LOCK_WAIT_MS * 1000LL;
	enum rc rc;

	for (;;) {
		rc = do_some(run, err);
		if (rc != RC_BUSY || stop_wanted != 0 ||
		    clock_mono_us() >= give_up_us)
			break;
		make_room();
	}
	return rc;
}

/* A checkpoint, once one is due: a turn at the lock of its own. */
static enum rc
bound_wal(struct run *run, struct err *err)
{
	static const struct timespec reader_pause = { 0, 200000000 };
	const int64_t begun_us = clock_mono_us();
	enum rc rc;

	for (;;) {
		rc = journal_maintain(run->journal, false, err);
		/* A reader of an old state keeps it from being begun anew; it
		 * must not grow for that. */
		if ((rc != RC_OK && rc != RC_BUSY) || stop_wanted != 0 ||
		    !journal_wal_is_long(run->journal))
			break;
		progress_say(&run->progress, "waiting for a reader, who keeps "
		    "the WAL from being begun anew");
		(void)nanosleep(&reader_pause, NULL);
	}
	if (clock_mono_us() - begun_us > NOTHING_US)
		make_room();
	return rc == RC_BUSY ? RC_OK : rc;
}

static void
show(struct run *run)
{
	switch (run->at.state) {
	case REBUILD_FILL:
		progress_show(&run->progress, run->at.position, run->at.last);
		break;
	case REBUILD_EMPTY:
		progress_say(&run->progress, "in use; emptying the old one");
		break;
	case REBUILD_NONE:
	case N_REBUILD_STATES:
		progress_say(&run->progress, "recomputing after a change of "
		    "base");
		break;
	}
}

static enum rc
stopped(const struct run *run, struct err *err)
{
	if (run->at.state == REBUILD_FILL)
		return err_set(err, RC_SYSTEM, "rebuild: stopped at position "
		    "%lld of %lld; it goes on with the next syncjournal "
		    "rebuild, or by the responder",
		    (long long)run->at.position, (long long)run->at.last);
	return err_set(err, RC_SYSTEM, "rebuild: stopped; what remains is "
	    "done by the next syncjournal rebuild, or by the responder");
}

static enum rc
run_slices(struct run *run, struct err *err)
{
	enum rc rc;

	progress_init(&run->progress, "rebuild");
	for (;;) {
		rc = next_slice(run, err);
		make_room();
		if (rc == RC_OK)
			rc = bound_wal(run, err);
		if (rc == RC_OK && run->is_done)
			break;
		if (stop_wanted != 0 && (rc == RC_OK || rc == RC_BUSY))
			rc = stopped(run, err);
		if (rc != RC_OK)
			break;
		show(run);
	}
	progress_clear(&run->progress);
	return rc;
}

static enum rc
rebuild(const struct source *source, struct err *err)
{
	struct run run = { .journal = NULL };
	enum rc rc;

	rc = source_open(source, LOCK_WAIT_MS, &run.journal, err);
	if (rc == RC_OK)
		rc = rebuild_want(run.journal, LOCK_WAIT_MS, err);
	if (rc == RC_OK)
		rc = stop_catch(on_stop, true, SA_RESTART, err);
	if (rc == RC_OK)
		rc = run_slices(&run, err);
	journal_close(run.journal);
	return rc;
}

/* One number that a statement of one row says, by a connection of its own: not
 * while the journal is open here. */
static enum rc
ask(const char *path, enum statement statement, int column, int64_t *number,
    struct err *err)
{
	struct db *db = NULL;
	enum rc rc;
	bool file_only, row;

	rc = reader_open(&db, path, &file_only, err);
	if (rc != RC_OK)
		return rc;
	rc = db_row(db, statement, &row, err);
	if (rc == RC_OK)
		*number = row ? db_int(db, statement, column) : 0;
	db_close(db);
	return rc;
}
#define COLUMN_REBUILD 0	/* of upkeep_read */
#define COLUMN_DELIVERIES 5	/* of list_info */

/* A rebuild that went on from where another one ended has no speed. */
static enum rc
tell(const char *path, bool went_on, int64_t took_us, struct err *err)
{
	const double seconds = (double)took_us / 1e6;
	int64_t n;
	enum rc rc;

	rc = ask(path, STATEMENT_LIST_INFO, COLUMN_DELIVERIES, &n, err);
	if (rc != RC_OK)
		return rc;
	if (went_on)
		(void)printf("rebuilt: %lld deliveries; the rest of a rebuild "
		    "that was under way took %.1f s\n", (long long)n, seconds);
	else
		(void)printf("rebuilt: %lld deliveries in %.1f s, %.0f a "
		    "second\n", (long long)n, seconds,
		    (double)n / (seconds > 0 ? seconds : 1));
	return output_end(err);
}

static enum rc
run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	const int64_t begun_us = clock_mono_us();
	struct source source = { .conf = NULL };
	int64_t under_way;
	enum rc rc;

	(void)command;
	rc = source_find(&source, call, err);
	if (rc != RC_OK)
		return rc;
	if (call->option[OPTION_CHECK] != NULL) {
		rc = check_command(source.path, status, err);
		goto out;
	}
	/* One that cannot be read yet is not being rebuilt. */
	if (ask(source.path, STATEMENT_UPKEEP_READ, COLUMN_REBUILD,
	    &under_way, NULL) != RC_OK)
		under_way = REBUILD_NONE;
	rc = rebuild(&source, err);
	if (rc == RC_OK)
		rc = tell(source.path, under_way == REBUILD_FILL,
		    clock_mono_us() - begun_us, err);
	if (rc == RC_OK)
		*status = STATUS_CLEAN;
out:
	source_clear(&source);
	return rc;
}

const struct command command_rebuild = {
	.name = "rebuild",
	.group = GROUP_WORK,
	.what = "make all that follows from the record anew, or check it",
	.arguments = "[--check]",
	.more = "Deliveries are taken meanwhile. Stopped or killed, it goes "
	    "on with the next\n"
	    "rebuild, or by the responder. --check ends with 1 when anything "
	    "differs.\n",
	.example = "rebuild --check",
	.options = OPTION_BIT(OPTION_CHECK),
	.run = run,
};
