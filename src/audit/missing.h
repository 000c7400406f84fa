/*
 * missing -- the numbers of a stream that the journal does not have.
 */
#ifndef AUDIT_MISSING_H
#define AUDIT_MISSING_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/name.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "journal/db.h"
#include "journal/ledger.h"

/* One interval, as the view gaps has it. A slice with p NULL is NULL there. */
struct missing {
	int64_t gap_id;
	int64_t first, last;
	enum gap_state state;	/* any but GAP_FILLED */
	bool is_likely_silent;
	struct slice after_at;	/* a missing write lies between these */
	struct slice before_at;
	struct slice opened_at;	/* since when it is missing */
	struct slice closed_at;	/* explained or given up when, */
	struct slice actor;	/* by whom */
	struct slice reason;	/* and why */
};

/* A reading of them, one at a time; there may be only one in each direction. */
struct missing_reading {
	struct db *db;
	const struct subject *subject;
	bool backwards;
	bool is_open;		/* there may be more */
	bool from_zero;		/* 0 is missing with what begins at 1 */
};

/*
 * missing_begin -- read the intervals that have a number from first to last, in
 * order, each whole.
 *
 * reading    of nothing, or at its end; ended with missing_end also after a
 *            failure
 * subject    borrowed; of an identity there are none
 * first      0 or more
 * backwards  the largest first
 *
 * EventId 0 is left out where only it is unobserved: once 1 or the creation of
 * the collection was observed. Else it begins the interval of what is
 * unobserved.
 *
 * RC_BUSY, RC_STORE, RC_LIMIT, RC_MEMORY
 */
enum rc missing_begin(struct missing_reading *reading, struct db *db,
    const struct subject *subject, int64_t first, int64_t last, bool backwards,
    struct err *err);

/* missing_next -- the next interval. *row says whether there was one: *missing is
 * set then, its slices valid until the next call. Codes as before. */
enum rc missing_next(struct missing_reading *reading, struct missing *missing,
    bool *row, struct err *err);

void missing_end(struct missing_reading *reading);

/*
 * missing_words -- append what is missing in one line without its end, that may
 * hold what an operator wrote:
 *
 *     revisions 7 to 8 are missing since 2026-03-01 09:04:00.000; written
 *     between 2026-03-01 09:03:09.756 and 2026-03-01 09:03:59.782
 */
void missing_words(struct buf *out, enum stream_kind kind,
    const struct missing *missing);

#endif
