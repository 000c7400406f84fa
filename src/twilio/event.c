#include "twilio/event.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <nettle/sha2.h>

#include "base/clock.h"
#include "base/text.h"
#include "twilio/number.h"
#include "twilio/sid.h"

/* Quoted in a problem, at most this many bytes of a value or name. */
#define QUOTED_MAX 64
/* Ends a problem text that was cut. */
#define MORE "; more"

/* How a field's value is read, and what an empty one means. */
enum reading {
	READ_TEXT,
	READ_NAME,		/* a text with a bound */
	READ_DATA,		/* another bound */
	READ_TYPE,
	READ_SID,
	READ_NUMBER,
	READ_REVISION,		/* by event_read_revisions */
	READ_ONLINE,
	READ_DATE
};

enum empty {
	EMPTY_IS_A_VALUE,
	EMPTY_IS_NOTHING,	/* missing where required; kept as received */
	EMPTY_IS_ABSENT		/* as if it were not there at all */
};

static const struct {
	enum reading reading;
	enum empty empty;
} readings[N_FIELDS] = {
	[FIELD_EVENT_TYPE] = { READ_TYPE, EMPTY_IS_NOTHING },
	[FIELD_ACCOUNT_SID] = { READ_SID, EMPTY_IS_NOTHING },
	[FIELD_SERVICE_SID] = { READ_SID, EMPTY_IS_NOTHING },
	[FIELD_IDENTITY] = { READ_TEXT, EMPTY_IS_ABSENT },
	[FIELD_ENDPOINT_ID] = { READ_TEXT, EMPTY_IS_ABSENT },
	[FIELD_OBJECT_SID] = { READ_SID, EMPTY_IS_NOTHING },
	[FIELD_UNIQUE_NAME] = { READ_NAME, EMPTY_IS_ABSENT },
	[FIELD_REVISION] = { READ_REVISION, EMPTY_IS_NOTHING },
	[FIELD_DATA] = { READ_DATA, EMPTY_IS_A_VALUE },
	/* An ItemIndex; check_presence() spares an ItemKey. */
	[FIELD_ITEM] = { READ_NAME, EMPTY_IS_NOTHING },
	[FIELD_ITEM_REVISION] = { READ_REVISION, EMPTY_IS_NOTHING },
	[FIELD_EVENT_ID] = { READ_NUMBER, EMPTY_IS_NOTHING },
	[FIELD_IS_ONLINE] = { READ_ONLINE, EMPTY_IS_NOTHING },
	[FIELD_DATE_CREATED] = { READ_DATE, EMPTY_IS_A_VALUE },
};

void
event_init(struct event *event)
{
	*event = (struct event){ .rule = event_rule(EVENT_UNKNOWN),
	    .is_online = -1 };
	buf_init(&event->problem, 0);
	buf_init(&event->extra, 0);
}

void
event_clear(struct event *event)
{
	if (event == NULL)
		return;
	buf_clear(&event->problem);
	buf_clear(&event->extra);
	event_init(event);
}

/* Empty, but for the memory of its buffers. */
static void
event_reset(struct event *event)
{
	const struct buf problem = event->problem, extra = event->extra;

	event_init(event);
	event->problem = problem;
	event->extra = extra;
	buf_reset(&event->problem);
	buf_reset(&event->extra);
}

/* The first bytes of a value, no UTF-8 sequence torn apart. */
static void
add_quoted(struct buf *out, struct slice value)
{
	const bool cut = value.len > QUOTED_MAX;

	if (cut) {
		value.len = QUOTED_MAX;
		while (value.len > QUOTED_MAX - 3 &&
		    ((unsigned char)value.p[value.len] & 0xc0) == 0x80)
			value.len--;
	}
	text_json(out, value);
	if (cut)
		buf_add_text(out, "...");
}

/* A name that could be Twilio's as it is, any other one quoted. */
static void
add_name(struct buf *out, struct slice name)
{
	size_t i;

	for (i = 0; i < name.len; i++) {
		const char c = name.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z') || c == '_'))
			break;
	}
	if (i == name.len && i > 0 && i <= QUOTED_MAX)
		buf_add_slice(out, name);
	else
		add_quoted(out, name);
}

static bool
was_cut(const struct buf *problem)
{
	const size_t len = sizeof(MORE) - 1;

	return problem->len >= len &&
	    memcmp(problem->data + problem->len - len, MORE, len) == 0;
}

/* Keep what was added since before_len if it fits the bound, else say that
 * there was more. */
static void
problem_bound(struct buf *problem, size_t before_len)
{
	if (problem->len <= EVENT_PROBLEM_MAX - (sizeof(MORE) - 1))
		return;
	problem->len = before_len;
	problem->data[before_len] = '\0';
	buf_add_text(problem, MORE);
}

/* "; name: what" or, with a value, "; name: what: "value"". */
static void
problem_add(struct event *event, struct slice name, const char *what,
    struct slice value)
{
	struct buf *const problem = &event->problem;
	const size_t before_len = problem->len;

