/* What base/digest.h promises, on the examples of FIPS 180-4's authors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/digest.h"

static void
sha256_is_the_published_one(void **state)
{
	static char million[1000000];
	static const struct {
		struct slice in;
		const char *want;
	} rows[] = {
		{ { "", 0 }, "e3b0c44298fc1c149afbf4c8996fb924"
		    "27ae41e4649b934ca495991b7852b855" },
		{ { NULL, 0 }, "e3b0c44298fc1c149afbf4c8996fb924"
		    "27ae41e4649b934ca495991b7852b855" },
		{ { "abc", 3 }, "ba7816bf8f01cfea414140de5dae2223"
		    "b00361a396177a9cb410ff61f20015ad" },
		{ { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnop"
		    "nopq", 56 }, "248d6a61d20638b8e5c026930c3e6039"
		    "a33ce45964ff2167f6ecedd419db06c1" },
		{ { "\0", 1 }, "6e340b9cffb37a989ca544e6bb780a2c"
		    "78901d3fb33738768511a30617afa01d" },
		{ { million, sizeof(million) },
		    "cdc76e5c9914fb9281a1c7e284d73e67"
		    "f1809a48a497200e046d39ccc7112cd0" },
	};
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];

	(void)state;
	memset(million, 'a', sizeof(million));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		digest_sha256(rows[i].in, digest);
		digest_hex(digest, sizeof(digest), hex);
		assert_string_equal(hex, rows[i].want);
	}
}

static void
hexadecimal_is_lower_case_and_ends_in_a_nul(void **state)
{
	uint8_t all[256];
	char hex[2 * sizeof(all) + 2];
	char want[3];

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	memset(hex, '#', sizeof(hex));
	digest_hex(all, sizeof(all), hex);
	for (size_t i = 0; i < sizeof(all); i++) {
		(void)snprintf(want, sizeof(want), "%02x", (unsigned)i & 0xff);
		assert_memory_equal(hex + 2 * i, want, 2);
	}
	assert_int_equal(hex[2 * sizeof(all)], '\0');
	assert_int_equal(hex[2 * sizeof(all) + 1], '#');
	digest_hex(all, 0, hex);
	assert_string_equal(hex, "");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_is_the_published_one),
		cmocka_unit_test(hexadecimal_is_lower_case_and_ends_in_a_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
