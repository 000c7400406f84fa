#include "base/text.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/*
 * Valid forms of UTF-8 (RFC 3629 section 4). The bounds of the second byte
 * keep out overlong forms (E0, F0), surrogates (ED) and what lies above
 * U+10FFFF (F4); further bytes are 80 to BF.
 */
static const struct form {
	uint8_t first, last;	/* of the first byte */
	uint8_t low, high;	/* of the second byte */
	uint8_t len;		/* of the whole */
} forms[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

/* fits -- whether the bytes begin with this form, their first byte apart. */
static bool
fits(const struct form *form, const uint8_t *p, size_t len)
{
	if (len < form->len || p[1] < form->low || p[1] > form->high)
		return false;
	for (size_t i = 2; i < form->len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return false;
	}
	return true;
}

/* good -- length of the character that the bytes begin with; 0 when there is
 * none, or a NUL. */
static size_t
good(const char *bytes, size_t len)
{
	const uint8_t *p = (const uint8_t *)bytes;

	if (p[0] < 0x80)
		return p[0] == 0 ? 0 : 1;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (p[0] >= forms[i].first && p[0] <= forms[i].last)
			return fits(&forms[i], p, len) ? forms[i].len : 0;
	}
	return 0;
}

/* plain8 -- whether the next eight bytes are ASCII without a NUL: most of what
 * comes is (this loop was a tenth of a rebuild's check, byte by byte). A byte
 * that borrows has its highest bit set, as has one that is no ASCII. */
static bool
plain8(const char *bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t eight;

	memcpy(&eight, bytes, sizeof(eight));
	return ((eight | (eight - ones)) & ones << 7) == 0;
}

/* good_run -- length of the clean text that the bytes begin with. */
static size_t
good_run(const char *bytes, size_t len)
{
	size_t at = 0;
	size_t one;

	while (at < len) {
		if (len - at >= 8 && plain8(bytes + at)) {
			at += 8;
			continue;
		}
		one = good(bytes + at, len - at);
		if (one == 0)
			break;
		at += one;
	}
	return at;
}

bool
text_is_clean(struct slice bytes)
{
	return good_run(bytes.p, bytes.len) == bytes.len;
}

/* U+202A to U+202E and U+2066 to U+2069 by their three bytes. */
static bool
turns_round(const char *p)
{
	const unsigned char second = (unsigned char)p[1];
	const unsigned char third = (unsigned char)p[2];

	return (second == 0x80 && third >= 0xaa && third <= 0xae) ||
	    (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

size_t
text_control(struct slice bytes, size_t i)
{
	const unsigned char c = (unsigned char)bytes.p[i];

	if (c < 0x20 || c == 0x7f)
		return 1;
	if (c == 0xc2 && i + 1 < bytes.len &&
	    (unsigned char)bytes.p[i + 1] < 0xa0)
		return 2;
	return c == 0xe2 && i + 2 < bytes.len && turns_round(bytes.p + i) ?
	    3 : 0;
}

/* add_hex -- c as \xHH, with the backslash that the caller's text needs. */
static void
add_hex(struct buf *out, const char *backslash, char c)
{
	buf_printf(out, "%sx%02X", backslash, (unsigned)(unsigned char)c);
}

void
text_escape(struct buf *out, struct slice bytes)
{
	size_t at = 0;
	size_t run;

	while (at < bytes.len) {
		run = good_run(bytes.p + at, bytes.len - at);
		buf_add(out, bytes.p + at, run);
		at += run;
		if (at < bytes.len)
			add_hex(out, "\\", bytes.p[at++]);
	}
}

/* json_plain -- length of the run that a JSON string takes as it is. */
static size_t
json_plain(const char *bytes, size_t len)
{
	size_t at = 0;
	size_t one;

	while (at < len && (uint8_t)bytes[at] >= 0x20 && bytes[at] != '"' &&
	    bytes[at] != '\\') {
		one = good(bytes + at, len - at);
		if (one == 0)
			break;
		at += one;
	}
	return at;
}

/* json_special -- one byte that a JSON string cannot hold. */
static void
json_special(struct buf *out, char c)
{
	static const char short_from[] = "\"\\\b\f\n\r\t";
	static const char short_to[] = "\"\\bfnrt";
	const char *place = c == '\0' ? NULL : strchr(short_from, c);

	if (place != NULL) {
		buf_add_char(out, '\\');
		buf_add_char(out, short_to[place - short_from]);
	} else if (c != '\0' && (uint8_t)c < 0x20) {
		buf_printf(out, "\\u%04x", (unsigned)(uint8_t)c);
	} else {
		add_hex(out, "\\\\", c);
	}
}

void
text_json(struct buf *out, struct slice bytes)
{
	size_t at = 0;
	size_t run;

	buf_add_char(out, '"');
	while (at < bytes.len) {
		run = json_plain(bytes.p + at, bytes.len - at);
		buf_add(out, bytes.p + at, run);
		at += run;
		if (at < bytes.len)
			json_special(out, bytes.p[at++]);
	}
	buf_add_char(out, '"');
}

bool
text_is_media(struct slice type, const char *want)
{
	size_t at = strlen(want);

	if (type.len < at || strncasecmp(type.p, want, at) != 0)
		return false;
	while (at < type.len && (type.p[at] == ' ' || type.p[at] == '\t'))
		at++;
	return at == type.len || type.p[at] == ';';
}
