/* What base/log.h promises, read from a pipe that keeps writes apart. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/slice.h"

/* "2026-11-23T09:15:02.123Z " */
#define TIME_LEN 25

static int ends[2];
static int saved_stderr;

/* A pipe in packet mode: one read(2) is one write(2). */
static int
setup(void **state)
{
	(void)state;
	saved_stderr = dup(STDERR_FILENO);
	return pipe2(ends, O_DIRECT | O_NONBLOCK) == 0 &&
	    dup2(ends[1], STDERR_FILENO) >= 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	(void)dup2(saved_stderr, STDERR_FILENO);
	(void)close(saved_stderr);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return 0;
}

/* next -- what one write wrote, as a text; "" when nothing is left. */
static const char *
next(void)
{
	static char line[2 * LOG_LINE_MAX];
	ssize_t n = read(ends[0], line, sizeof(line) - 1);

	line[n < 0 ? 0 : n] = '\0';
	return line;
}

static void
a_line_is_time_level_request_and_message(void **state)
{
	const char *line;
	int64_t when;
	int64_t now;

	(void)state;
	log_line(LOG_WARNING, 1042, "what %s", "happened");
	line = next();
	assert_string_equal(line + TIME_LEN, "warning r1042 what happened\n");
	assert_int_equal(line[10], 'T');
	assert_true(clock_parse((struct slice){ line, TIME_LEN - 1 }, &when));
	now = clock_now_us();
	assert_true(when <= now && when > now - 10000000);
	log_line(LOG_ERROR, 0, "x");
	assert_string_equal(next() + TIME_LEN, "error - x\n");
	log_line(LOG_INFO, UINT64_MAX, "%s", "");
	assert_string_equal(next() + TIME_LEN,
	    "info r18446744073709551615 \n");
	assert_string_equal(next(), "");
}

static void
no_byte_from_outside_forges_a_line_or_reaches_a_terminal(void **state)
{
	static const struct {
		const char *in;
		const char *want;
	} rows[] = {
		{ "a b~", "a b~" },
		{ "a\nforged", "a\\x0Aforged" },
		{ "\r\t\x1b[2J", "\\x0D\\x09\\x1B[2J" },
		{ "back\\slash", "back\\\\slash" },
		{ "\\x0A", "\\\\x0A" },
		{ "\x7f\x80\xff\xc3\xa9", "\\x7F\\x80\\xFF\\xC3\\xA9" },
		{ "%s%n", "%s%n" },
	};
	char want[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		log_line(LOG_INFO, 7, "%s", rows[i].in);
		(void)snprintf(want, sizeof(want), "info r7 %s\n",
		    rows[i].want);
		assert_string_equal(next() + TIME_LEN, want);
	}
	log_line(LOG_INFO, 7, "nul %c.", 0);
	assert_string_equal(next() + TIME_LEN, "info r7 nul \\x00.\n");
}

static void
a_long_line_is_cut_between_escapes_and_written_at_once(void **state)
{
	char message[2 * LOG_LINE_MAX];
	const char *line;
	size_t longest = 0;
	size_t len;

	(void)state;
	for (len = 1900; len < sizeof(message); len++) {
		memset(message, 'm', len);
		message[len] = '\0';
		log_line(LOG_INFO, 7, "%s", message);
		line = next();
		assert_true(strlen(line) <= LOG_LINE_MAX);
		assert_int_equal(line[strlen(line) - 1], '\n');
		if (strlen(line) < TIME_LEN + 8 + len + 1)
			assert_string_equal(line + strlen(line) - 5,
			    "m...\n");
		longest = strlen(line) > longest ? strlen(line) : longest;
		assert_string_equal(next(), "");
	}
	assert_int_equal(longest, LOG_LINE_MAX);
	for (len = 480; len < 520; len++) {
		memset(message, '\n', len);
		message[len] = '\0';
		log_line(LOG_INFO, 7, "%s", message);
		line = next();
		assert_true(strlen(line) <= LOG_LINE_MAX);
		assert_int_equal(strspn(line + TIME_LEN + 8, "\\x0A") % 4, 0);
	}
}

static void
logging_leaves_errno_alone_even_when_nobody_listens(void **state)
{
	(void)state;
	errno = ENOENT;
	log_line(LOG_INFO, 0, "%s", "x");
	assert_int_equal(errno, ENOENT);
	(void)next();
	(void)close(STDERR_FILENO);
	errno = ENOENT;
	log_line(LOG_INFO, 0, "%s", "x");
	assert_int_equal(errno, ENOENT);
	(void)dup2(ends[1], STDERR_FILENO);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_line_is_time_level_request_and_message, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    no_byte_from_outside_forges_a_line_or_reaches_a_terminal,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_long_line_is_cut_between_escapes_and_written_at_once,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    logging_leaves_errno_alone_even_when_nobody_listens,
		    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
