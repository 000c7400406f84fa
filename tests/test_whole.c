/* What cli/whole.h promises when two programs write one file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/whole.h"
#include "support.h"

static void
begin(struct whole *whole, const char *path, const char *text)
{
	struct err err = { .text = "" };

	assert_int_equal(whole_begin(whole, path, &err), RC_OK);
	assert_true(fputs(text, whole->file) >= 0);
}

static void
assert_holds(const char *path, const char *text)
{
	char bytes[64];
	const size_t len = read_file(path, bytes, sizeof(bytes));

	assert_int_equal(len, strlen(text));
	assert_memory_equal(bytes, text, len);
}

static void
test_who_began_first_does_not_put_the_others_half_in_place(void **state)
{
	const struct place *place = *state;
	struct err err = { .text = "" };
	struct whole first, second;

	begin(&first, place->path, "first");
	begin(&second, place->path, "second");
	assert_int_equal(whole_keep(&first, &err), RC_SYSTEM);
	assert_non_null(strstr(err.text, "another program writes it"));
	whole_drop(&first);
	assert_int_not_equal(access(place->path, F_OK), 0);
	assert_int_equal(whole_keep(&second, &err), RC_OK);
	whole_drop(&second);
	assert_holds(place->path, "second");
}

static void
test_who_gives_up_leaves_the_others_alone(void **state)
{
	const struct place *place = *state;
	struct err err = { .text = "" };
	struct whole first, second;

	begin(&first, place->path, "first");
	begin(&second, place->path, "second");
	whole_drop(&first);
	assert_int_equal(whole_keep(&second, &err), RC_OK);
	whole_drop(&second);
	assert_holds(place->path, "second");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_who_began_first_does_not_put_the_others_half_in_place,
		    place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(
		    test_who_gives_up_leaves_the_others_alone, place_setup,
		    place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
