/* What cli/output.h and cli/terminal.h promise on a terminal of any width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/output.h"
#include "cli/output_parts.h"
#include "cli/plain.h"
#include "sink.h"

#define MIB (1024U * 1024)

static size_t
widest_line(const char *text)
{
	size_t len, most = 0, width;

	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		width = plain_width((struct slice){ text, len });
		if (width > most)
			most = width;
	}
	return most;
}

/* ------------------------------------------------------------------------
 * Widths
 */

static void
test_a_wide_value_is_whole_and_moves_nothing_far(void **state)
{
	char *wide = long_text(MIB), *text, *second;
	const struct db_value values[] = {
		text_of("a"), text_of("b"), text_of(wide), text_of("c"),
	};
	const struct output_column columns[] = { { "one", 0 }, { "two", 0 } };
	const struct listing listing = { columns, 2, values, 2, NULL };

	(void)state;
	text = print_listing(&listing, OUTPUT_TABLE, SINK_FILE);
	second = strchr(text, '\n') + 1;
	assert_int_equal(strcspn(second, "\n"), 60 + 2 + 1);
	assert_true(strncmp(strchr(second, '\n') + 1, wide, MIB) == 0);
	assert_string_equal(strchr(second, '\n') + 1 + MIB, "  c\n");
	free(text);
	set_colours(false);
	prints(&listing, OUTPUT_TABLE, 20, "one              two\n"
	    "a                b\n" "wwwwwwwwwwwww..  c\n");
	free(wide);
}

static void
test_a_line_is_as_wide_as_the_terminal_at_most(void **state)
{
	const struct db_value values[] = {
		number_of(1), text_of("in_order"),
		text_of("a value of some thirty letters"),
		number_of(123456789), text_of("unsequenced"),
		text_of("\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac"
		    "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac"),
	};
	const struct output_column columns[] = { { "position", 0 },
		{ "verdict", 0 }, { "about", 0 } };
	const struct listing listing = { columns, 3, values, 2, NULL };
	/* A number is never cut, the others keep 12; "  .." is for more. */
	const size_t all = 9 + 2 + 11 + 2 + 12, one = 9 + 4;
	size_t width, got;
	char *text;

	(void)state;
	set_colours(false);
	for (width = 1; width < 100; width++) {
		text = print_listing(&listing, OUTPUT_TABLE, (int)width);
		got = widest_line(text);
		assert_true(got <= (width > one ? width : one));
		/* Nor is more given away than must be. */
		assert_true(width < all ||
		    got + 1 >= (width < 54 ? width : 54));
		assert_non_null(strstr(text, "123456789  "));
		free(text);
	}
}

static void
test_what_comes_late_is_cut_to_the_terminal(void **state)
{
	struct sink sink = sink_open(24);
	const struct output_column columns[] = { { "a", 4 }, { "b", 0 } };
	const struct db_value rows[][2] = {
		{ text_of("12345"), text_of("2") },
		{ text_of("1234567890"), text_of("1234567890") },
		{ text_of("123456789012345678901234567890"), text_of("3456") },
	};
	struct output *output = NULL;
	struct err err;
	char *text;
	size_t i;

	(void)state;
	set_colours(false);
	assert_int_equal(output_begin(&output, OUTPUT_TABLE, sink.file,
	    columns, 2, &err), RC_OK);
	/* No head without a row to measure. */
	assert_int_equal(output_flush(output, &err), RC_OK);
	for (i = 0; i < 3; i++) {
		output_row(output, rows[i]);
		assert_int_equal(output_flush(output, &err), RC_OK);
	}
	output_free(output);
	text = sink_close(&sink);
	assert_string_equal(text, "a      b\n" "12345  2\n"
	    "1234567890  1234567890\n" "1234567890123456789..  .\n");
	free(text);
}

static void
test_columns_that_do_not_fit_are_left_out(void **state)
{
	const struct output_column columns[] = { { "first_missing", 0 },
		{ "about", 0 }, { "more", 20 } };
	const struct db_value values[] = {
		number_of(123), text_of("123456789"), text_of("1234567890"),
	};
	const struct listing listing = { columns, 3, values, 1, "a note" };

	(void)state;
	set_colours(false);
	prints(&listing, OUTPUT_TABLE, 33, "first_..  about      more\n"
	    "a note\n" "     123  123456789  1234567890\n");
	prints(&listing, OUTPUT_TABLE, 32, "first_missing  about      ..\n"
	    "a note\n" "          123  123456789  ..\n");
	prints(&listing, OUTPUT_TABLE, 21, "first_missing  ..\n"
	    "a note\n" "          123  ..\n");
	prints(&listing, OUTPUT_TABLE, 1, "first_..  ..\n" "a note\n"
	    "     123  ..\n");
}

