/* What twilio/sid.h promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "twilio/sid.h"

#define BYTES(s) { s, sizeof(s) - 1 }

static const struct row {
	const char *name;
	struct slice sid;
	const char *prefix;
	bool want;
} rows[] = {
	{ "lower case", BYTES("AC0123456789abcdef0123456789abcdef"),
	    "AC", true },
	{ "upper case", BYTES("ET0123456789ABCDEF0123456789ABCDEF"),
	    "ET", true },
	{ "another type", BYTES("ES0123456789abcdef0123456789abcdef"),
	    "MP", false },
	{ "prefix in lower case", BYTES("ac0123456789abcdef0123456789abcdef"),
	    "AC", false },
	{ "33 long", BYTES("AC0123456789abcdef0123456789abcde"),
	    "AC", false },
	{ "35 long", BYTES("AC0123456789abcdef0123456789abcdef0"),
	    "AC", false },
	{ "g at the end", BYTES("AC0123456789abcdef0123456789abcdeg"), "AC",
	    false },
	{ "slash, before 0", BYTES("AC/123456789abcdef0123456789abcdef"), "AC",
	    false },
	{ "colon, after 9", BYTES("AC:123456789abcdef0123456789abcdef"), "AC",
	    false },
	{ "NUL inside", BYTES("AC01234567\0" "9abcdef0123456789abcdef"), "AC",
	    false },
	{ "empty", BYTES(""), "AC", false },
	{ "none", { NULL, 0 }, "AC", false },
};

static void
a_sid_is_its_prefix_and_32_hex_digits(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (sid_valid(rows[i].sid, rows[i].prefix) != rows[i].want)
			fail_msg("%s", rows[i].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sid_is_its_prefix_and_32_hex_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
