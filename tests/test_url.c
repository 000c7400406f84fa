/* What twilio/url.h promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "twilio/url.h"

#define BYTES(s) { s, sizeof(s) - 1 }

static const struct row {
	const char *url;
	const char *want[URL_FORMS_MAX + 1];	/* NULL ends them */
} rows[] = {
	{ "https://host/path?a=b",
	    { "https://host/path?a=b", "https://host:443/path?a=b" } },
	{ "http://host/", { "http://host/", "http://host:80/" } },
	{ "https://host:1234/p", { "https://host:1234/p", "https://host/p" } },
	{ "https://host:443/p", { "https://host:443/p", "https://host/p" } },
	{ "https://host:80/p", { "https://host:80/p", "https://host/p" } },
	{ "https://user:pass@host/p", { "https://user:pass@host/p",
	    "https://user:pass@host:443/p", "https://host/p",
	    "https://host:443/p" } },
	{ "http://user@host:8080/p", { "http://user@host:8080/p",
	    "http://user@host/p", "http://host:8080/p", "http://host/p" } },
	{ "http://u:p@ss@host/p", { "http://u:p@ss@host/p",
	    "http://u:p@ss@host:80/p", "http://host/p", "http://host:80/p" } },
	{ "http://@host/p", { "http://@host/p", "http://@host:80/p",
	    "http://host/p", "http://host:80/p" } },
	/* Nothing is rewritten */
	{ "HtTpS://HoSt", { "HtTpS://HoSt", "HtTpS://HoSt:443" } },
	{ "https://host//a/../b/%7e?q=it's+a%20b&&",
	    { "https://host//a/../b/%7e?q=it's+a%20b&&",
	    "https://host:443//a/../b/%7e?q=it's+a%20b&&" } },
	{ "https://host/Espa\xc3\xb1" "a?\xff", { "https://host/Espa\xc3\xb1"
	    "a?\xff", "https://host:443/Espa\xc3\xb1" "a?\xff" } },
	/* The authority ends at a slash or a question mark */
	{ "https://host?a=b:1@c", { "https://host?a=b:1@c",
	    "https://host:443?a=b:1@c" } },
	{ "https://host/a@b:1", { "https://host/a@b:1",
	    "https://host:443/a@b:1" } },
	/* The fragment is dropped, wherever it begins */
	{ "https://host/p#rc=5&rp=5xx", { "https://host/p",
	    "https://host:443/p" } },
	{ "https://host#a#b?c", { "https://host", "https://host:443" } },
	{ "https://host:#x", { "https://host:", "https://host" } },
	/* Brackets */
	{ "http://[::1]/p", { "http://[::1]/p", "http://[::1]:80/p" } },
	{ "http://u@[::1]:81/p", { "http://u@[::1]:81/p", "http://u@[::1]/p",
	    "http://[::1]:81/p", "http://[::1]/p" } },
	/* Not of that shape */
	{ "", { NULL } },
	{ "host/path", { NULL } },
	{ "ftp://host/", { NULL } },
	{ "https:/host/", { NULL } },
	{ "https://", { NULL } },
	{ "http://", { NULL } },
	{ "https:///path", { NULL } },
	{ "https://?a", { NULL } },
	{ "https://#host", { NULL } },
	{ "https://user@/path", { NULL } },
	{ "https://:443/path", { NULL } },
	{ "https://host:44x/path", { NULL } },
	{ "https://host:1:2/path", { NULL } },
	{ "https://::1/path", { NULL } },
	{ "https://[::1/path", { NULL } },
	{ "https://[]/path", { NULL } },
	{ "https://[::1]x/path", { NULL } },
};

static void
check(const struct row *row, const struct buf *text,
    const struct url_form *forms, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct slice form = { text->data + forms[i].at,
		    forms[i].len };

		if (row->want[i] == NULL || !slice_is(form, row->want[i]))
			fail_msg("%s: form %zu is %.*s", row->url, i,
			    (int)form.len, form.p);
	}
	if (row->want[n] != NULL)
		fail_msg("%s: only %zu forms", row->url, n);
}

static void
the_forms_of_a_url_are_the_acceptance_set(void **state)
{
	struct url_form forms[URL_FORMS_MAX];
	struct buf text;
	size_t i, n;

	(void)state;
	buf_init(&text, 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = 99;
		if (url_forms(slice_of(rows[i].url), &text, forms, &n) !=
		    (rows[i].want[0] != NULL))
			fail_msg("%s", rows[i].url);
		check(&rows[i], &text, forms, n);
	}
	assert_false(url_forms((struct slice){ NULL, 0 }, &text, forms, &n));
	buf_clear(&text);
}

/* Given a URL with a password: each form less its user:password@. */
static void
the_password_can_be_found_in_each_form(void **state)
{
	static const char *const want[] = { "https://host:1/p",
	    "https://host/p", "https://host:1/p", "https://host/p" };
	struct url_form forms[URL_FORMS_MAX];
	struct buf text, less;
	size_t i, n;

	(void)state;
	buf_init(&text, 0);
	buf_init(&less, 0);
	assert_true(url_forms(slice_of("https://me:secret@host:1/p"), &text,
	    forms, &n));
	assert_int_equal(n, 4);
	for (i = 0; i < n; i++) {
		const char *form = text.data + forms[i].at;
		const size_t after = forms[i].userinfo_at +
		    forms[i].userinfo_len;

		assert_int_equal(forms[i].userinfo_len, i < 2 ? 10 : 0);
		buf_reset(&less);
		buf_add(&less, form, forms[i].userinfo_at);
		buf_add(&less, form + after, forms[i].len - after);
		assert_true(slice_is(buf_slice(&less), want[i]));
	}
	buf_clear(&less);
	buf_clear(&text);
}

static void
a_text_that_cannot_grow_gives_no_form(void **state)
{
	struct url_form forms[URL_FORMS_MAX];
	struct buf text;
	size_t n;

	(void)state;
	buf_init(&text, 20);
	assert_false(url_forms(slice_of("https://host/path"), &text, forms,
	    &n));
	assert_int_equal(n, 0);
	buf_clear(&text);
}

static const struct query_row {
	const char *url;
	const char *query;	/* NULL: none */
	const char *without_fragment;
} query_rows[] = {
	{ "https://h/p", NULL, "https://h/p" },
	{ "https://h/p?", "", "https://h/p?" },
	{ "https://h/p?a=b", "a=b", "https://h/p?a=b" },
	{ "https://h/p?a=?&b?", "a=?&b?", "https://h/p?a=?&b?" },
	{ "https://h/p?a#b?c", "a", "https://h/p?a" },
	{ "https://h/p#b?c", NULL, "https://h/p" },
	{ "/p?a", "a", "/p?a" },
	{ "", NULL, "" },
	{ "#", NULL, "" },
};

static void
a_query_is_between_question_mark_and_fragment(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(query_rows) / sizeof(query_rows[0]); i++) {
		const struct query_row *row = &query_rows[i];
		const struct slice query = url_query(slice_of(row->url));

		if (row->query == NULL ? query.p != NULL :
		    !slice_is(query, row->query))
			fail_msg("query of %s", row->url);
		if (!slice_is(url_without_fragment(slice_of(row->url)),
		    row->without_fragment))
			fail_msg("%s without fragment", row->url);
	}
	assert_null(url_query((struct slice){ NULL, 0 }).p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_forms_of_a_url_are_the_acceptance_set),
		cmocka_unit_test(the_password_can_be_found_in_each_form),
		cmocka_unit_test(a_text_that_cannot_grow_gives_no_form),
		cmocka_unit_test(
		    a_query_is_between_question_mark_and_fragment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
