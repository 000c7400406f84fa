/*
 * Which versions of SQLite have which defects: the edge on both sides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "audit/sqlite_defects.h"

static bool
has(const char *version, const char *name)
{
	const int number = sqlite_version_number(slice_of(version));
	const struct sqlite_defect *defect = NULL;

	while ((defect = sqlite_defects_next(number, defect)) != NULL) {
		if (strcmp(defect->name, name) == 0)
			return true;
	}
	return false;
}

static void
a_defect_is_of_its_versions_alone(void **state)
{
	static const struct {
		const char *version, *name;
		bool want;
	} rows[] = {
		{ "3.6.23", "wal_reset", false },
		{ "3.7.0", "wal_reset", true },
		{ "3.40.1", "wal_reset", true },
		{ "3.44.5", "wal_reset", true },
		{ "3.44.6", "wal_reset", false },
		{ "3.44.7", "wal_reset", false },
		{ "3.45.0", "wal_reset", true },
		{ "3.50.6", "wal_reset", true },
		{ "3.50.7", "wal_reset", false },
		{ "3.51.0", "wal_reset", true },
		{ "3.51.2", "wal_reset", true },
		{ "3.51.3", "wal_reset", false },
		{ "3.53.0", "wal_reset", false },
		{ "3.50.1", "wal_checksum", true },
		{ "3.50.2", "wal_checksum", false },
		{ "3.34.1", "drop_column", false },
		{ "3.35.0", "drop_column", true },
		{ "3.35.4", "drop_column", true },
		{ "3.35.5", "drop_column", false },
		{ "3.37.2", "bloom_filter", false },
		{ "3.38.0", "bloom_filter", true },
		{ "3.38.2", "bloom_filter", true },
		{ "3.38.3", "bloom_filter", false },
		{ "3.50.4", "exists_to_join", false },
		{ "3.51.0", "exists_to_join", true },
		{ "3.51.1", "exists_to_join", true },
		{ "3.51.2", "exists_to_join", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (has(rows[i].version, rows[i].name) != rows[i].want)
			fail_msg("%s of %s", rows[i].name, rows[i].version);
	}
}

static void
a_newer_sqlite_has_none(void **state)
{
	(void)state;
	assert_null(sqlite_defects_next(sqlite_version_number(
	    slice_of("3.53.4")), NULL));
}

static void
a_version_is_three_numbers(void **state)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{ "3.40.1", 3040001 },
		{ "3.999.999", 3999999 },
		{ "3.40", 0 },
		{ "3.40.1.2", 0 },
		{ "3.40.", 0 },
		{ ".40.1", 0 },
		{ "3.40.x", 0 },
		{ "3.1000.0", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(sqlite_version_number(slice_of(rows[i].text)),
		    rows[i].want);
}

static void
each_says_where_it_is_told_of(void **state)
{
	const struct sqlite_defect *defect = NULL;

	(void)state;
	for (int version = SQLITE_VERSION_OF(0, 0);
	    version < SQLITE_VERSION_OF(60, 0); version++) {
		defect = NULL;
		while ((defect = sqlite_defects_next(version, defect)) !=
		    NULL) {
			assert_ptr_equal(strstr(defect->source,
			    "https://sqlite.org/"), defect->source);
			assert_true(strlen(defect->harm) > 0);
			assert_true(strlen(defect->range) > 0);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_defect_is_of_its_versions_alone),
		cmocka_unit_test(a_newer_sqlite_has_none),
		cmocka_unit_test(a_version_is_three_numbers),
		cmocka_unit_test(each_says_where_it_is_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