	if (was_cut(problem))
		return;
	if (before_len > 0)
		buf_add_text(problem, "; ");
	add_name(problem, name);
	buf_add_text(problem, ": ");
	buf_add_text(problem, what);
	if (value.p != NULL) {
		buf_add_text(problem, ": ");
		add_quoted(problem, value);
	}
	if (buf_ok(problem))
		problem_bound(problem, before_len);
}

static void
problem_field(struct event *event, enum field field, const char *what,
    struct slice value)
{
	problem_add(event, slice_of(event->rule->param[field]), what, value);
}

/* What is wrong with the delivery as a whole. */
static void
check_whole(struct event *event, const struct params *params,
    const char *problem)
{
	const struct slice body = { "body", 4 };
	char what[64];

	if (problem != NULL) {
		buf_add_text(&event->problem, problem);
		if (buf_ok(&event->problem))
			problem_bound(&event->problem, 0);
	}
	if (params->damaged) {
		snprintf(what, sizeof(what), "damaged escape at byte %zu",
		    params->damaged_at);
		problem_add(event, body, what, (struct slice){ NULL, 0 });
	}
	if (params->n > EVENT_PARAMS_USUAL) {
		snprintf(what, sizeof(what), "%zu parameters, at most %d are "
		    "usual", params->n, EVENT_PARAMS_USUAL);
		problem_add(event, body, what, (struct slice){ NULL, 0 });
	}
}

/* Which field of this type a parameter is, or N_FIELDS. */
static enum field
field_of(const struct event_rule *rule, struct slice name)
{
	enum field field;

	for (field = 0; field < N_FIELDS; field++)
		if (rule->param[field] != NULL &&
		    slice_is(name, rule->param[field]))
			break;
	return field;
}

static void
hash_slice(struct sha256_ctx *sha, struct slice s)
{
	uint8_t length[8];
	size_t i;

	for (i = 0; i < sizeof(length); i++)
		length[i] = (uint8_t)((uint64_t)s.len >> (56 - 8 * i));
	sha256_update(sha, sizeof(length), length);
	sha256_update(sha, s.len, (const uint8_t *)s.p);
}

/* These describe the delivery, not the event (docs/design.md section 2). */
static bool
is_content(struct slice name)
{
	return !slice_is(name, "DateCreated") && !slice_is(name, "RetryCount");
}

/* n parameters of one name that has no field: a string, or an array. */
static void
add_extra(struct event *event, const struct param *list, size_t n)
{
	struct buf *const extra = &event->extra;
	bool clean = text_is_clean(list->name);
	size_t i;

	buf_add_char(extra, extra->len == 0 ? '{' : ',');
	text_json(extra, list->name);
	buf_add_text(extra, n > 1 ? ":[" : ":");
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_add_char(extra, ',');
		text_json(extra, list[i].value);
		clean = clean && text_is_clean(list[i].value);
	}
	if (n > 1)
		buf_add_char(extra, ']');
	if (!clean)
		problem_add(event, list->name, "not UTF-8 text",
		    (struct slice){ NULL, 0 });
}

/* The n parameters of one name, which are neighbours once sorted. */
static void
take_group(struct event *event, const struct param *list, size_t n,
    struct sha256_ctx *sha)
{
	const enum field field = field_of(event->rule, list->name);
	size_t i;

	if (n > 1)
		problem_add(event, list->name, "given more than once",
		    (struct slice){ NULL, 0 });
	if (field < N_FIELDS)
		event->field[field] = list->value;
	else
		add_extra(event, list, n);
	for (i = 0; i < n && is_content(list->name); i++) {
		hash_slice(sha, list[i].name);
		hash_slice(sha, list[i].value);
	}
}

static void
take_params(struct event *event, const struct params *params)
{
	struct sha256_ctx sha;
	size_t i, end;

	sha256_init(&sha);
	for (i = 0; i < params->n; i = end) {
		end = i + 1;
		while (end < params->n && slice_compare(
		    params->list[i].name, params->list[end].name) == 0)
			end++;
		take_group(event, &params->list[i], end - i, &sha);
	}
	sha256_digest(&sha, sizeof(event->content), event->content);
	if (event->extra.len > 0)
		buf_add_char(&event->extra, '}');
}

static void
read_text(struct event *event, enum field field)
{
	if (!text_is_clean(event->field[field]))
		problem_field(event, field, "not UTF-8 text",
		    event->field[field]);
}

