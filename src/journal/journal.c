#include "journal/journal.h"

#include <assert.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "config.h"
#include "journal/db.h"
#include "journal/file.h"
#include "journal/lock.h"
#include "journal/members.h"
#include "journal/migrate.h"
#include "journal/project.h"
#include "journal/quarantine.h"
#include "journal/settings.h"

/* At a start, readers of an old state can keep a checkpoint from emptying the
 * WAL: try again this often, within the caller's wait. */
#define JOURNAL_RETRY_US 20000
/* At 100,000 a second, nine centuries; far from where numbers overflow. */
#define JOURNAL_POSITION_MAX ((int64_t)1 << 51)

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
	bool failed;		/* a write or sync failed: nothing more is
				 * acknowledged */
	/* The evidence of the last delivery: most are alike. */
	bool has_evidence;
	int64_t evidence_id;
	struct buf evidence[3];
};

/* ------------------------------------------------------------------------
 * Transactions
 */

static void
forget(struct journal *journal)
{
	journal->has_evidence = false;
	projector_forget(journal->projector);
}

static void
roll_back(struct journal *journal)
{
	/* SQLite may have done it by itself. */
	if (db_in_transaction(journal->db))
		(void)db_run(journal->db, STATEMENT_ROLLBACK, NULL);
	forget(journal);
}

/* What remains of the wait, for SQLite's own locks: a shell that reads or
 * writes knows nothing of ours. */
static int
ms_left(int64_t deadline_us)
{
	int64_t left_us = deadline_us - clock_mono_us();

	return left_us <= 0 ? 0 : (int)(left_us / 1000);
}

/*
 * Take the lock and begin: on RC_OK the caller ends with finish().
 * *position is the last one that is used.
 */
static enum rc
begin(struct journal *journal, int wait_ms, int64_t *position,
    struct err *err)
{
	int64_t deadline_us = clock_mono_us() + (int64_t)wait_ms * 1000;
	int64_t version;
	enum rc rc;

	if (journal->failed)
		return err_set(err, RC_SYNC, "%s: a write failed before",
		    journal->path);
	rc = lock_take(journal->lock, wait_ms, err);
	if (rc != RC_OK)
		return rc;
	rc = file_check(journal->path, &journal->file, err);
	if (rc != RC_OK)
		goto out;
	db_wait(journal->db, ms_left(deadline_us));
	rc = db_run(journal->db, STATEMENT_BEGIN, err);
	if (rc != RC_OK)
		goto out;
	rc = db_number(journal->db, STATEMENT_USER_VERSION, &version, err);
	if (rc == RC_OK && version != migrate_version())
		rc = err_set(err, RC_NEWER, "%s: another program has made it "
		    "version %lld; this one writes %lld", journal->path,
		    (long long)version, (long long)migrate_version());
	if (rc == RC_OK)
		rc = db_number(journal->db, STATEMENT_POSITION_LAST, position,
		    err);
	if (rc == RC_OK && *position > JOURNAL_POSITION_MAX)
		rc = err_set(err, RC_STORE, "%s: position %lld is beyond what "
		    "this program writes: somebody else has written here",
		    journal->path, (long long)*position);
out:
	if (rc != RC_OK) {
		roll_back(journal);
		lock_release(journal->lock);
	}
	if (rc == RC_SYNC)
		journal->failed = true;
	return rc;
}

/* Commit, or roll back when rc is not RC_OK; the lock is let go. */
static enum rc
finish(struct journal *journal, enum rc rc, struct err *err)
{
	if (rc == RC_OK)
		rc = db_run(journal->db, STATEMENT_COMMIT, err);
	if (rc != RC_OK)
		roll_back(journal);
	lock_release(journal->lock);
	journal->full = rc == RC_FULL;
	if (rc == RC_SYNC)
		journal->failed = true;
	return rc;
}

/* ------------------------------------------------------------------------
 * Opening
 */

static const char *
mode_text(enum db_journal_mode mode)
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

/* How a new journal is to be written. */
static enum rc
choose_mode(struct journal *journal, const struct journal_options *options,
    struct err *err)
{
	bool network = file_on_network(journal->path);

