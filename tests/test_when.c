/* What base/when.h promises of moments that a person types. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/when.h"

#define US 1000000LL
#define MINUTE (60 * US)
#define HOUR (3600 * US)
#define DAY (86400 * US)

/* 2026-11-25 14:30:15.25, a Wednesday. */
#define TODAY (1795564800 * US)
#define NOW (TODAY + 14 * HOUR + 30 * MINUTE + 15 * US + 250000)

/* The ends of the years 0 to 9999. */
#define FIRST (-62167219200 * US)
#define LAST (253402300800 * US - 1)

static void
expect(const char *text, int64_t now_us, int64_t want)
{
	int64_t us = INT64_MIN;

	if (!when_parse(slice_of(text), now_us, &us))
		fail_msg("refused: %s", text);
	if (us != want)
		fail_msg("%s: %" PRId64 " and not %" PRId64, text, us, want);
}

static void
expect_refused(const char *text, int64_t now_us)
{
	int64_t us = 4711;

	if (when_parse(slice_of(text), now_us, &us))
		fail_msg("read: '%s' as %" PRId64, text, us);
	assert_int_equal(us, 4711);
}

static void
dates_and_times_of_day_are_read_as_utc(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} rows[] = {
		{ "2026-11-25", TODAY },
		{ "2026-11-25 14:30", TODAY + 14 * HOUR + 30 * MINUTE },
		{ "2026-11-25T14:30", TODAY + 14 * HOUR + 30 * MINUTE },
		{ "2026-11-25t14:30", TODAY + 14 * HOUR + 30 * MINUTE },
		{ "2026-11-25T14:30Z", TODAY + 14 * HOUR + 30 * MINUTE },
		{ "2026-11-25 14:30+01:00", TODAY + 13 * HOUR + 30 * MINUTE },
		{ "2026-11-25 14:30-0130", TODAY + 16 * HOUR },
		{ "2026-11-25 14:30:15", NOW - 250000 },
		{ "2026-11-25 14:30:15.25", NOW },
		{ "2026-11-25T14:30:15.250Z", NOW },
		{ "2026-11-25T15:30:15.250+01:00", NOW },
		{ "Wed, 25 Nov 2026 14:30:15 GMT", NOW - 250000 },
		{ "  2026-11-25\t", TODAY },
		{ "2026-11-25 00:00", TODAY },
		{ "2026-11-25 23:59", TODAY + DAY - MINUTE },
		{ "2024-02-29", 1709164800 * US },
		{ "2000-02-29", 951782400 * US },
		{ "1969-12-31", -DAY },
		{ "0000-01-01", FIRST },
		{ "9999-12-31", LAST + 1 - DAY },
		{ "9999-12-31 23:59:59.999999", LAST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(rows[i].text, NOW, rows[i].want);
}

static void
days_have_names_and_begin_at_midnight_utc(void **state)
{
	(void)state;
	expect("now", NOW, NOW);
	expect("NOW", NOW, NOW);
	expect(" today ", NOW, TODAY);
	expect("Yesterday", NOW, TODAY - DAY);
	expect("today", TODAY, TODAY);
	expect("today", TODAY - 1, TODAY - DAY);
	expect("today", -1, -DAY);
	expect("today", 0, 0);
	expect("yesterday", -DAY, -2 * DAY);
	expect("today", FIRST + 1, FIRST);
	expect_refused("yesterday", FIRST + 1);
}

static void
a_time_ago_is_digits_and_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t ago;
	} rows[] = {
		{ "90s", 90 * US }, { "0s", 0 }, { "1sec", US },
		{ "15m", 15 * MINUTE }, { "15min", 15 * MINUTE },
		{ "2h", 2 * HOUR }, { "2h ago", 2 * HOUR },
		{ "2h  AGO", 2 * HOUR }, { "2 hours ago", 2 * HOUR },
		{ "1 hour", HOUR }, { "3d", 3 * DAY }, { "2w", 14 * DAY },
		{ "2 weeks", 14 * DAY }, { "007d", 7 * DAY },
		{ " 2h ", 2 * HOUR }, { "45 minutes ago", 45 * MINUTE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(rows[i].text, NOW, NOW - rows[i].ago);
}

static void
seconds_since_1970_follow_an_at(void **state)
{
	(void)state;
	expect("@1764000000", NOW, 1764000000 * US);
	expect("@0", NOW, 0);
	expect("@-1", NOW, -US);
	expect("@+1", NOW, US);
	expect("@1.5", NOW, US + 500000);
	expect("@-1.5", NOW, -US - 500000);
	expect("@1.0000019", NOW, US + 1);
	expect("@-62167219200", NOW, FIRST);
	expect("@253402300799.999999", NOW, LAST);
	expect_refused("@253402300800", NOW);
	expect_refused("@-62167219200.000001", NOW);
	expect_refused("@-62167219201", NOW);
}

static void
what_is_no_moment_is_refused(void **state)
{
	static const char *const rows[] = {
		"", " ", "2026", "2026-11", "2026-11-2", "2026-11-31",
		"2026-13-01", "2026-00-01", "2026-01-00", "2023-02-29",
		"1900-02-29", "2026-11-25 24:00", "2026-11-25 24:00:00",
		"2026-11-25 14", "2026-11-25 14:", "2026-11-25 14:3",
		"2026-11-25 14:60", "2026-11-25 14:30:60",
		"2026-11-25 14:30.5", "2026-11-25 14:30 ago",
		"2026-11-25 14:30+1", "2026-11-25 14:30+01:00:00",
		"2026-11-25Z", "2026-11-25x14:30", "2026-11-25  14:30",
		"2026/11/25", "25.11.2026", "-2026-11-25", "10000-01-01",
		"0000-01-01T00:00+00:01", "9999-12-31T23:59:59.5-00:01",
		"14:30", "tomorrow", "noon", "nowhere", "now ago", "todayy",
		"2", "h", "2hh", "2 h our", "2hago", "2h agoo", "2h ago ago",
		"2h from now", "-2h", "+2h", "2.5h", "2H", "15M", "2x", "ago",
		"1h30m", "2y", "\xd9\xa2h", "@", "@ 1", "@-", "@+-1", "@1.",
		"@.5", "@1e9", "@1x", "@0x10", "@@1", "1764000000",
		/* Nothing that does not fit comes around: in 64 bits the first
		 * two are less than a week. */
		"30500569w", "213503983d",
		"99999999999999999999s", "18446744073709551617s",
		"9223372036854775807w", "600000000w", "316224000001s",
		"@9223372036854775807", "@18446744073709551616",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_refused(rows[i], NOW);
}

static void
a_time_ago_ends_with_the_year_0(void **state)
{
	char text[32];

	(void)state;
	(void)snprintf(text, sizeof(text), "%llds", (NOW - FIRST) / US);
	expect(text, NOW, FIRST + NOW % US);
	(void)snprintf(text, sizeof(text), "%llds", (NOW - FIRST) / US + 1);
	expect_refused(text, NOW);
	/* A clock that is far off. */
	expect_refused("now", INT64_MAX);
	expect_refused("2w", INT64_MIN);
	expect("2026-11-25", INT64_MIN, TODAY);
}

static void
a_slice_needs_no_nul_and_may_hold_some(void **state)
{
	int64_t us;

	(void)state;
	assert_true(when_parse((struct slice){ "2hx", 2 }, NOW, &us));
	assert_int_equal(us, NOW - 2 * HOUR);
	assert_false(when_parse((struct slice){ "2h\0", 3 }, NOW, &us));
	assert_false(when_parse((struct slice){ "now\0", 4 }, NOW, &us));
	assert_false(when_parse((struct slice){ "2026-11-25\0", 11 }, NOW,
	    &us));
	assert_false(when_parse((struct slice){ "2026-11-25 1\0:30", 16 },
	    NOW, &us));
	assert_false(when_parse((struct slice){ "2026-11-25 14:30Z\0", 18 },
	    NOW, &us));
	assert_false(when_parse(slice_of(NULL), NOW, &us));
}

static void
an_option_that_takes_a_moment_says_which(void **state)
{
	struct err err = { .text = "" };
	int64_t us = 4711;

	(void)state;
	assert_int_equal(when_read("--since", "2h", NOW, &us, &err), RC_OK);
	assert_int_equal(us, NOW - 2 * HOUR);
	us = 4711;
	assert_int_equal(when_read("--since", "teatime", NOW, &us, &err),
	    RC_USAGE);
	assert_int_equal(us, 4711);
	assert_string_equal(err.text, "--since takes a time, in UTC: "
	    "2026-11-25, \"2026-11-25 14:30\", 2026-11-25T14:30:00Z, now, "
	    "today, yesterday, how long ago (90s, 15m, 2h, 3d, 2w) or "
	    "@seconds since 1970, not: teatime");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_and_times_of_day_are_read_as_utc),
		cmocka_unit_test(days_have_names_and_begin_at_midnight_utc),
		cmocka_unit_test(a_time_ago_is_digits_and_a_unit),
		cmocka_unit_test(seconds_since_1970_follow_an_at),
		cmocka_unit_test(what_is_no_moment_is_refused),
		cmocka_unit_test(a_time_ago_ends_with_the_year_0),
		cmocka_unit_test(a_slice_needs_no_nul_and_may_hold_some),
		cmocka_unit_test(an_option_that_takes_a_moment_says_which),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
