#include "json/json_text.h"

#include <stdbool.h>
#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* string_end -- behind the string that begins at this quote. */
static size_t
string_end(const char *p, size_t at)
{
	for (at++; p[at] != '"'; at++) {
		if (p[at] == '\\')
			at++;
	}
	return at + 1;
}

void
json_compact(struct buf *out, const struct json_node *node)
{
	const struct slice text = node->text;
	size_t at = 0;

	while (at < text.len) {
		const size_t first = at;

		while (at < text.len && !is_blank(text.p[at]))
			at = text.p[at] == '"' ? string_end(text.p, at) :
			    at + 1;
		buf_add(out, text.p + first, at - first);
		while (at < text.len && is_blank(text.p[at]))
			at++;
	}
}

static void
new_line(struct buf *out, unsigned levels)
{
	const size_t len = 2 * (size_t)levels;

	buf_add_char(out, '\n');
	if (!buf_reserve(out, len))
		return;
	memset(out->data + out->len, ' ', len);
	out->len += len;
	out->data[out->len] = '\0';
}

/* is_empty -- whether what comes after the bracket at this place, which is at
 * *next, is the other bracket. */
static bool
is_empty(const char *p, size_t at, size_t *next)
{
	for (*next = at + 1; is_blank(p[*next]); (*next)++)
		;
	return p[*next] == (p[at] == '{' ? '}' : ']');
}

/* pretty_one -- what is at this place; returns the place behind it. */
static size_t
pretty_one(struct buf *out, const char *p, size_t at, unsigned *levels)
{
	size_t end = at + 1;
	size_t close;

	switch (p[at]) {
	case '{':
	case '[':
		buf_add_char(out, p[at]);
		if (is_empty(p, at, &close)) {
			buf_add_char(out, p[close]);
			return close + 1;
		}
		new_line(out, ++*levels);
		break;
	case '}':
	case ']':
		new_line(out, --*levels);
		buf_add_char(out, p[at]);
		break;
	case ',':
		buf_add_char(out, ',');
		new_line(out, *levels);
		break;
	case ':':
		buf_add_text(out, ": ");
		break;
	case '"':
		end = string_end(p, at);
		buf_add(out, p + at, end - at);
		break;
	default:
		if (!is_blank(p[at]))
			buf_add_char(out, p[at]);
		break;
	}
	return end;
}

void
json_pretty(struct buf *out, const struct json_node *node, unsigned indent)
{
	unsigned levels = indent;
	size_t at = 0;

	while (at < node->text.len)
		at = pretty_one(out, node->text.p, at, &levels);
}

/* special_len -- bytes of what cannot stand for itself in a string, or 0: one,
 * or three for a lone surrogate (which is there whole). */
static size_t
special_len(const char *p)
{
	const uint8_t c = (uint8_t)*p;

	if (c < 0x20 || c == '"' || c == '\\')
		return 1;
	return c == 0xed && (uint8_t)p[1] >= 0xa0 ? 3 : 0;
}

static void
add_special(struct buf *out, const char *p, size_t len)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *short_one = *p == '\0' ? NULL : strchr(from, *p);
	unsigned c = (uint8_t)*p;

	if (len == 3)
		c = 0xd000 | ((unsigned)p[1] & 0x3f) << 6 |
		    ((unsigned)p[2] & 0x3f);
	if (len == 1 && short_one != NULL)
		buf_printf(out, "\\%c", to[short_one - from]);
	else
		buf_printf(out, "\\u%04x", c);
}

/* add_escaped -- what stands between the quotes; in a pointer "~" and "/" are
 * special too. */
static void
add_escaped(struct buf *out, struct slice text, bool pointer)
{
	size_t at = 0;
	size_t first = 0;

	while (at < text.len) {
		const char c = text.p[at];
		const size_t special = special_len(text.p + at);

		if (special == 0 && !(pointer && (c == '~' || c == '/'))) {
			at++;
			continue;
		}
		buf_add(out, text.p + first, at - first);
		if (special == 0)
			buf_add_text(out, c == '~' ? "~0" : "~1");
		else
			add_special(out, text.p + at, special);
		at += special == 0 ? 1 : special;
		first = at;
	}
	buf_add(out, text.p + first, at - first);
}

void
json_string(struct buf *out, struct slice decoded)
{
	buf_add_char(out, '"');
	add_escaped(out, decoded, false);
	buf_add_char(out, '"');
}

void
json_pointer_name(struct buf *out, struct slice decoded)
{
	buf_add_char(out, '/');
	add_escaped(out, decoded, true);
}

void
json_pointer_index(struct buf *out, uint32_t index)
{
	buf_printf(out, "/%lu", (unsigned long)index);
}

static bool
is_word(struct slice name)
{
	static const char letters[] = "0123456789_abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (name.len == 0 || (name.p[0] >= '0' && name.p[0] <= '9'))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '\0' || strchr(letters, name.p[i]) == NULL)
			return false;
	}
	return true;
}

void
json_path_name(struct buf *out, struct slice decoded)
{
	if (is_word(decoded)) {
		buf_add_char(out, '.');
		buf_add_slice(out, decoded);
	} else {
		buf_add_char(out, '[');
		json_string(out, decoded);
		buf_add_char(out, ']');
	}
}

void
json_path_index(struct buf *out, uint32_t index)
{
	buf_printf(out, "[%lu]", (unsigned long)index);
}