	switch (options->mode) {
	case CONF_MODE_WAL:
		if (network)
			return err_set(err, RC_SYSTEM, "%s: mode = wal is not "
			    "safe on a network file system: use mode = "
			    "truncate", journal->path);
		journal->mode = DB_WAL;
		break;
	case CONF_MODE_TRUNCATE:
		journal->mode = DB_TRUNCATE;
		break;
	case CONF_MODE_AUTO:
	case N_CONF_MODES:
		journal->mode = options->resident && !network ? DB_WAL :
		    DB_TRUNCATE;
		break;
	}
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

	rc = choose_mode(journal, options, err);
	if (rc == RC_OK)
		rc = file_begin(journal->path, &aside, err);
	if (rc == RC_OK)
		rc = db_open(&db, aside, DB_WRITE, err);
	if (rc == RC_OK)
		rc = db_make_durable(db, DB_TRUNCATE, err);
	if (rc == RC_OK)
		rc = migrate(db, mode_text(journal->mode), err);
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
	if (version > migrate_version())
		return err_set(err, RC_NEWER, "%s: is version %lld, this "
		    "program knows up to %lld: install the newer program",
		    journal->path, (long long)version,
		    (long long)migrate_version());
	return state == FILE_JOURNAL ? RC_OK : create(journal, options, err);
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
	db_wait(journal->db, ms_left(deadline_us));
	rc = db_script(journal->db, "PRAGMA synchronous = FULL;", err);
	if (rc == RC_OK)
		rc = migrate(journal->db, mode_text(journal->mode), err);
	if (rc == RC_OK)
		rc = read_mode(journal, err);
	if (rc == RC_OK)
		rc = db_make_durable(journal->db, journal->mode, err);
	if (rc == RC_OK)
		rc = file_identify(journal->path, &journal->file, err);
	return rc;
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
		rc = db_checkpoint(journal->db, DB_CHECKPOINT_TRUNCATE, err);
		if (rc != RC_BUSY || !patient ||
		    clock_mono_us() >= deadline_us)
			break;
		lock_release(journal->lock);
		(void)usleep(JOURNAL_RETRY_US);
		rc = lock_take(journal->lock, ms_left(deadline_us), err);
		if (rc != RC_OK)
			break;
	}
	return rc == RC_BUSY ? RC_OK : rc;
}

/* Under the lock: all that stands between the file and the first append. */
static enum rc
prepare(struct journal *journal, const struct journal_options *options,
    int64_t deadline_us, struct err *err)
{
	enum rc rc;

	rc = open_locked(journal, options, deadline_us, err);
	if (rc == RC_OK && journal->mode == DB_WAL)
		rc = empty_wal(journal, options->resident, deadline_us, err);
	if (rc == RC_OK)
		rc = file_sync_directory(journal->path, err);
	return rc;
}

