/*
 * journal -- the durable record of deliveries, and what follows from it.
 *
 * One journal is one SQLite file (docs/design.md sections 2, 4 and 6). This
 * header names no SQLite type and no statement.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/slice.h"
#include "journal/ledger.h"
#include "journal/reject.h"
#include "twilio/event.h"
#include "twilio/params.h"

/* A batch is at most this (docs/design.md section 3). */
#define JOURNAL_BATCH_MAX 256
#define JOURNAL_BATCH_BYTES_MAX (4 * 1024 * 1024)

struct journal;

struct journal_options {
	const char *path;	/* not open in this process already: closing
				 * any descriptor of a file drops the locks
				 * that SQLite holds on it */
	enum conf_mode mode;	/* how to create it, if it is not there: one that
				 * is there keeps its own. auto: see
				 * docs/design.md section 6; not in memory */
	bool resident;		/* a responder that stays: auto means WAL where
				 * that is safe. CGI: auto means TRUNCATE. */
	bool existing;		/* RC_SYSTEM when it is not there */
	bool brief;		/* a process for one request: opens a WAL without a
				 * checkpoint where nothing asks for one, and syncs
				 * with the writers' lock */
};

/*
 * journal_open -- open a journal for appending, or create it.
 *
 * Before SQLite sees the file its header is read: a file that is not ours, or
 * is newer than this program, is refused untouched. A new journal has mode 0600
 * and gets its name when it is whole and durable. An older one is migrated. Of
 * a WAL journal a TRUNCATE checkpoint is made (docs/design.md section 6), a
 * responder that stays trying again until the wait is over; a brief process makes
 * it only when the WAL is longer than 1 MiB, or when it is not known that all in
 * it is synced. synchronous is set
 * to FULL and read back.
 *
 * wait_ms   how long to wait for other programs' locks
 * *journal  set only on RC_OK
 *
 * RC_SYSTEM   the directory or file cannot be opened or created; says which,
 *             why, and the mend
 * RC_FOREIGN, RC_NEWER, RC_BUSY, RC_FULL, RC_SYNC, RC_STORE, RC_MEMORY
 */
enum rc journal_open(struct journal **journal,
    const struct journal_options *options, int wait_ms, struct err *err);

/* journal_brief -- before the first journal_open: db_brief. */
void journal_brief(void);

/* journal_close -- without a checkpoint; NULL is accepted. Rejects that wait
 * are dropped: call journal_flush before. */
void journal_close(struct journal *journal);

/* One delivery to append: inputs, then what became of it. The slices are
 * borrowed until journal_append returns. */
struct delivery {
	int64_t received_us;	/* > 0 */
	struct slice url;	/* that fitted, without user:password */
	struct slice key_id;	/* of the token that fitted */
	struct slice signature;	/* as received */
	struct slice idempotency_token;	/* p NULL: none */
	struct slice content_type;	/* as received */
	struct slice body;	/* exact bytes */
	struct slice origin_uuid;	/* of the journal that it was first
					 * written to; p NULL: this one */
	int64_t origin_position;	/* its position there; else 0 */
	int64_t reject_id;	/* that it was until now: it is taken out of
				 * the quarantine in the same transaction, and
				 * an action "readmitted" says so; 0: none */
	struct event *event;	/* decoded; never NULL. Its revisions are read
				 * anew, in its service's base */

	enum rc rc;		/* RC_OK: durable */
	int64_t position;	/* on RC_OK */
	enum verdict verdict;	/* on RC_OK */
};

/*
 * journal_append -- put deliveries at the end of the journal, judged, with one
 * commit and one sync.
 *
 * batch     n deliveries, 1 <= n <= JOURNAL_BATCH_MAX, in order of receipt
 * wait_ms   how long to wait for the writers' lock; 0: not at all
 *
 * Each delivery's rc is set. On RC_OK those with RC_OK are appended; one whose
 * own row cannot be written has another rc and does not hinder the others, and
 * err then says why (else its text is empty); one whose projection fails is
 * appended with a problem.
 *
 * RC_BUSY   the lock was held for the whole wait, or somebody else's
 *           transaction is in the way; nothing was written, try again
 * RC_FULL   nothing was written; may work later
 * RC_SYNC   a write or sync failed: whether the batch is stored is not known;
 *           acknowledge nothing, close, and end the process
 * RC_NEWER  another program has migrated the journal: end the process
 * RC_FOREIGN  the file was removed or replaced while it was open: end the
 *           process
 * RC_SYSTEM the lock's file cannot be locked or made again; nothing was written
 * RC_STORE, RC_MEMORY  nothing was written
 * What is RC_OK survives the loss of power.
 */
enum rc journal_append(struct journal *journal, struct delivery *const *batch,
    size_t n, int wait_ms, struct err *err);

