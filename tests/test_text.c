/* What base/text.h promises; json-c reads back what text_json writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/text.h"

#define BYTES(s) { s, sizeof(s) - 1 }

static const struct row {
	struct slice in;
	bool clean;
	const char *escaped;
	const char *json;
} rows[] = {
	{ BYTES(""), true, "", "\"\"" },
	{ { NULL, 0 }, true, "", "\"\"" },
	{ BYTES("plain"), true, "plain", "\"plain\"" },
	{ BYTES("a\\b"), true, "a\\b", "\"a\\\\b\"" },
	{ BYTES("\"q\""), true, "\"q\"", "\"\\\"q\\\"\"" },
	{ BYTES("\b\f\n\r\t"), true, "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
	{ BYTES("\x01\x1f\x7f"), true, "\x01\x1f\x7f",
	    "\"\\u0001\\u001f\x7f\"" },
	{ BYTES("\0"), false, "\\x00", "\"\\\\x00\"" },
	{ BYTES("a\0b"), false, "a\\x00b", "\"a\\\\x00b\"" },
	/* Edges of each length: U+0080, U+07FF, U+0800, U+FFFF, U+10000,
	 * U+10FFFF */
	{ BYTES("\xc2\x80"), true, "\xc2\x80", "\"\xc2\x80\"" },
	{ BYTES("\xdf\xbf"), true, "\xdf\xbf", "\"\xdf\xbf\"" },
	{ BYTES("\xe0\xa0\x80"), true, "\xe0\xa0\x80", "\"\xe0\xa0\x80\"" },
	{ BYTES("\xef\xbf\xbf"), true, "\xef\xbf\xbf", "\"\xef\xbf\xbf\"" },
	{ BYTES("\xf0\x90\x80\x80"), true, "\xf0\x90\x80\x80",
	    "\"\xf0\x90\x80\x80\"" },
	{ BYTES("\xf4\x8f\xbf\xbf"), true, "\xf4\x8f\xbf\xbf",
	    "\"\xf4\x8f\xbf\xbf\"" },
	/* One beyond: overlong, surrogates' neighbours, U+110000 */
	{ BYTES("\xc0\x80"), false, "\\xC0\\x80", "\"\\\\xC0\\\\x80\"" },
	{ BYTES("\xc1\xbf"), false, "\\xC1\\xBF", "\"\\\\xC1\\\\xBF\"" },
	{ BYTES("\xe0\x9f\xbf"), false, "\\xE0\\x9F\\xBF",
	    "\"\\\\xE0\\\\x9F\\\\xBF\"" },
	{ BYTES("\xed\x9f\xbf"), true, "\xed\x9f\xbf", "\"\xed\x9f\xbf\"" },
	{ BYTES("\xed\xa0\x80"), false, "\\xED\\xA0\\x80",
	    "\"\\\\xED\\\\xA0\\\\x80\"" },
	{ BYTES("\xed\xbf\xbf"), false, "\\xED\\xBF\\xBF",
	    "\"\\\\xED\\\\xBF\\\\xBF\"" },
	{ BYTES("\xee\x80\x80"), true, "\xee\x80\x80", "\"\xee\x80\x80\"" },
	{ BYTES("\xf0\x8f\xbf\xbf"), false, "\\xF0\\x8F\\xBF\\xBF",
	    "\"\\\\xF0\\\\x8F\\\\xBF\\\\xBF\"" },
	{ BYTES("\xf4\x90\x80\x80"), false, "\\xF4\\x90\\x80\\x80",
	    "\"\\\\xF4\\\\x90\\\\x80\\\\x80\"" },
	{ BYTES("\xf5\x80\x80\x80"), false, "\\xF5\\x80\\x80\\x80",
	    "\"\\\\xF5\\\\x80\\\\x80\\\\x80\"" },
	{ BYTES("\xfe\xff"), false, "\\xFE\\xFF", "\"\\\\xFE\\\\xFF\"" },
	/* Cut short, at the end and before something else */
	{ BYTES("\xc2"), false, "\\xC2", "\"\\\\xC2\"" },
	{ BYTES("\xe2\x82"), false, "\\xE2\\x82", "\"\\\\xE2\\\\x82\"" },
	{ BYTES("\xf0\x9f\x98"), false, "\\xF0\\x9F\\x98",
	    "\"\\\\xF0\\\\x9F\\\\x98\"" },
	{ BYTES("\xe2\x82z"), false, "\\xE2\\x82z", "\"\\\\xE2\\\\x82z\"" },
	{ BYTES("\xe2\xe2\x82\xac"), false, "\\xE2\xe2\x82\xac",
	    "\"\\\\xE2\xe2\x82\xac\"" },
	{ BYTES("\x80"), false, "\\x80", "\"\\\\x80\"" },
	{ BYTES("\xc3\xa9t\xe9!"), false, "\xc3\xa9t\\xE9!",
	    "\"\xc3\xa9t\\\\xE9!\"" },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* exact -- a copy in an allocation of just its size, so that the sanitizers
 * and valgrind see a read too far. */