static enum rc
make_parts(struct journal *journal, struct err *err)
{
	enum rc rc;

	rc = projector_new(&journal->projector, journal->db, err);
	if (rc == RC_OK)
		rc = quarantine_new(&journal->quarantine, err);
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
	rc = file_canonical(options->path, &new->path, err);
	/* Nothing is made beside a file that is not ours. */
	if (rc == RC_OK)
		rc = file_look(new->path, &state, &version, err);
	if (rc == RC_OK)
		rc = lock_open(&new->lock, new->path, err);
	if (rc == RC_OK)
		rc = lock_take(new->lock, wait_ms, err);
	if (rc != RC_OK)
		goto out;
	rc = prepare(new, options, deadline_us, err);
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
journal_close(struct journal *journal)
{
	size_t i;

	if (journal == NULL)
		return;
	quarantine_free(journal->quarantine);
	projector_free(journal->projector);
	for (i = 0; i < 3; i++)
		buf_clear(&journal->evidence[i]);
	db_close(journal->scratch);
	db_close(journal->db);
	lock_close(journal->lock);
	free(journal->path);
	free(journal->given);
	free(journal);
}

const char *
journal_path(const struct journal *journal)
{
	return journal->given;
}

const char *
journal_mode(const struct journal *journal)
{
	return mode_text(journal->mode);
}

/* ------------------------------------------------------------------------
 * Appending
 */

/* A text of the evidence, escaped where it is not clean. */
static bool
evidence_text(struct buf *text, struct slice bytes)
{
	buf_reset(text);
	text_escape(text, bytes);
	return buf_ok(text);
}

static enum rc
find_evidence(struct journal *journal, const struct delivery *delivery,
    int64_t *id, struct err *err)
{
	const struct slice given[3] = { delivery->url, delivery->key_id,
	    delivery->content_type };
	struct db *db = journal->db;
	bool same = journal->has_evidence;
	enum rc rc;
	size_t i;
	bool row;

	for (i = 0; same && i < 3; i++)
		same = slice_compare(buf_slice(&journal->evidence[i]),
		    given[i]) == 0;
	if (same) {
		*id = journal->evidence_id;
		return RC_OK;
	}
	journal->has_evidence = false;
	for (i = 0; i < 3; i++) {
		if (!evidence_text(&journal->evidence[i], given[i]))
			return err_set(err, RC_MEMORY, "evidence: no memory");
		db_bind_text(db, STATEMENT_EVIDENCE_FIND, (int)i + 1,
		    buf_slice(&journal->evidence[i]));
	}
	rc = db_row(db, STATEMENT_EVIDENCE_FIND, &row, err);
	if (rc != RC_OK)
		return rc;
	if (row) {
		*id = db_int(db, STATEMENT_EVIDENCE_FIND, 0);
		db_done(db, STATEMENT_EVIDENCE_FIND);
	} else {
		for (i = 0; i < 3; i++)
			db_bind_text(db, STATEMENT_EVIDENCE_PUT, (int)i + 1,
			    buf_slice(&journal->evidence[i]));
		rc = db_run(db, STATEMENT_EVIDENCE_PUT, err);
		if (rc != RC_OK)
			return rc;
		*id = db_last_id(db);
	}
	journal->evidence_id = *id;
	journal->has_evidence = true;
	return RC_OK;
}

static enum rc
put_delivery(struct journal *journal, const struct delivery *delivery,
    int64_t position, struct err *err)
{
	const enum statement s = STATEMENT_DELIVERY_PUT;
	struct db *db = journal->db;
	struct buf signature, token;
	uint8_t digest[DIGEST_SIZE];
	int64_t evidence_id = 0;
	enum rc rc;

	buf_init(&signature, 0);
	buf_init(&token, 0);
	rc = find_evidence(journal, delivery, &evidence_id, err);
	if (rc != RC_OK)
		goto out;
	text_escape(&signature, delivery->signature);
	text_escape(&token, delivery->idempotency_token);
	if (!buf_ok(&signature) || !buf_ok(&token)) {
		rc = err_set(err, RC_MEMORY, "delivery: no memory");
		goto out;
	}
	digest_sha256(delivery->body, digest);
	db_bind_int(db, s, 1, position);
	db_bind_int(db, s, 2, delivery->received_us);
	db_bind_int(db, s, 3, evidence_id);
	db_bind_text(db, s, 4, buf_slice(&signature));
	db_bind_text(db, s, 5, delivery->idempotency_token.p == NULL ?
	    slice_of(NULL) : buf_slice(&token));
	db_bind_blob(db, s, 6, delivery->body);
	db_bind_blob(db, s, 7, (struct slice){ (const char *)digest,
	    sizeof(digest) });
	rc = db_run(db, s, err);
out:
	buf_clear(&signature);
	buf_clear(&token);
	return rc;
}

static enum rc
append_one(struct journal *journal, struct delivery *delivery,
    int64_t position, struct err *err)
{
	enum rc rc;

	rc = put_delivery(journal, delivery, position, err);
	if (rc == RC_OK)
		rc = projector_judge(journal->projector, position,
		    delivery->received_us, delivery->event,
		    &delivery->verdict, err);
	if (rc == RC_OK)
		delivery->position = position;
	delivery->rc = rc;
	return rc;
}

/* Whether a failure is the whole transaction's and not one row's. */
static bool
is_fatal(struct journal *journal, enum rc rc)
{
	return rc == RC_SYNC || rc == RC_BUSY || rc == RC_FULL ||
	    rc == RC_NEWER || !db_in_transaction(journal->db);
}

static enum rc
back_to_savepoint(struct journal *journal, struct err *err)
{
	forget(journal);
	return db_run(journal->db, STATEMENT_ROLLBACK_TO, err);
}

/*
 * Append one delivery so that it cannot harm the others: if it cannot be
 * judged it is kept with a problem, if it cannot be written its rc says so.
 * Any other rc than RC_OK is the whole transaction's.
 */
static enum rc
append_carefully(struct journal *journal, struct delivery *delivery,
    int64_t position, struct err *err)
{
	struct db *db = journal->db;
	struct err why;
	enum rc rc;

	rc = db_run(db, STATEMENT_SAVEPOINT, err);
	if (rc != RC_OK)
		return rc;
	rc = append_one(journal, delivery, position, &why);
	if (rc != RC_OK && !is_fatal(journal, rc)) {
		rc = back_to_savepoint(journal, err);
		if (rc != RC_OK)
			return rc;
		rc = put_delivery(journal, delivery, position, err);
		if (rc == RC_OK)
			rc = projector_keep(journal->projector, position,
			    delivery->event, why.text, err);
		delivery->rc = rc;
		delivery->position = position;
		delivery->verdict = VERDICT_NONE;
	} else if (rc != RC_OK) {
		return err_set(err, rc, "%s", why.text);
	}
	if (rc != RC_OK && !is_fatal(journal, rc))
		rc = back_to_savepoint(journal, err);
	if (rc == RC_OK)
		rc = db_run(db, STATEMENT_RELEASE, err);
	return rc;
}

/* Rejects that cannot be written are dropped: they must not hinder
 * deliveries. */
static enum rc
quarantine_carefully(struct journal *journal, struct err *err)
{
	struct err why;
	enum rc rc;

	rc = db_run(journal->db, STATEMENT_SAVEPOINT, err);
	if (rc != RC_OK)
		return rc;
	rc = quarantine_write(journal->quarantine, journal->db, &why);
	if (rc != RC_OK && is_fatal(journal, rc))
		return err_set(err, rc, "%s", why.text);
	if (rc != RC_OK)
		rc = db_run(journal->db, STATEMENT_ROLLBACK_TO, err);
	if (rc == RC_OK)
		rc = db_run(journal->db, STATEMENT_RELEASE, err);
	return rc;
}

static enum rc
append_all(struct journal *journal, struct delivery *const *batch, size_t n,
    bool carefully, int64_t position, struct err *err)
{
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; rc == RC_OK && i < n; i++) {
		if (carefully)
			rc = append_carefully(journal, batch[i], position + 1,
			    err);
		else
			rc = append_one(journal, batch[i], position + 1, err);
		if (rc == RC_OK && batch[i]->rc == RC_OK)
			position++;
	}
	if (rc == RC_OK && carefully)
		rc = quarantine_carefully(journal, err);
	else if (rc == RC_OK)
		rc = quarantine_write(journal->quarantine, journal->db, err);
	return rc;
}