static void
test_what_can_be_spared_is_left_out_before_a_sentence(void **state)
{
	const struct output_column columns[] = { { "severity", 0 },
		{ "service_sid", 0 }, { "stream_key", 0 }, { "detail", 0 } };
	const struct db_value values[] = { text_of("error"), text_of(
	    "IS00112233445566778899aabbccddeeff"), text_of("ET01"), text_of(
	    "revisions 7 to 8 have not arrived; missing since noon") };
	const struct listing listing = { columns, 4, values, 1, NULL };

	(void)state;
	set_colours(false);
	prints(&listing, OUTPUT_TABLE, 80,
	    "severity  service_sid       stream_key  detail\n"
	    "error     IS001122334455..  ET01        "
	    "revisions 7 to 8 have not arrived; mis..\n");
	prints(&listing, OUTPUT_TABLE, 70,
	    "severity  service_sid     detail                                "
	    "    ..\n"
	    "error     IS0011223344..  revisions 7 to 8 have not arrived; mis.."
	    "  ..\n");
	prints(&listing, OUTPUT_TABLE, 60,
	    "severity  detail                                          ..\n"
	    "error     revisions 7 to 8 have not arrived; missing s..  "
	    "..\n");
}

static void
test_a_late_number_is_never_cut(void **state)
{
	struct sink sink = sink_open(10);
	const struct output_column columns[] = { { "n", 0 }, { "a", 0 } };
	const struct db_value rows[][2] = {
		{ number_of(1), text_of("x") },
		{ number_of(INT64_MIN), text_of("12345678") },
		{ text_of("no number"), text_of("x") },
	};
	struct output *output = NULL;
	struct err err;
	char *text;
	size_t i;

	(void)state;
	set_colours(false);
	assert_int_equal(output_begin(&output, OUTPUT_TABLE, sink.file,
	    columns, 2, &err), RC_OK);
	for (i = 0; i < 3; i++) {
		output_row(output, rows[i]);
		assert_int_equal(output_flush(output, &err), RC_OK);
	}
	output_free(output);
	text = sink_close(&sink);
	assert_string_equal(text, "n  a\n" "1  x\n"
	    "-9223372036854775808  .\n" "no nu..  x\n");
	free(text);
}

static const struct fit {
	size_t widths[3];
	size_t least[3];
	size_t room;
	size_t want[3];
	size_t rest;
} fits[] = {
	{ { 5, 6, 7 }, { 5, 6, 7 }, 18, { 5, 6, 7 }, 0 },
	{ { 5, 6, 7 }, { 5, 6, 7 }, 20, { 5, 6, 7 }, 2 },
	{ { 5, 6, 70 }, { 5, 6, 8 }, 30, { 5, 6, 19 }, 0 },
	{ { 5, 60, 70 }, { 5, 8, 8 }, 30, { 5, 13, 12 }, 0 },
	{ { 20, 60, 70 }, { 20, 8, 8 }, 36, { 20, 8, 8 }, 0 },
	{ { 20, 60, 70 }, { 20, 8, 8 }, 37, { 20, 9, 8 }, 0 },
	{ { 20, 60, 70 }, { 20, 8, 8 }, 35, { 20, 8, 8 }, 0 },
	{ { 20, 60, 70 }, { 20, 8, 8 }, 0, { 20, 8, 8 }, 0 },
	{ { 1, 1, SIZE_MAX / 4 }, { 1, 1, 8 }, 65535, { 1, 1, 65533 }, 0 },
};

static void
test_the_widest_give_way_first(void **state)
{
	size_t i, n, widths[3];

	(void)state;
	for (i = 0; i < sizeof(fits) / sizeof(fits[0]); i++) {
		memcpy(widths, fits[i].widths, sizeof(widths));
		assert_int_equal(output_fit(widths, fits[i].least, 3,
		    fits[i].room), fits[i].rest);
		for (n = 0; n < 3; n++)
			assert_int_equal(widths[n], fits[i].want[n]);
	}
}

/* ------------------------------------------------------------------------
 * Colour
 */

static void
test_words_are_painted_by_meaning(void **state)
{
	const struct output_column columns[] = { { "severity", 0 },
		{ "verdict", 0 }, { "n", 0 }, { "about", 0 } };
	const struct db_value values[] = {
		text_of("error"), text_of("in_order"), number_of(1),
		text_of("error"),
		text_of("warning"), text_of("lifecycle"), null_value,
		null_value,
	};
	const struct listing listing = { columns, 4, values, 2, "a hole" };

	(void)state;
	set_colours(true);
	prints(&listing, OUTPUT_TABLE, 80,
	    "\x1b[1mseverity\x1b[0m  \x1b[1mverdict\x1b[0m    "
	    "\x1b[1mn\x1b[0m  \x1b[1mabout\x1b[0m\n"
	    "\x1b[31merror\x1b[0m     \x1b[32min_order\x1b[0m   1  error\n"
	    "\x1b[2ma hole\x1b[0m\n"
	    "\x1b[33mwarning\x1b[0m   lifecycle  \x1b[2m-\x1b[0m  "
	    "\x1b[2m-\x1b[0m\n");
	/* A word that is cut keeps its meaning. */
	prints(&(struct listing){ &columns[1], 1, (const struct db_value[]){
	    text_of("unsequenced") }, 1, NULL }, OUTPUT_TABLE, 9,
	    "\x1b[1mverdict\x1b[0m\n\x1b[33munseque..\x1b[0m\n");
}

