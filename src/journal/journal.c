#include "journal/journal.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "config.h"
#include "journal/journal_parts.h"
#include "journal/lock.h"
#include "journal/members.h"
#include "journal/migrate.h"
#include "journal/reserve.h"
#include "journal/settings.h"

/* At 100,000 a second, seven centuries; far from where numbers overflow. */
#define POSITION_MAX ((int64_t)1 << 51)
/* While a reader, or a full disk, keeps the WAL from being begun anew, each try
 * goes over all of it: not after every commit. */
#define CHECKPOINT_PAUSE_US 1000000
/* With less, another process may have found no room already. */
#define ROOM_UNSURE ((int64_t)1 << 20)
/* Nothing holds the lock for more than 50 ms (docs/design.md section 6). */
#define CHECKPOINT_LONG_US 35000
#define CHECKPOINT_SHORT_US 25000
/* 47 MiB: far enough from JOURNAL_WAL_PAGES_MAX that one batch of large bodies
 * does not pass it. */
#define WAL_PAGES_DUE_MAX 12000

/* ------------------------------------------------------------------------
 * Transactions
 */

void
journal_forget(struct journal *journal)
{
	journal->has_evidence = false;
	projector_forget(journal->projector);
}

void
journal_fail(struct journal *journal)
{
	journal->failed = true;
	if (journal->mode == DB_WAL)
		(void)lock_leave(journal->lock, LOCK_UNSYNCED, true, NULL);
}

static void
roll_back(struct journal *journal)
{
	/* SQLite may have done it by itself. */
	if (db_in_transaction(journal->db))
		(void)db_run(journal->db, STATEMENT_ROLLBACK, NULL);
	journal_forget(journal);
}

int
journal_ms_left(int64_t deadline_us)
{
	int64_t left_us = deadline_us - clock_mono_us();

	return left_us <= 0 ? 0 : (int)(left_us / 1000);
}

/* Of what needed the lock, with what came of it: let the next one in. */
static void
let_go(struct journal *journal, enum rc rc)
{
	if (rc != RC_OK && rc != RC_BUSY)
		journal->unsure = true;
	if (rc == RC_FULL)
		journal_make_room(journal);
	lock_release(journal->lock);
	if (rc == RC_SYNC)
		journal_fail(journal);
}

/* What the last transaction knew of streams holds in this one if it was an
 * append of ours, and nobody else has written since. */
static enum rc
remember(struct journal *journal, struct err *err)
{
	int64_t version;
	enum rc rc;

	rc = db_number(journal->db, STATEMENT_DATA_VERSION, &version, err);
	if (rc != RC_OK)
		return rc;
	if (!journal->remembers || version != journal->data_version)
		projector_forget(journal->projector);
	journal->remembers = false;
	journal->data_version = version;
	projector_begin(journal->projector);
	return RC_OK;
}

/* Where the record ends, which generation is in use, whether there is upkeep:
 * others may have written. */