static enum rc
append_transaction(struct journal *journal, struct delivery *const *batch,
    size_t n, bool carefully, int wait_ms, struct err *err)
{
	int64_t position;
	enum rc rc;

	rc = begin(journal, wait_ms, &position, err);
	if (rc != RC_OK)
		return rc;
	rc = append_all(journal, batch, n, carefully, position, err);
	rc = finish(journal, rc, err);
	if (rc == RC_OK)
		quarantine_written(journal->quarantine);
	return rc;
}

/* Each delivery alone; why one is not written stays in err. */
static enum rc
append_again(struct journal *journal, struct delivery *const *batch,
    size_t n, int wait_ms, struct err *err)
{
	enum rc rc;
	size_t i;

	rc = append_transaction(journal, batch, n, true, wait_ms, err);
	if (rc != RC_OK)
		return rc;
	for (i = 0; i < n; i++) {
		if (batch[i]->rc != RC_OK)
			return RC_OK;
	}
	err->text[0] = '\0';
	return RC_OK;
}

enum rc
journal_append(struct journal *journal, struct delivery *const *batch,
    size_t n, int wait_ms, struct err *err)
{
	enum rc rc;
	size_t i;

	assert(n >= 1 && n <= JOURNAL_BATCH_MAX);
	err->text[0] = '\0';
	rc = append_transaction(journal, batch, n, false, wait_ms, err);
	/* One bad row: each delivery is tried alone. */
	if (rc == RC_STORE || rc == RC_MEMORY)
		rc = append_again(journal, batch, n, wait_ms, err);
	for (i = 0; rc != RC_OK && i < n; i++)
		batch[i]->rc = rc;
	return rc;
}

