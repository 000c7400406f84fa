#include "journal/rebuild.h"

#include "base/clock.h"
#include "journal/journal_parts.h"
#include "journal/walk.h"
#include "scripts.h"

/* Rows that are deleted at once. */
#define EMPTY_ROWS 64

/* The row of upkeep. */
struct rebuild {
	enum rebuild_state state;
	bool wanted;
	int64_t position;
};

static enum rc
read_rebuild(struct db *db, struct rebuild *rebuild, struct err *err)
{
	const enum statement s = STATEMENT_UPKEEP_READ;
	enum rc rc;
	bool row;

	*rebuild = (struct rebuild){ .state = REBUILD_NONE };
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	rebuild->state = (enum rebuild_state)db_int(db, s, 0);
	rebuild->wanted = db_int(db, s, 1) != 0;
	rebuild->position = db_int(db, s, 2);
	db_done(db, s);
	return RC_OK;
}

static enum rc
write_rebuild(struct db *db, const struct rebuild *rebuild, struct err *err)
{
	const enum statement s = STATEMENT_UPKEEP_REBUILD;

	db_bind_int(db, s, 1, (int64_t)rebuild->state);
	db_bind_int(db, s, 2, rebuild->wanted);
	db_bind_int(db, s, 3, rebuild->position);
	return db_run(db, s, err);
}

/* ------------------------------------------------------------------------
 * Filling
 */

/* Walk on; the statements mean the generation that is filled. */
static enum rc
fill(struct db *db, int live, struct rebuild *rebuild, int64_t last,
    int64_t budget_us, struct buf *learned, struct err *err)
{
	const struct projector_options options = { .db = db, .record = db,
	    .hint = db, .hint_generation = live };
	struct projector *projector = NULL;
	struct walk *walk = NULL;
	int64_t n = 0;
	enum rc rc;

	rc = projector_new(&projector, &options, err);
	if (rc == RC_OK)
		rc = walk_new(&walk, db, projector, STATEMENT_RECORD_NEXT, 0,
		    err);
	if (rc == RC_OK)
		rc = walk_some(walk, &rebuild->position, last, budget_us, &n,
		    err);
	if (rc == RC_OK)
		rc = projector_flush(projector, err);
	/* What the bases are is now to be found in the deliveries. */
	if (rc == RC_OK && rebuild->position >= last) {
		db_bind_int_if(db, STATEMENT_UPKEEP_SWEEP, 1, false, 0);
		rc = db_run(db, STATEMENT_UPKEEP_SWEEP, err);
		if (rc == RC_OK)
			rc = projector_settle(projector, learned, err);
	}
	walk_free(walk);
	projector_free(projector);
	return rc;
}

/* Put the filled generation in use. */
static enum rc
swap(struct db *db, int other, struct rebuild *rebuild, struct err *err)
{
	enum rc rc;

	db_bind_int(db, STATEMENT_GENERATION_USE, 1, other);
	rc = db_run(db, STATEMENT_GENERATION_USE, err);
	if (rc == RC_OK)
		rc = db_script(db, views_text[other], err);
	rebuild->state = REBUILD_EMPTY;
	rebuild->position = 0;
	return rc;
}

/* ------------------------------------------------------------------------
 * Emptying
 */

/* Delete some rows of the tables of this generation, the large ones first. */
static enum rc
empty(struct db *db, struct rebuild *rebuild, int64_t budget_us,
    struct err *err)
{
	static const enum statement tables[] = { STATEMENT_EVENT_EMPTY,
	    STATEMENT_GAP_EMPTY, STATEMENT_ITEM_EMPTY,
	    STATEMENT_STREAM_EMPTY, STATEMENT_BASE_EVIDENCE_EMPTY,
	    STATEMENT_SERVICE_EMPTY };
	const int64_t end_us = clock_mono_us() + budget_us;
	int64_t n_removed;
	enum rc rc = RC_OK;
	size_t i = 0;

	while (rc == RC_OK && i < sizeof(tables) / sizeof(tables[0])) {
		if (clock_mono_us() >= end_us)
			return RC_OK;
		db_bind_int(db, tables[i], 1, EMPTY_ROWS);
		rc = db_run(db, tables[i], err);
		if (rc == RC_OK)
			rc = db_number(db, STATEMENT_CHANGES, &n_removed, err);
		if (rc == RC_OK && n_removed < EMPTY_ROWS)
			i++;
	}
	if (rc == RC_OK)
		rebuild->state = REBUILD_NONE;
	return rc;
}

/* ------------------------------------------------------------------------
 * A slice
 */

/* Inside a transaction; other is the generation that is not in use. */
static enum rc
go_on(struct journal *journal, int other, struct rebuild *rebuild,
    int64_t last, bool *swapped, struct err *err)
{
	const int64_t budget_us = journal->slice_us;
	struct db *db = journal->db;
	struct buf learned;
	enum rc rc = RC_OK;

	/* A disk that is full of projections has no room for deliveries. */
	if (rebuild->state == REBUILD_NONE && rebuild->wanted) {
		rc = file_has_room(journal->path, err);
		if (rc != RC_OK)
			return rc;
		*rebuild = (struct rebuild){ .state = REBUILD_FILL };
	}
	switch (rebuild->state) {
	case REBUILD_NONE:
	case N_REBUILD_STATES:
		return RC_OK;
	case REBUILD_FILL:
		buf_init(&learned, 0);
		rc = fill(db, 1 - other, rebuild, last, budget_us, &learned,
		    err);
		if (rc == RC_OK)
			rc = journal_put_learned(journal, &learned, err);
		buf_clear(&learned);
		*swapped = rc == RC_OK && rebuild->position >= last;
		if (*swapped)
			rc = swap(db, other, rebuild, err);
		break;
	case REBUILD_EMPTY:
		rc = empty(db, rebuild, budget_us, err);
		break;
	}
	if (rc == RC_OK)
		rc = write_rebuild(db, rebuild, err);
	return rc;
}

enum rc
rebuild_slice(struct journal *journal, int wait_ms,
    struct rebuild_progress *progress, struct err *err)
{
	struct db *db = journal->db;
	struct rebuild rebuild;
	bool swapped = false;
	int64_t last, begun_us;
	int live;
	enum rc rc;

	rc = journal_begin(journal, wait_ms, &last, err);
	if (rc != RC_OK)
		return rc;
	begun_us = clock_mono_us();
	rc = read_rebuild(db, &rebuild, err);
	if (rc == RC_OK) {
		live = db_generation(db, 0);
		(void)db_generation(db, 1 - live);
		rc = go_on(journal, 1 - live, &rebuild, last, &swapped, err);
		(void)db_generation(db, live);
	}
	rc = journal_finish(journal, rc, err);
	journal_slice_took(journal, journal->released_us - begun_us);
	if (rc == RC_OK)
		*progress = (struct rebuild_progress){ .state = rebuild.wanted
		    && rebuild.state == REBUILD_NONE ? REBUILD_FILL :
		    rebuild.state, .position = rebuild.position, .last = last,
		    .swapped = swapped };
	return rc;
}

enum rc
rebuild_want(struct journal *journal, int wait_ms, struct err *err)
{
	struct rebuild rebuild;
	int64_t last;
	enum rc rc;

	rc = journal_begin(journal, wait_ms, &last, err);
	if (rc != RC_OK)
		return rc;
	rc = read_rebuild(journal->db, &rebuild, err);
	if (rc == RC_OK && rebuild.state != REBUILD_FILL)
		rc = db_run(journal->db, STATEMENT_UPKEEP_WANT, err);
	return journal_finish(journal, rc, err);
}
