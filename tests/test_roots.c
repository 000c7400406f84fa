/*
 * What is served by a web server, told by names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/roots.h"

static void
a_served_directory_is_known_by_its_name(void **state)
{
	static const struct {
		const char *path, *want;
	} rows[] = {
		{ "/home/u/public_html/cgi-bin/x", "/home/u/public_html" },
		{ "/home/u/public_html", "/home/u/public_html" },
		{ "/home/u/cgi-bin/x", "/home/u/cgi-bin" },
		{ "/home/u/domains/d/htdocs/x/y", "/home/u/domains/d/htdocs" },
		{ "/var/www/html/x", "/var/www" },
		{ "/var/www", "/var/www" },
		{ "/var/wwwx/x", NULL },
		{ "/home/u/public_html.old/x", NULL },
		{ "/home/u/my_public_html/x", NULL },
		{ "/home/u/syncjournal/syncjournal.conf", NULL },
		{ "/", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *const root = roots_find(rows[i].path);

		if (rows[i].want == NULL)
			assert_null(root);
		else
			assert_string_equal(root, rows[i].want);
		free(root);
	}
}

static void
links_are_resolved_as_far_as_the_path_exists(void **state)
{
	char directory[] = "/tmp/syncjournal-roots-XXXXXX";
	char *real;

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(mkdir("public_html", 0700), 0);
	assert_int_equal(symlink("public_html", "www"), 0);
	assert_true(roots_holds("public_html", "www/a/b"));
	assert_true(roots_holds("www", "public_html"));
	assert_false(roots_holds("www", "."));
	assert_false(roots_holds("/", "www"));
	real = roots_real("www/not/there");
	assert_non_null(real);
	assert_string_equal(real + strlen(real) -
	    strlen("/public_html/not/there"), "/public_html/not/there");
	free(real);
	real = roots_real("/not/there");
	assert_string_equal(real, "/not/there");
	free(real);
	real = roots_real("/");
	assert_string_equal(real, "/");
	free(real);
	assert_int_equal(unlink("www"), 0);
	assert_int_equal(rmdir("public_html"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(directory), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_served_directory_is_known_by_its_name),
		cmocka_unit_test(links_are_resolved_as_far_as_the_path_exists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
