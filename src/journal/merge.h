/*
 * merge -- journal the deliveries of other journals that are not here yet.
 *
 * A delivery is known by where it was first journaled: that journal's UUID and
 * its position there. What is here is left alone, so that merging twice, or in
 * a circle, changes nothing. The others are appended in the order of their
 * receipt and judged where they land (docs/design.md section 2, The record).
 * Settings, actions and rejects of other journals are not merged.
 */
#ifndef JOURNAL_MERGE_H
#define JOURNAL_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/journal.h"

/* Web servers behind one load balancer. */
#define MERGE_MAX 64

struct merge_report {
	int64_t read;		/* deliveries that the others have */
	int64_t merged;		/* of these, appended here */
};

struct merge_calls {
	/* done of total deliveries appended; may be NULL. */
	void (*progress)(void *context, int64_t done, int64_t total);
	void *context;
};

/*
 * merge_run -- merge n journals into this one.
 *
 * paths    of journals of this program's version or older; only read. At most
 *          MERGE_MAX
 * *report  what was done, also on failure: what was appended stays, and the
 *          next merge goes on from there
 *
 * An action "merged" a journal says how many deliveries came from it, if any.
 * Memory: 48 bytes for each delivery that is not here yet.
 *
 * RC_FOREIGN  also: a path is this journal itself or is given twice; or two
 *             journals say different things of the place where a delivery was
 *             first journaled, also that there is none: one of them was copied,
 *             or restored from a backup, and written to since; names the
 *             delivery. Nothing was appended.
 * Other codes as reader_open and journal_append.
 */
enum rc merge_run(struct journal *journal, const char *const *paths, size_t n,
    const struct merge_calls *calls, struct merge_report *report,
    struct err *err);

#endif
