/* Bytes as text: what is clean is what RFC 3629 says, what is made clean stays
 * so, and what is written as JSON is read as the same. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "json/json.h"

/* The length of the character that begins here, by its code point; 0: none. */
static size_t
character(struct slice s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *const p = (const unsigned char *)s.p;
	const size_t len = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 :
	    p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
	uint32_t code = len < 2 ? p[0] : p[0] & (0xffu >> (len + 1));
	size_t i;

	if (len == 0 || len > s.len)
		return 0;
	for (i = 1; i < len; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		code = code << 6 | (p[i] & 0x3fu);
	}
	if (code == 0 || code < least[len] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return len;
}

static bool
slow_clean(struct slice s)
{
	size_t len;

	while (s.len > 0) {
		len = character(s);
		if (len == 0)
			return false;
		s.p += len;
		s.len -= len;
	}
	return true;
}

/* Each byte is there, or its \xHH. */
static void
check_escaped(struct slice bytes, struct slice escaped)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t i, at = 0, left, len;
	unsigned char byte;

	for (i = 0; i < bytes.len; i += left) {
		len = character((struct slice){ bytes.p + i, bytes.len - i });
		left = len == 0 ? 1 : len;
		if (len > 0) {
			MUST(at + len <= escaped.len &&
			    memcmp(escaped.p + at, bytes.p + i, len) == 0);
			at += len;
			continue;
		}
		byte = (unsigned char)bytes.p[i];
		MUST(at + 4 <= escaped.len && escaped.p[at] == '\\' &&
		    escaped.p[at + 1] == 'x' &&
		    escaped.p[at + 2] == hex[byte >> 4] &&
		    escaped.p[at + 3] == hex[byte & 15]);
		at += 4;
	}
	MUST(at == escaped.len);
}

static void
check_json(struct slice bytes, struct slice escaped)
{
	struct json *json = NULL;
	struct buf text;

	buf_init(&text, 0);
	text_json(&text, bytes);
	MUST(buf_ok(&text));
	if (text.len <= JSON_TEXT_MOST) {
		MUST(json_parse(&json, buf_slice(&text), NULL) == RC_OK);
		MUST(json_root(json)->type == JSON_STRING);
		MUST(slice_compare(json_root(json)->value, escaped) == 0);
		json_free(json);
	}
	buf_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const struct slice rest = input_rest(&input);
	char *const copy = fuzz_copy(rest);
	const struct slice bytes = { copy, rest.len };
	struct buf escaped, twice;
	size_t i, len;

	buf_init(&escaped, 0);
	buf_init(&twice, 0);
	MUST(text_is_clean(bytes) == slow_clean(bytes));
	text_escape(&escaped, bytes);
	MUST(buf_ok(&escaped) && text_is_clean(buf_slice(&escaped)));
	check_escaped(bytes, buf_slice(&escaped));
	text_escape(&twice, buf_slice(&escaped));
	MUST(fuzz_same(buf_slice(&twice), buf_slice(&escaped)));
	check_json(bytes, buf_slice(&escaped));
	for (i = 0; i < bytes.len; i++) {
		len = text_control(bytes, i);
		MUST(len <= 3 && i + len <= bytes.len);
	}
	(void)text_is_media(bytes, "application/json");
	buf_clear(&escaped);
	buf_clear(&twice);
	free(copy);
	return 0;
}
