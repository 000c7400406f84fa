/*
 * events -- the positions of the events that fit, in their order.
 *
 * They are found in pieces, each a short transaction of the caller's, however
 * much a filter leaves out: a piece is an interval of positions whose length
 * goes by how long the one before took. Of one stream they are found by its
 * index.
 */
#ifndef AUDIT_EVENTS_H
#define AUDIT_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/name.h"
#include "base/err.h"
#include "base/slice.h"
#include "journal/db.h"

/* Which events fit: those that are all of this. A slice without value (p NULL)
 * asks for nothing; texts are compared as the views have them. */
struct events_filter {
	const struct subject *subject;	/* on its stream; NULL: on any */
	struct slice since, until;	/* receipt, in clock_text's form */
	struct slice type;
	bool type_begins;		/* type is what it begins with */
	struct slice identity;
	struct slice service_sid;	/* "": of those that name none */
	struct slice verdicts;		/* ",late,conflict,": one of them */
};

struct events;

/* events_new -- filter is borrowed until events_free, which accepts NULL.
 * RC_MEMORY */
enum rc events_new(struct events **events, const struct events_filter *filter,
    struct err *err);
void events_free(struct events *events);

/* events_range -- begin anew: from the first position to the last, or down from
 * the last to the first. Nothing when first > last. */
void events_range(struct events *events, int64_t first, int64_t last,
    bool down);

/*
 * events_find -- find the next piece, in a transaction that the caller has
 * begun; no row need be there any more when it is read in a later one.
 *
 * RC_LIMIT  this piece takes longer than the transaction may: nothing was
 *           found; see events_narrow
 * RC_BUSY, RC_STORE, RC_SYNC, RC_MEMORY  as of db_row; may be tried again
 */
enum rc events_find(struct events *events, struct db *db, struct err *err);

/* events_narrow -- try a shorter piece; false when it cannot be shorter. */
bool events_narrow(struct events *events);

/* events_are_done -- whether the whole range was looked through. */
bool events_are_done(const struct events *events);

/* events_piece -- the n positions that were found last, in the order of the
 * range. */
const int64_t *events_piece(const struct events *events, size_t *n);

/* events_reached -- all up to here was looked through, of a range that goes
 * up. */
int64_t events_reached(const struct events *events);

#endif
