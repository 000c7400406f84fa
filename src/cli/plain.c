#include "cli/plain.h"

#include <locale.h>
#include <wchar.h>

#include "base/text.h"

static const struct slice cut_mark = { "..", 2 };

/* UTF-8 with its control characters shown. */
static void
add_shown(struct buf *out, struct slice text)
{
	size_t from = 0, i = 0, n;

	while (i < text.len) {
		n = text_control(text, i);
		if (n == 0) {
			i++;
			continue;
		}
		buf_add(out, text.p + from, i - from);
		for (from = i + n; i < from; i++)
			buf_printf(out, "\\x%02X", (unsigned char)text.p[i]);
	}
	buf_add(out, text.p + from, text.len - from);
}

/* Most of what is printed. */
static bool
is_printable_ascii(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.p[i] < 0x20 || text.p[i] > 0x7e)
			return false;
	}
	return true;
}

void
plain_add(struct buf *out, struct slice text)
{
	struct buf clean;

	if (text.len == 0)
		return;
	if (is_printable_ascii(text)) {
		buf_add_slice(out, text);
		return;
	}
	buf_init(&clean, 0);
	text_escape(&clean, text);
	add_shown(out, buf_slice(&clean));
	if (!buf_ok(&clean))
		out->failed = true;
	buf_clear(&clean);
}

bool
plain_is(const char *text)
{
	const struct slice bytes = slice_of(text);
	size_t i;

	for (i = 0; i < bytes.len; i++) {
		if (text_control(bytes, i) > 0)
			return false;
	}
	return text_is_clean(bytes);
}

void
plain_line(FILE *file, const char *text)
{
	struct buf line;

	buf_init(&line, 0);
	plain_add(&line, slice_of(text));
	buf_add_char(&line, '\n');
	if (buf_ok(&line))
		(void)fwrite(line.data, 1, line.len, file);
	buf_clear(&line);
}

/* ------------------------------------------------------------------------
 * Width
 */

/* What is not to be torn apart. */
struct unit {
	size_t len;	/* bytes */
	size_t width;	/* columns */
};

/* The program's own locale is C, whatever the user's: numbers and messages are
 * the same everywhere. Only widths need another one. */
static size_t
width_of(wchar_t c)
{
	static locale_t locale;
	static bool is_tried;
	locale_t before;
	int width;

	if (!is_tried) {
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
		is_tried = true;
	}
	if (locale == (locale_t)0)
		return 1;
	before = uselocale(locale);
	width = wcwidth(c);
	(void)uselocale(before);
	/* -1: not assigned to a character, as far as the library knows. */
	return width < 0 ? 1 : (size_t)width;
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

static struct unit
unit_at(struct slice text, size_t i)
{
	const unsigned char *p = (const unsigned char *)text.p + i;
	const size_t rest = text.len - i;
	size_t len, n;
	unsigned c;

	if (p[0] < 0x80) {
		if (p[0] == '\\' && rest >= 4 && p[1] == 'x' &&
		    is_hex(text.p[i + 2]) && is_hex(text.p[i + 3]))
			return (struct unit){ 4, 4 };
		return (struct unit){ 1, 1 };
	}
	len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (len > rest)
		return (struct unit){ 1, 1 };
	c = p[0] & (0xffU >> (len + 1));
	for (n = 1; n < len; n++)
		c = c << 6 | (p[n] & 0x3fU);
	return (struct unit){ len, width_of((wchar_t)c) };
}

size_t
plain_width(struct slice text)
{
	struct unit unit;
	size_t i, width = 0;

	for (i = 0; i < text.len; i += unit.len) {
		unit = unit_at(text, i);
		width += unit.width;
	}
	return width;
}

void
plain_cut(struct buf *out, struct slice text, size_t width)
{
	struct unit unit;
	size_t i, used = 0, kept = 0;

	for (i = 0; i < text.len; i += unit.len) {
		unit = unit_at(text, i);
		used += unit.width;
		if (used > width) {
			buf_add(out, text.p, kept);
			buf_add(out, cut_mark.p, width < cut_mark.len ?
			    width : cut_mark.len);
			return;
		}
		if (used + cut_mark.len <= width)
			kept = i + unit.len;
	}
	buf_add_slice(out, text);
}
