#include "journal/stream.h"

void
stream_restart(struct stream *stream, int base)
{
	const enum stream_kind kind = stream->ledger.kind;

	stream->base = base;
	stream->ledger = (struct ledger_stream){ .kind = kind };
	stream->events = 0;
	stream->has_head_revision = false;
	stream->removed = false;
	stream->has_state = false;
	stream->has_state_seq = false;
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

static void
take_state(struct stream *stream, int64_t position, const struct event *event)
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
	case LIFE_ITEM_ADDED:
	case LIFE_ITEM_UPDATED:
	case LIFE_ITEM_REMOVED:
		if (!stream->removed && (event->has_seq ?
		    is_later(stream, event) : is_first(stream, event)))
			set_state(stream, position, event);
		break;
	case N_LIVES:
		break;
	}
}

static bool
is_collection(const struct stream *stream)
{
	return stream->ledger.kind == STREAM_LIST ||
	    stream->ledger.kind == STREAM_MAP;
}

/* Of the event at the head, if it is a new one there. */
static void
take_head_revision(struct stream *stream, const struct event *event)
{
	if (!is_collection(stream) || !event->has_seq ||
	    (stream->ledger.has_head && event->seq <= stream->ledger.head))
		return;
	stream->has_head_revision = event->has_revision;
	stream->head_revision = event->revision;
}

void
stream_take(struct stream *stream, int64_t position, int64_t received_us,
    const struct event *event, const struct ledger_result *result,
    struct slice name)
{
	take_head_revision(stream, event);
	stream->ledger = result->stream;
	stream->events++;
	take_state(stream, position, event);
	if (!stream->has_name && name.p != NULL) {
		buf_reset(&stream->name);
		buf_add_slice(&stream->name, name);
		stream->has_name = true;
	}
	if (received_us < stream->first_us)
		stream->first_us = received_us;
	if (received_us > stream->last_us)
		stream->last_us = received_us;
}
