/*
 * project -- what follows from the record: of each delivery its event, judged;
 * its stream, the stream's missing intervals, and the state of what it is
 * about; what is learned of its service.
 *
 * Runs inside the caller's transaction, in the order of positions. What it
 * writes depends on the record alone, ids too (they are made of positions), so
 * that a rebuild gives the same rows.
 *
 * The base of a service's revisions (docs/design.md section 2, Revision base)
 * follows from all its deliveries. Live, it is what they say so far. When that
 * changes, each of the service's streams is recomputed before it is next
 * judged, as long as the transaction's budget of PROJECTOR_REPLAY_EVENTS lasts;
 * a longer stream is judged in the base that it has until journal_upkeep has
 * put it right. In the end all is as if the base had been known from the first
 * delivery. A rebuild or check knows it from the start (see hint).
 */
#ifndef JOURNAL_PROJECT_H
#define JOURNAL_PROJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/db.h"
#include "journal/event_row.h"
#include "journal/gaps.h"
#include "journal/ledger.h"
#include "twilio/event.h"

/* Events that may be judged again in one transaction, at some 10 us each: less
 * than half of the 50 ms that the writers' lock may be held. A long body counts
 * for more: 36 KB take 150 us. */
#define PROJECTOR_REPLAY_EVENTS 1024
#define PROJECTOR_REPLAY_BYTES 2048	/* of a body count as one more event */

struct projector;

struct projector_options {
	struct db *db;		/* services, streams, gaps, items */
	struct db *record;	/* the record, and events to be read; mostly the
				 * same as db */
	/* What becomes of an event row; NULL: it is written to db. The values
	 * are in the order of statement event_put, valid during the call. */
	enum rc (*put)(void *context, const struct db_value *columns,
	    struct err *err);
	void *context;
	/* A journal, and its generation, whose services' bases are taken over,
	 * whatever the deliveries say so far, until projector_settle; NULL:
	 * none. May be db itself. */
	struct db *hint;
	int hint_generation;
};

/* projector_new -- all is borrowed until projector_free (NULL is accepted). */
enum rc projector_new(struct projector **projector,
    const struct projector_options *options, struct err *err);
void projector_free(struct projector *projector);

/* projector_begin -- to be called when a transaction begins: the budget is whole.
 * projector_forget -- what was read of services and streams does not hold: after
 * a rollback, also to a savepoint, and when somebody else has written. */
void projector_begin(struct projector *projector);
void projector_forget(struct projector *projector);

/* projector_flush -- write what is held back of streams; to be called before
 * the transaction is committed, and before anybody else reads them in it. */
enum rc projector_flush(struct projector *projector, struct err *err);

/*
 * projector_judge -- project one event.
 *
 * position     of its delivery, already written
 * received_us  of its delivery
 * event        its revisions are read anew, in its stream's base
 * *verdict     set only on RC_OK
 *
 * Codes as db_run; the transaction then holds part of it.
 */
enum rc projector_judge(struct projector *projector, int64_t position,
    int64_t received_us, struct event *event, enum verdict *verdict,
    struct err *err);

/* projector_learned -- what the last projector_judge learned of its service's
 * base, as one line for an action; NULL: nothing. */
const char *projector_learned(const struct projector *projector);

/*
 * projector_keep -- write the event of a delivery that could not be projected:
 * no stream, no verdict, and why as its problem.
 */
enum rc projector_keep(struct projector *projector, int64_t position,
    const struct event *event, const char *why, struct err *err);

/* projector_close_gap -- an operator's explanation takes effect, unless its
 * numbers were meant in another base than the stream is judged in. */
enum rc projector_close_gap(struct projector *projector,
    const struct gap_action *action, struct err *err);

/*
 * projector_settle -- compare each service's base with what its deliveries and
 * the settings in effect say: after a change of settings, and at the end of a
 * rebuild that took its bases over. Streams of those that differ are to be
 * swept.
 *
 * learned  a line is added for each service of which something else holds now,
 *          for an action, with a newline; NULL: nobody wants them
 */
enum rc projector_settle(struct projector *projector, struct buf *learned,
    struct err *err);

/*
 * projector_sweep -- recompute streams after a change of base, for about
 * budget_us, if there are any.
 */
enum rc projector_sweep(struct projector *projector, int64_t budget_us,
    struct err *err);

#endif
