/*
 * collection -- a whole list or map as it was at a moment.
 *
 * The moment cuts its numbers at E (audit/past.h). Each item is what its own
 * largest number up to E says; one that was removed is not there. A number that
 * is missing up to E, or between E and the next that was observed, may have
 * added, changed or removed any item: then the whole is unknown. So it is when
 * one up to E came without its key or index, or an item is there later that
 * never was added.
 *
 * The items are found in slices, each of one transaction; what is journaled
 * after the first is not looked at.
 */
#ifndef AUDIT_COLLECTION_H
#define AUDIT_COLLECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/cut.h"
#include "audit/past.h"
#include "audit/version.h"
#include "base/buf.h"
#include "base/err.h"

struct collection_item {
	size_t at, len;		/* its key or index, in names */
	int64_t position;	/* of the event that says what it is */
};

struct collection {
	const struct subject *subject;
	/* PAST_KNOWN, PAST_UNKNOWN (some of it may be known), PAST_NOT_YET or
	 * PAST_REMOVED. */
	enum past_answer answer;
	struct buf why, note;	/* as in struct past_state */
	struct cut cut;
	int64_t newest;		/* position: up to here the journal is read */
	struct buf names;
	struct collection_item *item;	/* in order once all are found: of a
					 * map by key, of a list by number */
	size_t n_items, size;
	bool is_begun;		/* the item with an empty key was looked for */
	struct buf last;	/* the item that was looked at last */
	size_t n_strangers;	/* items that were never added */
};

/*
 * collection_at -- what is known of the whole at a moment; no item yet.
 *
 * subject      of a list or map; borrowed
 * at_us        NULL: now
 * *collection  set in any case, cleared with collection_clear
 *
 * Codes of past_at.
 */
enum rc collection_at(struct collection *collection, struct db *db,
    const struct subject *subject, const int64_t *at_us, struct err *err);

/* collection_clear -- also after a failure. */
void collection_clear(struct collection *collection);

/*
 * collection_find -- find more of its items.
 *
 * most   items looked at, at most
 * *more  set on RC_OK: whether there may be more; when not, they are in order,
 *        and answer and why are final
 */
enum rc collection_find(struct collection *collection, struct db *db,
    size_t most, bool *more, struct err *err);

/*
 * collection_read -- item i, below n_items, as its event says.
 *
 * text  the version's bytes are kept there
 */
enum rc collection_read(const struct collection *collection, struct db *db,
    size_t i, struct buf *text, struct version *version, struct err *err);

#endif
