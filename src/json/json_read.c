#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "json/json_parts.h"

/* Nodes at first; a document of a few members fits. */
#define NODES_FIRST 64

struct reader {
	struct json *json;
	const char *p;			/* the text */
	size_t at, len;
	bool clean;			/* the text is UTF-8 without a NUL */
	uint32_t depth;
	uint32_t open[JSON_DEPTH_MOST];	/* nodes that are not closed yet */
	struct err *err;
};

static enum rc
expected(const struct reader *r, size_t at, const char *what)
{
	if (at >= r->len)
		return err_set(r->err, RC_SYNTAX,
		    "JSON ends at byte %zu, expected %s", r->len, what);
	return err_set(r->err, RC_SYNTAX, "JSON at byte %zu: expected %s", at,
	    what);
}

/* is -- whether the next byte is c. */
static bool
is(const struct reader *r, char c)
{
	return r->at < r->len && r->p[r->at] == c;
}

static bool
is_digit(const struct reader *r)
{
	return r->at < r->len && r->p[r->at] >= '0' && r->p[r->at] <= '9';
}

static void
skip_blanks(struct reader *r)
{
	while (is(r, ' ') || is(r, '\n') || is(r, '\r') || is(r, '\t'))
		r->at++;
}

/* add_node -- text is set when its end is known. */
static enum rc
add_node(struct reader *r, enum json_kind type, struct slice name)
{
	struct json *json = r->json;

	if (json->n == json->size) {
		/* At most one node a byte: no overflow. */
		const uint32_t size = json->size == 0 ? NODES_FIRST :
		    2 * json->size;
		struct json_node *nodes = realloc(json->nodes,
		    size * sizeof(*nodes));

		if (nodes == NULL)
			return json_no_memory(r->err);
		json->nodes = nodes;
		json->size = size;
	}
	json->nodes[json->n++] = (struct json_node){ .type = type, .span = 1,
	    .name = name };
	if (r->depth > 0)
		json->nodes[r->open[r->depth - 1]].n++;
	return RC_OK;
}

/* hex4 -- the value of four hexadecimal digits, or -1. */
static int
hex4(const char *p, size_t len)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	int value = 0;

	for (size_t i = 0; i < 4; i++) {
		const char *digit = i >= len || p[i] == '\0' ? NULL :
		    strchr(digits, p[i]);

		if (digit == NULL)
			return -1;
		value = value << 4 | (int)((digit - digits) & 15);
	}
	return value;
}

/* put -- a code point as UTF-8, a surrogate too; returns its length. */
static size_t
put(char *out, unsigned c)
{
	static const uint8_t firsts[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	const size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = len; i > 1; i--) {
		out[i - 1] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (char)(firsts[len] | c);
	return len;
}

/* decode_u -- what \uXXXX or a pair of them at p stands for, written to out;
 * *len is set to its length there, and the escape's own is returned. */
static size_t
decode_u(const char *p, size_t left, char *out, size_t *len)
{
	const unsigned first = (unsigned)hex4(p + 2, 4);
	int second = -1;

	if (first >= 0xd800 && first <= 0xdbff && left >= 12 && p[6] == '\\' &&
	    p[7] == 'u')
		second = hex4(p + 8, 4);
	if (second < 0xdc00 || second > 0xdfff) {
		*len = put(out, first);
		return 6;
	}
	*len = put(out, 0x10000 + ((first - 0xd800) << 10) +
	    ((unsigned)second - 0xdc00));
	return 12;
}

/* decode -- a string's content, whose escapes are right. */
static enum rc
decode(struct reader *r, struct slice *content)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	struct json *json = r->json;
	const char *p = content->p;
	const char *const end = p + content->len;
	char *out;
	size_t len;

	if (json->decoded == NULL)
		json->decoded = malloc(json->text.len);
	if (json->decoded == NULL)
		return json_no_memory(r->err);
	out = json->decoded + json->decoded_len;
	content->p = out;
	while (p < end) {
		if (*p != '\\') {
			*out++ = *p++;
		} else if (p[1] != 'u') {
			*out++ = to[strchr(from, p[1]) - from];
			p += 2;
		} else {
			p += decode_u(p, (size_t)(end - p), out, &len);
			out += len;
		}
	}
	content->len = (size_t)(out - content->p);
	json->decoded_len += content->len;
	return RC_OK;
}

/* skip_escape -- at a backslash. */
static enum rc
skip_escape(struct reader *r)
{
	const char *p = r->p + r->at;
	const size_t left = r->len - r->at;

	if (left > 1 && p[1] == 'u') {
		if (hex4(p + 2, left - 2) < 0)
			return expected(r, left < 6 ? r->len : r->at + 2,
			    "four hexadecimal digits after \\u");
		r->at += 6;
		return RC_OK;
	}
	if (left < 2 || p[1] == '\0' || strchr("\"\\/bfnrt", p[1]) == NULL)
		return expected(r, r->at + 1,
		    "one of \"\\/bfnrtu after a backslash");
	r->at += 2;
	return RC_OK;
}

/* skip_character -- one that stands for itself. */
static enum rc
skip_character(struct reader *r)
{
	const size_t left = r->len - r->at;
	size_t len = 1;

	if ((uint8_t)r->p[r->at] < 0x20)
		return expected(r, r->at,
		    "an escape instead of a control character");
	if (!r->clean) {
		while (len <= left && len <= 4 && !text_is_clean(
		    (struct slice){ r->p + r->at, len }))
			len++;
		if (len > left || len > 4)
			return expected(r, r->at, "UTF-8");
	}
	r->at += len;
	return RC_OK;
}

/*
 * read_string -- at a quote; afterwards behind the other.
 *
 * *content  decoded
 */
