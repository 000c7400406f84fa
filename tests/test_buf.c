/* What base/buf.h and base/err.h promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"

static void
an_empty_buffer_is_an_empty_value_and_not_none(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 0);
	assert_non_null(buf_slice(&buf).p);
	assert_int_equal(buf_slice(&buf).len, 0);
	assert_true(buf_ok(&buf));
	buf_clear(&buf);
	buf_clear(&buf);
	buf_clear(NULL);
}

static void
additions_follow_each_other_and_end_in_a_nul(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 0);
	buf_add(&buf, "a\0b", 3);
	buf_add_text(&buf, "text");
	buf_add_char(&buf, '!');
	buf_add_slice(&buf, (struct slice){ "slice", 2 });
	buf_add_slice(&buf, (struct slice){ NULL, 0 });
	buf_printf(&buf, "%d-%s", 42, "x");
	buf_printf(&buf, "%s", "");
	assert_true(buf_ok(&buf));
	assert_int_equal(buf.len, 14);
	assert_memory_equal(buf.data, "a\0btext!sl42-x", 15);
	buf_clear(&buf);
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
}

static void
adding_nothing_allocates_and_ends_in_a_nul(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 0);
	buf_add(&buf, NULL, 0);
	assert_non_null(buf.data);
	assert_string_equal(buf.data, "");
	buf_clear(&buf);
}

static void
a_buffer_grows_over_its_first_size_byte_by_byte(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 0);
	for (int i = 0; i < 100000; i++) {
		buf_add_char(&buf, (char)(i % 251));
		assert_int_equal(buf.data[buf.len], 0);
	}
	assert_true(buf_ok(&buf));
	assert_int_equal(buf.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf.data[i], (char)(i % 251));
	buf_clear(&buf);
}

static void
the_limit_is_reached_and_not_passed(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 5);
	buf_add_text(&buf, "1234");
	buf_add_text(&buf, "5");
	assert_true(buf_ok(&buf));
	buf_add_text(&buf, "6");
	assert_false(buf_ok(&buf));
	assert_string_equal(buf.data, "12345");
	buf_reset(&buf);
	assert_true(buf_ok(&buf));
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf.data, "");
	buf_add_text(&buf, "123456");
	assert_false(buf_ok(&buf));
	assert_int_equal(buf.len, 0);
	buf_clear(&buf);
	/* The limit outlives a clear. */
	buf_add_text(&buf, "123456");
	assert_false(buf_ok(&buf));
	buf_clear(&buf);
}

static void
a_failed_buffer_takes_nothing_more_even_if_it_would_fit(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 5);
	buf_add_text(&buf, "abc");
	buf_printf(&buf, "%s", "def");
	buf_add_text(&buf, "d");
	buf_add(&buf, "", 0);
	assert_false(buf_reserve(&buf, 0));
	assert_false(buf_ok(&buf));
	assert_string_equal(buf.data, "abc");
	buf_clear(&buf);
}

static void
an_absurd_length_fails_and_nothing_wraps_around(void **state)
{
	static const size_t lens[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 };
	struct buf buf;

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		buf_init(&buf, 0);
		buf_add_text(&buf, "ab");
		assert_false(buf_reserve(&buf, lens[i]));
		assert_false(buf_ok(&buf));
		assert_string_equal(buf.data, "ab");
		buf_clear(&buf);
	}
}

static void
reserved_room_can_be_written_to_its_last_byte(void **state)
{
	struct buf buf;

	(void)state;
	for (size_t len = 254; len < 260; len++) {
		buf_init(&buf, 0);
		buf_add_text(&buf, "x");
		assert_true(buf_reserve(&buf, len));
		memset(buf.data + buf.len, 'y', len);
		buf.len += len;
		buf_add(&buf, "", 0);
		assert_int_equal(strlen(buf.data), len + 1);
		buf_clear(&buf);
	}
}

static void
an_error_keeps_its_code_and_its_message(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, RC_FULL, "%s: no room", "/x"), RC_FULL);
	assert_string_equal(err.text, "/x: no room");
	err_prefix(&err, "line %d", 7);
	assert_string_equal(err.text, "line 7: /x: no room");
	/* Its own old text may be an argument. */
	err_set(&err, RC_STORE, "again: %s", err.text);
	assert_string_equal(err.text, "again: line 7: /x: no room");
	assert_int_equal(err_set(NULL, RC_BUSY, "dropped"), RC_BUSY);
	err_prefix(NULL, "dropped");
}

static void
a_message_that_does_not_fit_is_cut(void **state)
{
	char path[2 * ERR_TEXT_SIZE];
	struct err err;

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	err_set(&err, RC_SYSTEM, "%s", path);
	assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
	err_prefix(&err, "front");
	assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
	assert_memory_equal(err.text, "front: ppp", 10);
	err_prefix(&err, "%s", path);
	assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
}

static void
slices_compare_bytewise_and_a_prefix_comes_first(void **state)
{
	static const struct {
		struct slice a, b;
		int want;
	} rows[] = {
		{ { "a", 1 }, { "b", 1 }, -1 },
		{ { "a", 1 }, { "ab", 2 }, -1 },
		{ { "ab", 2 }, { "ab", 2 }, 0 },
		{ { "B", 1 }, { "a", 1 }, -1 },
		{ { "\xff", 1 }, { "a", 1 }, 1 },
		{ { "a\0a", 3 }, { "a\0b", 3 }, -1 },
		{ { NULL, 0 }, { "", 0 }, 0 },
		{ { NULL, 0 }, { "a", 1 }, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got = slice_compare(rows[i].a, rows[i].b);
		int back = slice_compare(rows[i].b, rows[i].a);

		assert_int_equal((got > 0) - (got < 0), rows[i].want);
		assert_int_equal((back > 0) - (back < 0), -rows[i].want);
	}
	assert_true(slice_is(slice_of("ab"), "ab"));
	assert_false(slice_is(slice_of("ab"), "a"));
	assert_false(slice_is(slice_of("a"), "ab"));
	assert_false(slice_is(slice_of(NULL), ""));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_empty_buffer_is_an_empty_value_and_not_none),
		cmocka_unit_test(additions_follow_each_other_and_end_in_a_nul),
		cmocka_unit_test(adding_nothing_allocates_and_ends_in_a_nul),
		cmocka_unit_test(
		    a_buffer_grows_over_its_first_size_byte_by_byte),
		cmocka_unit_test(the_limit_is_reached_and_not_passed),
		cmocka_unit_test(
		    a_failed_buffer_takes_nothing_more_even_if_it_would_fit),
		cmocka_unit_test(
		    an_absurd_length_fails_and_nothing_wraps_around),
		cmocka_unit_test(
		    reserved_room_can_be_written_to_its_last_byte),
		cmocka_unit_test(an_error_keeps_its_code_and_its_message),
		cmocka_unit_test(a_message_that_does_not_fit_is_cut),
		cmocka_unit_test(
		    slices_compare_bytewise_and_a_prefix_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
