/* What base/clock.h promises; libc's own calendar is the other party. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

#define US 1000000LL

static void
times_are_written_in_sqlites_form_cut_to_the_millisecond(void **state)
{
	static const struct {
		int64_t us;
		const char *want;
	} rows[] = {
		{ 0, "1970-01-01 00:00:00.000" },
		{ 999, "1970-01-01 00:00:00.000" },
		{ 1000, "1970-01-01 00:00:00.001" },
		{ 999999, "1970-01-01 00:00:00.999" },
		{ -1, "1969-12-31 23:59:59.999" },
		{ 1699358263715999, "2023-11-07 11:57:43.715" },
		{ 951782400 * US, "2000-02-29 00:00:00.000" },
		{ 951868800 * US, "2000-03-01 00:00:00.000" },
		{ 4107542400 * US, "2100-03-01 00:00:00.000" },
		{ 4107542400 * US - 1, "2100-02-28 23:59:59.999" },
		{ 2147483648 * US, "2038-01-19 03:14:08.000" },
		{ -62167219200 * US, "0000-01-01 00:00:00.000" },
		{ 253402300800 * US - 1, "9999-12-31 23:59:59.999" },
		{ -62167219200 * US - 1, "0000-01-01 00:00:00.000" },
		{ 253402300800 * US, "9999-12-31 23:59:59.999" },
		{ INT64_MIN, "0000-01-01 00:00:00.000" },
		{ INT64_MAX, "9999-12-31 23:59:59.999" },
	};
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		clock_text(rows[i].us, text);
		assert_string_equal(text, rows[i].want);
	}
}

static void
check_day(int64_t day)
{
	char text[CLOCK_TEXT_SIZE];
	char want[64];
	struct tm tm;
	time_t s = (time_t)(day * 86400 + 43261);
	int64_t back;

	assert_non_null(gmtime_r(&s, &tm));
	(void)snprintf(want, sizeof(want), "%04d-%02d-%02d %02d:%02d:%02d.007",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
	clock_text(s * US + 7000, text);
	assert_string_equal(text, want);
	if (!clock_parse(slice_of(text), &back) || back != s * US + 7000)
		fail_msg("%s came back as another time", text);
}

static void
days_are_those_that_libc_names(void **state)
{
	(void)state;
	/* Day by day over the 400 years that the calendar repeats. */
	for (int64_t day = -62091; day <= -62091 + 146097; day++)
		check_day(day);
	/* The ends, and every 97th day (prime) of the years 0 to 9999. */
	check_day(-719528);
	check_day(2932896);
	for (int64_t day = -719528; day <= 2932896; day += 97)
		check_day(day);
}

static void
what_twilio_may_write_is_read(void **state)
{
	static const int64_t base = 1699358263 * US;
	static const struct {
		const char *text;
		int64_t want;
	} rows[] = {
		{ "2023-11-07T11:57:43.715Z", 715000 },
		{ "2023-11-07T11:57:43Z", 0 },
		{ "2023-11-07t11:57:43z", 0 },
		{ "2023-11-07 11:57:43", 0 },
		{ "2023-11-07 11:57:43.5", 500000 },
		{ "2023-11-07T11:57:43.123456Z", 123456 },
		{ "2023-11-07T11:57:43.1234569Z", 123456 },
		{ "2023-11-07T11:57:43.000000000000000000000000001Z", 0 },
		{ "2023-11-07T12:57:43+01:00", 0 },
		{ "2023-11-07T12:57:43+0100", 0 },
		{ "2023-11-07T03:57:43.25-08:00", 250000 },
		{ "2023-11-08T11:56:43+23:59", 0 },
		{ "2023-11-06T11:58:43-23:59", 0 },
		{ "2023-11-07T11:57:43-00:00", 0 },
		{ "Tue, 07 Nov 2023 11:57:43 +0000", 0 },
		{ "Tue, 7 Nov 2023 11:57:43 +0000", 0 },
		{ "07 Nov 2023 11:57:43 +0000", 0 },
		{ "7 Nov 2023 11:57:43 GMT", 0 },
		{ "tue, 07 nov 2023 11:57:43 utc", 0 },
		{ "Tue, 07 Nov 2023 03:57:43 -0800", 0 },
	};
	int64_t us;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		us = -1;
		if (!clock_parse(slice_of(rows[i].text), &us))
			fail_msg("refused: %s", rows[i].text);
		if (us != base + rows[i].want)
			fail_msg("%s is read as %" PRId64, rows[i].text, us);
	}
}

