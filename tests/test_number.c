/* What twilio/number.h promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "twilio/number.h"

#define BYTES(s) { s, sizeof(s) - 1 }

static const struct row {
	const char *name;
	struct slice text;
	int base;
	bool usable;
	int64_t want;
} rows[] = {
	{ "zero", BYTES("0"), 10, true, 0 },
	{ "decimal", BYTES("431"), 10, true, 431 },
	{ "hexadecimal", BYTES("1af"), 16, true, 431 },
	{ "hexadecimal, upper case", BYTES("1AF"), 16, true, 431 },
	{ "the same digits in both bases", BYTES("10"), 16, true, 16 },
	{ "leading zeros", BYTES("00000000000000000000000007"), 10, true, 7 },
	{ "largest decimal", BYTES("9223372036854775807"), 10, true,
	    INT64_MAX },
	{ "one above, decimal", BYTES("9223372036854775808"), 10, false, 0 },
	{ "one digit more", BYTES("92233720368547758070"), 10, false, 0 },
	{ "largest hexadecimal", BYTES("7fffffffffffffff"), 16, true,
	    INT64_MAX },
	{ "one above, hexadecimal", BYTES("8000000000000000"), 16, false, 0 },
	{ "letter in decimal", BYTES("1a"), 10, false, 0 },
	{ "g in hexadecimal", BYTES("1g"), 16, false, 0 },
	{ "hexadecimal with its prefix", BYTES("0x1a"), 16, false, 0 },
	{ "plus", BYTES("+1"), 10, false, 0 },
	{ "minus", BYTES("-1"), 10, false, 0 },
	{ "space before", BYTES(" 1"), 10, false, 0 },
	{ "space after", BYTES("1 "), 10, false, 0 },
	{ "fraction", BYTES("1.0"), 10, false, 0 },
	{ "NUL after", BYTES("1\0"), 10, false, 0 },
	{ "Arabic digit", BYTES("\xd9\xa1"), 10, false, 0 },
	{ "empty", BYTES(""), 10, false, 0 },
	{ "none", { NULL, 0 }, 10, false, 0 },
};

static void
a_usable_number_is_digits_that_fit_63_bits(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t number = -7;	/* must stay where it is unusable */

		if (number_parse(rows[i].text, rows[i].base, &number) !=
		    rows[i].usable)
			fail_msg("%s", rows[i].name);
		if (number != (rows[i].usable ? rows[i].want : -7))
			fail_msg("%s: %lld", rows[i].name, (long long)number);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_usable_number_is_digits_that_fit_63_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
