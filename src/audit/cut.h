/*
 * cut -- where a moment falls among the numbers of a stream (audit/past.h).
 */
#ifndef AUDIT_CUT_H
#define AUDIT_CUT_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/missing.h"
#include "audit/past.h"
#include "audit/version.h"
#include "base/clock.h"

/* No time that clock_text writes is later. */
#define CUT_END "9999-12-31 23:59:59.999"

enum cut_text {
	CUT_LAST,
	CUT_NEXT,
	CUT_REMOVAL,
	CUT_CREATION,
	CUT_LOOSE,
	N_CUT_TEXTS
};

struct cut {
	const struct subject *subject;
	bool is_now;
	char at[CLOCK_TEXT_SIZE];	/* beyond all times if is_now */
	/* Each with position 0 if there is none. */
	struct version last;		/* E */
	struct version next;		/* N: the first of all without E */
	struct version removal;		/* by then */
	struct version creation;	/* of a list or map, at any time; of a
					 * document if it is its first number */
	/* One without a usable number, after E (if there is one) and by the
	 * moment: it has no place, and is not what E says. Of the item, if
	 * that is asked for. */
	struct version loose;
	struct buf text[N_CUT_TEXTS];	/* what they point into */
};

/*
 * cut_find -- find it.
 *
 * about    its subject is borrowed
 * at_us    NULL: now, all that is journaled
 * *cut     set in any case, cleared with cut_clear
 *
 * Codes of version_first.
 */
enum rc cut_find(struct cut *cut, struct db *db,
    const struct past_about *about, const int64_t *at_us, struct err *err);

/* cut_clear -- also after a failure. */
void cut_clear(struct cut *cut);

/* cut_has_begun -- whether there is an E or, of a list or map, its creation is
 * not after the moment: it may be there without items. */
bool cut_has_begun(const struct cut *cut);

/*
 * cut_doubts -- append a line for each interval of missing numbers from first
 * on that may have been written by the moment; at most CUT_DOUBTS, then one
 * that says how many more there are. One without a usable number is a doubt
 * where it may be the newest: there is no N; and so are a number that came
 * without an item, and an N without DateCreated.
 *
 * *n  how many there are
 */
#define CUT_DOUBTS 20
enum rc cut_doubts(const struct cut *cut, struct db *db, int64_t first,
    struct buf *lines, size_t *n, struct err *err);

/*
 * cut_begins -- why there is nothing at the moment, when it has not begun.
 *
 * *is_known  that it was not there yet; else only that the journal begins later
 */
void cut_begins(const struct cut *cut, struct buf *why, bool *is_known);

/* cut_removed -- append who removed it and when, a line; cut_note -- lines on
 * times that are no DateCreated, and on what has no usable number. */
void cut_removed(const struct cut *cut, struct buf *why);
void cut_note(const struct cut *cut, struct buf *note);

#endif