static size_t
count_chars(struct slice text)
{
	size_t i, n = 0;

	for (i = 0; i < text.len; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

static void
read_name(struct event *event, enum field field)
{
	const struct slice value = event->field[field];

	read_text(event, field);
	if (value.len > EVENT_NAME_CHARS_MAX &&
	    count_chars(value) > EVENT_NAME_CHARS_MAX)
		problem_field(event, field, "longer than 320 characters",
		    value);
}

static void
read_data(struct event *event, enum field field)
{
	read_text(event, field);
	if (event->field[field].len > EVENT_DATA_BYTES_MAX)
		problem_field(event, field, "longer than 16 KiB",
		    (struct slice){ NULL, 0 });
}

static void
read_sid(struct event *event, enum field field)
{
	const char *prefix = field == FIELD_ACCOUNT_SID ? "AC" :
	    field == FIELD_SERVICE_SID ? "IS" : event->rule->sid_prefix;

	if (!sid_valid(event->field[field], prefix))
		problem_field(event, field, "not a SID", event->field[field]);
}

static void
read_number(struct event *event, enum field field)
{
	event->has_event_id = number_parse(event->field[field], 10,
	    &event->event_id);
	if (!event->has_event_id) {
		problem_field(event, field, "not a usable number",
		    event->field[field]);
	} else if (field == event->rule->number) {
		event->has_seq = true;
		event->seq = event->event_id;
	}
}

static void
read_online(struct event *event, enum field field)
{
	const struct slice value = event->field[field];

	if (value.len == 4 && strncasecmp(value.p, "true", 4) == 0)
		event->is_online = 1;
	else if (value.len == 5 && strncasecmp(value.p, "false", 5) == 0)
		event->is_online = 0;
	else
		problem_field(event, field, "neither true nor false", value);
}

static void
read_date(struct event *event, enum field field)
{
	event->has_created_us = clock_parse(event->field[field],
	    &event->created_us);
	if (!event->has_created_us)
		problem_field(event, field, "not a date that can be read",
		    event->field[field]);
}

static void
read_field(struct event *event, enum field field)
{
	switch (readings[field].reading) {
	case READ_TEXT:
		read_text(event, field);
		break;
	case READ_NAME:
		read_name(event, field);
		break;
	case READ_DATA:
		read_data(event, field);
		break;
	case READ_TYPE:
		if (event->type == EVENT_UNKNOWN)
			problem_field(event, field, "unknown",
			    event->field[field]);
		break;
	case READ_SID:
		read_sid(event, field);
		break;
	case READ_NUMBER:
		read_number(event, field);
		break;
	case READ_REVISION:
		break;
	case READ_ONLINE:
		read_online(event, field);
		break;
	case READ_DATE:
		read_date(event, field);
		break;
	}
}

/* Whether the field has a value to read; tells of one that should be there,
 * or should not. */
static bool
check_presence(struct event *event, enum field field)
{
	const struct event_rule *rule = event->rule;
	struct slice *const value = &event->field[field];
	/* A map's key is the user's own, and may be anything. */
	const bool may_be_empty =
	    readings[field].empty == EMPTY_IS_A_VALUE ||
	    (field == FIELD_ITEM && rule->kind == STREAM_MAP);
	bool present;

	if (value->len == 0 && readings[field].empty == EMPTY_IS_ABSENT)
		*value = (struct slice){ NULL, 0 };
	present = value->p != NULL && (value->len > 0 || may_be_empty);
	if (!present && (rule->required & EVENT_FIELD(field)) != 0)
		problem_field(event, field, "missing",
		    (struct slice){ NULL, 0 });
	if (value->len > 0 && (rule->absent & EVENT_FIELD(field)) != 0)
		problem_field(event, field, "should be absent",
		    (struct slice){ NULL, 0 });
	return present;
}

static bool
read_revision(struct event *event, enum field field, int base,
    int64_t *number)
{
	const struct slice text = event->field[field];

	if (base == 0 || event->rule->param[field] == NULL || text.len == 0)
		return false;
	if (number_parse(text, base, number))
		return true;
	event->revision_unreadable = true;
	problem_field(event, field, "not a usable number", text);
	return false;
}

void
event_read_revisions(struct event *event, int base)
{
	if (event->problem.len > event->problem_len) {
		event->problem.len = event->problem_len;
		event->problem.data[event->problem_len] = '\0';
	}
	event->revision_unreadable = false;
	event->has_revision = read_revision(event, FIELD_REVISION, base,
	    &event->revision);
	event->has_item_revision = read_revision(event, FIELD_ITEM_REVISION,
	    base, &event->item_revision);
	if (event->rule->number == FIELD_REVISION) {
		event->has_seq = event->has_revision;
		event->seq = event->has_seq ? event->revision : 0;
	}
}

enum rc
event_decode(struct event *event, const struct params *params,
    const char *problem, struct err *err)
{
	enum field field;

	event_reset(event);
	event->type = event_type_of(params_find(params, "EventType"));
	event->rule = event_rule(event->type);
	check_whole(event, params, problem);
	take_params(event, params);
	for (field = 0; field < N_FIELDS; field++)
		if (event->rule->param[field] != NULL &&
		    check_presence(event, field))
			read_field(event, field);
	field = event->rule->key;
	if (field < N_FIELDS && event->field[field].len > 0)
		event->stream_key = event->field[field];
	event->problem_len = event->problem.len;
	event_read_revisions(event, 10);
	if (buf_ok(&event->problem) && buf_ok(&event->extra))
		return RC_OK;
	return err_set(err, RC_MEMORY, "event: no memory for it");
}

bool
event_is_rest(const struct event *event)
{
	return event->rule->kind != STREAM_NONE &&
	    event->rule->kind != STREAM_IDENTITY &&
	    slice_is(event->field[FIELD_IDENTITY], "system") &&
	    event->field[FIELD_ENDPOINT_ID].p == NULL;
}
