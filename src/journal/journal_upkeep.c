#include "base/clock.h"
#include "journal/journal_parts.h"
#include "journal/rebuild.h"
#include "journal/reserve.h"

/* For readers: of a WAL of 63 MiB, -shm has 128 KiB. */
#define READERS_ROOM (256 * 1024)

#define HELD_US 15000
#define SLICE_US_MIN 1000
#define SLICE_US_MAX 10000

void
journal_slice_took(struct journal *journal, int64_t took_us)
{
	int64_t slice_us = journal->slice_us;

	if (took_us > HELD_US)
		slice_us = slice_us * 3 / 4;
	else
		slice_us = slice_us * 9 / 8;
	if (slice_us < SLICE_US_MIN)
		slice_us = SLICE_US_MIN;
	if (slice_us > SLICE_US_MAX)
		slice_us = SLICE_US_MAX;
	journal->slice_us = slice_us;
}

bool
journal_fits(struct journal *journal)
{
	const int64_t room = file_room(journal->path);
	int64_t pages, page_size, growth;

	if (db_number(journal->db, STATEMENT_PAGE_COUNT, &pages, NULL) !=
	    RC_OK || db_number(journal->db, STATEMENT_PAGE_SIZE, &page_size,
	    NULL) != RC_OK)
		return false;
	growth = pages * page_size - file_size(journal->path);
	return growth <= 0 || room < 0 || growth + READERS_ROOM <= room;
}

enum rc
journal_checkpoint(struct journal *journal, enum db_checkpoint checkpoint,
    struct err *err)
{
	enum rc rc = RC_OK;

	if (journal->doubtful)
		rc = db_renew_wal(journal->db, err);
	if (rc != RC_OK)
		return rc;
	journal->doubtful = false;
	return db_checkpoint(journal->db, checkpoint, err);
}

enum rc
journal_empty_wal(struct journal *journal, struct err *err)
{
	if (!journal_fits(journal))
		return err_set(err, RC_BUSY, "%s: no room for what is in its "
		    "-wal", journal->path);
	return journal_checkpoint(journal, DB_CHECKPOINT_TRUNCATE, err);
}

void
journal_make_room(struct journal *journal)
{
	enum rc rc;

	if (journal->mode != DB_WAL || !reserve_give_back(journal->reserve))
		return;
	journal->given_back = true;
	rc = journal_empty_wal(journal, NULL);
	journal->made_room = rc == RC_OK;
	if (rc == RC_SYNC)
		journal_fail(journal);
}

bool
journal_upkeep_due(const struct journal *journal)
{
	return journal->upkeep_due;
}

static enum rc
sweep(struct journal *journal, int wait_ms, struct err *err)
{
	int64_t position, begun_us;
	enum rc rc;

	rc = journal_begin(journal, wait_ms, &position, err);
	if (rc != RC_OK)
		return rc;
	begun_us = clock_mono_us();
	rc = projector_sweep(journal->projector, journal->slice_us, err);
	rc = journal_finish(journal, rc, err);
	journal_slice_took(journal, journal->released_us - begun_us);
	return rc;
}

enum rc
journal_upkeep(struct journal *journal, int wait_ms, struct err *err)
{
	struct rebuild_progress progress;
	enum rc rc;

	if (!journal->upkeep_due)
		return RC_OK;
	rc = rebuild_slice(journal, wait_ms, &progress, err);
	if (rc == RC_OK && progress.state == REBUILD_NONE)
		rc = sweep(journal, wait_ms, err);
	return rc;
}
