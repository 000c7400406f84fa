#include <string.h>

#include "base/clock.h"
#include "journal/project_parts.h"

/* Ids of streams that are looked at in one step of a sweep: some 2 ms. */
#define SWEEP_IDS 4096

/* ------------------------------------------------------------------------
 * One stream
 */

/* The events of a stream, in the order of their arrival, as far as they cost
 * no more than there is. */
static enum rc
list_positions(struct db *db, int64_t stream_id, int64_t budget,
    struct buf *positions, int64_t *cost, struct err *err)
{
	const enum statement s = STATEMENT_STREAM_POSITIONS;
	int64_t position;
	enum rc rc;
	bool row;

	*cost = 0;
	db_bind_int(db, s, 1, stream_id);
	for (;;) {
		rc = db_row(db, s, &row, err);
		if (rc != RC_OK || !row)
			break;
		position = db_int(db, s, 0);
		*cost += 1 + db_int(db, s, 1) / PROJECTOR_REPLAY_BYTES;
		buf_add(positions, &position, sizeof(position));
		if (*cost > budget) {
			db_done(db, s);
			break;
		}
	}
	if (rc == RC_OK && !buf_ok(positions))
		rc = err_set(err, RC_MEMORY, "stream: no memory");
	return rc;
}

static enum rc
clear_stream(struct db *db, int64_t stream_id, struct err *err)
{
	enum rc rc;

	db_bind_int(db, STATEMENT_GAP_CLEAR, 1, stream_id);
	rc = db_run(db, STATEMENT_GAP_CLEAR, err);
	if (rc != RC_OK)
		return rc;
	db_bind_int(db, STATEMENT_ITEM_CLEAR, 1, stream_id);
	return db_run(db, STATEMENT_ITEM_CLEAR, err);
}

/* The row of a delivery is held while its event is judged: the event points
 * into it. */
static enum rc
judge_again(struct projector *projector, struct stream *stream,
    int64_t service_id, int64_t position, struct err *err)
{
	const enum statement s = STATEMENT_RECORD_DELIVERY;
	struct judged judged = { .position = position,
	    .service_id = service_id };
	struct db *record = projector->to.record;
	int64_t received_us;
	struct event *event;
	enum rc rc;
	bool row;

	db_bind_int(record, s, 1, position);
	rc = db_row(record, s, &row, err);
	if (rc == RC_OK && !row)
		rc = err_set(err, RC_STORE, "delivery %lld: is not there",
		    (long long)position);
	if (rc != RC_OK)
		return rc;
	received_us = db_int(record, s, 0);
	rc = decoder_read(projector->decoder, db_bytes(record, s, 1),
	    db_bytes(record, s, 2), &event, err);
	if (rc == RC_OK) {
		event_row_begin(&projector->row);
		event_read_revisions(event, stream->base);
		rc = project_event(projector, stream, &judged, received_us,
		    event, err);
	}
	if (rc == RC_OK) {
		event_row_fill(&projector->row, &judged, event);
		rc = event_row_rejudge(projector->to.db, &projector->row, err);
	}
	db_done(record, s);
	return rc;
}

/* The explanation of the stream after a position, before another one. */
static enum rc
close_again(struct projector *projector, const struct stream *stream,
    const struct service *service, int64_t *after, int64_t before,
    struct err *err)
{
	const enum statement s = STATEMENT_GAP_ACTION_OF;
	const struct db_value key = streams_value(buf_slice(&stream->key));
	struct db *record = projector->to.record;
	struct gap_action action;
	enum rc rc;
	bool row;

	for (;;) {
		db_bind(record, s, 1, &key);
		db_bind_int(record, s, 2, *after);
		db_bind_int(record, s, 3, stream->ledger.kind);
		db_bind_text(record, s, 4, buf_slice(&service->account_sid));
		db_bind_text(record, s, 5, buf_slice(&service->service_sid));
		rc = db_row(record, s, &row, err);
		if (rc != RC_OK || !row)
			return rc;
		project_read_gap_action(record, s, &action);
		db_done(record, s);
		if (action.position >= before)
			return RC_OK;
		*after = action.position;
		rc = project_gap(projector, stream, &action, err);
		if (rc != RC_OK)
			return rc;
	}
}

static enum rc
replay_all(struct projector *projector, struct stream *stream,
    const struct service *service, const struct buf *positions,
    struct err *err)
{
	int64_t after = 0, position;
	enum rc rc = RC_OK;
	size_t at;

	for (at = 0; rc == RC_OK && at < positions->len;
	    at += sizeof(position)) {
		memcpy(&position, positions->data + at, sizeof(position));
		rc = close_again(projector, stream, service, &after, position,
		    err);
		if (rc == RC_OK)
			rc = judge_again(projector, stream, service->id,
			    position, err);
	}
	if (rc == RC_OK)
		rc = close_again(projector, stream, service, &after,
		    INT64_MAX, err);
	return rc;
}

