/*
 * A file that is there when it is whole, or not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/whole.h"
#include "support.h"

static void
write_whole(struct whole *whole, const char *path, const char *text)
{
	assert_int_equal(whole_begin(whole, path, NULL), RC_OK);
	assert_true(fputs(text, whole->file) >= 0);
}

static void
holds(const char *path, const char *text)
{
	char bytes[64];
	size_t len = read_file(path, bytes, sizeof(bytes));

	assert_int_equal(len, strlen(text));
	assert_memory_equal(bytes, text, len);
}

static void
a_new_file_takes_no_name_that_is_taken(void **state)
{
	const struct place *place = *state;
	struct whole whole;
	struct stat status;

	write_whole(&whole, place->path, "new");
	/* Since it was begun. */
	write_file(place->path, "old", 3);
	assert_int_equal(whole_keep_new(&whole, NULL), RC_SYSTEM);
	holds(place->path, "old");
	assert_int_not_equal(access(whole.part, F_OK), 0);
	whole_drop(&whole);

	assert_int_equal(unlink(place->path), 0);
	assert_int_equal(symlink("nowhere", place->path), 0);
	write_whole(&whole, place->path, "new");
	assert_int_equal(whole_keep_new(&whole, NULL), RC_SYSTEM);
	whole_drop(&whole);
	assert_int_equal(lstat(place->path, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
}

static void
a_new_file_has_its_name_and_is_its_owner_s_alone(void **state)
{
	const struct place *place = *state;
	struct whole whole;
	struct stat status;

	write_whole(&whole, place->path, "new");
	assert_int_not_equal(access(place->path, F_OK), 0);
	assert_int_equal(whole_keep_new(&whole, NULL), RC_OK);
	holds(place->path, "new");
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(status.st_nlink, 1);
	assert_int_not_equal(access(whole.part, F_OK), 0);
	whole_drop(&whole);
	holds(place->path, "new");
}

static void
another_one_takes_the_place_of_the_old(void **state)
{
	const struct place *place = *state;
	struct whole whole;

	write_file(place->path, "old", 3);
	write_whole(&whole, place->path, "new");
	holds(place->path, "old");
	assert_int_equal(whole_keep(&whole, NULL), RC_OK);
	holds(place->path, "new");
	whole_drop(&whole);
	write_whole(&whole, place->path, "dropped");
	whole_drop(&whole);
	holds(place->path, "new");
}

static void
who_began_first_does_not_put_the_others_half_in_place(void **state)
{
	const struct place *place = *state;
	struct err err = { .text = "" };
	struct whole first, second;

	write_whole(&first, place->path, "first");
	write_whole(&second, place->path, "second");
	assert_int_equal(whole_keep(&first, &err), RC_SYSTEM);
	assert_non_null(strstr(err.text, "another program writes it"));
	whole_drop(&first);
	assert_int_not_equal(access(place->path, F_OK), 0);
	assert_int_equal(whole_keep(&second, &err), RC_OK);
	whole_drop(&second);
	holds(place->path, "second");
}

static void
who_gives_up_leaves_the_others_alone(void **state)
{
	const struct place *place = *state;
	struct err err = { .text = "" };
	struct whole first, second;

	write_whole(&first, place->path, "first");
	write_whole(&second, place->path, "second");
	whole_drop(&first);
	assert_int_equal(whole_keep(&second, &err), RC_OK);
	whole_drop(&second);
	holds(place->path, "second");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_new_file_takes_no_name_that_is_taken, place_setup,
		    place_teardown),
		cmocka_unit_test_setup_teardown(
		    a_new_file_has_its_name_and_is_its_owner_s_alone,
		    place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(
		    another_one_takes_the_place_of_the_old, place_setup,
		    place_teardown),
		cmocka_unit_test_setup_teardown(
		    who_began_first_does_not_put_the_others_half_in_place,
		    place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(
		    who_gives_up_leaves_the_others_alone, place_setup,
		    place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
