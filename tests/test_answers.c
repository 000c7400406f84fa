/*
 * Test deliveries: what is sent, how an answer is read, and what it means.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "doctor/answers.h"
#include "doctor/curl.h"
#include "doctor/delivery.h"
#include "twilio/event.h"
#include "twilio/params.h"

#define URL "https://hooks.example.com/sync"
#define TOKEN "12345678901234567890123456789012"
#define AC "AC0123456789abcdef0123456789abcdef"

static struct curl_answer answer;

static void
come(int code, const char *text)
{
	buf_reset(&answer.text);
	buf_add_text(&answer.text, text);
	answer.code = code;
	curl_take(&answer);
}

static void
an_answer_is_read_past_100_continue(void **state)
{
	struct slice value;

	(void)state;
	come(0, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n"
	    "Server: x\r\nsync-journal-position: 12\r\n\r\nbody: y\r\n");
	assert_int_equal(answer.status, 204);
	assert_true(slice_is(answer.body, "body: y\r\n"));
	value = curl_header(&answer, "Sync-Journal-Position");
	assert_true(slice_is(value, "12"));
	assert_null(curl_header(&answer, "body").p);
	assert_null(curl_header(&answer, "Serve").p);
}

static void
an_answer_that_is_none_is_read_as_none(void **state)
{
	static const char *const texts[] = { "", "HTTP/", "HTTP/1.1",
	    "HTTP/1.1 ", "HTTP/1.1 x\r\n\r\n", "SSH-2.0-x\r\n",
	    "HTTP/1.1 100 Continue\r\n\r\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		come(52, texts[i]);
		assert_true(answer.status == 0 || answer.status == 100);
		assert_int_equal(answer.body.len, 0);
		assert_null(curl_header(&answer, "Date").p);
	}
	come(0, "HTTP/2 403 \r\nContent-Length: 0");
	assert_int_equal(answer.status, 403);
	assert_int_equal(answer.body.len, 0);
}

static void
each_answer_has_its_explanation(void **state)
{
	static const struct {
		int code;
		const char *text;
		enum delivery_kind kind;
		bool small;
		const char *seen, *mend;
	} rows[] = {
		{ 0, "HTTP/1.1 403 F\r\n\r\nsignature_wrong: x\n",
		    DELIVERY_SMALL, false, "refuses the signature",
		    "public_url" },
		{ 0, "HTTP/1.1 403 F\r\n\r\naccount_unknown: x\n",
		    DELIVERY_SMALL, false, "no token", "configuration" },
		{ 0, "HTTP/1.1 403 F\r\n\r\n<html>signature_wrong:",
		    DELIVERY_SMALL, false, "not the responder", "ExecCGI" },
		{ 0, "HTTP/1.1 403 F\r\n\r\n", DELIVERY_ATTACK, true,
		    "firewall", "SecRuleEngine" },
		{ 0, "HTTP/1.1 406 F\r\n\r\n", DELIVERY_SMALL, false,
		    "firewall", "SecRuleEngine" },
		{ 0, "HTTP/1.1 413 F\r\n\r\n", DELIVERY_LARGE, true,
		    "limit is too small", "LimitRequestBody" },
		{ 0, "HTTP/1.1 500 F\r\n\r\n", DELIVERY_LARGE, true,
		    "limit is too small", "FcgidMaxRequestLen" },
		{ 0, "HTTP/1.1 413 F\r\n\r\nbody_too_large: x\n",
		    DELIVERY_LARGE, true, "responder's limit",
		    "max_body_bytes" },
		{ 0, "HTTP/1.1 500 F\r\n\r\n", DELIVERY_SMALL, false,
		    "cannot run", "suexec.log" },
		{ 0, "HTTP/1.1 503 F\r\n\r\nthe journal cannot be written now;"
		    " try again\n", DELIVERY_SMALL, false,
		    "cannot write to its journal", "log" },
		{ 0, "HTTP/1.1 204 N\r\n\r\n", DELIVERY_SMALL, false,
		    "another program", "responder" },
		{ 0, "HTTP/1.1 302 F\r\nLocation: /x\r\n\r\n", DELIVERY_SMALL,
		    false, "sent elsewhere", "URL" },
		{ 6, "", DELIVERY_SMALL, false, "not known", "DNS" },
		{ 28, "", DELIVERY_SMALL, false, "15 s", "responder" },
		{ 60, "", DELIVERY_SMALL, false, "certificate", "Renew" },
		{ 56, "", DELIVERY_LARGE, true, "limit is too small",
		    "LimitRequestBody" },
		{ 56, "", DELIVERY_ATTACK, true, "firewall", "firewall" },
	};
	struct explanation got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		come(rows[i].code, rows[i].text);
		got = answers_explain(&answer, rows[i].kind, rows[i].small);
		if (strstr(got.seen, rows[i].seen) == NULL ||
		    strstr(got.mend, rows[i].mend) == NULL)
			fail_msg("row %zu: %s: %s", i, got.seen, got.mend);
	}
}

static void
every_status_and_code_is_explained(void **state)
{
	struct explanation got;
	char text[64];
	int n;

	(void)state;
	for (n = 0; n < 1000; n++) {
		(void)snprintf(text, sizeof(text), "HTTP/1.1 %03d x\r\n\r\n",
		    n);
		come(0, text);
		got = answers_explain(&answer, DELIVERY_SMALL, false);
		assert_true(strlen(got.seen) > 0 && strlen(got.mend) > 0);
		come(n, "");
		got = answers_explain(&answer, DELIVERY_SMALL, false);
		assert_true(strlen(got.seen) > 0 && strlen(got.mend) > 0);
	}
}

static void
a_test_delivery_verifies_and_says_what_it_is(void **state)
{
	struct slice url = slice_of(URL);
	struct test_delivery test;
	struct signing_key *key;
	enum delivery_kind kind;
	struct params params;
	size_t at_url, at_key;

	(void)state;
	params_init(&params);
	assert_int_equal(signing_key_new(&key, slice_of(TOKEN), NULL), RC_OK);
	for (kind = 0; kind < N_DELIVERY_KINDS; kind++) {
		assert_int_equal(delivery_make(&test, kind, URL "#rc=5", AC,
		    slice_of(TOKEN), "77", NULL), RC_OK);
		assert_int_equal(params_from_form(&params,
		    buf_slice(&test.body), NULL), RC_OK);
		params_sort(&params);
		assert_int_equal(signature_verify(slice_of(test.signature),
		    &url, 1, &params, &key, 1, &at_url, &at_key, NULL), RC_OK);
		assert_true(slice_is(params_find(&params, "EventType"),
		    EVENT_TEST_NAME));
		assert_true(slice_is(params_find(&params, "TestRun"), "77"));
		if (kind == DELIVERY_LARGE) {
			assert_int_equal(params_find(&params, "TestData").len,
			    EVENT_DATA_BYTES_MAX);
			assert_true(test.body.len >= 3 *
			    EVENT_DATA_BYTES_MAX);
		}
		delivery_clear(&test);
	}
	signing_key_free(key);
	params_clear(&params);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_read_past_100_continue),
		cmocka_unit_test(an_answer_that_is_none_is_read_as_none),
		cmocka_unit_test(each_answer_has_its_explanation),
		cmocka_unit_test(every_status_and_code_is_explained),
		cmocka_unit_test(a_test_delivery_verifies_and_says_what_it_is),
	};
	int failed;

	buf_init(&answer.text, 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	curl_clear(&answer);
	return failed;
}
