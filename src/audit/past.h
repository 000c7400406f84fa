/*
 * past -- what the journal knows of a document, or of an item of a list or map,
 * at any number and at any moment. Never a guess.
 *
 * Versions. The number of a version is the document's revision, the item's
 * EventId. Version n is what the first journaled delivery of n says; that
 * others of the same number say otherwise (verdict conflict) is a note. A
 * document's removal is a version of its own, after the one of its number; one
 * without a usable number stands behind all. Versions are in the order of their
 * numbers, never of arrival. The time of a version is its DateCreated, or its
 * receipt where there is none, to the millisecond, as in the views.
 *
 * State at a moment T. Let E be the largest number with a time not after T, and
 * N the next number that was observed. E had been written by then, N had not.
 * - A document is what E says. Which of the missing numbers between E and N had
 *   been written by T cannot be known, so then it is unknown. What is missing
 *   below E does not matter; what is missing above N was written after it.
 * - For an item E and N are those of its collection. It is what its own largest
 *   number e up to E says. A missing number between e and N may be one of it,
 *   so then it is unknown; so may one that came without its key or index.
 * - It is removed if a removal is E or below, or has no number and a time not
 *   after T. A collection is removed by the first journaled removal.
 * - Without E: if its creation is journaled, with a time after T, it was not
 *   there yet; else it is unknown, since the journal begins later.
 * - An N, or a creation, without DateCreated was written before its receipt, and
 *   perhaps before T, so then it is unknown.
 * What came without a usable number has no place here. When it is later than E,
 * or there is no E, and there is no N it may be the newest, so then it is
 * unknown; with an N it is a note.
 * When a service's base was learned, and a document's numbers are still those
 * of the other one (docs/design.md, Revision base), all of it is unknown.
 * Missing is a number in any state but filled: one that was explained or given
 * up has not told its content. EventId 0 is not missing where only 0 is
 * unobserved: whether EventIds begin there is not known (docs/design.md,
 * Gaps), unless an item is there that never was added.
 *
 * Nothing here prints. All is read in the transaction that is open.
 */
#ifndef AUDIT_PAST_H
#define AUDIT_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/missing.h"
#include "audit/name.h"
#include "audit/version.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "journal/db.h"
#include "twilio/event.h"

/* What is asked about. */
struct past_about {
	const struct subject *subject;
	struct slice item;	/* key or index; p NULL: the document, or all
				 * events of the list, map or identity */
};

/* --------------------------------------------------------------------------
 * One version
 */

enum past_answer {
	PAST_KNOWN,
	PAST_UNKNOWN,	/* what is missing may have changed it, or the journal
			 * begins later */
	PAST_NOT_YET,	/* it was not there yet */
	PAST_REMOVED,	/* it was there no more */
	PAST_NEVER,	/* this number, or item, was not observed */
	N_PAST_ANSWERS
};

struct past_state {
	enum past_answer answer;
	/* PAST_KNOWN: it, with its data; PAST_UNKNOWN: the last that is known
	 * before what is missing, PAST_REMOVED: the last before the removal,
	 * if there is one (position > 0). */
	struct version version;
	struct version removal;	/* PAST_REMOVED */
	/* Lines, each with its end, that may hold control characters. */
	struct buf why;		/* empty if PAST_KNOWN: what is so, and where */
	struct buf note;	/* what else is to be known of the answer: a
				 * conflict, a time that is no DateCreated */
	struct buf text[2];	/* what version and removal point into */
};

/*
 * past_rev -- the version of a number.
 *
 * about   of a document, or with an item
 * *state  set in any case, cleared with past_clear: PAST_KNOWN, PAST_NEVER,
 *         PAST_REMOVED when a removal is all that has this number, or
 *         PAST_UNKNOWN while numbers are those of another base
 *
 * RC_BUSY, RC_STORE, RC_LIMIT, RC_MEMORY
 */
enum rc past_rev(struct db *db, const struct past_about *about,
    int64_t number, struct past_state *state, struct err *err);

/*
 * past_at -- the state at a moment, as above.
 *
 * at_us   NULL: at present
 * Else as past_rev; PAST_NEVER is for an item that is not known at all.
 */
enum rc past_at(struct db *db, const struct past_about *about,
    const int64_t *at_us, struct past_state *state, struct err *err);

/*
 * past_check_base -- append a line if a document's numbers are still those of
 * another base than its service's, and will be others.
 *
 * RC_BUSY, RC_STORE, RC_LIMIT, RC_MEMORY
 */
enum rc past_check_base(struct db *db, const struct subject *subject,
    struct buf *why, struct err *err);

/* past_clear -- also after a failure. */
void past_clear(struct past_state *state);

/* --------------------------------------------------------------------------
 * All versions
 */

/* What is walked over: an event, or an interval that is missing. */
struct past_step {
	const struct version *version;	/* one of them, the other is NULL */
	const struct missing *missing;
};

/*
 * All events of what is asked about but duplicates, conflicts too, in the order
 * of their numbers: within one by position, a removal last. What has no number
 * stands where it belongs: the creation of a list or map before all, the rest
 * behind all, by position. What is missing stands between, but for identities,
 * whose numbers have holes by nature; for an item, what is missing of its
 * collection.
 */
struct past_walk {
	struct past_about about;
	bool backwards;
	bool with_data;
	/* Where it is; of past_walk_begin. */
	int phase;
	int64_t number, position;	/* of the last event */
	int rank;
	int64_t edge;		/* missing numbers are told of up to here */
};

void past_walk_begin(struct past_walk *walk, const struct past_about *about,
    bool backwards, bool with_data);

/* past_walk_from -- begin at a step that was taken before, in either direction:
 * it is the first again. */
void past_walk_from(struct past_walk *walk, const struct past_about *about,
    bool backwards, bool with_data, const struct past_step *step);

/*
 * past_walk_next -- walk on over some steps. Between two calls the transaction
 * may end and another begin: what arrived in between is walked over if it
 * belongs to what is still to come.
 *
 * most   steps at most, 1 or more
 * step   called for each; what it is given is valid until it returns. What it
 *        returns other than RC_OK ends the walk and is returned
 * to     handed to step
 * *more  set on RC_OK: whether there may be more
 *
 * Codes of past_rev, and of step.
 */
enum rc past_walk_next(struct db *db, struct past_walk *walk, size_t most,
    enum rc (*step)(void *to, const struct past_step *step, struct err *err),
    void *to, bool *more, struct err *err);

#endif
