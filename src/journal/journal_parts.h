/*
 * journal_parts -- what the files of the journal share and nobody else sees.
 */
#ifndef JOURNAL_JOURNAL_PARTS_H
#define JOURNAL_JOURNAL_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "journal/db.h"
#include "journal/file.h"
#include "journal/journal.h"
#include "journal/lock.h"
#include "journal/project.h"
#include "journal/quarantine.h"

/* What many deliveries have in common: url, key_id, content_type. */
#define EVIDENCE_TEXTS 3

struct journal {
	char *given;		/* the path as the user wrote it */
	char *path;		/* canonical */
	enum db_journal_mode mode;
	struct file_id file;	/* that is open */
	char *reserve;		/* its path: journal/reserve.h */
	struct lock *lock;
	struct db *db;
	struct projector *projector;
	bool remembers;		/* the last transaction was an append, so */
	int64_t data_version;	/* what projector knows is of this version */
	struct quarantine *quarantine;
	struct db *scratch;	/* in memory, to read JSON; NULL until then */
	bool upkeep_due;	/* as of the last transaction */
	int64_t released_us;	/* when the lock was last let go; monotonic */
	int64_t slice_us;	/* of work in a slice: journal_slice_took */
	bool left;		/* something was set aside at its creation */
	bool unsure;		/* the last write failed, and the next may */
	bool given_back;	/* the reserve, when it was last looked at */
	bool made_room;		/* the WAL was emptied for it */
	bool doubtful;		/* what was in the WAL when it was opened may
				 * not be in the one on the disk */
	int wal_pages_due;	/* a checkpoint is urgent: checkpoint_took */
	int64_t checkpoint_after_us;	/* monotonic: not before this */
	bool brief;		/* of a WAL: one commit, synced with the lock */
	bool failed;		/* a write or sync failed: nothing more is
				 * acknowledged */
	/* The evidence of the last delivery: most are alike. */
	bool has_evidence;
	int64_t evidence_id;
	struct buf evidence[EVIDENCE_TEXTS];
};

/*
 * journal_begin -- take the writers' lock, see that the file and its version
 * are still ours, and begin a transaction; codes as journal_append.
 *
 * *position  the last one that is used, set on RC_OK: the caller then ends
 *            with journal_finish, whatever happens
 */
enum rc journal_begin(struct journal *journal, int wait_ms,
    int64_t *position, struct err *err);

/* journal_finish -- commit, or roll back when rc is not RC_OK; let the lock go;
 * sync. Returns rc, or why that failed. */
enum rc journal_finish(struct journal *journal, enum rc rc, struct err *err);

/* journal_put_action -- write an action in the caller's transaction; kind,
 * actor and detail as journal_act. */
enum rc journal_put_action(struct journal *journal, int64_t position,
    const char *kind, const char *actor, const char *detail,
    struct err *err);

/* journal_put_learned -- write an action for each line, in the caller's
 * transaction, behind all that is in the record. */
enum rc journal_put_learned(struct journal *journal, const struct buf *lines,
    struct err *err);

/* journal_fail -- nothing is acknowledged any more, and who opens a WAL next is
 * told. */
void journal_fail(struct journal *journal);

/*
 * journal_make_room -- what can be done about a full disk, with the lock: give the
 * reserve back, and empty the WAL if the file then has room for what is in it.
 * Nothing if the reserve was given back before.
 */
void journal_make_room(struct journal *journal);

/* journal_fits -- whether a checkpoint would not fill the disk again, as far as
 * it is known. */
bool journal_fits(struct journal *journal);

/*
 * journal_empty_wal -- the second part of it, with the lock.
 *
 * RC_BUSY  there is no room, or as db_checkpoint
 */
enum rc journal_empty_wal(struct journal *journal, struct err *err);

/*
 * journal_checkpoint -- db_checkpoint; what is copied from a WAL must be in the
 * one on the disk as well, so a WAL that is doubtful is written again before.
 *
 * What other processes commit, and have not synced, does not make it doubtful:
 * the checkpoint syncs the WAL first, and Linux tells a sync that failed since
 * we opened it.
 */
enum rc journal_checkpoint(struct journal *journal,
    enum db_checkpoint checkpoint, struct err *err);

/* journal_forget -- what was learned in a transaction that is undone. */
void journal_forget(struct journal *journal);

/* journal_ms_left -- what remains of a wait, for SQLite's own locks: a shell
 * that reads or writes knows nothing of ours. */
int journal_ms_left(int64_t deadline_us);

/*
 * journal_slice_took -- how long the writers' lock was held for a slice of
 * upkeep, until journal->released_us: the next one does so much work that the lock is
 * held for a third of the 50 ms that it may be (docs/design.md section
 * 6). How long a sync takes is the disk's matter, and that of others on it.
 */
void journal_slice_took(struct journal *journal, int64_t took_us);
/* Until the first is known. */
#define JOURNAL_SLICE_US 5000

/*
 * journal_choose_mode -- how a new journal is to be written (docs/design.md section
 * 6), by what is asked for and where it will lie.
 *
 * RC_SYSTEM  not there, in this mode: says why, and the mend
 */
enum rc journal_choose_mode(const struct journal_options *options,
    enum file_place place, enum db_journal_mode *mode, struct err *err);

/* journal_mode_text -- "wal" or "truncate". */
const char *journal_mode_text(enum db_journal_mode mode);

#endif
