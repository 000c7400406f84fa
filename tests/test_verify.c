/* What twilio/verify.h promises: a kept request is judged as the responder would
 * judge it. (That both say the same of the same requests is tests/test_reject.py's
 * matter.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "responder/refusal.h"
#include "twilio/params.h"
#include "twilio/signature.h"
#include "twilio/verify.h"

#define A "AC0123456789abcdef0123456789abcdef"
#define B "ACfedcba9876543210fedcba9876543210"
#define URL "https://hooks.example.com/sync"
#define FORM "AccountSid=" A "&EventType=document_updated"
/* SHA-256 of "{}". */
#define HASH "bodySHA256=44136fa355b3678a1146ad16f7e8649e" \
	"94fb4fc21fe77e8310c060f61caaff8a"

static struct conf_token tokens_of_a[] = {
	{ (char[]){ "a1" }, 2 }, { (char[]){ "a2" }, 2 } };
static struct conf_token tokens_of_b[] = { { (char[]){ "b" }, 1 } };
static struct conf_account accounts[] = {
	{ (char[]){ A }, tokens_of_a, 2 },
	{ (char[]){ B }, tokens_of_b, 1 },
};
static char *urls[] = {
	(char[]){ "https://me:secret@hooks.example.com/sync" },
	(char[]){ "https://query.example.com/q?key=1" },
};

struct question {
	const char *signed_url, *token;	/* how it is signed; NULL: not at all */
	const char *url;		/* as the request showed it */
	const char *type, *body;
	size_t n_urls;			/* of the configuration */
	const char *account;		/* that the JSON body names */
	enum verify_result want;
	const char *fits;		/* the URL; NULL: as url */
};

static void
sign(const struct question *q, char signature[SIGNATURE_LEN + 1])
{
	const bool json = strcmp(q->type, JSON_TYPE) == 0;
	struct signing_key *key = NULL;
	struct params params;

	signature[0] = '\0';
	if (q->signed_url == NULL)
		return;
	params_init(&params);
	assert_int_equal(signing_key_new(&key, slice_of(q->token), NULL),
	    RC_OK);
	assert_int_equal(params_from_form(&params, slice_of(q->body), NULL),
	    RC_OK);
	params_sort(&params);
	signature_make(key, slice_of(q->signed_url), json ? NULL : &params,
	    signature);
	signing_key_free(key);
	params_clear(&params);
}

static void
check(const struct question *q, size_t number)
{
	struct conf conf = { .accounts = accounts, .n_accounts = 2,
	    .public_urls = urls, .n_public_urls = q->n_urls };
	char signature[SIGNATURE_LEN + 1];
	struct verify_request request = {
		.url = slice_of(q->url), .content_type = slice_of(q->type),
		.body = slice_of(q->body),
	};
	struct verifier *verifier = NULL;
	struct verify_fit fit;

	sign(q, signature);
	request.signature = slice_of(signature);
	assert_int_equal(verifier_new(&verifier, &conf, NULL), RC_OK);
	assert_int_equal(verifier_check(verifier, &request,
	    slice_of(q->account), &fit, NULL), RC_OK);
	if (fit.result != q->want)
		fail_msg("question %zu: %s", number, fit.result == VERIFY_OK ?
		    "verifies" : verify_reason(fit.result));
	if (fit.result == VERIFY_OK) {
		assert_true(slice_is(fit.url, q->fits == NULL ? q->url :
		    q->fits));
		assert_int_equal(strlen(fit.key_id), 16);
	}
	verifier_free(verifier);
}

static void
it_is_judged_under_the_present_configuration(void **state)
{
	static const struct question questions[] = {
		{ URL, "a1", URL, FORM_TYPE, FORM, 0, NULL, VERIFY_OK, NULL },
		{ URL, "a2", URL, FORM_TYPE, FORM, 0, NULL, VERIFY_OK, NULL },
		{ URL, "b", URL, FORM_TYPE, FORM, 0, NULL,
		    VERIFY_SIGNATURE_WRONG, NULL },
		{ URL, "a1", "https://hooks.example.com:443/sync", FORM_TYPE,
		    FORM, 0, NULL, VERIFY_OK, URL },
		/* public_url says it, whatever was seen; its query is seen. */
		{ URL, "a1", "http://10.0.0.1/x", FORM_TYPE, FORM, 1, NULL,
		    VERIFY_OK, URL },
		{ URL "?a=1", "a1", "http://10.0.0.1/x?a=1", FORM_TYPE, FORM,
		    1, NULL, VERIFY_OK, URL "?a=1" },
		{ URL "?a=1", "a1", NULL, FORM_TYPE, FORM, 1, NULL,
		    VERIFY_SIGNATURE_WRONG, NULL },
		{ "https://me:secret@hooks.example.com/sync", "a1", "/x",
		    FORM_TYPE, FORM, 1, NULL, VERIFY_OK, URL },
		{ "https://query.example.com/q?key=1", "a1", "/x?a=1",
		    FORM_TYPE, FORM, 2, NULL, VERIFY_OK,
		    "https://query.example.com/q?key=1" },
		{ URL, "a1", NULL, FORM_TYPE, FORM, 0, NULL, VERIFY_NO_URL,
		    NULL },
		{ URL, "a1", URL, FORM_TYPE, NULL, 0, NULL, VERIFY_NO_BODY,
		    NULL },
		{ URL, "a1", URL, "text/plain", FORM, 0, NULL,
		    VERIFY_CONTENT_TYPE, NULL },
		{ NULL, NULL, URL, FORM_TYPE, FORM, 0, NULL,
		    VERIFY_SIGNATURE_MISSING, NULL },
		{ URL, "a1", URL, FORM_TYPE, "AccountSid=AC0", 0, NULL,
		    VERIFY_ACCOUNT_UNKNOWN, NULL },
		/* Without an account, any token. */
		{ URL, "b", URL, FORM_TYPE, "x=1", 0, NULL, VERIFY_OK, NULL },
		{ URL "?" HASH, "b", URL "?" HASH, JSON_TYPE, "{}", 0, NULL,
		    VERIFY_OK, NULL },
		{ URL "?" HASH, "b", URL "?" HASH, JSON_TYPE, "{}", 0, A,
		    VERIFY_SIGNATURE_WRONG, NULL },
		{ URL "?" HASH, "b", URL "?" HASH, JSON_TYPE, "{ }", 0, NULL,
		    VERIFY_BODY_SHA256_WRONG, NULL },
		{ URL, "b", URL, JSON_TYPE, "{}", 0, NULL,
		    VERIFY_BODY_SHA256_MISSING, NULL },
	};
	struct question one;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		one = questions[i];
		/* What is not there cannot be signed. */
		if (one.body == NULL)
			one.signed_url = NULL;
		check(&one, i);
	}
}

static void
its_reasons_are_the_responders(void **state)
{
	size_t i, j;

	(void)state;
	assert_null(verify_reason(VERIFY_OK));
	for (i = VERIFY_OK + 1; i < N_VERIFY_RESULTS; i++) {
		const char *reason = verify_reason((enum verify_result)i);

		assert_non_null(reason);
		for (j = 0; j < N_REFUSALS; j++)
			if (strcmp(reason, refusal_rule((enum refusal)j)->
			    reason) == 0)
				break;
		if (j == N_REFUSALS && i != VERIFY_NO_BODY &&
		    i != VERIFY_NO_URL)
			fail_msg("%s", reason);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_judged_under_the_present_configuration),
		cmocka_unit_test(its_reasons_are_the_responders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
