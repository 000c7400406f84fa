/*
 * stream -- one sequence that Twilio numbers, with the state of what it is
 * about: a document, a list or map, an identity.
 *
 * State goes by sequence, never by arrival; of conflicting contents the first
 * journaled is the state; a removal is final (docs/design.md section 2, State).
 */
#ifndef JOURNAL_STREAM_H
#define JOURNAL_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "journal/ledger.h"
#include "twilio/event.h"

struct stream {
	int64_t id;		/* position of its first delivery */
	int64_t service_id;
	struct buf key;		/* exact bytes: SID or identity */
	int base;		/* of its revisions: 10 or 16 */
	struct ledger_stream ledger;
	int64_t events;		/* deliveries, of any verdict */
	bool has_head_revision;	/* lists, maps: of the event at the head */
	int64_t head_revision;
	bool removed;		/* the document, list or map */
	bool has_state;
	int64_t state_position;	/* of the delivery that says the state */
	bool has_state_seq;
	int64_t state_seq;	/* its number */
	bool has_name;		/* a unique name was given */
	struct buf name;	/* the first, if it is not stored yet */
	int64_t first_us, last_us;	/* receipts */
};

/* stream_restart -- as before its first event, to be judged again in another
 * base. Its name and receipts do not depend on that, and stay. */
void stream_restart(struct stream *stream, int base);

/*
 * stream_take -- let an event that was judged change the stream.
 *
 * result  of the ledger
 * name    its unique name as clean text; p NULL: none
 */
void stream_take(struct stream *stream, int64_t position, int64_t received_us,
    const struct event *event, const struct ledger_result *result,
    struct slice name);

#endif