void
journal_quarantine(struct journal *journal, const struct reject *reject)
{
	quarantine_add(journal->quarantine, reject);
}

bool
journal_pending(const struct journal *journal)
{
	return quarantine_waits(journal->quarantine);
}

enum rc
journal_flush(struct journal *journal, int wait_ms, struct err *err)
{
	int64_t position;
	enum rc rc;

	if (!journal_pending(journal))
		return RC_OK;
	rc = begin(journal, wait_ms, &position, err);
	if (rc != RC_OK)
		return rc;
	rc = quarantine_write(journal->quarantine, journal->db, err);
	rc = finish(journal, rc, err);
	if (rc == RC_OK)
		quarantine_written(journal->quarantine);
	return rc;
}

/* ------------------------------------------------------------------------
 * Actions and settings
 */

static enum rc
put_action(struct journal *journal, int64_t position, const char *kind,
    const char *actor, const char *detail, struct err *err)
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
journal_act(struct journal *journal, const char *kind, const char *actor,
    const char *detail, int wait_ms, struct err *err)
{
	int64_t position;
	enum rc rc;

	rc = begin(journal, wait_ms, &position, err);
	if (rc != RC_OK)
		return rc;
	rc = put_action(journal, position + 1, kind, actor, detail, err);
	if (rc == RC_OK) {
		db_bind_text(journal->db, STATEMENT_JOURNAL_PROGRAM, 1,
		    slice_of(PACKAGE_VERSION));
		rc = db_run(journal->db, STATEMENT_JOURNAL_PROGRAM, err);
	}
	return finish(journal, rc, err);
}

enum rc
journal_settings(struct journal *journal, const struct conf *conf,
    int wait_ms, struct err *err)
{
	int64_t position;
	enum rc rc;
	bool same;

	db_wait(journal->db, wait_ms);
	rc = settings_same(journal->db, conf, &same, err);
	if (rc != RC_OK || same)
		return rc;
	rc = begin(journal, wait_ms, &position, err);
	if (rc != RC_OK)
		return rc;
	rc = settings_write(journal->db, conf, position, err);
	return finish(journal, rc, err);
}

/* ------------------------------------------------------------------------
 * The rest
 */

enum rc
journal_ready(struct journal *journal, int wait_ms, struct err *err)
{
	int64_t position;
	enum rc rc;

	rc = begin(journal, wait_ms, &position, err);
	if (rc != RC_OK)
		return rc;
	/* Whether there is room again is only known once it is used. */
	if (journal->full)
		return finish(journal, db_run(journal->db,
		    STATEMENT_JOURNAL_TOUCH, err), err);
	rc = db_run(journal->db, STATEMENT_ROLLBACK, err);
	lock_release(journal->lock);
	return rc;
}

enum rc
journal_maintain(struct journal *journal, bool urgent, struct err *err)
{
	int due = urgent ? 4 * JOURNAL_WAL_PAGES : JOURNAL_WAL_PAGES;
	enum rc rc;

	if (journal->mode != DB_WAL || journal->failed ||
	    db_wal_pages(journal->db) < due)
		return RC_OK;
	rc = lock_take(journal->lock, 0, err);
	if (rc != RC_OK)
		return rc;
	rc = db_checkpoint(journal->db, DB_CHECKPOINT_RESTART, err);
	lock_release(journal->lock);
	if (rc == RC_SYNC)
		journal->failed = true;
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