static void
test_a_time_loses_what_is_below_a_second_first(void **state)
{
	const struct output_column columns[] = { { "at", 0 }, { "by", 0 } };
	const struct db_value values[] = {
		text_of("2026-03-01 09:04:59.708"), text_of("alice@example.com"),
		null_value, text_of("bob"),
	};
	const struct listing listing = { columns, 2, values, 2, NULL };

	(void)state;
	set_colours(false);
	prints(&listing, OUTPUT_TABLE, 41,
	    "at                   by\n"
	    "2026-03-01 09:04:59  alice@example.com\n"
	    "-                    bob\n");
	prints(&listing, OUTPUT_TABLE, 33,
	    "at                   by\n"
	    "2026-03-01 09:04:59  alice@exam..\n"
	    "-                    bob\n");
	prints(&listing, OUTPUT_TABLE, 32,
	    "at                       ..\n"
	    "2026-03-01 09:04:59.708  ..\n"
	    "-                        ..\n");
	prints(&listing, OUTPUT_TABLE, 42,
	    "at                       by\n"
	    "2026-03-01 09:04:59.708  alice@example.com\n"
	    "-                        bob\n");
}

static void
test_colour_is_only_where_it_is_wanted(void **state)
{
	const struct output_column columns[] = { { "state", 0 } };
	const struct db_value values[] = { text_of("open") };
	const struct listing listing = { columns, 1, values, 1, "note" };
	const char *const plain = "state\nnote\nopen\n";

	(void)state;
	set_colours(true);
	prints(&listing, OUTPUT_TABLE, SINK_FILE, plain);
	prints(&listing, OUTPUT_CSV, 80, "state\r\nopen\r\n");
	prints(&listing, OUTPUT_JSON, 80, "{\"state\":\"open\"}\n");
	assert_int_equal(setenv("NO_COLOR", "0", 1), 0);
	prints(&listing, OUTPUT_TABLE, 80, plain);
	assert_int_equal(setenv("NO_COLOR", "", 1), 0);
	prints(&listing, OUTPUT_TABLE, 80, "\x1b[1mstate\x1b[0m\n"
	    "\x1b[2mnote\x1b[0m\n\x1b[31mopen\x1b[0m\n");
	set_colours(false);
	prints(&listing, OUTPUT_TABLE, 80, plain);
	assert_int_equal(setenv("TERM", "", 1), 0);
	prints(&listing, OUTPUT_TABLE, 80, plain);
	assert_int_equal(unsetenv("TERM"), 0);
	prints(&listing, OUTPUT_TABLE, 80, plain);
}

static const struct terminal_width {
	int own;
	const char *columns;
	size_t want;
} terminal_widths[] = {
	{ 132, "40", 132 },
	{ 1, "40", 1 },
	{ 65535, "40", 65535 },
	{ 0, "40", 40 },
	{ 0, "65535", 65535 },
	{ 0, NULL, 80 },
	{ 0, "", 80 },
	{ 0, "0", 80 },
	{ 0, "-5", 80 },
	{ 0, "40x", 80 },
	{ 0, "65536", 80 },
	{ 0, "99999999999999999999", 80 },
};

static void
test_the_width_is_the_terminals_own_first(void **state)
{
	const struct terminal_width *row;
	struct terminal terminal;
	struct sink sink;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(terminal_widths) / sizeof(*row); i++) {
		row = &terminal_widths[i];
		assert_int_equal(row->columns == NULL ? unsetenv("COLUMNS") :
		    setenv("COLUMNS", row->columns, 1), 0);
		sink = sink_open(row->own);
		terminal = terminal_look(sink.file);
		free(sink_close(&sink));
		assert_true(terminal.is_terminal);
		assert_int_equal(terminal.width, row->want);
	}
	sink = sink_open(SINK_FILE);
	terminal = terminal_look(sink.file);
	free(sink_close(&sink));
	assert_false(terminal.is_terminal || terminal.is_coloured);
	assert_int_equal(terminal.width, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_a_wide_value_is_whole_and_moves_nothing_far),
		cmocka_unit_test(
		    test_a_line_is_as_wide_as_the_terminal_at_most),
		cmocka_unit_test(test_what_comes_late_is_cut_to_the_terminal),
		cmocka_unit_test(test_columns_that_do_not_fit_are_left_out),
		cmocka_unit_test(
		    test_what_can_be_spared_is_left_out_before_a_sentence),
		cmocka_unit_test(test_a_late_number_is_never_cut),
		cmocka_unit_test(test_the_widest_give_way_first),
		cmocka_unit_test(test_words_are_painted_by_meaning),
		cmocka_unit_test(
		    test_a_time_loses_what_is_below_a_second_first),
		cmocka_unit_test(test_colour_is_only_where_it_is_wanted),
		cmocka_unit_test(test_the_width_is_the_terminals_own_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
