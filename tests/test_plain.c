/* What cli/plain.h promises: no control character survives, and a text has the
 * width that a terminal gives it. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/plain.h"

#define BYTES(s) { s, sizeof(s) - 1 }

static const struct row {
	struct slice in;
	const char *plain;
	size_t width;
} rows[] = {
	{ BYTES(""), "", 0 },
	{ { NULL, 0 }, "", 0 },
	{ BYTES(" ~"), " ~", 2 },
	{ BYTES("a\x1b[31mb"), "a\\x1B[31mb", 10 },
	{ BYTES("\x1f \x7f~"), "\\x1F \\x7F~", 10 },
	{ BYTES("a\0b\n"), "a\\x00b\\x0A", 10 },
	/* C1: as UTF-8, as a byte, and their neighbours. */
	{ BYTES("\xc2\x80\xc2\x9f\xc2\xa0"), "\\xC2\\x80\\xC2\\x9F\xc2\xa0",
	    17 },
	{ BYTES("\x9b" "31m"), "\\x9B31m", 7 },
	{ BYTES("\xc2"), "\\xC2", 4 },
	{ BYTES("\xff\xfe"), "\\xFF\\xFE", 8 },
	{ BYTES("\xed\xa0\x80"), "\\xED\\xA0\\x80", 12 },
	/* What turns the line round, and its neighbours. */
	{ BYTES("\xe2\x80\xae" "abc"), "\\xE2\\x80\\xAE" "abc", 15 },
	{ BYTES("\xe2\x80\xaf" "abc"), "\xe2\x80\xaf" "abc", 4 },
	{ BYTES("a\xe2\x81\xa6"), "a\\xE2\\x81\\xA6", 13 },
	{ BYTES("a\xe2\x81\xa9"), "a\\xE2\\x81\\xA9", 13 },
	{ BYTES("\xe2\x80\xa9"), "\xe2\x80\xa9", 1 },
	{ BYTES("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f", 4 },
	{ BYTES("e\xcc\x81"), "e\xcc\x81", 1 },
	{ BYTES("\xe6\x97\xa5\xe6\x9c\xac"), "\xe6\x97\xa5\xe6\x9c\xac", 4 },
	{ BYTES("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80", 2 },
	{ BYTES("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf", 1 },
};

/* Widths beyond ASCII need this one. */
static bool
has_locale(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

	if (locale == (locale_t)0)
		return false;
	freelocale(locale);
	return true;
}

static bool
is_ascii(const char *text)
{
	while (*text > 0)
		text++;
	return *text == '\0';
}

static void
test_no_control_character_survives(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_reset(&out);
		buf_add_text(&out, ">");
		plain_add(&out, rows[i].in);
		assert_string_equal(out.data + 1, rows[i].plain);
		assert_true(plain_is(out.data));
		if (has_locale() || is_ascii(rows[i].plain))
			assert_int_equal(plain_width(slice_of(out.data)),
			    rows[i].width + 1);
	}
	buf_clear(&out);
}

static void
test_a_line_is_plain(void **state)
{
	FILE *file = tmpfile();
	char line[64] = "";

	(void)state;
	assert_non_null(file);
	plain_line(file, "a\x1b\xff\n\xc3\xbc");
	rewind(file);
	assert_true(fread(line, 1, sizeof(line) - 1, file) > 0);
	assert_string_equal(line, "a\\x1B\\xFF\\x0A\xc3\xbc\n");
	assert_int_equal(fclose(file), 0);
}

static const struct cut {
	const char *in;
	size_t width;
	const char *out;
	bool needs_locale;
} cuts[] = {
	{ "", 0, "", false },
	{ "a", 0, "", false },
	{ "a", 1, "a", false },
	{ "ab", 1, ".", false },
	{ "ab", 2, "ab", false },
	{ "abc", 2, "..", false },
	{ "abcd", 4, "abcd", false },
	{ "abcde", 4, "ab..", false },
	/* A \xHH is not torn apart, and a \x without it is no such thing. */
	{ "a\\x1Bbc", 7, "a\\x1Bbc", false },
	{ "a\\x1Bbcd", 7, "a\\x1B..", false },
	{ "a\\x1Bbcd", 6, "a..", false },
	{ "a\\x1", 4, "a\\x1", false },
	{ "a\\xyzbc", 6, "a\\xy..", false },
	/* Half of a wide character is none. */
	{ "\xe6\x97\xa5\xe6\x9c\xac", 4, "\xe6\x97\xa5\xe6\x9c\xac", true },
	{ "\xe6\x97\xa5\xe6\x9c\xac", 3, "..", true },
	{ "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5", 5, "\xe6\x97\xa5..", true },
	/* What combines stays with its letter. */
	{ "e\xcc\x81zzz", 3, "e\xcc\x81..", true },
	{ "zze\xcc\x81", 3, "zze\xcc\x81", true },
};

static void
test_a_cut_text_has_no_half_characters(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 0);
	for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		if (cuts[i].needs_locale && !has_locale())
			continue;
		buf_reset(&out);
		plain_cut(&out, slice_of(cuts[i].in), cuts[i].width);
		buf_add_text(&out, "|");
		out.data[out.len - 1] = '\0';
		assert_string_equal(out.data, cuts[i].out);
		assert_true(plain_width(slice_of(out.data)) <= cuts[i].width);
	}
	buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_control_character_survives),
		cmocka_unit_test(test_a_line_is_plain),
		cmocka_unit_test(test_a_cut_text_has_no_half_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
