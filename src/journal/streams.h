/*
 * streams -- the streams that events are about: each is read once, until
 * streams_forget, and written once a transaction, however many of its events
 * there are. At most 16,384 are at hand, in 5 MB of memory.
 */
#ifndef JOURNAL_STREAMS_H
#define JOURNAL_STREAMS_H

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "journal/db.h"
#include "journal/stream.h"
#include "twilio/event.h"

struct streams;

/* streams_new -- db is borrowed until streams_free (NULL is accepted; what was
 * not written is dropped). */
enum rc streams_new(struct streams **streams, struct db *db, struct err *err);
void streams_free(struct streams *streams);

/* streams_forget -- drop all, unwritten: what was read does not hold. */
void streams_forget(struct streams *streams);

/* streams_flush -- write those that were changed; all stay at hand. After a
 * failure the transaction is to be undone, and streams_forget called. */
enum rc streams_flush(struct streams *streams, struct err *err);

/* streams_value -- a key by which rows are found: text, or the exact bytes as a
 * blob where they are no clean text, so that two keys never become one by being
 * escaped. */
struct db_value streams_value(struct slice key);

/*
 * streams_find -- the stream of this key, for reading.
 *
 * key      exact bytes
 * *stream  NULL: there is none; valid until the next streams_find,
 *          streams_make or streams_forget
 */
enum rc streams_find(struct streams *streams, int64_t service_id,
    enum stream_kind kind, struct slice key, struct stream **stream,
    struct err *err);

/* streams_make -- a new one, that streams_find did not find just now; with no
 * event yet. *stream as streams_find. */
enum rc streams_make(struct streams *streams, int64_t service_id,
    enum stream_kind kind, struct slice key, int base, int64_t position,
    int64_t received_us, struct stream **stream, struct err *err);

/* streams_changed -- the stream that was found or made last is to be
 * written. */
void streams_changed(struct streams *streams);

#endif