/*
 * journal_quarantine -- keep a reject, with the next append or flush.
 *
 * Never waits and never writes by itself; what is beyond REJECTS_PER_S is
 * counted only.
 */
void journal_quarantine(struct journal *journal, const struct reject *reject);

/* journal_pending -- whether journal_flush has rejects to write. */
bool journal_pending(const struct journal *journal);

/* journal_flush -- write the rejects that wait; codes as journal_append. */
enum rc journal_flush(struct journal *journal, int wait_ms, struct err *err);

/*
 * journal_act -- record that the program or an operator did something.
 *
 * kind      "start", "stop", ...
 * actor     who, or NULL for the program
 * detail    one line, or NULL
 */
enum rc journal_act(struct journal *journal, const char *kind,
    const char *actor, const char *detail, int wait_ms, struct err *err);

/*
 * journal_settings -- record the settings of services where they differ from
 * those in effect, so that a rebuild needs no configuration file. Where a base
 * changes by it, streams are to be recomputed (journal_upkeep). A service
 * that the configuration no longer names has the defaults again. Takes no lock
 * when nothing differs.
 */
enum rc journal_settings(struct journal *journal, const struct conf *conf,
    int wait_ms, struct err *err);

/* What journal_close_gap closed. */
struct gap_closed {
	int64_t first, last;	/* the numbers */
	int64_t position;	/* of the action */
};

/*
 * journal_close_gap -- record that an operator explains missing numbers or
 * gives them up. A late arrival still fills them.
 *
 * gap_id    of the view gaps: open, explained or lost
 * state     GAP_EXPLAINED or GAP_LOST
 * first, last  the numbers, within the gap; both -1: all of it
 * actor     who
 * reason    one line, not empty
 * *closed   set only on RC_OK
 *
 * RC_USAGE  there is no such gap, it is filled or unobserved, or the numbers
 *           are not within it: says so, and nothing is written
 * Other codes as journal_append.
 */
enum rc journal_close_gap(struct journal *journal, int64_t gap_id,
    enum gap_state state, int64_t first, int64_t last, const char *actor,
    const char *reason, int wait_ms, struct gap_closed *closed,
    struct err *err);

/* journal_upkeep_due -- whether journal_upkeep has something to do, as of the
 * last transaction of this program. */
bool journal_upkeep_due(const struct journal *journal);

/*
 * journal_upkeep -- do some milliseconds of what follows from earlier events
 * and must not hold up later ones: a rebuild that is wanted or under way, or
 * else recomputation after a change of base. Nothing when nothing is due.
 *
 * Codes as journal_append; nothing of the slice is then kept.
 */
enum rc journal_upkeep(struct journal *journal, int wait_ms, struct err *err);

/*
 * journal_ready -- whether an append would be possible now: the lock can be
 * had within wait_ms, a write transaction begun, and nothing has failed.
 */
enum rc journal_ready(struct journal *journal, int wait_ms, struct err *err);

/*
 * journal_maintain -- what should be done now and then when nobody waits: of a
 * WAL journal, a RESTART checkpoint under the writers' lock once the WAL has
 * JOURNAL_WAL_PAGES or more. Does nothing when there is nothing to do, or for
 * a second after a reader of an old state was in the way (RC_BUSY).
 *
 * urgent    also when requests wait, once the WAL is long: JOURNAL_WAL_PAGES_LONG
 *           at first, then as long as the lock is not held for too long
 *
 * A WAL that is longer than JOURNAL_WAL_PAGES_MAX is emptied: its room is given
 * back. So is any while the disk is full (journal/reserve.h), once it can be;
 * until then RC_BUSY.
 */
enum rc journal_maintain(struct journal *journal, bool urgent,
    struct err *err);
#define JOURNAL_WAL_PAGES 1000
#define JOURNAL_WAL_PAGES_LONG 2000
#define JOURNAL_WAL_PAGES_MAX 16100	/* 63 MiB */

/* journal_wal_is_long -- whether the WAL is so long that it should be begun
 * anew though others wait. */
bool journal_wal_is_long(const struct journal *journal);

/* journal_wal_is_huge -- whether it is longer than JOURNAL_WAL_PAGES_MAX: while
 * somebody reads an old state, it cannot be begun anew. */
bool journal_wal_is_huge(const struct journal *journal);

/*
 * journal_json -- the top-level members of a JSON object as parameters: texts
 * as they are, all else as JSON text, null as no parameter.
 *
 * RC_SYNTAX  not a JSON object; params is empty
 * RC_STORE   this build of SQLite cannot read JSON; params is empty
 * RC_MEMORY
 */
enum rc journal_json(struct journal *journal, struct slice body,
    struct params *params, struct err *err);

/* journal_path, journal_mode -- what was opened: its path as given, and "wal"
 * or "truncate". */
const char *journal_path(const struct journal *journal);
const char *journal_mode(const struct journal *journal);

#endif
