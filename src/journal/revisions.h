/*
 * revisions -- how the revisions of lists, maps and their items fit beside the
 * EventIds (docs/design.md section 2, Streams).
 *
 * Along increasing EventId the collection's revision must rise, and an item's
 * within one life of it. An event is compared with its nearest neighbours below
 * and above that have a readable revision. Equal is not rising.
 */
#ifndef JOURNAL_REVISIONS_H
#define JOURNAL_REVISIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/db.h"
#include "journal/item.h"
#include "journal/stream.h"
#include "twilio/event.h"

/* Stored in the journal: append, never renumber. */
enum revision_verdict {
	REVISION_NONE = 0,	/* NULL: there is nothing to compare */
	REVISION_OK = 1,
	REVISION_REGRESSED = 2,
	REVISION_UNREADABLE = 3,
	N_REVISION_VERDICTS
};

/* revision_verdict_name -- "ok", ...; NULL for REVISION_NONE. */
const char *revision_verdict_name(enum revision_verdict verdict);

/*
 * revisions_judge -- compare an event's revisions with those of its neighbours
 * among earlier positions.
 *
 * events     where events are read
 * stream     as it was before this event
 * item       the latest state of the event's item, before this event
 * item_text  the event's item as stored; p NULL: none
 * *verdict   set only on RC_OK
 */
enum rc revisions_judge(struct db *events, const struct stream *stream,
    const struct item *item, struct slice item_text, int64_t position,
    const struct event *event, enum revision_verdict *verdict,
    struct err *err);

#endif
