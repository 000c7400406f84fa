#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "journal/journal_parts.h"
#include "journal/migrate.h"
#include "journal/reserve.h"

/* Readers of an old state can keep a checkpoint from emptying the WAL: try
 * again this often, within the caller's wait. */
#define RETRY_US 20000

/* 1 MiB: each process that is there for one request reads the WAL. */
#define BRIEF_WAL_SIZE (256 * 4096)

enum rc
journal_choose_mode(const struct journal_options *options,
    enum file_place place, enum db_journal_mode *mode, struct err *err)
{
	switch (options->mode) {
	case CONF_MODE_WAL:
		if (place == FILE_NETWORK)
			return err_set(err, RC_SYSTEM, "%s: mode = wal is not "
			    "safe on a network file system: use mode = "
			    "truncate", options->path);
		*mode = DB_WAL;
		return RC_OK;
	case CONF_MODE_TRUNCATE:
		*mode = DB_TRUNCATE;
		return RC_OK;
	case CONF_MODE_AUTO:
	case N_CONF_MODES:
		break;
	}
	if (place == FILE_IN_MEMORY)
		return err_set(err, RC_SYSTEM, "%s: lies in memory (tmpfs), and "
		    "would be lost when the machine restarts: name a place on "
		    "a disk, or say mode = truncate if that is meant",
		    options->path);
	*mode = options->resident && place != FILE_NETWORK ? DB_WAL :
	    DB_TRUNCATE;
	return RC_OK;
}

/* The mode that was decided when the journal was created. */
static enum rc
read_mode(struct journal *journal, struct err *err)
{
	enum rc rc;
	bool row;

	rc = db_row(journal->db, STATEMENT_JOURNAL_MODE, &row, err);
	if (rc != RC_OK)
		return rc;
	if (!row)
		return err_set(err, RC_STORE, "%s: table journal is empty",
		    journal->path);
	journal->mode = slice_is(db_bytes(journal->db, STATEMENT_JOURNAL_MODE,
	    0), "wal") ? DB_WAL : DB_TRUNCATE;
	db_done(journal->db, STATEMENT_JOURNAL_MODE);
	return RC_OK;
}

/* A new journal, whole before it has its name. Written without a WAL, so that
 * the header that is looked at first is in the file itself. */
static enum rc
create(struct journal *journal, const struct journal_options *options,
    struct err *err)
{
	struct db *db = NULL;
	char *aside = NULL;
	enum rc rc;

	rc = journal_choose_mode(options, file_place(journal->path),
	    &journal->mode, err);
	if (rc == RC_OK)
		rc = file_begin(journal->path, &aside, err);
	if (rc == RC_OK)
		rc = db_open(&db, aside, DB_WRITE, err);
	if (rc == RC_OK)
		rc = db_make_durable(db, DB_TRUNCATE, err);
	if (rc == RC_OK)
		rc = migrate(db, journal->path,
		    journal_mode_text(journal->mode), err);
	db_close(db);
	if (rc == RC_OK)
		rc = file_finish(journal->path, aside, &journal->left, err);
	free(aside);
	return rc;
}

/* Look, and create if need be. */
static enum rc
find(struct journal *journal, const struct journal_options *options,
    struct err *err)
{
	enum file_state state;
	int64_t version;
	enum rc rc;

	rc = file_look(journal->path, &state, &version, err);
	if (rc != RC_OK)
		return rc;
	rc = migrate_check(journal->path, version, err);
	if (rc != RC_OK || state == FILE_JOURNAL)
		return rc;
	if (options->existing)
		return err_set(err, RC_SYSTEM, "%s: %s; name the journal with "
		    "--journal or --config", journal->path,
		    state == FILE_ABSENT ? "there is no such file" :
		    "is empty");
	return create(journal, options, err);
}

/* Under the lock: find or create, open, bring up. */
static enum rc
open_locked(struct journal *journal, const struct journal_options *options,
    int64_t deadline_us, struct err *err)
{
	enum rc rc;

	rc = find(journal, options, err);
	if (rc == RC_OK)
		rc = db_open(&journal->db, journal->path, DB_WRITE, err);
	if (rc != RC_OK)
		return rc;
	db_wait(journal->db, journal_ms_left(deadline_us));
	rc = db_script(journal->db, "PRAGMA synchronous = FULL;", err);
	if (rc == RC_OK)
		rc = migrate(journal->db, journal->path,
		    journal_mode_text(journal->mode), err);
	if (rc == RC_OK)
		rc = read_mode(journal, err);
	if (rc == RC_OK)
		rc = db_make_durable(journal->db, journal->mode, err);
	if (rc == RC_OK)
		rc = file_identify(journal->path, &journal->file, err);
	return rc;
}

/* All that the WAL had is on the disk. */
static enum rc
settle(struct journal *journal, struct err *err)
{
	enum rc rc = RC_OK;
	int word;

	if (lock_is_plain(journal->lock))
		return RC_OK;
	for (word = 0; rc == RC_OK && word < N_LOCK_WORDS; word++)
		rc = lock_leave(journal->lock, (enum lock_word)word, false,
		    err);
	return rc;
}

static enum rc
copy_wal(struct journal *journal, struct err *err)
{
	journal->doubtful = !lock_is_plain(journal->lock);
	/* What the reserve gave is for readers. */
	if (reserve_is_given_back(journal->reserve) && !journal_fits(journal))
		return err_set(err, RC_FULL, "%s: no room for what is in its "
		    "-wal: make room on the disk", journal->path);
	return journal_checkpoint(journal, DB_CHECKPOINT_TRUNCATE, err);
}

