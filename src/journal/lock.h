/*
 * lock -- the writers' lock (docs/design.md section 6).
 *
 * Every program of ours holds it around each write transaction and each
 * checkpoint. It is a flock(2) on a file beside the journal, which wakes the
 * next waiter at once where SQLite's own busy handler polls, and which lets a
 * checkpoint know that nobody writes.
 */
#ifndef JOURNAL_LOCK_H
#define JOURNAL_LOCK_H

#include <stdbool.h>

#include "base/err.h"

struct lock;

/*
 * lock_open -- the lock of a journal; "-lock" is added to its path.
 *
 * journal  canonical path, so that all programs mean the same lock. A lock
 *          that root makes is given to the journal's owner
 * *lock    set only on RC_OK; not held yet; closed with lock_close
 *
 * RC_SYSTEM  the file cannot be made or opened: says which and why
 * RC_FULL    the same, for want of room, or since the file system is read-only
 * RC_MEMORY
 */
enum rc lock_open(struct lock **lock, const char *journal, struct err *err);

/* lock_close -- released if held; NULL is accepted. The file stays. */
void lock_close(struct lock *lock);

/*
 * lock_take -- wait for the lock.
 *
 * wait_ms  longest wait; 0: only try. The wait is broken by an interval timer
 *          (ITIMER_REAL, SIGALRM), which a process that takes locks uses for
 *          nothing else
 *
 * RC_BUSY    not had in time
 * RC_SYSTEM, RC_FULL  the file cannot be locked, or not be made again after
 *            somebody removed it
 */
enum rc lock_take(struct lock *lock, int wait_ms, struct err *err);

/* lock_release -- let the next one in. */
void lock_release(struct lock *lock);

/*
 * What is left for whoever holds the lock next, in the lock file: it stays until
 * it is taken back, whatever becomes of the process. After a loss of power it
 * does not matter, since what is read then is what the disk has.
 */
enum lock_word {
	LOCK_COMMITTING,	/* what is being committed may not be synced */
	LOCK_UNSYNCED,		/* a sync has failed, or may have */
	N_LOCK_WORDS
};

/*
 * lock_leave -- leave a word, or take it back. LOCK_COMMITTING only with the lock.
 *
 * RC_FULL, RC_SYNC  it is not left
 */
enum rc lock_leave(struct lock *lock, enum lock_word word, bool leave,
    struct err *err);

/* lock_is_plain -- whether no word is left; false when that is not known, as with
 * a new file. */
bool lock_is_plain(const struct lock *lock);

#endif
