#include "journal/streams.h"

#include <stdlib.h>

#include "base/text.h"

/* Each stream that is not at hand costs a read, and one that has to leave
 * before its batch is over a write. Only slots that were used take memory. */
#define SLOTS 16384

struct slot {
	uint64_t epoch;		/* it is used if this is the present one */
	bool listed;		/* in streams->changed */
	bool changed;		/* not written as it is */
	bool new;		/* not written at all */
	struct stream stream;
};

struct streams {
	struct db *db;
	uint64_t epoch;		/* from 1 */
	struct slot slot[SLOTS];
	struct slot *last;	/* that was found or made */
	int changed[SLOTS];	/* slots that may have to be written, the */
	int n_changed;		/* first n_changed */
	/* Slots that own memory. Beside them, since to look at them all would
	 * take 4 MB that a CGI process never uses: half of its time. */
	bool touched[SLOTS];
};

enum rc
streams_new(struct streams **streams, struct db *db, struct err *err)
{
	*streams = calloc(1, sizeof(**streams));
	if (*streams == NULL)
		return err_set(err, RC_MEMORY, "streams: no memory");
	(*streams)->db = db;
	(*streams)->epoch = 1;
	return RC_OK;
}

void
streams_free(struct streams *streams)
{
	size_t i;

	if (streams == NULL)
		return;
	for (i = 0; i < SLOTS; i++) {
		if (!streams->touched[i])
			continue;
		buf_clear(&streams->slot[i].stream.key);
		buf_clear(&streams->slot[i].stream.name);
	}
	free(streams);
}

void
streams_forget(struct streams *streams)
{
	struct slot *slot;

	while (streams->n_changed > 0) {
		slot = &streams->slot[streams->changed[--streams->n_changed]];
		slot->listed = false;
		slot->changed = false;
	}
	streams->epoch++;
	streams->last = NULL;
}

static bool
is_used(const struct streams *streams, const struct slot *slot)
{
	return slot->epoch == streams->epoch;
}

struct db_value
streams_value(struct slice key)
{
	return (struct db_value){ .type = text_is_clean(key) ? DB_TEXT :
	    DB_BLOB, .bytes = key };
}

void
streams_changed(struct streams *streams)
{
	struct slot *slot = streams->last;

	slot->changed = true;
	if (slot->listed)
		return;
	slot->listed = true;
	streams->changed[streams->n_changed++] = (int)(slot - streams->slot);
}

/* ------------------------------------------------------------------------
 * Rows
 */

/* What a new row and a changed one have in common. */
static void
bind_stream(struct db *db, enum statement s, const struct stream *stream)
{
	const struct ledger_stream *ledger = &stream->ledger;

	db_bind_int(db, s, 1, stream->id);
	db_bind_text(db, s, 2, stream->name.len > 0 ?
	    buf_slice(&stream->name) : slice_of(NULL));
	db_bind_int(db, s, 3, stream->base);
	db_bind_int_if(db, s, 4, ledger->has_head, ledger->first);
	db_bind_int_if(db, s, 5, ledger->has_head, ledger->head);
	db_bind_int_if(db, s, 6, stream->has_head_revision,
	    stream->head_revision);
	db_bind_int(db, s, 7, ledger->observed);
	db_bind_int(db, s, 8, stream->events);
	db_bind_int(db, s, 9, ledger->created);
	db_bind_int_if(db, s, 10, ledger->created &&
	    ledger->kind == STREAM_DOCUMENT, ledger->created_seq);
	db_bind_int(db, s, 11, stream->removed);
	db_bind_int_if(db, s, 12, stream->has_state, stream->state_position);
	db_bind_int_if(db, s, 13, stream->has_state && stream->has_state_seq,
	    stream->state_seq);
	db_bind_int(db, s, 14, stream->first_us);
	db_bind_int(db, s, 15, stream->last_us);
}

static enum rc
put(struct db *db, const struct stream *stream, struct err *err)
{
	const enum statement s = STATEMENT_STREAM_PUT;
	const struct db_value key = streams_value(buf_slice(&stream->key));
	struct buf text;
	enum rc rc;

	buf_init(&text, 0);
	/* Only said where the key itself is no text. */
	if (key.type == DB_BLOB)
		text_escape(&text, key.bytes);
	bind_stream(db, s, stream);
	db_bind_int(db, s, 16, stream->service_id);
	db_bind_int(db, s, 17, stream->ledger.kind);
	db_bind(db, s, 18, &key);
	db_bind_text(db, s, 19, key.type == DB_BLOB ? buf_slice(&text) :
	    slice_of(NULL));
	if (buf_ok(&text))
		rc = db_run(db, s, err);
	else
		rc = err_set(err, RC_MEMORY, "stream: no memory");
	buf_clear(&text);
	return rc;
}

static enum rc
write_slot(struct streams *streams, struct slot *slot, struct err *err)
{
	enum rc rc;

	if (!buf_ok(&slot->stream.name))
		return err_set(err, RC_MEMORY, "stream: no memory");
	if (slot->new) {
		rc = put(streams->db, &slot->stream, err);
	} else {
		bind_stream(streams->db, STATEMENT_STREAM_UPDATE,
		    &slot->stream);
		rc = db_run(streams->db, STATEMENT_STREAM_UPDATE, err);
	}
	if (rc != RC_OK)
		return rc;
	slot->new = false;
	slot->changed = false;
	buf_reset(&slot->stream.name);
	return RC_OK;
}

