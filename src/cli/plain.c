#include "cli/plain.h"

#include "base/text.h"

size_t
plain_control(struct slice text, size_t i)
{
	const unsigned char c = (unsigned char)text.p[i];

	if (c < 0x20 || c == 0x7f)
		return 1;
	if (c == 0xc2 && i + 1 < text.len &&
	    (unsigned char)text.p[i + 1] >= 0x80 &&
	    (unsigned char)text.p[i + 1] < 0xa0)
		return 2;
	return 0;
}

size_t
plain_add(struct buf *out, struct slice text, size_t i)
{
	const size_t len = plain_control(text, i);
	size_t n;

	if (len == 0) {
		buf_add_char(out, text.p[i]);
		return 1;
	}
	for (n = 0; n < len; n++)
		buf_printf(out, "\\x%02X", (unsigned char)text.p[i + n]);
	return len;
}

bool
plain_is(const char *text)
{
	const struct slice bytes = slice_of(text);
	size_t i;

	for (i = 0; i < bytes.len; i++) {
		if (plain_control(bytes, i) > 0)
			return false;
	}
	return text_is_clean(bytes);
}

void
plain_line(FILE *file, const char *text)
{
	struct buf clean, line;
	size_t i = 0;

	buf_init(&clean, 0);
	buf_init(&line, 0);
	text_escape(&clean, slice_of(text));
	while (i < clean.len)
		i += plain_add(&line, buf_slice(&clean), i);
	buf_add_char(&line, '\n');
	if (buf_ok(&clean) && buf_ok(&line))
		(void)fwrite(line.data, 1, line.len, file);
	buf_clear(&line);
	buf_clear(&clean);
}
