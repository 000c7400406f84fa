#include "responder/record.h"

#include <string.h>

#define VERSION 1
#define TYPE_GET_VALUES_RESULT 10
#define TYPE_UNKNOWN 11
#define ROLE_RESPONDER 1
#define FLAG_KEEP 1
#define BEGIN_LEN 8

void
record_init(struct record_walk *walk)
{
	*walk = (struct record_walk){ .plain = true };
}

uint8_t
record_type(const struct record_walk *walk)
{
	return walk->header[1];
}

static enum record_state
refuse(struct record_walk *walk, const char *why)
{
	walk->bad = why;
	return RECORD_BAD;
}

static uint16_t
two_bytes(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* ------------------------------------------------------------------------
 * Name-value pairs (section 3.4): two lengths of one or four bytes, then that
 * many bytes of name and of value. */

/* length_size -- of a length that begins with this byte. */
static size_t
length_size(uint8_t first)
{
	return (first & 0x80) != 0 ? 4 : 1;
}

static size_t
length_value(const uint8_t *p)
{
	if (length_size(*p) == 1)
		return *p;
	return (size_t)(p[0] & 0x7f) << 24 | (size_t)p[1] << 16 |
	    (size_t)p[2] << 8 | p[3];
}

/* lengths_whole -- whether both lengths of a pair are there. */
static bool
lengths_whole(const uint8_t *lengths, size_t len)
{
	size_t first;

	if (len == 0)
		return false;
	first = length_size(lengths[0]);
	return len > first && len >= first + length_size(lengths[first]);
}

/*
 * walk_pairs -- follow the pairs through a piece of PARAMS; false when a pair
 * is longer than all PARAMS may be.
 */
static bool
walk_pairs(struct record_walk *walk, const uint8_t *p, size_t len)
{
	while (len > 0) {
		size_t step = 1;

		if (walk->pair_left > 0) {
			step = len < walk->pair_left ? len : walk->pair_left;
			walk->pair_left -= step;
		} else {
			walk->lengths[walk->lengths_len++] = *p;
			if (lengths_whole(walk->lengths, walk->lengths_len)) {
				const uint8_t *second = walk->lengths +
				    length_size(walk->lengths[0]);

				walk->pair_left = length_value(walk->lengths) +
				    length_value(second);
				walk->lengths_len = 0;
			}
			if (walk->pair_left > RECORD_PARAMS_MAX)
				return false;
		}
		p += step;
		len -= step;
	}
	return true;
}

/* ------------------------------------------------------------------------
 * Records (section 3.3) */

/* header_begin -- judge the header of a BEGIN record. */
static enum record_state
header_begin(struct record_walk *walk)
{
	if (walk->phase != RECORD_PHASE_BEGIN)
		return refuse(walk, "a second request within the first");
	if (walk->content_left != BEGIN_LEN)
		return refuse(walk, "a BEGIN record of another length");
	walk->id = two_bytes(walk->header + 2);
	walk->begin_len = 0;
	return RECORD_MORE;
}

/* header_stream -- judge the header of a record of the request's streams. */
static enum record_state
header_stream(struct record_walk *walk)
{
	const uint8_t want = walk->phase == RECORD_PHASE_PARAMS ?
	    RECORD_TYPE_PARAMS : RECORD_TYPE_STDIN;

	if (walk->phase == RECORD_PHASE_BEGIN)
		return refuse(walk, "no BEGIN record at the start");
	if (two_bytes(walk->header + 2) != walk->id)
		return refuse(walk, "a record of another request");
	if (record_type(walk) == RECORD_TYPE_ABORT)
		return RECORD_MORE;
	if (record_type(walk) != want)
		return refuse(walk, "a record out of order");
	if (want == RECORD_TYPE_PARAMS &&
	    walk->content_left > RECORD_PARAMS_MAX - walk->params_len)
		return refuse(walk, "more parameters than 256 KiB");
	return RECORD_MORE;
}

/* header_whole -- judge a record by its header. */
static enum record_state
header_whole(struct record_walk *walk)
{
	const uint8_t type = record_type(walk);

	walk->content_left = two_bytes(walk->header + 4);
	walk->padding_left = walk->header[6];
	if (walk->header[0] != VERSION)
		return refuse(walk, "not version 1 of FastCGI");
	if (two_bytes(walk->header + 2) == 0) {
		if (type < RECORD_TYPE_GET_VALUES)
			return refuse(walk, "a record of request 0");
		walk->plain = false;
		return RECORD_MORE;
	}
	/* libfcgi forgets padding where it changes from one stream to the
	 * next, and takes it for the next header. */
	if (walk->padding_left > 0 &&
	    (type == RECORD_TYPE_BEGIN || walk->content_left == 0))
		walk->plain = false;
	if (type == RECORD_TYPE_BEGIN)
		return header_begin(walk);
	return header_stream(walk);
}

/* keep_body -- append what fits of a piece of STDIN. */
static void
keep_body(struct record_keep *keep, const char *p, size_t len)
{
	const size_t room = keep->body_max - keep->body.len;

	buf_add(&keep->body, p, len < room ? len : room);
}

/* content -- take a piece of the content of the current record. */
static enum record_state
content(struct record_walk *walk, const char *p, size_t len,
    struct record_keep *keep)
{
	if (two_bytes(walk->header + 2) == 0) {
		if (keep != NULL)
			buf_add(&keep->management, p, len);
		return RECORD_MORE;
	}
	switch (record_type(walk)) {
	case RECORD_TYPE_BEGIN:
		memcpy(walk->begin + walk->begin_len, p, len);
		walk->begin_len += len;
		break;
	case RECORD_TYPE_PARAMS:
		walk->params_len += len;
		if (!walk_pairs(walk, (const uint8_t *)p, len))
			return refuse(walk, "a parameter beyond 256 KiB");
		if (keep != NULL)
			buf_add(&keep->params, p, len);
		break;
	case RECORD_TYPE_STDIN:
		walk->stdin_len += len;
		if (keep != NULL)
			keep_body(keep, p, len);
		break;
	default:	/* ABORT has no content; what there is means nothing */
		break;
	}
	return RECORD_MORE;
}

static enum record_state
begin_whole(struct record_walk *walk)
{
	if (two_bytes(walk->begin) != ROLE_RESPONDER)
		return refuse(walk, "a role that is not responder");
	walk->keep = (walk->begin[2] & FLAG_KEEP) != 0;
	walk->phase = RECORD_PHASE_PARAMS;
	return RECORD_MORE;
}

static enum record_state
params_end(struct record_walk *walk)
{
	if (walk->pair_left > 0 || walk->lengths_len > 0)
		return refuse(walk, "a parameter beyond its stream");
	walk->phase = RECORD_PHASE_STDIN;
	return RECORD_MORE;
}

/* record_whole -- a record was seen to its last byte of padding. */
static enum record_state
record_whole(struct record_walk *walk)
{
	const bool empty = two_bytes(walk->header + 4) == 0;

	walk->header_len = 0;
	if (two_bytes(walk->header + 2) == 0)
		return RECORD_MANAGEMENT;
	switch (record_type(walk)) {
	case RECORD_TYPE_BEGIN:
		return begin_whole(walk);
	case RECORD_TYPE_ABORT:
		return RECORD_ABORTED;
	case RECORD_TYPE_PARAMS:
		return empty ? params_end(walk) : RECORD_MORE;
	default:
		if (!empty)
			return RECORD_MORE;
		walk->phase = RECORD_PHASE_END;
		return RECORD_REQUEST;
	}
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * step -- go over the next piece: of a header, of content, or of padding.
 * *used is how far; 0 with RECORD_MORE when a whole header waits for bytes.
 */
static enum record_state
step(struct record_walk *walk, const char *p, size_t len,
    struct record_keep *keep, size_t *used)
{
	enum record_state state = RECORD_MORE;
	size_t n;

	if (walk->header_len < RECORD_HEADER_LEN) {
		n = least(len, RECORD_HEADER_LEN - walk->header_len);
		memcpy(walk->header + walk->header_len, p, n);
		walk->header_len += n;
		if (walk->header_len == RECORD_HEADER_LEN)
			state = header_whole(walk);
	} else if (walk->content_left > 0) {
		n = least(len, walk->content_left);
		walk->content_left -= n;
		state = content(walk, p, n, keep);
	} else {
		n = least(len, walk->padding_left);
		walk->padding_left -= n;
	}
	*used = n;
	if (state == RECORD_MORE && walk->header_len == RECORD_HEADER_LEN &&
	    walk->content_left == 0 && walk->padding_left == 0)
		state = record_whole(walk);
	return state;
}

enum record_state
record_walk(struct record_walk *walk, const char *bytes, size_t len,
    struct record_keep *keep, size_t *used)
{
	enum record_state state = RECORD_MORE;
	size_t n;

	*used = 0;
	while (state == RECORD_MORE && *used < len) {
		state = step(walk, bytes + *used, len - *used, keep, &n);
		*used += n;
	}
	return state;
}

/* ------------------------------------------------------------------------
 * Writing records */

static void
add_header(struct buf *out, uint8_t type, uint16_t id, size_t len,
    size_t padding)
{
	const uint8_t header[RECORD_HEADER_LEN] = {
		VERSION, type, (uint8_t)(id >> 8), (uint8_t)(id & 0xff),
		(uint8_t)(len >> 8), (uint8_t)(len & 0xff), (uint8_t)padding, 0
	};

	buf_add(out, header, sizeof(header));
}

void
record_add(struct buf *out, uint8_t type, uint16_t id, struct slice content_all,
    bool ended)
{
	size_t at = 0;

	while (at < content_all.len) {
		size_t n = least(content_all.len - at, RECORD_CONTENT_MAX);

		add_header(out, type, id, n, 0);
		buf_add(out, content_all.p + at, n);
		at += n;
	}
	if (ended)
		add_header(out, type, id, 0, 0);
}

void
record_add_begin(struct buf *out, uint16_t id, bool keep)
{
	const uint8_t body[BEGIN_LEN] = {
		0, ROLE_RESPONDER, keep ? FLAG_KEEP : 0, 0, 0, 0, 0, 0
	};

	add_header(out, RECORD_TYPE_BEGIN, id, sizeof(body), 0);
	buf_add(out, body, sizeof(body));
}

/* What section 4.1 asks for. One process serves many connections, one request
 * at a time on each; nobody should hold back because of a number here. */
static const struct {
	const char *name;
	const char *value;
} values[] = {
	{ "FCGI_MAX_CONNS", "1024" },
	{ "FCGI_MAX_REQS", "1024" },
	{ "FCGI_MPXS_CONNS", "0" },
};
#define N_VALUES (sizeof(values) / sizeof(values[0]))

/*
 * next_name -- take one pair off a GET_VALUES record; false at its end, or
 * where it is malformed.
 */
static bool
next_name(struct slice *rest, struct slice *name)
{
	const uint8_t *p = (const uint8_t *)rest->p;
	size_t at;
	size_t value_len;

	if (!lengths_whole(p, rest->len))
		return false;
	name->len = length_value(p);
	at = length_size(*p);
	value_len = length_value(p + at);
	at += length_size(p[at]);
	if (name->len > rest->len - at ||
	    value_len > rest->len - at - name->len)
		return false;
	name->p = rest->p + at;
	at += name->len + value_len;
	rest->p += at;
	rest->len -= at;
	return true;
}

static void
answer_values(struct buf *out, struct slice asked)
{
	bool wanted[N_VALUES] = { false };
	struct slice name;
	size_t len = 0;

	while (next_name(&asked, &name))
		for (size_t i = 0; i < N_VALUES; i++)
			if (slice_is(name, values[i].name))
				wanted[i] = true;
	for (size_t i = 0; i < N_VALUES; i++)
		if (wanted[i])
			len += 2 + strlen(values[i].name) +
			    strlen(values[i].value);
	add_header(out, TYPE_GET_VALUES_RESULT, 0, len, 0);
	for (size_t i = 0; i < N_VALUES; i++) {
		if (!wanted[i])
			continue;
		buf_add_char(out, (char)strlen(values[i].name));
		buf_add_char(out, (char)strlen(values[i].value));
		buf_add_text(out, values[i].name);
		buf_add_text(out, values[i].value);
	}
}

void
record_answer(struct buf *out, uint8_t type, struct slice asked)
{
	const uint8_t unknown[8] = { type, 0, 0, 0, 0, 0, 0, 0 };

	if (type == RECORD_TYPE_GET_VALUES) {
		answer_values(out, asked);
		return;
	}
	add_header(out, TYPE_UNKNOWN, 0, sizeof(unknown), 0);
	buf_add(out, unknown, sizeof(unknown));
}