enum rc
streams_flush(struct streams *streams, struct err *err)
{
	struct slot *slot;
	enum rc rc = RC_OK;

	while (rc == RC_OK && streams->n_changed > 0) {
		slot = &streams->slot[streams->changed[streams->n_changed - 1]];
		/* Else it was written when it became another key's. */
		if (slot->changed)
			rc = write_slot(streams, slot, err);
		if (rc != RC_OK)
			break;
		slot->listed = false;
		streams->n_changed--;
	}
	return rc;
}

/* The row that statement stream_find is at. */
static void
read_stream(struct db *db, struct stream *stream)
{
	const enum statement s = STATEMENT_STREAM_FIND;
	struct ledger_stream *ledger = &stream->ledger;

	stream->id = db_int(db, s, 0);
	stream->has_name = db_int(db, s, 1) != 0;
	stream->base = (int)db_int(db, s, 2);
	ledger->first = db_int(db, s, 3);
	ledger->has_head = !db_is_null(db, s, 4);
	ledger->head = db_int(db, s, 4);
	stream->has_head_revision = !db_is_null(db, s, 5);
	stream->head_revision = db_int(db, s, 5);
	ledger->observed = db_int(db, s, 6);
	stream->events = db_int(db, s, 7);
	ledger->created = db_int(db, s, 8) != 0;
	ledger->created_seq = db_int(db, s, 9);
	stream->removed = db_int(db, s, 10) != 0;
	stream->has_state = !db_is_null(db, s, 11);
	stream->state_position = db_int(db, s, 11);
	stream->has_state_seq = !db_is_null(db, s, 12);
	stream->state_seq = db_int(db, s, 12);
	stream->first_us = db_int(db, s, 13);
	stream->last_us = db_int(db, s, 14);
}

/* ------------------------------------------------------------------------
 * Slots
 */

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv): short keys, and a
 * collision costs a read. */
static size_t
hash(int64_t service_id, enum stream_kind kind, struct slice key)
{
	uint64_t h = UINT64_C(14695981039346656037);
	size_t i;

	h = (h ^ (uint64_t)service_id) * UINT64_C(1099511628211);
	h = (h ^ (uint64_t)kind) * UINT64_C(1099511628211);
	for (i = 0; i < key.len; i++)
		h = (h ^ (unsigned char)key.p[i]) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32) % SLOTS;
}

static bool
holds(const struct streams *streams, const struct slot *slot,
    int64_t service_id, enum stream_kind kind, struct slice key)
{
	return is_used(streams, slot) && slot->stream.service_id == service_id &&
	    slot->stream.ledger.kind == kind &&
	    slice_compare(buf_slice(&slot->stream.key), key) == 0;
}

/* Make the slot this key's. */
static enum rc
take_slot(struct streams *streams, size_t i, int64_t service_id,
    enum stream_kind kind, struct slice key, struct err *err)
{
	struct slot *slot = &streams->slot[i];
	struct buf key_buf = slot->stream.key, name = slot->stream.name;
	enum rc rc = RC_OK;

	if (slot->changed)
		rc = write_slot(streams, slot, err);
	if (rc != RC_OK)
		return rc;
	streams->touched[i] = true;
	buf_reset(&key_buf);
	buf_add_slice(&key_buf, key);
	buf_reset(&name);
	*slot = (struct slot){ .epoch = streams->epoch,
	    .listed = slot->listed, .stream = { .key = key_buf,
	    .name = name, .service_id = service_id,
	    .ledger = { .kind = kind } } };
	if (!buf_ok(&key_buf))
		rc = err_set(err, RC_MEMORY, "stream: no memory");
	return rc;
}

/* The slot is this key's if, and only if, the stream is there. */
static enum rc
read_row(struct streams *streams, size_t i, int64_t service_id,
    enum stream_kind kind, struct slice key, bool *found, struct err *err)
{
	const enum statement s = STATEMENT_STREAM_FIND;
	const struct db_value value = streams_value(key);
	struct db *db = streams->db;
	enum rc rc;

	db_bind_int(db, s, 1, service_id);
	db_bind_int(db, s, 2, kind);
	db_bind(db, s, 3, &value);
	rc = db_row(db, s, found, err);
	if (rc != RC_OK || !*found)
		return rc;
	rc = take_slot(streams, i, service_id, kind, key, err);
	if (rc == RC_OK)
		read_stream(db, &streams->slot[i].stream);
	db_done(db, s);
	return rc;
}

enum rc
streams_find(struct streams *streams, int64_t service_id,
    enum stream_kind kind, struct slice key, struct stream **stream,
    struct err *err)
{
	size_t i = hash(service_id, kind, key);
	enum rc rc = RC_OK;
	bool found = true;

	*stream = NULL;
	if (!holds(streams, &streams->slot[i], service_id, kind, key))
		rc = read_row(streams, i, service_id, kind, key, &found, err);
	if (rc == RC_OK && found) {
		streams->last = &streams->slot[i];
		*stream = &streams->last->stream;
	}
	return rc;
}

enum rc
streams_make(struct streams *streams, int64_t service_id,
    enum stream_kind kind, struct slice key, int base, int64_t position,
    int64_t received_us, struct stream **stream, struct err *err)
{
	size_t i = hash(service_id, kind, key);
	struct slot *slot = &streams->slot[i];
	enum rc rc;

	rc = take_slot(streams, i, service_id, kind, key, err);
	if (rc != RC_OK)
		return rc;
	slot->new = true;
	slot->stream.id = position;
	slot->stream.base = base;
	slot->stream.first_us = received_us;
	slot->stream.last_us = received_us;
	streams->last = slot;
	streams_changed(streams);
	*stream = &slot->stream;
	return RC_OK;
}
