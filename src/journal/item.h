/*
 * item -- the latest event of an item of a list or map, or of an endpoint of an
 * identity. One that was removed, or disconnected, leaves its tombstone, so
 * that a late addition does not bring it back (docs/design.md section 2,
 * State).
 */
#ifndef JOURNAL_ITEM_H
#define JOURNAL_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/db.h"
#include "journal/ledger.h"
#include "twilio/event.h"

struct item {
	bool found;		/* false: an event of it was never seen */
	int64_t seq;		/* largest number of an event of it */
	bool removed;
	bool has_revision;	/* that event's ItemRevision was readable */
	int64_t revision;
};

/* item_find -- read the item that an event is about, if it has a usable number
 * and is about one; else not found. */
enum rc item_find(struct db *db, int64_t stream_id, const struct event *event,
    struct item *item, struct err *err);

/* item_write -- let an event that was judged change its item, if it does. */
enum rc item_write(struct db *db, int64_t stream_id, const struct item *item,
    int64_t position, const struct event *event, enum verdict verdict,
    struct err *err);

#endif
