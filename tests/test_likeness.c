/* What twilio/likeness.h promises: which rejects may be Twilio's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "twilio/likeness.h"

#define HEX32 "0123456789abcdef0123456789abcdef"
#define ACCOUNT "AccountSid=AC" HEX32
#define SERVICE "&ServiceSid=IS" HEX32
#define TYPE "&EventType=document_updated"
#define SIGNATURE "RSOYDt4T1cUTdK1PDd93/VVr8B8="

static void
a_form_is_like_twilios_by_signature_sids_and_type(void **state)
{
	static const struct {
		const char *signature, *form;
		enum likeness want;
	} cases[] = {
		{ SIGNATURE, ACCOUNT SERVICE TYPE, LIKENESS_FORM },
		{ SIGNATURE, "x=1&" ACCOUNT SERVICE TYPE "&y", LIKENESS_FORM },
		{ SIGNATURE, ACCOUNT SERVICE "&EventType=endpoint_connected",
		    LIKENESS_FORM },
		{ NULL, ACCOUNT SERVICE TYPE, LIKENESS_NO },
		{ "", ACCOUNT SERVICE TYPE, LIKENESS_NO },
		{ SIGNATURE "=", ACCOUNT SERVICE TYPE, LIKENESS_NO },
		{ "RSOYDt4T1cUTdK1PDd93/VVr8B8", ACCOUNT SERVICE TYPE,
		    LIKENESS_NO },
		{ "RSOYDt4T1cUTdK1PDd93/VVr8B9=", ACCOUNT SERVICE TYPE,
		    LIKENESS_NO },
		{ SIGNATURE, SERVICE TYPE, LIKENESS_NO },
		{ SIGNATURE, ACCOUNT "0" SERVICE TYPE, LIKENESS_NO },
		{ SIGNATURE, "AccountSid=IS" HEX32 SERVICE TYPE, LIKENESS_NO },
		{ SIGNATURE, ACCOUNT TYPE, LIKENESS_NO },
		{ SIGNATURE, ACCOUNT "&ServiceSid=IS" TYPE, LIKENESS_NO },
		{ SIGNATURE, ACCOUNT SERVICE, LIKENESS_NO },
		{ SIGNATURE, ACCOUNT SERVICE "&EventType=document_read",
		    LIKENESS_NO },
		/* A test of the doctor's is not Twilio's. */
		{ SIGNATURE, ACCOUNT SERVICE "&EventType=syncjournal_test",
		    LIKENESS_NO },
		{ SIGNATURE, "", LIKENESS_NO },
	};
	struct params params;
	size_t i;

	(void)state;
	params_init(&params);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(params_from_form(&params,
		    slice_of(cases[i].form), NULL), RC_OK);
		params_sort(&params);
		if (likeness_of(slice_of(cases[i].signature), &params,
		    false) != cases[i].want)
			fail_msg("%s", cases[i].form);
		/* What a stranger cannot know lifts it, and only it. */
		if (likeness_of(slice_of(cases[i].signature), &params,
		    true) != (cases[i].want == LIKENESS_NO ? LIKENESS_NO :
		    LIKENESS_ACCOUNT))
			fail_msg("known: %s", cases[i].form);
	}
	params_clear(&params);
}

static void
json_is_by_its_hash(void **state)
{
	/* SHA-256 of "{}". */
	static const char hash[] = "bodySHA256=44136fa355b3678a1146ad16f7e8649e"
	    "94fb4fc21fe77e8310c060f61caaff8a";

	(void)state;
	assert_int_equal(likeness_of_json(slice_of(SIGNATURE), slice_of(hash),
	    slice_of("{}")), LIKENESS_FORM);
	assert_int_equal(likeness_of_json(slice_of(SIGNATURE), slice_of(hash),
	    slice_of("{ }")), LIKENESS_NO);
	assert_int_equal(likeness_of_json(slice_of(SIGNATURE), slice_of(NULL),
	    slice_of("{}")), LIKENESS_NO);
	assert_int_equal(likeness_of_json(slice_of("x"), slice_of(hash),
	    slice_of("{}")), LIKENESS_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_form_is_like_twilios_by_signature_sids_and_type),
		cmocka_unit_test(json_is_by_its_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