static enum rc
read_string(struct reader *r, struct slice *content)
{
	const size_t first = ++r->at;
	bool escaped = false;
	enum rc rc = RC_OK;

	while (rc == RC_OK && !is(r, '"')) {
		if (r->at >= r->len) {
			rc = expected(r, r->at, "a quote");
		} else if (r->p[r->at] == '\\') {
			escaped = true;
			rc = skip_escape(r);
		} else {
			rc = skip_character(r);
		}
	}
	if (rc != RC_OK)
		return rc;
	*content = (struct slice){ r->p + first, r->at - first };
	r->at++;
	return escaped ? decode(r, content) : RC_OK;
}

static enum rc
skip_digits(struct reader *r)
{
	if (!is_digit(r))
		return expected(r, r->at, "a digit");
	while (is_digit(r))
		r->at++;
	return RC_OK;
}

static enum rc
skip_number(struct reader *r)
{
	enum rc rc = RC_OK;

	if (is(r, '-'))
		r->at++;
	if (is(r, '0'))
		r->at++;
	else
		rc = skip_digits(r);
	if (rc == RC_OK && is(r, '.')) {
		r->at++;
		rc = skip_digits(r);
	}
	if (rc == RC_OK && (is(r, 'e') || is(r, 'E'))) {
		r->at++;
		if (is(r, '+') || is(r, '-'))
			r->at++;
		rc = skip_digits(r);
	}
	return rc;
}

static enum rc
skip_word(struct reader *r, const char *word)
{
	const size_t len = strlen(word);

	if (r->len - r->at < len || memcmp(r->p + r->at, word, len) != 0)
		return expected(r, r->at, "a value");
	r->at += len;
	return RC_OK;
}

static enum rc
open_node(struct reader *r)
{
	if (r->depth == JSON_DEPTH_MOST)
		return err_set(r->err, RC_LIMIT,
		    "JSON at byte %zu: deeper than %d", r->at,
		    JSON_DEPTH_MOST);
	r->open[r->depth++] = r->json->n - 1;
	r->at++;
	return RC_OK;
}

static void
close_node(struct reader *r)
{
	const uint32_t index = r->open[--r->depth];
	struct json_node *node = &r->json->nodes[index];

	r->at++;
	node->span = r->json->n - index;
	node->text.len = (size_t)(r->p + r->at - node->text.p);
}

/* type_of -- what a value's first byte says that it is; JSON_NULL also when
 * it is none. */
static enum json_kind
type_of(const struct reader *r)
{
	switch (r->at < r->len ? r->p[r->at] : '\0') {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case '"':
		return JSON_STRING;
	case 't':
		return JSON_TRUE;
	case 'f':
		return JSON_FALSE;
	default:
		return is(r, '-') || is_digit(r) ? JSON_NUMBER : JSON_NULL;
	}
}

/* read_value -- one that is not an array or object; of those the beginning. */
static enum rc
read_value(struct reader *r, struct slice name)
{
	const size_t first = r->at;
	const enum json_kind type = type_of(r);
	struct slice value = { NULL, 0 };
	struct json_node *node;
	enum rc rc = add_node(r, type, name);

	if (rc != RC_OK)
		return rc;
	switch (type) {
	case JSON_ARRAY:
	case JSON_OBJECT:
		rc = open_node(r);
		break;
	case JSON_STRING:
		rc = read_string(r, &value);
		break;
	case JSON_NUMBER:
		rc = skip_number(r);
		break;
	case JSON_TRUE:
		rc = skip_word(r, "true");
		break;
	case JSON_FALSE:
		rc = skip_word(r, "false");
		break;
	case JSON_NULL:
	case N_JSON_KINDS:
		rc = skip_word(r, "null");
		break;
	}
	node = &r->json->nodes[r->json->n - 1];
	node->text = (struct slice){ r->p + first, r->at - first };
	node->value = value;
	return rc;
}

static enum rc
read_name(struct reader *r, struct slice *name)
{
	enum rc rc;

	if (!is(r, '"'))
		return expected(r, r->at, "a name in quotes");
	rc = read_string(r, name);
	if (rc != RC_OK)
		return rc;
	skip_blanks(r);
	if (!is(r, ':'))
		return expected(r, r->at, "a colon");
	r->at++;
	skip_blanks(r);
	return RC_OK;
}

/* read_next -- one more member or element of the node that is open, or its
 * end. */
static enum rc
read_next(struct reader *r)
{
	const struct json_node *open = &r->json->nodes[r->open[r->depth - 1]];
	const bool object = open->type == JSON_OBJECT;
	struct slice name = { NULL, 0 };
	enum rc rc = RC_OK;

	skip_blanks(r);
	if (is(r, object ? '}' : ']')) {
		close_node(r);
		return RC_OK;
	}
	if (open->n > 0) {
		if (!is(r, ','))
			return expected(r, r->at,
			    object ? "a comma or }" : "a comma or ]");
		r->at++;
		skip_blanks(r);
	}
	if (object)
		rc = read_name(r, &name);
	return rc == RC_OK ? read_value(r, name) : rc;
}

enum rc
json_read(struct json *json, struct err *err)
{
	struct reader r = {
		.json = json,
		.p = json->text.p == NULL ? "" : json->text.p,
		.len = json->text.len,
		.clean = text_is_clean(json->text),
		.err = err,
	};
	enum rc rc;

	skip_blanks(&r);
	rc = read_value(&r, (struct slice){ NULL, 0 });
	while (rc == RC_OK && r.depth > 0)
		rc = read_next(&r);
	skip_blanks(&r);
	if (rc == RC_OK && r.at < r.len)
		rc = expected(&r, r.at, "nothing more");
	return rc;
}