/*
 * After a failed sync, what recovery found in a WAL may be in the page cache
 * alone: bring it to the disk by another way before anything is built on it.
 * A reader that holds an old state can keep a part of it from being copied:
 * a responder tries again, letting others have the lock between; after the
 * wait the journal is used all the same, since refusing deliveries would lose
 * more than this can.
 */
static enum rc
empty_wal(struct journal *journal, bool patient, int64_t deadline_us,
    struct err *err)
{
	enum rc rc;

	for (;;) {
		rc = copy_wal(journal, err);
		if (rc != RC_BUSY || !patient ||
		    clock_mono_us() >= deadline_us)
			break;
		lock_release(journal->lock);
		(void)usleep(RETRY_US);
		rc = lock_take(journal->lock, journal_ms_left(deadline_us),
		    err);
		if (rc != RC_OK)
			break;
	}
	if (rc == RC_OK)
		return settle(journal, err);
	/* What is committed now must not take the word back. */
	if (rc == RC_SYNC || !lock_is_plain(journal->lock))
		(void)lock_leave(journal->lock, LOCK_UNSYNCED, true, NULL);
	return rc == RC_BUSY ? RC_OK : rc;
}

/* Whether a process that is there for one request has to empty the WAL first. */
static bool
is_doubtful(const struct journal *journal)
{
	return !lock_is_plain(journal->lock) ||
	    file_wal_size(journal->path) > BRIEF_WAL_SIZE;
}

/* Under the lock: all that stands between the file and the first append. */
static enum rc
prepare(struct journal *journal, const struct journal_options *options,
    int64_t deadline_us, struct err *err)
{
	enum rc rc;

	rc = open_locked(journal, options, deadline_us, err);
	if (rc == RC_OK && journal->mode == DB_WAL &&
	    (!options->brief || is_doubtful(journal)))
		rc = empty_wal(journal, options->resident, deadline_us, err);
	journal->brief = options->brief && journal->mode == DB_WAL;
	if (rc == RC_OK)
		rc = file_sync_directory(journal->path, err);
	return rc;
}

/* The same; a full disk is what the reserve is for. */
static enum rc
prepare_in_room(struct journal *journal, const struct journal_options *options,
    int64_t deadline_us, struct err *err)
{
	enum rc rc;

	rc = prepare(journal, options, deadline_us, err);
	if (rc == RC_FULL && reserve_give_back(journal->reserve)) {
		db_close(journal->db);
		journal->db = NULL;
		rc = prepare(journal, options, deadline_us, err);
	}
	if (rc == RC_OK && options->resident && journal->mode == DB_WAL)
		reserve_make(journal->reserve, journal->path);
	return rc;
}

static enum rc
make_parts(struct journal *journal, struct err *err)
{
	const struct projector_options options = { .db = journal->db,
	    .record = journal->db };
	enum rc rc;

	rc = projector_new(&journal->projector, &options, err);
	if (rc == RC_OK)
		rc = quarantine_new(&journal->quarantine, err);
	/* What needs no memory when there is none, and lets others write. */
	if (rc == RC_OK)
		rc = db_prepare(journal->db, STATEMENT_ROLLBACK, err);
	return rc;
}

enum rc
journal_open(struct journal **journal, const struct journal_options *options,
    int wait_ms, struct err *err)
{
	int64_t deadline_us = clock_mono_us() + (int64_t)wait_ms * 1000;
	struct journal *new;
	enum file_state state;
	int64_t version;
	enum rc rc;

	new = calloc(1, sizeof(*new));
	if (new == NULL || (new->given = strdup(options->path)) == NULL) {
		rc = err_set(err, RC_MEMORY, "%s: no memory", options->path);
		goto out;
	}
	new->slice_us = JOURNAL_SLICE_US;
	new->wal_pages_due = JOURNAL_WAL_PAGES_LONG;
	rc = file_canonical(options->path, &new->path, err);
	/* Nothing is made beside a file that is not ours. */
	if (rc == RC_OK)
		rc = file_look(new->path, &state, &version, err);
	if (rc == RC_OK)
		rc = reserve_path(new->path, &new->reserve, err);
	if (rc == RC_OK)
		rc = lock_open(&new->lock, new->path, err);
	if (rc == RC_OK)
		rc = lock_take(new->lock, wait_ms, err);
	if (rc != RC_OK)
		goto out;
	rc = prepare_in_room(new, options, deadline_us, err);
	if (rc == RC_SYNC)
		journal_fail(new);
	lock_release(new->lock);
	if (rc == RC_OK)
		rc = make_parts(new, err);
	if (rc == RC_OK && new->left)
		rc = journal_act(new, "set_aside", NULL, "a log of SQLite's "
		    "lay there without its journal; it was renamed to end in "
		    "-left", wait_ms, err);
	if (rc != RC_OK)
		goto out;
	*journal = new;
	new = NULL;
out:
	journal_close(new);
	return rc;
}

void
journal_brief(void)
{
	db_brief();
}

void
journal_close(struct journal *journal)
{
	size_t i;

	if (journal == NULL)
		return;
	quarantine_free(journal->quarantine);
	projector_free(journal->projector);
	for (i = 0; i < EVIDENCE_TEXTS; i++)
		buf_clear(&journal->evidence[i]);
	db_close(journal->scratch);
	db_close(journal->db);
	lock_close(journal->lock);
	free(journal->reserve);
	free(journal->path);
	free(journal->given);
	free(journal);
}