static void
days_exist_or_are_refused(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
		{ "2024-02-29T00:00:00Z", true },
		{ "2023-02-29T00:00:00Z", false },
		{ "2000-02-29T00:00:00Z", true },
		{ "1900-02-29T00:00:00Z", false },
		{ "2100-02-29T00:00:00Z", false },
		{ "0000-02-29T00:00:00Z", true },
		{ "2023-04-30T00:00:00Z", true },
		{ "2023-04-31T00:00:00Z", false },
		{ "2023-12-31T23:59:59Z", true },
		{ "2023-12-32T00:00:00Z", false },
		{ "2023-11-00T00:00:00Z", false },
		{ "2023-00-07T00:00:00Z", false },
		{ "2023-13-07T00:00:00Z", false },
		{ "2023-11-07T24:00:00Z", false },
		{ "2023-11-07T23:60:00Z", false },
		{ "2016-12-31T23:59:60Z", false },
		{ "0000-01-01T00:00:00Z", true },
		{ "0000-01-01T00:00:00+00:01", false },
		{ "9999-12-31T23:59:59.999999Z", true },
		{ "9999-12-31T23:59:59-00:01", false },
		{ "31 Apr 2023 00:00:00 GMT", false },
		{ "29 Feb 2024 00:00:00 GMT", true },
	};
	int64_t us;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (clock_parse(slice_of(rows[i].text), &us) != rows[i].want)
			fail_msg("%s", rows[i].text);
	}
}

static void
what_is_no_time_is_refused_and_sets_nothing(void **state)
{
	static const char *const texts[] = {
		"", " ", "Z", "0", "1699358263", "2023", "2023-11-07",
		"2023-11-07T", "2023-11-07T11:57", "2023-11-07T11:57:43.",
		"2023-11-07T11:57:43.Z", "2023-11-07T11:57:43,5Z",
		"2023-11-07T11:57:43ZZ", "2023-11-07T11:57:43Z ",
		" 2023-11-07T11:57:43Z", "2023-11-07T11:57:43 Z",
		"2023-11-07T11:57:43+", "2023-11-07T11:57:43+01",
		"2023-11-07T11:57:43+24:00", "2023-11-07T11:57:43+01:60",
		"2023-11-07T11:57:43+1:00", "2023-11-07T11:57:43GMT",
		"2023-1-07T11:57:43Z", "23-11-07T11:57:43Z",
		"12023-11-07T11:57:43Z", "-2023-11-07T11:57:43Z",
		"+2023-11-07T11:57:43Z", "2023/11/07T11:57:43Z",
		"2023-11-07_11:57:43Z", "2023-11-07T1:57:43Z",
		"2023-11-07T+1:57:43Z", "2023-11-07T 1:57:43Z",
		"Tue 07 Nov 2023 11:57:43 GMT",
		"Tue,07 Nov 2023 11:57:43 GMT", "Xxx, 07 Nov 2023 11:57:43 GMT",
		"Tue, 07 Nox 2023 11:57:43 GMT", "Tue, 07 Nov 23 11:57:43 GMT",
		"Tue, 07 Nov 2023 11:57:43", "Tue, 07 Nov 2023 11:57:43 ",
		"Tue, 07 Nov 2023 11:57:43 EST",
		"Tue, 07 Nov 2023 11:57:43.5 GMT",
		"Tue, 07 Nov 2023 11:57:43 GMT+1",
		"Tue, 007 Nov 2023 11:57:43 GMT",
		"Tue, 07 November 2023 11:57:43 GMT", "Tue, ", "Tu", "null",
		"9999999999999999999999999999999999999999",
	};
	int64_t us = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (clock_parse(slice_of(texts[i]), &us))
			fail_msg("accepted: %s", texts[i]);
	}
	assert_false(clock_parse((struct slice){ NULL, 0 }, &us));
	assert_false(clock_parse((struct slice){
	    "2023-11-07T11:57:43\0", 20 }, &us));
	assert_false(clock_parse((struct slice){
	    "2023\0" "11-07T11:57:43Z", 20 }, &us));
	assert_int_equal(us, 42);
}

static void
no_byte_beyond_a_slice_is_read(void **state)
{
	static const char text[] = "2023-11-07T11:57:43.715+01:00";
	int64_t us;

	(void)state;
	/* Each prefix in an allocation of just its size: the sanitizers and
	 * valgrind see a read too far. */
	for (size_t len = 0; len < sizeof(text); len++) {
		char *exact = malloc(len + (len == 0));

		assert_non_null(exact);
		memcpy(exact, text, len);
		(void)clock_parse((struct slice){ exact, len }, &us);
		free(exact);
	}
	/* Cut before its offset, a text is a whole time too. */
	assert_true(clock_parse((struct slice){ text, 23 }, &us));
	assert_int_equal(us, 1699358263715000);
}

static void
the_clocks_run(void **state)
{
	int64_t mono = clock_mono_us();
	int64_t now = clock_now_us();
	time_t s = time(NULL);

	(void)state;
	assert_true(now / US >= s - 1 && now / US <= s + 1);
	assert_true(clock_mono_us() >= mono);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    times_are_written_in_sqlites_form_cut_to_the_millisecond),
		cmocka_unit_test(days_are_those_that_libc_names),
		cmocka_unit_test(what_twilio_may_write_is_read),
		cmocka_unit_test(days_exist_or_are_refused),
		cmocka_unit_test(what_is_no_time_is_refused_and_sets_nothing),
		cmocka_unit_test(no_byte_beyond_a_slice_is_read),
		cmocka_unit_test(the_clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