static struct slice
exact(struct slice s)
{
	char *copy = malloc(s.len + (s.len == 0));

	assert_non_null(copy);
	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	return (struct slice){ copy, s.len };
}

static void
bytes_are_clean_or_escaped_one_by_one(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	for (size_t i = 0; i < N_ROWS; i++) {
		struct slice in = exact(rows[i].in);

		if (text_is_clean(in) != rows[i].clean)
			fail_msg("row %zu, %s", i, rows[i].escaped);
		buf_reset(&out);
		buf_add_text(&out, "<");
		text_escape(&out, in);
		assert_string_equal(out.data + 1, rows[i].escaped);
		assert_true(text_is_clean(buf_slice(&out)));
		free((void *)(uintptr_t)in.p);
	}
	buf_clear(&out);
	text_escape(&out, rows[1].in);
	buf_clear(&out);
}

static void
json_is_what_rfc_8259_says(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	for (size_t i = 0; i < N_ROWS; i++) {
		struct slice in = exact(rows[i].in);

		buf_reset(&out);
		text_json(&out, in);
		assert_string_equal(out.data, rows[i].json);
		free((void *)(uintptr_t)in.p);
	}
	buf_clear(&out);
}

static void
another_reader_of_json_gets_the_escaped_text_back(void **state)
{
	struct json_tokener *reader = json_tokener_new();
	struct buf json;
	struct buf want;
	char all[256];

	(void)state;
	assert_non_null(reader);
	json_tokener_set_flags(reader, JSON_TOKENER_STRICT);
	buf_init(&json, 0);
	buf_init(&want, 0);
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	for (size_t i = 0; i <= N_ROWS; i++) {
		struct slice in = { all, sizeof(all) };
		struct json_object *got;

		if (i < N_ROWS)
			in = rows[i].in;
		buf_reset(&json);
		buf_reset(&want);
		text_json(&json, in);
		text_escape(&want, in);
		json_tokener_reset(reader);
		got = json_tokener_parse_ex(reader, json.data,
		    (int)json.len + 1);
		assert_non_null(got);
		assert_int_equal(json_object_get_string_len(got), want.len);
		assert_memory_equal(json_object_get_string(got),
		    buf_slice(&want).p, want.len);
		(void)json_object_put(got);
	}
	buf_clear(&json);
	buf_clear(&want);
	json_tokener_free(reader);
}

static void
text_that_does_not_fit_fails_the_buffer(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 5);
	text_escape(&out, (struct slice){ "\0\0", 2 });
	assert_false(buf_ok(&out));
	buf_clear(&out);
}

static void
what_steers_a_terminal_is_known(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} of[] = {
		{ "\x01", 1 }, { "\x1f", 1 }, { " ", 0 }, { "~", 0 },
		{ "\x7f", 1 }, { "\xc2\x80", 2 }, { "\xc2\x9f", 2 },
		{ "\xc2\xa0", 0 }, { "\xc3\x80", 0 }, { "\xc2", 0 },
		{ "\xe2\x80\xa9", 0 }, { "\xe2\x80\xaa", 3 },
		{ "\xe2\x80\xae", 3 }, { "\xe2\x80\xaf", 0 },
		{ "\xe2\x81\xa5", 0 }, { "\xe2\x81\xa6", 3 },
		{ "\xe2\x81\xa9", 3 }, { "\xe2\x81\xaa", 0 },
		{ "\xe2\x80", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		assert_int_equal(text_control(slice_of(of[i].text), 0),
		    of[i].len);
	assert_int_equal(text_control((struct slice){ "a\0", 2 }, 1), 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_clean_or_escaped_one_by_one),
		cmocka_unit_test(json_is_what_rfc_8259_says),
		cmocka_unit_test(
		    another_reader_of_json_gets_the_escaped_text_back),
		cmocka_unit_test(text_that_does_not_fit_fails_the_buffer),
		cmocka_unit_test(
		    what_steers_a_terminal_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
