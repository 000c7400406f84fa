/*
 * Numbers, times and sizes as a person reads them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/words.h"

#define NOW INT64_C(1772323200000000)
#define S INT64_C(1000000)

static void
check(struct buf *out, const char *want)
{
	assert_true(buf_ok(out));
	assert_string_equal(out->data, want);
	buf_clear(out);
}

static void
a_number_has_a_comma_before_each_three_digits(void **state)
{
	static const struct {
		int64_t number;
		const char *want;
	} rows[] = {
		{ 0, "0" },
		{ 999, "999" },
		{ 1000, "1,000" },
		{ 12345, "12,345" },
		{ 999999, "999,999" },
		{ 1000000, "1,000,000" },
		{ -1, "-1" },
		{ -1000, "-1,000" },
		{ INT64_MAX, "9,223,372,036,854,775,807" },
		{ INT64_MIN, "-9,223,372,036,854,775,808" },
	};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&out, 0);
		words_number(&out, rows[i].number);
		check(&out, rows[i].want);
	}
}

static void
one_is_not_spoken_of_as_many(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	words_count(&out, 0, "gap", "gaps");
	check(&out, "0 gaps");
	words_count(&out, 1, "gap", "gaps");
	check(&out, "1 gap");
	words_count(&out, 1001, "gap", "gaps");
	check(&out, "1,001 gaps");
}

static void
a_time_is_told_in_its_largest_unit_of_which_there_are_two(void **state)
{
	static const struct {
		int64_t apart_us;
		const char *want;
	} rows[] = {
		{ 0, "just now" },
		{ S - 1, "just now" },
		{ S, "1 second ago" },
		{ 2 * S, "2 seconds ago" },
		{ 119 * S, "119 seconds ago" },
		{ 120 * S, "2 minutes ago" },
		{ 7199 * S, "119 minutes ago" },
		{ 7200 * S, "2 hours ago" },
		{ 2 * 86400 * S - 1, "47 hours ago" },
		{ 2 * 86400 * S, "2 days ago" },
		{ 1000 * 86400 * S, "1,000 days ago" },
		{ 1 - S, "just now" },
		{ -S, "in 1 second" },
		{ -3 * 3600 * S, "in 3 hours" },
	};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&out, 0);
		words_ago(&out, NOW - rows[i].apart_us, NOW);
		check(&out, rows[i].want);
	}
}

static void
a_size_is_told_in_its_unit(void **state)
{
	static const struct {
		int64_t bytes;
		const char *want;
	} rows[] = {
		{ 0, "0 bytes" },
		{ 1, "1 byte" },
		{ 1023, "1,023 bytes" },
		{ 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" },
		{ 1048575, "1.0 MiB" },
		{ INT64_C(1) << 30, "1.0 GiB" },
		{ INT64_C(1) << 40, "1.0 TiB" },
		{ INT64_MAX, "8388608.0 TiB" },
	};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&out, 0);
		words_size(&out, rows[i].bytes);
		check(&out, rows[i].want);
	}
}

static void
a_lag_is_told_in_its_unit(void **state)
{
	static const struct {
		int64_t ms;
		const char *want;
	} rows[] = {
		{ 0, "0 ms" },
		{ 999, "999 ms" },
		{ -5, "-5 ms" },
		{ 1000, "1.0 s" },
		{ -1500, "-1.5 s" },
		{ 119900, "119.9 s" },
		{ 120000, "2.0 min" },
		{ 7200000, "2.0 h" },
		{ 172800000, "2.0 days" },
	};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&out, 0);
		words_ms(&out, rows[i].ms);
		check(&out, rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_has_a_comma_before_each_three_digits),
		cmocka_unit_test(one_is_not_spoken_of_as_many),
		cmocka_unit_test(
		    a_time_is_told_in_its_largest_unit_of_which_there_are_two),
		cmocka_unit_test(a_size_is_told_in_its_unit),
		cmocka_unit_test(a_lag_is_told_in_its_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
