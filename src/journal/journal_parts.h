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
	struct lock *lock;
	struct db *db;
	struct projector *projector;
	struct quarantine *quarantine;
	struct db *scratch;	/* in memory, to read JSON; NULL until then */
	bool left;		/* something was set aside at its creation */
	bool full;		/* the last write found no room */
	int64_t checkpoint_after_us;	/* monotonic: not before this */
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

/* journal_finish -- commit, or roll back when rc is not RC_OK; the lock is let
 * go. Returns rc, or why the commit failed. */
enum rc journal_finish(struct journal *journal, enum rc rc, struct err *err);

/* journal_forget -- what was learned in a transaction that is undone. */
void journal_forget(struct journal *journal);

/* journal_ms_left -- what remains of a wait, for SQLite's own locks: a shell
 * that reads or writes knows nothing of ours. */
int journal_ms_left(int64_t deadline_us);

/* journal_mode_text -- "wal" or "truncate". */
const char *journal_mode_text(enum db_journal_mode mode);

#endif