static enum rc
look_around(struct journal *journal, int64_t *position, struct err *err)
{
	const enum statement s = STATEMENT_POSITION_LAST;
	enum rc rc;
	bool row;

	rc = db_row(journal->db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	*position = db_int(journal->db, s, 0);
	(void)db_generation(journal->db, (int)db_int(journal->db, s, 1));
	journal->upkeep_due = db_int(journal->db, s, 2) != 0;
	db_done(journal->db, s);
	return RC_OK;
}

/* Why there is no lock: another directory may have the place of ours, and be
 * forbidden to a confined process. One that is gone may come back. */
static enum rc
judge_place(struct journal *journal, enum rc rc, struct err *err)
{
	enum rc checked = RC_OK;

	if (rc == RC_SYSTEM && file_has_directory(journal->path))
		checked = file_check(journal->path, &journal->file, err);
	return checked == RC_OK ? rc : checked;
}

enum rc
journal_begin(struct journal *journal, int wait_ms, int64_t *position,
    struct err *err)
{
	int64_t deadline_us = clock_mono_us() + (int64_t)wait_ms * 1000;
	int64_t version;
	enum rc rc;

	*position = 0;
	if (journal->failed)
		return err_set(err, RC_SYNC, "%s: a write failed before",
		    journal->path);
	rc = lock_take(journal->lock, wait_ms, err);
	if (rc != RC_OK)
		return judge_place(journal, rc, err);
	rc = file_check(journal->path, &journal->file, err);
	if (rc == RC_OK && journal->mode == DB_WAL) {
		rc = reserve_check(journal->reserve, err);
		journal->given_back = rc == RC_FULL;
	}
	if (rc != RC_OK)
		goto out;
	db_wait(journal->db, journal_ms_left(deadline_us));
	rc = db_run(journal->db, STATEMENT_BEGIN, err);
	if (rc != RC_OK)
		goto out;
	rc = db_number(journal->db, STATEMENT_USER_VERSION, &version, err);
	if (rc == RC_OK && version != migrate_version())
		rc = err_set(err, RC_NEWER, "%s: another program has made it "
		    "version %lld; this one writes %lld", journal->path,
		    (long long)version, (long long)migrate_version());
	if (rc == RC_OK)
		rc = remember(journal, err);
	if (rc == RC_OK)
		rc = look_around(journal, position, err);
	if (rc == RC_OK && *position > POSITION_MAX)
		rc = err_set(err, RC_STORE, "%s: position %lld is beyond what "
		    "this program writes: somebody else has written here",
		    journal->path, (long long)*position);
out:
	if (rc != RC_OK) {
		roll_back(journal);
		let_go(journal, rc);
	}
	return rc;
}

/*
 * A process that ends with its sync, or is ended before, leaves nobody to know
 * whether that has succeeded: what is in the WAL then may be in the page cache
 * alone. So a brief one syncs with the lock, and leaves word until that is done.
 * Who syncs after it cannot take the word back, since others may have committed
 * meanwhile: it stays until the WAL is emptied.
 */
static enum rc
commit(struct journal *journal, struct err *err)
{
	struct lock *const lock = journal->lock;
	enum rc rc;

	if (journal->mode != DB_WAL)
		return db_commit(journal->db, err);
	rc = lock_leave(lock, journal->brief ? LOCK_COMMITTING :
	    LOCK_UNSYNCED, true, err);
	if (rc != RC_OK)
		return rc;
	rc = db_commit(journal->db, err);
	if (!journal->brief)
		return rc;
	if (rc == RC_OK)
		rc = db_sync(journal->db, err);
	/* If this cannot be, the next one does what is not needed. */
	if (rc != RC_SYNC)
		(void)lock_leave(lock, LOCK_COMMITTING, false, NULL);
	return rc;
}

enum rc
journal_finish(struct journal *journal, enum rc rc, struct err *err)
{
	if (rc == RC_OK)
		rc = projector_flush(journal->projector, err);
	if (rc == RC_OK)
		rc = commit(journal, err);
	if (rc != RC_OK)
		roll_back(journal);
	journal->unsure = false;
	let_go(journal, rc);
	journal->released_us = clock_mono_us();
	if (rc == RC_OK)
		rc = db_sync(journal->db, err);
	if (rc == RC_SYNC)
		journal_fail(journal);
	return rc;
}

/* ------------------------------------------------------------------------
 * Actions and settings
 */

enum rc
journal_put_action(struct journal *journal, int64_t position,
    const char *kind, const char *actor, const char *detail,
    struct err *err)
{
	const enum statement s = STATEMENT_ACTION_PUT;
	struct db *db = journal->db;
	struct buf clean_actor, clean_detail;
	enum rc rc;

	buf_init(&clean_actor, 0);
	buf_init(&clean_detail, 0);
	text_escape(&clean_actor, slice_of(actor == NULL ?
	    PACKAGE_NAME " " PACKAGE_VERSION : actor));
	text_escape(&clean_detail, slice_of(detail));
	if (!buf_ok(&clean_actor) || !buf_ok(&clean_detail)) {
		rc = err_set(err, RC_MEMORY, "action: no memory");
		goto out;
	}
	db_bind_int(db, s, 1, position);
	db_bind_int(db, s, 2, clock_now_us());
	db_bind_text(db, s, 3, buf_slice(&clean_actor));
	db_bind_text(db, s, 4, slice_of(kind));
	db_bind_text(db, s, 5, detail == NULL ? slice_of(NULL) :
	    buf_slice(&clean_detail));
	rc = db_run(db, s, err);
out:
	buf_clear(&clean_actor);
	buf_clear(&clean_detail);
	return rc;
}

enum rc
journal_put_learned(struct journal *journal, const struct buf *lines,
    struct err *err)
{
	const char *line = lines->data, *end;
	struct buf text;
	int64_t position;
	enum rc rc;

	if (!buf_ok(lines))
		return err_set(err, RC_MEMORY, "action: no memory");
	if (lines->len == 0)
		return RC_OK;
	buf_init(&text, 0);
	rc = db_number(journal->db, STATEMENT_POSITION_LAST, &position, err);
	while (rc == RC_OK && (end = strchr(line, '\n')) != NULL) {
		buf_reset(&text);
		buf_add(&text, line, (size_t)(end - line));
		rc = journal_put_action(journal, ++position, "learned_base",
		    NULL, buf_ok(&text) ? text.data : NULL, err);
		line = end + 1;
	}
	buf_clear(&text);
	return rc;
}

enum rc
journal_act(struct journal *journal, const char *kind, const char *actor,
    const char *detail, int wait_ms, struct err *err)
{
	int64_t position;
	enum rc rc;

	rc = journal_begin(journal, wait_ms, &position, err);
	if (rc != RC_OK)
		return rc;
	rc = journal_put_action(journal, position + 1, kind, actor, detail,
	    err);
	if (rc == RC_OK) {
		db_bind_text(journal->db, STATEMENT_JOURNAL_PROGRAM, 1,
		    slice_of(PACKAGE_VERSION));
		rc = db_run(journal->db, STATEMENT_JOURNAL_PROGRAM, err);
	}
	return journal_finish(journal, rc, err);
}

enum rc
journal_settings(struct journal *journal, const struct conf *conf,
    int wait_ms, struct err *err)
{
	struct buf learned;
	int64_t position;
	enum rc rc;
	bool same;

	db_wait(journal->db, wait_ms);
	rc = settings_same(journal->db, conf, &same, err);
	if (rc != RC_OK || same)
		return rc;
	rc = journal_begin(journal, wait_ms, &position, err);
	if (rc != RC_OK)
		return rc;
	buf_init(&learned, 0);
	rc = settings_write(journal->db, conf, position, err);
	if (rc == RC_OK)
		rc = projector_settle(journal->projector, &learned, err);
	if (rc == RC_OK)
		rc = journal_put_learned(journal, &learned, err);
	buf_clear(&learned);
	/* A base may have changed. */
	journal->upkeep_due = true;
	return journal_finish(journal, rc, err);
}

/* ------------------------------------------------------------------------
 * The rest
 */

const char *
journal_mode_text(enum db_journal_mode mode)
{
	switch (mode) {
	case DB_WAL:
		return "wal";
	case DB_TRUNCATE:
	case N_DB_JOURNAL_MODES:
		break;
	}
	return "truncate";
}

const char *
journal_path(const struct journal *journal)
{
	return journal->given;
}

const char *
journal_mode(const struct journal *journal)
{
	return journal_mode_text(journal->mode);
}

/* Whether a write is possible is only known once it is tried: there and back,
 * since SQLite does not write a page whose content stays as it is. */
static enum rc
touch(struct db *db, struct err *err)
{
	enum rc rc;

	db_bind_int(db, STATEMENT_JOURNAL_TOUCH, 1, 1);
	rc = db_run(db, STATEMENT_JOURNAL_TOUCH, err);
	if (rc != RC_OK)
		return rc;
	db_bind_int(db, STATEMENT_JOURNAL_TOUCH, 1, -1);
	return db_run(db, STATEMENT_JOURNAL_TOUCH, err);
}

enum rc
journal_ready(struct journal *journal, int wait_ms, struct err *err)
{
	int64_t position;
	enum rc rc;

	rc = journal_begin(journal, wait_ms, &position, err);
	if (rc != RC_OK)
		return rc;
	if (journal->unsure || file_room(journal->path) < ROOM_UNSURE)
		return journal_finish(journal, touch(journal->db, err), err);
	rc = db_run(journal->db, STATEMENT_ROLLBACK, err);
	/* Nothing was changed. */
	journal->remembers = rc == RC_OK;
	lock_release(journal->lock);
	return rc;
}

bool
journal_wal_is_long(const struct journal *journal)
{
	return journal->mode == DB_WAL &&
	    db_wal_pages(journal->db) >= journal->wal_pages_due;
}

bool
journal_wal_is_huge(const struct journal *journal)
{
	return journal->mode == DB_WAL &&
	    db_wal_pages(journal->db) > JOURNAL_WAL_PAGES_MAX;
}

/* The longer the WAL, the fewer writes a page costs: it may grow as long as a
 * checkpoint holds the lock for no more than it may. Below
 * JOURNAL_WAL_PAGES_LONG it is the syncs that take long, not the pages. */
static void
checkpoint_took(struct journal *journal, int64_t took_us)
{
	int pages = journal->wal_pages_due;

	if (took_us > CHECKPOINT_LONG_US)
		pages = pages * 3 / 4;
	else if (took_us < CHECKPOINT_SHORT_US)
		pages = pages * 9 / 8;
	if (pages < JOURNAL_WAL_PAGES_LONG)
		pages = JOURNAL_WAL_PAGES_LONG;
	if (pages > WAL_PAGES_DUE_MAX)
		pages = WAL_PAGES_DUE_MAX;
	journal->wal_pages_due = pages;
}

enum rc
journal_maintain(struct journal *journal, bool urgent, struct err *err)
{
	const bool due = db_wal_pages(journal->db) >= (urgent ?
	    journal->wal_pages_due : JOURNAL_WAL_PAGES);
	int64_t begun_us;
	bool paused, full;
	enum rc rc;

	if (journal->mode != DB_WAL || journal->failed ||
	    (!due && !journal->given_back))
		return RC_OK;
	paused = clock_mono_us() < journal->checkpoint_after_us;
	if (paused && !journal->given_back)
		return RC_OK;
	/* Another process may have given it back, or filled it again. */
	full = reserve_is_given_back(journal->reserve);
	if (full ? file_wal_size(journal->path) == 0 : !due || paused)
		return RC_OK;
	if (paused)
		return err_set(err, RC_BUSY, "%s: its -wal could not be "
		    "emptied", journal->path);
	rc = lock_take(journal->lock, 0, err);
	if (rc != RC_OK)
		return rc;
	begun_us = clock_mono_us();
	if (full)
		rc = journal_empty_wal(journal, err);
	else
		rc = journal_checkpoint(journal, journal_wal_is_huge(journal) ?
		    DB_CHECKPOINT_TRUNCATE : DB_CHECKPOINT_RESTART, err);
	if (rc == RC_OK && urgent && !full)
		checkpoint_took(journal, clock_mono_us() - begun_us);
	let_go(journal, rc);
	if (rc == RC_BUSY || rc == RC_FULL)
		journal->checkpoint_after_us = clock_mono_us() +
		    CHECKPOINT_PAUSE_US;
	return rc;
}

enum rc
journal_json(struct journal *journal, struct slice body,
    struct params *params, struct err *err)
{
	enum rc rc;

	/* Reading JSON takes a lock on the file that a statement runs on. */
	if (journal->scratch == NULL) {
		rc = db_open(&journal->scratch, ":memory:", DB_WRITE, err);
		if (rc != RC_OK) {
			params_reset(params);
			return rc;
		}
	}
	return members_read(journal->scratch, body, params, err);
}