enum rc
project_replay(struct projector *projector, struct stream *stream,
    const struct service *service, int base, bool *fits, struct err *err)
{
	struct buf positions;
	int64_t cost = 0;
	enum rc rc = RC_OK;

	*fits = stream->events <= projector->budget;
	if (!*fits)
		return RC_OK;
	buf_init(&positions, 0);
	if (projector->decoder == NULL)
		rc = decoder_new(&projector->decoder, err);
	if (rc == RC_OK)
		rc = list_positions(projector->to.record, stream->id,
		    projector->budget, &positions, &cost, err);
	*fits = cost <= projector->budget;
	/* To find that it does not fit has a price too. */
	projector->budget -= *fits ? cost : projector->budget / 8;
	if (rc == RC_OK && *fits)
		rc = clear_stream(projector->to.db, stream->id, err);
	if (rc == RC_OK && *fits) {
		stream_restart(stream, base);
		streams_changed(projector->streams);
		rc = replay_all(projector, stream, service, &positions, err);
	}
	buf_clear(&positions);
	return rc;
}

/* ------------------------------------------------------------------------
 * All streams
 */

/* What the row of a stream that is to be recomputed says. */
struct stale {
	int64_t id;
	int base;		/* that it is to have */
};

static enum rc
find_stale(struct db *db, int64_t after, int64_t last, struct stale *stale,
    bool *found, struct err *err)
{
	const enum statement s = STATEMENT_STREAM_STALE;
	enum rc rc;

	db_bind_int(db, s, 1, after);
	db_bind_int(db, s, 2, last);
	rc = db_row(db, s, found, err);
	if (rc != RC_OK || !*found)
		return rc;
	stale->id = db_int(db, s, 0);
	stale->base = (int)db_int(db, s, 1);
	db_done(db, s);
	return RC_OK;
}

/* Find a stream and its service by the stream's id, and recompute it. */
static enum rc
sweep_stream(struct projector *projector, const struct stale *stale,
    bool *fits, struct err *err)
{
	const enum statement s = STATEMENT_STREAM_BY_ID;
	struct db *db = projector->to.db;
	const struct service *service = NULL;
	struct stream *stream = NULL;
	enum rc rc;
	bool row;

	*fits = true;
	db_bind_int(db, s, 1, stale->id);
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	rc = services_find(projector->services, db_bytes(db, s, 3),
	    db_bytes(db, s, 4), &service, err);
	if (rc == RC_OK && service != NULL)
		rc = streams_find(projector->streams, service->id,
		    (enum stream_kind)db_int(db, s, 1), db_bytes(db, s, 2),
		    &stream, err);
	db_done(db, s);
	if (rc != RC_OK || stream == NULL)
		return rc;
	return project_replay(projector, stream, service, stale->base, fits,
	    err);
}

/* Where a sweep stands. */
static enum rc
read_sweep(struct db *db, bool *sweeping, int64_t *at, struct err *err)
{
	const enum statement s = STATEMENT_UPKEEP_READ;
	enum rc rc;
	bool row;

	*sweeping = false;
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	*sweeping = !db_is_null(db, s, 3);
	*at = db_int(db, s, 3);
	db_done(db, s);
	return RC_OK;
}

/* One step: the next stream that is to be recomputed, or some ids that have
 * none. A stream that is too long for a transaction wants a rebuild; one that
 * is too long for what is left of the budget ends this sweep's share. */
static enum rc
sweep_step(struct projector *projector, int64_t *at, int64_t last,
    bool *enough, struct err *err)
{
	const bool whole = projector->budget == PROJECTOR_REPLAY_EVENTS;
	struct db *db = projector->to.db;
	struct stale stale;
	bool found, fits;
	enum rc rc;

	rc = find_stale(db, *at, *at + SWEEP_IDS, &stale, &found, err);
	if (rc != RC_OK)
		return rc;
	if (!found) {
		*at = last - *at <= SWEEP_IDS ? last : *at + SWEEP_IDS;
		return RC_OK;
	}
	*at = stale.id;
	rc = sweep_stream(projector, &stale, &fits, err);
	if (rc != RC_OK || fits)
		return rc;
	if (whole)
		return db_run(db, STATEMENT_UPKEEP_WANT, err);
	*at = stale.id - 1;
	*enough = true;
	return RC_OK;
}

enum rc
projector_sweep(struct projector *projector, int64_t budget_us,
    struct err *err)
{
	const int64_t end_us = clock_mono_us() + budget_us;
	struct db *db = projector->to.db;
	bool sweeping, enough = false;
	int64_t at = 0, last = 0;
	enum rc rc;

	rc = read_sweep(db, &sweeping, &at, err);
	if (rc == RC_OK && sweeping)
		rc = projector_flush(projector, err);
	if (rc != RC_OK || !sweeping)
		return rc;
	rc = db_number(db, STATEMENT_STREAM_LAST, &last, err);
	while (rc == RC_OK && !enough && at < last) {
		rc = sweep_step(projector, &at, last, &enough, err);
		enough = enough || clock_mono_us() >= end_us;
	}
	if (rc != RC_OK)
		return rc;
	db_bind_int_if(db, STATEMENT_UPKEEP_SWEEP, 1, at < last, at);
	return db_run(db, STATEMENT_UPKEEP_SWEEP, err);
}
