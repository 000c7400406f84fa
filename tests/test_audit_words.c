/*
 * What an audit came to, in words and in numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/audit_words.h"

#define NOW INT64_C(1772323200000000)	/* 2026-03-01 00:00:00 */
#define MINUTE (INT64_C(60) * 1000000)

static const struct audit_result ground = {
	.query.now_us = NOW,
	.ground = { .deliveries = 12345, .streams = 42,
	    .last_us = NOW - 4 * MINUTE },
};

static void
check(const struct audit_result *result, const char *words,
    const char *perfdata)
{
	struct buf out;

	buf_init(&out, 0);
	audit_words(&out, result);
	assert_true(buf_ok(&out));
	assert_string_equal(out.data, words);
	buf_reset(&out);
	audit_perfdata(&out, result);
	assert_true(buf_ok(&out));
	assert_string_equal(out.data, perfdata);
	buf_clear(&out);
}

static void
findings_are_counted_by_severity(void **state)
{
	struct audit_result result = ground;

	(void)state;
	result.count = (struct findings_count){ .of = { 3, 1, 0, 2 },
	    .gaps = 2, .pending = 2 };
	check(&result, "3 errors, 1 warning, 2 infos, 2 pending; 12,345 "
	    "deliveries in 42 streams, the last 4 minutes ago",
	    "errors=3;;0;0 warnings=1;0;;0 notices=0;0;;0 infos=2;;;0 "
	    "pending=2;;;0 open_gaps=4;;;0 last_delivery_age=240s;;;0 "
	    "rejects=0c;;;0");
}

static void
a_clean_journal_says_so(void **state)
{
	struct audit_result result = ground;

	(void)state;
	check(&result, "clean: 12,345 deliveries in 42 streams, the last 4 "
	    "minutes ago; nothing missing",
	    "errors=0;;0;0 warnings=0;0;;0 notices=0;0;;0 infos=0;;;0 "
	    "pending=0;;;0 open_gaps=0;;;0 last_delivery_age=240s;;;0 "
	    "rejects=0c;;;0");
}

static void
what_is_pending_is_not_said_to_be_there(void **state)
{
	struct audit_result result = ground;

	(void)state;
	result.count.pending = 1;
	result.count.of[SEVERITY_INFO] = 1;
	result.ground.rejects = 7;
	result.ground.reject_first_us = NOW;
	check(&result, "clean: 12,345 deliveries in 42 streams, the last 4 "
	    "minutes ago; 1 info, 1 pending; 7 rejects, kept since "
	    "2026-03-01 00:00:00.000",
	    "errors=0;;0;0 warnings=0;0;;0 notices=0;0;;0 infos=1;;;0 "
	    "pending=1;;;0 open_gaps=1;;;0 last_delivery_age=240s;;;0 "
	    "rejects=7c;;;0");
}

static void
what_was_not_looked_at_is_not_said_to_be_there(void **state)
{
	struct audit_result result = ground;

	(void)state;
	result.query.service = "IS1";
	result.query.has_since = true;
	result.query.since_us = NOW;
	check(&result, "clean of service IS1 since 2026-03-01 00:00:00.000: "
	    "12,345 deliveries in 42 streams, the last 4 minutes ago",
	    "errors=0;;0;0 warnings=0;0;;0 notices=0;0;;0 infos=0;;;0 "
	    "pending=0;;;0 open_gaps=0;;;0 last_delivery_age=240s;;;0 "
	    "rejects=0c;;;0");
}

static void
what_names_no_service_is_said_in_words(void **state)
{
	struct audit_result result = ground;

	(void)state;
	result.query.service = "";
	check(&result, "clean without a service: 12,345 deliveries in 42 "
	    "streams, the last 4 minutes ago",
	    "errors=0;;0;0 warnings=0;0;;0 notices=0;0;;0 infos=0;;;0 "
	    "pending=0;;;0 open_gaps=0;;;0 last_delivery_age=240s;;;0 "
	    "rejects=0c;;;0");
}

static void
without_a_delivery_its_age_is_unknown(void **state)
{
	const struct audit_result result = { .query.now_us = NOW };

	(void)state;
	check(&result, "clean: 0 deliveries in 0 streams; nothing missing",
	    "errors=0;;0;0 warnings=0;0;;0 notices=0;0;;0 infos=0;;;0 "
	    "pending=0;;;0 open_gaps=0;;;0 last_delivery_age=U;;;0 "
	    "rejects=0c;;;0");
}

static void
a_delivery_of_a_clock_ahead_is_no_negative_age(void **state)
{
	struct audit_result result = ground;

	(void)state;
	result.ground.last_us = NOW + MINUTE;
	check(&result, "clean: 12,345 deliveries in 42 streams, the last in "
	    "60 seconds; nothing missing",
	    "errors=0;;0;0 warnings=0;0;;0 notices=0;0;;0 infos=0;;;0 "
	    "pending=0;;;0 open_gaps=0;;;0 last_delivery_age=0s;;;0 "
	    "rejects=0c;;;0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_are_counted_by_severity),
		cmocka_unit_test(a_clean_journal_says_so),
		cmocka_unit_test(what_is_pending_is_not_said_to_be_there),
		cmocka_unit_test(
		    what_was_not_looked_at_is_not_said_to_be_there),
		cmocka_unit_test(what_names_no_service_is_said_in_words),
		cmocka_unit_test(without_a_delivery_its_age_is_unknown),
		cmocka_unit_test(
		    a_delivery_of_a_clock_ahead_is_no_negative_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
