#include "audit/events.h"

#include <stdlib.h>

#include "base/clock.h"
#include "journal/reader.h"
#include "twilio/event.h"

/* Positions of a piece: of the first, at most, and at least, when even those
 * take longer than a transaction may. At 3 us each the longest takes 0.2 s. */
#define SPAN_FIRST 4096
#define SPAN_MOST 65536
#define SPAN_LEAST 64
/* A piece that took less is followed by a longer one; else by a shorter. */
#define PIECE_SHORT_US 20000
#define PIECE_LONG_US 100000
/* So many positions are looked through faster than all of a stream's. */
#define FEW 2048

struct events {
	const struct events_filter *filter;
	int64_t first, last;	/* what is left of the range */
	bool down;
	int64_t span;
	size_t n;
	int64_t position[SPAN_MOST];
};

enum rc
events_new(struct events **events, const struct events_filter *filter,
    struct err *err)
{
	struct events *new;

	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return err_set(err, RC_MEMORY, "no memory for events");
	new->filter = filter;
	events_range(new, 1, 0, false);
	*events = new;
	return RC_OK;
}

void
events_free(struct events *events)
{
	free(events);
}

void
events_range(struct events *events, int64_t first, int64_t last, bool down)
{
	events->first = first;
	events->last = last;
	events->down = down;
	events->span = SPAN_FIRST;
	events->n = 0;
}

static void
bind_filter(const struct events_filter *filter, struct db *db)
{
	const enum statement s = STATEMENT_LOG_FIND;
	const struct subject *const subject = filter->subject;

	db_bind_text(db, s, 3, filter->since);
	db_bind_text(db, s, 4, filter->until);
	db_bind_text(db, s, 5, filter->type);
	db_bind_int(db, s, 6, filter->type_begins);
	db_bind_text(db, s, 7, filter->identity);
	db_bind_text(db, s, 8, filter->service_sid);
	db_bind_text(db, s, 9, filter->verdicts);
	if (subject == NULL)
		return;
	db_bind_text(db, s, 10, slice_of(stream_kind_name(subject->kind)));
	db_bind_text(db, s, 11, subject->service_sid);
	db_bind_text(db, s, 12, subject->stream_key);
}

/* Add those that fit, of the positions from first to last; not more than
 * there is room for. */
static enum rc
find_between(struct events *events, struct db *db, int64_t first,
    int64_t last, struct err *err)
{
	const enum statement s = STATEMENT_LOG_FIND;
	enum rc rc;
	bool row;

	db_bind_int(db, s, 1, first);
	db_bind_int(db, s, 2, last);
	bind_filter(events->filter, db);
	for (;;) {
		rc = db_row(db, s, &row, err);
		if (rc != RC_OK || !row)
			break;
		events->position[events->n++] = db_int(db, s, 0);
	}
	return rc;
}

static void
turn(int64_t *position, size_t n)
{
	size_t i;
	int64_t spare;

	for (i = 0; i < n / 2; i++) {
		spare = position[i];
		position[i] = position[n - 1 - i];
		position[n - 1 - i] = spare;
	}
}

/* What is left of the range once all up to here was looked through. */
static void
leave(struct events *events, int64_t position)
{
	if (events->down)
		events->last = position - 1;
	else
		events->first = position + 1;
}

/* The next positions of the range, of any stream. */
static enum rc
find_any(struct events *events, struct db *db, struct err *err)
{
	int64_t first = events->first, last = events->last;
	enum rc rc;

	if (last - first >= events->span && events->down)
		first = last - events->span + 1;
	else if (last - first >= events->span)
		last = first + events->span - 1;
	rc = find_between(events, db, first, last, err);
	if (rc != RC_OK)
		return rc;
	if (events->down)
		turn(events->position, events->n);
	leave(events, events->down ? first : last);
	return RC_OK;
}

/* The next of the stream's positions, whatever else is asked for. */
static enum rc
read_stream(struct events *events, struct db *db, struct err *err)
{
	const enum statement s = STATEMENT_LOG_STREAM;
	const struct subject *const subject = events->filter->subject;
	enum rc rc;
	bool row;

	db_bind_text(db, s, 1, subject->stream_key);
	db_bind_int(db, s, 2, (int64_t)subject->kind);
	db_bind_text(db, s, 3, subject->service_sid);
	db_bind_int(db, s, 4, events->first);
	db_bind_int(db, s, 5, events->last);
	db_bind_int(db, s, 6, events->down ? -1 : 1);
	db_bind_int(db, s, 7, events->span);
	for (;;) {
		rc = db_row(db, s, &row, err);
		if (rc != RC_OK || !row)
			break;
		events->position[events->n++] = db_int(db, s, 0);
	}
	return rc;
}

/* The statement names the tables of the generation in use. */
static enum rc
read_stream_in_use(struct events *events, struct db *db, struct err *err)
{
	enum rc rc;
	int before;

	rc = reader_use(db, &before, err);
	if (rc != RC_OK)
		return rc;
	rc = read_stream(events, db, err);
	(void)db_generation(db, before);
	return rc;
}

static enum rc
find_on_stream(struct events *events, struct db *db, struct err *err)
{
	const int64_t end_us = clock_mono_us() + PIECE_LONG_US;
	int64_t at = events->down ? events->first : events->last;
	size_t i, n;
	enum rc rc;

	rc = read_stream_in_use(events, db, err);
	if (rc != RC_OK)
		return rc;
	n = events->n;
	/* It was the limit that ended them. */
	if (n > 0 && (int64_t)n == events->span)
		at = events->position[n - 1];
	events->n = 0;
	for (i = 0; rc == RC_OK && i < n; i++) {
		const int64_t position = events->position[i];

		rc = find_between(events, db, position, position, err);
		if (clock_mono_us() < end_us)
			continue;
		at = position;
		break;
	}
	if (rc == RC_OK)
		leave(events, at);
	return rc;
}

enum rc
events_find(struct events *events, struct db *db, struct err *err)
{
	const int64_t begun_us = clock_mono_us();
	int64_t took_us;
	enum rc rc;

	events->n = 0;
	if (events_are_done(events))
		return RC_OK;
	if (events->filter->subject != NULL &&
	    events->last - events->first >= FEW)
		rc = find_on_stream(events, db, err);
	else
		rc = find_any(events, db, err);
	if (rc != RC_OK) {
		events->n = 0;
		return rc;
	}
	took_us = clock_mono_us() - begun_us;
	if (took_us < PIECE_SHORT_US && events->span < SPAN_MOST)
		events->span *= 2;
	else if (took_us > PIECE_LONG_US && events->span > SPAN_LEAST)
		events->span /= 2;
	return RC_OK;
}

bool
events_narrow(struct events *events)
{
	if (events->span <= SPAN_LEAST)
		return false;
	events->span = events->span / 4 > SPAN_LEAST ? events->span / 4 :
	    SPAN_LEAST;
	return true;
}

bool
events_are_done(const struct events *events)
{
	return events->first > events->last;
}

const int64_t *
events_piece(const struct events *events, size_t *n)
{
	*n = events->n;
	return events->position;
}

int64_t
events_reached(const struct events *events)
{
	return events->first - 1;
}
