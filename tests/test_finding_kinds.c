/*
 * The kinds of findings, and what is to be done about each: those of the
 * documentation and of the view, and no others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/findings.h"
#include "support.h"

#define FILE_SIZE (256 * 1024)
#define NAMES_MAX 64
#define LINE_WIDTH 76	/* of advice, so that it fits a terminal indented */

struct names {
	char name[NAMES_MAX][40];
	size_t n;
};

static bool
has(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++) {
		if (strcmp(names->name[i], name) == 0)
			return true;
	}
	return false;
}

/* A name of small letters and '_' that ends with this character. */
static void
add_name(struct names *names, const char *text, char end)
{
	const size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz_");
	char *name = names->name[names->n];

	if (len == 0 || text[len] != end)
		return;
	assert_true(names->n < NAMES_MAX && len < sizeof(names->name[0]));
	memcpy(name, text, len);
	name[len] = '\0';
	if (!has(names, name))
		names->n++;
}

/* Those behind each occurrence of begin at a line's beginning. */
static void
read_names(const char *file, const char *from, const char *to,
    const char *begin, char end, struct names *names)
{
	static char text[FILE_SIZE];
	const char *srcdir = getenv("SRCDIR");
	char path[4096];
	const char *line, *last;

	(void)snprintf(path, sizeof(path), "%s/%s",
	    srcdir == NULL ? "." : srcdir, file);
	text[read_file(path, text, sizeof(text) - 1)] = '\0';
	line = strstr(text, from);
	assert_non_null(line);
	last = to == NULL ? NULL : strstr(line, to);
	names->n = 0;
	while (line != NULL && (last == NULL || line < last)) {
		if (strncmp(line, begin, strlen(begin)) == 0)
			add_name(names, line + strlen(begin), end);
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	assert_true(names->n > 5);
}

static void
check_names(const struct names *names)
{
	const struct finding_kind *kind;
	size_t n;

	for (n = 0; (kind = finding_kind_at(n)) != NULL; n++) {
		if (!has(names, kind->name))
			fail_msg("%s is not there", kind->name);
	}
	for (size_t i = 0; i < names->n; i++) {
		size_t j = 0;

		while ((kind = finding_kind_at(j)) != NULL &&
		    strcmp(kind->name, names->name[i]) != 0)
			j++;
		if (kind == NULL)
			fail_msg("%s is not known", names->name[i]);
	}
	assert_int_equal(n, names->n);
}

static void
the_documented_kinds_are_known(void **state)
{
	struct names names;

	(void)state;
	read_names("docs/design.md", "### Findings", "### The record", "| `",
	    '`', &names);
	check_names(&names);
}

static void
the_kinds_of_the_view_are_known(void **state)
{
	struct names names;

	(void)state;
	read_names("sql/checks.sql", "CREATE VIEW findings", NULL,
	    "SELECT '", '\'', &names);
	check_names(&names);
}

/* Whole lines, short enough with names in them. */
static void
check_lines(const char *name, const char *line)
{
	assert_true(strlen(line) > 10);
	while (*line != '\0') {
		const size_t len = strcspn(line, "\n");

		if (line[len] != '\n')
			fail_msg("%s: no end: %s", name, line);
		if (len > LINE_WIDTH)
			fail_msg("%s: long: %s", name, line);
		line += len + 1;
	}
}

static void
each_kind_says_what_it_means_and_what_to_do(void **state)
{
	struct finding finding = {
		.service_sid = slice_of("IS"
		    "00112233445566778899aabbccddeeff"),
		.stream_kind = slice_of("document"),
		.stream_key = slice_of("ET" "00112233445566778899aabbccddeeff"),
		.position = 1234567890123,
		.gap_id = 12345678901234,
	};
	const struct finding_kind *kind;
	struct buf out;

	(void)state;
	for (size_t i = 0; (kind = finding_kind_at(i)) != NULL; i++) {
		assert_true(strlen(kind->meaning) > 10);
		/* The head of a group, of one, in a narrow terminal. */
		assert_true(strlen("warning ") + strlen(kind->name) +
		    strlen(", 1: ") + strlen(kind->meaning) <= 80);
		assert_int_equal(kind->meaning[strcspn(kind->meaning, "\n.")],
		    '\0');
		finding.kind = kind;
		buf_init(&out, 0);
		finding_advice(&out, &finding, "");
		assert_true(buf_ok(&out) && out.len > 0);
		check_lines(kind->name, out.data);
		buf_clear(&out);
	}
}

static const struct finding_kind *
kind_of(const char *name)
{
	size_t i = 0;

	while (strcmp(finding_kind_at(i)->name, name) != 0)
		i++;
	return finding_kind_at(i);
}

/* What is in it. */
static void
check_advice(const struct finding *finding, const char *want)
{
	struct buf out;

	buf_init(&out, 0);
	finding_advice(&out, finding, "> ");
	assert_true(buf_ok(&out));
	assert_ptr_equal(strstr(out.data, "> "), out.data);
	if (strstr(out.data, want) == NULL)
		fail_msg("%s is not in: %s", want, out.data);
	buf_clear(&out);
}

static void
advice_names_what_it_is_about(void **state)
{
	struct finding finding = {
		.kind = kind_of("open_gap"),
		.gap_id = 104,
	};

	(void)state;
	check_advice(&finding, "\n>     syncjournal gap explain 104 --reason");
	check_advice(&finding, "\n>     syncjournal gap lose 104 --reason");
	finding.kind = kind_of("after_removal");
	finding.stream_kind = slice_of("document");
	finding.stream_key = slice_of("ET0a");
	check_advice(&finding, "syncjournal history ET0a\n");
	finding.kind = kind_of("presence_contradicted");
	finding.stream_kind = slice_of("identity");
	finding.stream_key = slice_of("alice@example.com");
	check_advice(&finding, "syncjournal log identity alice@example.com\n");
	finding.kind = kind_of("unsequenced");
	finding.position = 12;
	finding.service_sid = slice_of("IS0b");
	check_advice(&finding, "position = 12'\n");
	check_advice(&finding, "[service IS0b]");
}

static void
advice_is_no_command_of_somebody_elses(void **state)
{
	static const char *const names[] = { "", "a b", "$(reboot)", "a;b",
	    "a\nb", "'", "a\033[5m", "-rf", "\303\244" };
	struct finding finding = {
		.kind = kind_of("presence_contradicted"),
		.stream_kind = { "identity", 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		finding.stream_key = slice_of(names[i]);
		check_advice(&finding, "syncjournal log NAME\n");
	}
	finding.stream_key = (struct slice){ "a\0b", 3 };
	check_advice(&finding, "syncjournal log NAME\n");
}

static void
a_kind_that_is_not_known_has_no_advice(void **state)
{
	const struct finding finding = { .kind = NULL };
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	finding_advice(&out, &finding, "> ");
	assert_int_equal(out.len, 0);
	buf_clear(&out);
}

static void
only_what_cannot_be_known_is_no_fault(void **state)
{
	(void)state;
	for (int i = 0; i < N_SEVERITIES; i++) {
		struct findings_count count = { .pending = 1 };

		assert_false(findings_bad(&count));
		count.of[i] = 1;
		assert_int_equal(findings_bad(&count), i != SEVERITY_INFO);
		assert_int_equal(severity_of(slice_of(
		    severity_name((enum severity)i))), i);
	}
	assert_int_equal(severity_of(slice_of("fatal")), SEVERITY_ERROR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_documented_kinds_are_known),
		cmocka_unit_test(the_kinds_of_the_view_are_known),
		cmocka_unit_test(each_kind_says_what_it_means_and_what_to_do),
		cmocka_unit_test(advice_names_what_it_is_about),
		cmocka_unit_test(advice_is_no_command_of_somebody_elses),
		cmocka_unit_test(a_kind_that_is_not_known_has_no_advice),
		cmocka_unit_test(only_what_cannot_be_known_is_no_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
