#include "journal/stream.h"

#include <string.h>

#include "base/text.h"

/* A key by which rows are found: text, or the exact bytes where they are no
 * text, so that two keys never become one by being escaped. */
static void
bind_key(struct db *db, enum statement statement, int index, struct slice key)
{
	if (text_is_clean(key))
		db_bind_text(db, statement, index, key);
	else
		db_bind_blob(db, statement, index, key);
}

static void
read_stream(struct db *db, enum stream_kind kind, struct stream *stream)
{
	const enum statement s = STATEMENT_STREAM_FIND;

	stream->id = db_int(db, s, 0);
	stream->ledger.kind = kind;
	stream->ledger.has_head = !db_is_null(db, s, 2);
	stream->ledger.first = db_int(db, s, 1);
	stream->ledger.head = db_int(db, s, 2);
	stream->ledger.observed = db_int(db, s, 3);
	stream->ledger.created = db_int(db, s, 4) != 0;
	stream->ledger.created_seq = db_int(db, s, 5);
	stream->removed = db_int(db, s, 6) != 0;
	stream->has_state = !db_is_null(db, s, 7);
	stream->state_position = db_int(db, s, 7);
	stream->has_state_seq = !db_is_null(db, s, 8);
	stream->state_seq = db_int(db, s, 8);
}

static enum rc
make_stream(struct db *db, int64_t service_id, const struct event *event,
    struct slice key_text, int64_t received_us, struct stream *stream,
    struct err *err)
{
	const enum statement s = STATEMENT_STREAM_PUT;
	enum rc rc;

	db_bind_int(db, s, 1, service_id);
	db_bind_int(db, s, 2, event->rule->kind);
	bind_key(db, s, 3, event->stream_key);
	/* Only said where the key itself is no text. */
	db_bind_text(db, s, 4, text_is_clean(event->stream_key) ?
	    slice_of(NULL) : key_text);
	db_bind_int(db, s, 5, received_us);
	rc = db_run(db, s, err);
	if (rc != RC_OK)
		return rc;
	memset(stream, 0, sizeof(*stream));
	stream->id = db_last_id(db);
	stream->ledger.kind = event->rule->kind;
	return RC_OK;
}

enum rc
stream_find(struct db *db, int64_t service_id, const struct event *event,
    struct slice key_text, int64_t received_us, struct stream *stream,
    struct err *err)
{
	enum rc rc;
	bool row;

	db_bind_int(db, STATEMENT_STREAM_FIND, 1, service_id);
	db_bind_int(db, STATEMENT_STREAM_FIND, 2, event->rule->kind);
	bind_key(db, STATEMENT_STREAM_FIND, 3, event->stream_key);
	rc = db_row(db, STATEMENT_STREAM_FIND, &row, err);
	if (rc != RC_OK)
		return rc;
	if (!row)
		return make_stream(db, service_id, event, key_text,
		    received_us, stream, err);
	read_stream(db, event->rule->kind, stream);
	db_done(db, STATEMENT_STREAM_FIND);
	return RC_OK;
}

enum rc
stream_write(struct db *db, const struct stream *stream,
    struct slice unique_name, int64_t received_us, struct err *err)
{
	const struct ledger_stream *ledger = &stream->ledger;
	const enum statement s = STATEMENT_STREAM_UPDATE;

	db_bind_int(db, s, 1, stream->id);
	db_bind_text(db, s, 2, unique_name);
	db_bind_int_if(db, s, 3, ledger->has_head, ledger->first);
	db_bind_int_if(db, s, 4, ledger->has_head, ledger->head);
	db_bind_int(db, s, 5, ledger->observed);
	db_bind_int(db, s, 6, ledger->created);
	db_bind_int_if(db, s, 7, ledger->created &&
	    ledger->kind == STREAM_DOCUMENT, ledger->created_seq);
	db_bind_int(db, s, 8, stream->removed);
	db_bind_int_if(db, s, 9, stream->has_state, stream->state_position);
	db_bind_int_if(db, s, 10, stream->has_state_seq, stream->state_seq);
	db_bind_int(db, s, 11, received_us);
	return db_run(db, s, err);
}

static void
set_state(struct stream *stream, int64_t position, const struct event *event)
{
	stream->has_state = true;
	stream->state_position = position;
	stream->has_state_seq = event->has_seq;
	stream->state_seq = event->seq;
}

static bool
is_later(const struct stream *stream, const struct event *event)
{
	return !stream->has_state || !stream->has_state_seq ||
	    event->seq > stream->state_seq;
}

/* A collection's creation carries no number: it says the state until an item
 * does. An event whose number cannot be read never does. */
static bool
is_first(const struct stream *stream, const struct event *event)
{
	return !stream->has_state && event->rule->number == N_FIELDS;
}

void
stream_set_state(struct stream *stream, int64_t position,
    const struct event *event)
{
	switch (event->rule->life) {
	case LIFE_REMOVED:
		/* Also one whose number cannot be read. */
		if (!stream->removed || (event->has_seq &&
		    is_later(stream, event)))
			set_state(stream, position, event);
		stream->removed = true;
		break;
	case LIFE_CREATED:
	case LIFE_NONE:
	case LIFE_UPDATED:
	case LIFE_ITEM_SET:
	case LIFE_ITEM_REMOVED:
		if (!stream->removed && (event->has_seq ?
		    is_later(stream, event) : is_first(stream, event)))
			set_state(stream, position, event);
		break;
	case N_LIVES:
		break;
	}
}

enum rc
stream_write_item(struct db *db, const struct stream *stream,
    int64_t position, const struct event *event, enum verdict verdict,
    struct err *err)
{
	const enum statement s = STATEMENT_ITEM_PUT;
	enum life life = event->rule->life;

	if ((life != LIFE_ITEM_SET && life != LIFE_ITEM_REMOVED) ||
	    !event->has_seq || event->field[FIELD_ITEM].p == NULL)
		return RC_OK;
	/* Of conflicting contents the first journaled is the state, also where
	 * the other one is about another item. */
	if (verdict == VERDICT_CONFLICT || verdict == VERDICT_DUPLICATE)
		return RC_OK;
	db_bind_int(db, s, 1, stream->id);
	bind_key(db, s, 2, event->field[FIELD_ITEM]);
	db_bind_int(db, s, 3, position);
	db_bind_int(db, s, 4, event->seq);
	db_bind_int(db, s, 5, life == LIFE_ITEM_REMOVED);
	return db_run(db, s, err);
}
