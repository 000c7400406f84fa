#include "model_writer.h"

#include <stdio.h>

#include "model_random.h"

/* What is always the same for a stream and a number. */
static uint64_t
fixed(const struct world_stream *stream, int64_t s, uint64_t n)
{
	struct random random = { stream->salt + (uint64_t)s * 977 };

	return random_below(&random, n);
}

/* --- Texts -------------------------------------------------------------- */

#define TEXTS 160

static const char *
number_text(bool hex, int64_t number)
{
	static char texts[2][TEXTS][8];
	char *const text = texts[hex][number % TEXTS];

	if (*text == '\0')
		snprintf(text, 8, hex ? "%x" : "%u",
		    (unsigned int)(number % TEXTS));
	return text;
}

/* A revision as its service writes it. */
static const char *
revision_text(const struct world_stream *stream, int64_t revision)
{
	return number_text(stream->style == STYLE_HEX ||
	    stream->style == STYLE_HEX_NO_LETTER, revision);
}

const char *
writer_one_of(uint64_t n, const char *const *texts, size_t n_texts)
{
	return texts[n % n_texts];
}

/* --- What would be at a number ------------------------------------------ */

void
writer_service(struct model_step *step, size_t service)
{
	/* The third is the first one's ServiceSid under another account. */
	step->field[FIELD_ACCOUNT_SID] = service == 2 ? "AC2" : "AC1";
	step->field[FIELD_SERVICE_SID] = service == 1 ? "IS2" : "IS1";
}

void
writer_stream(struct model_step *step, const struct world_stream *stream)
{
	writer_service(step, stream->service);
	if (stream->kind == STREAM_IDENTITY) {
		step->field[FIELD_IDENTITY] = stream->key;
		return;
	}
	step->field[FIELD_IDENTITY] = "ada";
	step->field[FIELD_OBJECT_SID] = stream->key;
	step->field[FIELD_UNIQUE_NAME] = stream->name;
}

static void
document_at(const struct world_stream *stream, int64_t s,
    struct model_step *step)
{
	step->type = s == stream->birth ? EVENT_DOCUMENT_CREATED :
	    s == stream->death ? EVENT_DOCUMENT_REMOVED :
	    EVENT_DOCUMENT_UPDATED;
	step->field[FIELD_REVISION] = revision_text(stream, s);
	if (step->type != EVENT_DOCUMENT_REMOVED)
		step->field[FIELD_DATA] = number_text(false, s);
}

static void
item_at(const struct world_stream *stream, int64_t s,
    struct model_step *step)
{
	const bool counts = stream->style == STYLE_COUNTER;
	const uint64_t op = fixed(stream, s, 20);
	/* A counter that is not quite one: equal and falling revisions must
	 * be told as well, and now and then one is left out. */
	const int64_t revision = counts ? s / 2 +
	    (int64_t)fixed(stream, s + 200, 4) : s;

	step->type = op < 6 || s == stream->birth ? EVENT_MAP_ITEM_ADDED :
	    op < 15 ? EVENT_MAP_ITEM_UPDATED : EVENT_MAP_ITEM_REMOVED;
	step->field[FIELD_ITEM] = ONE_OF(fixed(stream, s + 100, 5), "0", "1",
	    "0", "1", "2");
	step->field[FIELD_EVENT_ID] = number_text(false, s);
	step->field[FIELD_REVISION] = revision_text(stream, s + 1);
	if (step->type != EVENT_MAP_ITEM_REMOVED || op == 19) {
		if (fixed(stream, s + 300, counts ? 4 : 20) != 0)
			step->field[FIELD_ITEM_REVISION] = revision_text(
			    stream, revision);
		step->field[FIELD_DATA] = number_text(false, s);
	}
}

static void
endpoint_at(const struct world_stream *stream, int64_t s,
    struct model_step *step)
{
	const uint64_t n = fixed(stream, s, 12);

	step->type = n % 2 == 0 ? EVENT_ENDPOINT_CONNECTED :
	    EVENT_ENDPOINT_DISCONNECTED;
	step->field[FIELD_EVENT_ID] = number_text(false, s);
	step->field[FIELD_ENDPOINT_ID] = ONE_OF(n / 2, "e0", "e1", "e2", "e0",
	    "e1", NULL);
	step->field[FIELD_IS_ONLINE] = ONE_OF(n, "true", "false", "True",
	    "FALSE", "true", "maybe");
}

/* Item events are made for maps. */
static enum event_type
type_for(enum stream_kind kind, enum event_type type)
{
	if (kind != STREAM_LIST)
		return type;
	switch (type) {
	case EVENT_MAP_CREATED:
		return EVENT_LIST_CREATED;
	case EVENT_MAP_REMOVED:
		return EVENT_LIST_REMOVED;
	case EVENT_MAP_ITEM_ADDED:
		return EVENT_LIST_ITEM_ADDED;
	case EVENT_MAP_ITEM_UPDATED:
		return EVENT_LIST_ITEM_UPDATED;
	case EVENT_MAP_ITEM_REMOVED:
		return EVENT_LIST_ITEM_REMOVED;
	default:
		return type;
	}
}

void
writer_event(const struct world_stream *stream,
    int64_t s, struct model_step *step)
{
	writer_stream(step, stream);
	switch (stream->kind) {
	case STREAM_DOCUMENT:
		document_at(stream, s, step);
		break;
	case STREAM_LIST:
	case STREAM_MAP:
		item_at(stream, s, step);
		break;
	case STREAM_IDENTITY:
		endpoint_at(stream, s, step);
		break;
	case STREAM_NONE:
	case N_STREAM_KINDS:
		break;
	}
	step->type = type_for(stream->kind, step->type);
}

void
writer_lifecycle(const struct world_stream *stream, bool created,
    struct model_step *step)
{
	writer_stream(step, stream);
	step->type = type_for(stream->kind, created ? EVENT_MAP_CREATED :
	    EVENT_MAP_REMOVED);
	step->field[FIELD_REVISION] = revision_text(stream, created ? 0 :
	    stream->limit + 1);
}
