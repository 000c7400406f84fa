/*
 * rebuild -- every projection anew from the record alone, beside the one in
 * use, in slices, and then in its place (docs/design.md sections 2 and 6).
 *
 * Between slices anybody may append, or take over the rebuild: how far it is
 * stands in the journal, in the transaction of each slice. A process that is
 * killed leaves a rebuild that the next slice, of whatever process, goes on
 * with.
 */
#ifndef JOURNAL_REBUILD_H
#define JOURNAL_REBUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/journal.h"

enum rebuild_state {
	REBUILD_NONE = 0,	/* stored: nothing to do */
	REBUILD_FILL = 1,	/* the new generation is being filled */
	REBUILD_EMPTY = 2,	/* it is in use; the old one is being emptied */
	N_REBUILD_STATES
};

struct rebuild_progress {
	enum rebuild_state state;
	int64_t position;	/* REBUILD_FILL: projected up to here, of */
	int64_t last;		/* the record's last position */
	bool swapped;		/* this slice put the new generation in use */
};

/* rebuild_want -- have one begun, by the next slice, unless one is being
 * filled; one that only empties the old generation is done first. */
enum rc rebuild_want(struct journal *journal, int wait_ms, struct err *err);

/*
 * rebuild_slice -- do some milliseconds of it under the writers' lock, if one
 * is wanted or under way.
 *
 * *progress  how far it is now, set only on RC_OK; REBUILD_NONE: nothing
 *            remains to be done
 *
 * RC_FULL  also: it has not begun, since there is not as much room as the
 *          journal takes; it needs no more than that for a while
 * Other codes as journal_append; nothing of the slice is then kept.
 */
enum rc rebuild_slice(struct journal *journal, int wait_ms,
    struct rebuild_progress *progress, struct err *err);

#endif
