#include "doctor/delivery.h"

#include <string.h>

#include "twilio/event.h"
#include "twilio/params.h"
#include "twilio/url.h"

const char *
delivery_name(enum delivery_kind kind)
{
	static const char *const names[N_DELIVERY_KINDS] = {
		[DELIVERY_SMALL] = "small",
		[DELIVERY_LARGE] = "large",
		[DELIVERY_ATTACK] = "attack",
	};

	return names[kind];
}

/* Percent-encoded, all but what RFC 3986 section 2.3 calls unreserved. */
static void
add_encoded(struct buf *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text != '\0'; text++) {
		if (strchr(plain, *text) != NULL)
			buf_add_char(out, *text);
		else
			buf_printf(out, "%%%02X", (unsigned char)*text);
	}
}

static void
add_data(struct buf *out, enum delivery_kind kind)
{
	size_t i;

	switch (kind) {
	case DELIVERY_SMALL:
		add_encoded(out, "{\"test\":true}");
		break;
	case DELIVERY_LARGE:
		/* With the two quotes, a JSON text of 16 KiB. */
		add_encoded(out, "\"");
		for (i = 2; i < EVENT_DATA_BYTES_MAX; i++)
			add_encoded(out, "{");
		add_encoded(out, "\"");
		break;
	case DELIVERY_ATTACK:
		add_encoded(out, "{\"note\":\"<script>alert(1)</script> ' OR "
		    "1=1 -- ; SELECT * FROM users; ../../etc/passwd\"}");
		break;
	case N_DELIVERY_KINDS:
		break;
	}
}

enum rc
delivery_make(struct test_delivery *test, enum delivery_kind kind,
    const char *url, const char *account_sid, struct slice secret,
    const char *run, struct err *err)
{
	struct signing_key *key = NULL;
	struct params params;
	enum rc rc;

	params_init(&params);
	buf_init(&test->body, 0);
	test->signature[0] = '\0';
	buf_printf(&test->body, "AccountSid=%s&EventType=" EVENT_TEST_NAME
	    "&TestName=%s&TestRun=%s&TestData=", account_sid,
	    delivery_name(kind), run);
	add_data(&test->body, kind);
	rc = buf_ok(&test->body) ? RC_OK : err_set(err, RC_MEMORY,
	    "test delivery: no memory");
	if (rc == RC_OK)
		rc = params_from_form(&params, buf_slice(&test->body), err);
	if (rc == RC_OK)
		rc = signing_key_new(&key, secret, err);
	if (rc == RC_OK) {
		params_sort(&params);
		signature_make(key, url_without_fragment(slice_of(url)),
		    &params, test->signature);
	}
	signing_key_free(key);
	params_clear(&params);
	return rc;
}

void
delivery_clear(struct test_delivery *test)
{
	buf_clear(&test->body);
}
