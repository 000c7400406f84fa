/* What twilio/params.h promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "twilio/params.h"

#define BYTES(s) { s, sizeof(s) - 1 }
#define NOT_DAMAGED SIZE_MAX
#define PAIRS_MAX 4

static const struct row {
	const char *name;
	struct slice body;
	size_t damaged_at;
	size_t n;
	struct param want[PAIRS_MAX];
} rows[] = {
	{ "nothing", BYTES(""), NOT_DAMAGED, 0,
	    {{ { NULL, 0 }, { NULL, 0 } }} },
	{ "no body", { NULL, 0 }, NOT_DAMAGED, 0,
	    {{ { NULL, 0 }, { NULL, 0 } }} },
	{ "one", BYTES("a=b"), NOT_DAMAGED, 1, {{ BYTES("a"), BYTES("b") }} },
	{ "order of arrival", BYTES("b=1&a=2"), NOT_DAMAGED, 2,
	    {{ BYTES("b"), BYTES("1") }, { BYTES("a"), BYTES("2") }} },
	{ "empty value", BYTES("a="), NOT_DAMAGED, 1,
	    {{ BYTES("a"), BYTES("") }} },
	{ "empty name", BYTES("=b"), NOT_DAMAGED, 1,
	    {{ BYTES(""), BYTES("b") }} },
	{ "both empty", BYTES("="), NOT_DAMAGED, 1,
	    {{ BYTES(""), BYTES("") }} },
	{ "no equals sign", BYTES("a&b"), NOT_DAMAGED, 2,
	    {{ BYTES("a"), BYTES("") }, { BYTES("b"), BYTES("") }} },
	{ "first equals sign splits", BYTES("a=b=c"), NOT_DAMAGED, 1,
	    {{ BYTES("a"), BYTES("b=c") }} },
	{ "empty pieces", BYTES("&&a=b&&"), NOT_DAMAGED, 1,
	    {{ BYTES("a"), BYTES("b") }} },
	{ "semicolon is no separator", BYTES("a=1;b=2"), NOT_DAMAGED, 1,
	    {{ BYTES("a"), BYTES("1;b=2") }} },
	{ "plus and %2B", BYTES("a+b=c%2Bd+"), NOT_DAMAGED, 1,
	    {{ BYTES("a b"), BYTES("c+d ") }} },
	{ "separators escaped", BYTES("a%3D%26=%3d%26%25"), NOT_DAMAGED, 1,
	    {{ BYTES("a=&"), BYTES("=&%") }} },
	{ "decoded once", BYTES("a=%2541"), NOT_DAMAGED, 1,
	    {{ BYTES("a"), BYTES("%41") }} },
	{ "any byte", BYTES("a=%00%ff%80\x01"), NOT_DAMAGED, 1,
	    {{ BYTES("a"), BYTES("\0\xff\x80\x01") }} },
	{ "equal names", BYTES("a=2&a=1&a=2"), NOT_DAMAGED, 3,
	    {{ BYTES("a"), BYTES("2") }, { BYTES("a"), BYTES("1") },
	    { BYTES("a"), BYTES("2") }} },
	{ "percent at the end", BYTES("a=%"), 2, 1,
	    {{ BYTES("a"), BYTES("%") }} },
	{ "one digit at the end", BYTES("a=%4"), 2, 1,
	    {{ BYTES("a"), BYTES("%4") }} },
	{ "two digits at the end", BYTES("a=%41"), NOT_DAMAGED, 1,
	    {{ BYTES("a"), BYTES("A") }} },
	{ "digits beyond the piece", BYTES("a=%4&1=b"), 2, 2,
	    {{ BYTES("a"), BYTES("%4") }, { BYTES("1"), BYTES("b") }} },
	{ "name's digits beyond the equals sign", BYTES("a%4=1"), 1, 1,
	    {{ BYTES("a%4"), BYTES("1") }} },
	{ "not digits", BYTES("a=%zz%4g%g4%41"), 2, 1,
	    {{ BYTES("a"), BYTES("%zz%4g%g4A") }} },
	{ "the first of two", BYTES("ok=%41&b=1%&c=%"), 10, 3,
	    {{ BYTES("ok"), BYTES("A") }, { BYTES("b"), BYTES("1%") },
	    { BYTES("c"), BYTES("%") }} },
};

static void
check(const struct row *row, const struct params *params)
{
	size_t i;

	if (params->damaged != (row->damaged_at != NOT_DAMAGED) ||
	    (params->damaged && params->damaged_at != row->damaged_at))
		fail_msg("%s: damaged at %zu", row->name, params->damaged_at);
	if (params->n != row->n)
		fail_msg("%s: %zu parameters", row->name, params->n);
	for (i = 0; i < row->n; i++) {
		const struct param *have = &params->list[i];

		if (have->name.p == NULL || have->value.p == NULL ||
		    slice_compare(have->name, row->want[i].name) != 0 ||
		    slice_compare(have->value, row->want[i].value) != 0)
			fail_msg("%s: parameter %zu", row->name, i);
	}
}

static void
a_form_is_decoded_byte_for_byte(void **state)
{
	struct params params;
	size_t i;

	(void)state;
	params_init(&params);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(params_from_form(&params, rows[i].body, NULL),
		    RC_OK);
		check(&rows[i], &params);
	}
	params_clear(&params);
}

static void
the_body_is_not_needed_afterwards(void **state)
{
	char body[] = "name=value";
	struct params params;

	(void)state;
	params_init(&params);
	assert_int_equal(params_from_form(&params, slice_of(body), NULL),
	    RC_OK);
	memset(body, 'x', sizeof(body));
	assert_true(slice_is(params.list[0].name, "name"));
	assert_true(slice_is(params.list[0].value, "value"));
	params_clear(&params);
}

static void
a_larger_form_after_a_smaller_one_fits(void **state)
{
	char body[4096];
	struct params params;
	size_t len;

	(void)state;
	params_init(&params);
	for (len = 0; len <= sizeof(body); len += 512) {
		memset(body, 'a', sizeof(body));
		assert_int_equal(params_from_form(&params,
		    (struct slice){ body, len }, NULL), RC_OK);
		assert_int_equal(params.n, len > 0);
		if (len > 0)
			assert_int_equal(params.list[0].name.len, len);
	}
	params_clear(&params);
	params_clear(NULL);
}

static void
set_copies_names_and_values(void **state)
{
	char text[] = "nv";
	const struct param list[] = {
		{ { text, 1 }, { text + 1, 1 } },
		{ BYTES(""), BYTES("") },
	};
	struct params params;

	(void)state;
	params_init(&params);
	assert_int_equal(params_set(&params, list, 2, NULL), RC_OK);
	memset(text, 'x', sizeof(text));
	assert_int_equal(params.n, 2);
	assert_true(slice_is(params.list[0].name, "n"));
	assert_true(slice_is(params.list[0].value, "v"));
	assert_non_null(params.list[1].name.p);
	assert_int_equal(params_set(&params, NULL, 0, NULL), RC_OK);
	assert_int_equal(params.n, 0);
	params_clear(&params);
}

static void
a_set_too_large_for_memory_is_refused_and_empty(void **state)
{
	const struct param list[] = {
		{ BYTES("a"), { "", SIZE_MAX } },
	};
	struct params params;

	(void)state;
	params_init(&params);
	assert_int_equal(params_set(&params, list, 1, NULL), RC_MEMORY);
	assert_int_equal(params.n, 0);
	params_clear(&params);
}

static void
find_gives_the_first_of_a_name(void **state)
{
	struct params params;

	(void)state;
	params_init(&params);
	assert_int_equal(params_from_form(&params,
	    slice_of("aa=0&a=2&a=1&b="), NULL), RC_OK);
	assert_true(slice_is(params_find(&params, "a"), "2"));
	params_sort(&params);
	assert_true(slice_is(params_find(&params, "a"), "1"));
	assert_true(slice_is(params_find(&params, "b"), ""));
	assert_null(params_find(&params, "A").p);
	params_clear(&params);
}

static void
names_are_sorted_bytewise_then_values(void **state)
{
	static const char *const want[] = { "", "A1", "AA0", "a1", "a1", "a2",
	    "a\xff", "aB0", "b0", "\xc3\xa4_" };
	struct params params;
	char pair[8];
	size_t i;

	(void)state;
	params_init(&params);
	assert_int_equal(params_from_form(&params, slice_of("b=0&a=2&\xc3\xa4"
	    "=_&aB=0&a=\xff&a=1&AA=0&=&A=1&a=1"), NULL), RC_OK);
	params_sort(&params);
	assert_int_equal(params.n, sizeof(want) / sizeof(want[0]));
	for (i = 0; i < params.n; i++) {
		snprintf(pair, sizeof(pair), "%.*s%.*s",
		    (int)params.list[i].name.len, params.list[i].name.p,
		    (int)params.list[i].value.len, params.list[i].value.p);
		assert_string_equal(pair, want[i]);
	}
	params_clear(&params);
}

/* Both sorts, and the edge between them; in many orders. */
static void
every_count_is_sorted(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 31, 32, 33, 34, 1000, 10000 };
	struct params params;
	struct buf body;
	size_t c, i, n = 0;

	(void)state;
	params_init(&params);
	buf_init(&body, 0);
	srand(1);
	for (c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		buf_reset(&body);
		for (i = 0; i < counts[c]; i++)
			buf_printf(&body, "%d=%d&", rand() % 50, rand() % 9);
		assert_int_equal(params_from_form(&params, buf_slice(&body),
		    NULL), RC_OK);
		params_sort(&params);
		assert_int_equal(params.n, counts[c]);
		for (i = 1; i < params.n; i++, n++) {
			const struct param *a = &params.list[i - 1];
			int order = slice_compare(a[0].name, a[1].name);

			assert_true(order < 0 || (order == 0 &&
			    slice_compare(a[0].value, a[1].value) <= 0));
		}
	}
	assert_true(n > 11000);
	buf_clear(&body);
	params_clear(&params);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_form_is_decoded_byte_for_byte),
		cmocka_unit_test(the_body_is_not_needed_afterwards),
		cmocka_unit_test(a_larger_form_after_a_smaller_one_fits),
		cmocka_unit_test(set_copies_names_and_values),
		cmocka_unit_test(
		    a_set_too_large_for_memory_is_refused_and_empty),
		cmocka_unit_test(find_gives_the_first_of_a_name),
		cmocka_unit_test(names_are_sorted_bytewise_then_values),
		cmocka_unit_test(every_count_is_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
