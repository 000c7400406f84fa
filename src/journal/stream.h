/*
 * stream -- one sequence that Twilio numbers, as it is stored, with the state
 * of what it is about: a document, the items of a list or map, an identity.
 *
 * State goes by sequence, never by arrival; of conflicting contents the first
 * journaled is the state; a removal is final (docs/design.md section 2).
 */
#ifndef JOURNAL_STREAM_H
#define JOURNAL_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "journal/db.h"
#include "journal/ledger.h"
#include "twilio/event.h"

struct stream {
	int64_t id;
	struct ledger_stream ledger;
	bool removed;		/* the document, list or map */
	bool has_state;
	int64_t state_position;	/* of the delivery that says the state */
	bool has_state_seq;
	int64_t state_seq;	/* its number */
};

/*
 * stream_find -- read the stream of an event, or make it.
 *
 * event     with a stream_key
 * key_text  the key as clean text
 * *stream   set only on RC_OK
 */
enum rc stream_find(struct db *db, int64_t service_id,
    const struct event *event, struct slice key_text, int64_t received_us,
    struct stream *stream, struct err *err);

/* stream_set_state -- what this event means for the state. */
void stream_set_state(struct stream *stream, int64_t position,
    const struct event *event);

/* stream_write -- store what has changed; unique_name as clean text, taken if
 * it is the first. */
enum rc stream_write(struct db *db, const struct stream *stream,
    struct slice unique_name, int64_t received_us, struct err *err);

/* stream_write_item -- the same for the item that an event is about, if any;
 * a removed one leaves its tombstone. */
enum rc stream_write_item(struct db *db, const struct stream *stream,
    int64_t position, const struct event *event, enum verdict verdict,
    struct err *err);

#endif
