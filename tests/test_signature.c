/* What twilio/signature.h promises; the vectors of Twilio's own test suites. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "config.h"
#include "twilio/params.h"
#include "twilio/signature.h"
#include "twilio/url.h"

#define BYTES(s) { s, sizeof(s) - 1 }
#define TOKEN "12345"
#define URL "https://mycompany.com/myapp.php?foo=1&bar=2"
#define FORM "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234" \
	"&From=%2B14158675309&To=%2B18005551212"
#define SIGNATURE "RSOYDt4T1cUTdK1PDd93/VVr8B8="

static struct signing_key *
new_key(struct slice secret)
{
	struct signing_key *key = NULL;

	assert_int_equal(signing_key_new(&key, secret, NULL), RC_OK);
	return key;
}

static void
set_form(struct params *params, const char *form)
{
	params_init(params);
	assert_int_equal(params_from_form(params, slice_of(form), NULL),
	    RC_OK);
	params_sort(params);
}

/* The vectors. */

static const char *
text_of(struct json_object *object, const char *name)
{
	return json_object_get_string(json_object_object_get(object, name));
}

static struct slice
bytes_of(struct json_object *text)
{
	return (struct slice){ json_object_get_string(text),
	    (size_t)json_object_get_string_len(text) };
}

static void
params_of_object(struct params *params, struct json_object *object)
{
	struct param list[64];
	size_t n = 0, i;

	json_object_object_foreach(object, name, value) {
		const bool many = json_object_is_type(value, json_type_array);
		const size_t count = many ? json_object_array_length(value) : 1;

		for (i = 0; i < count; i++, n++) {
			assert_true(n < sizeof(list) / sizeof(list[0]));
			list[n].name = slice_of(name);
			list[n].value = bytes_of(many ?
			    json_object_array_get_idx(value, i) : value);
		}
	}
	assert_int_equal(params_set(params, list, n, NULL), RC_OK);
}

static void
params_of_vector(struct params *params, struct json_object *vector)
{
	const char *form = text_of(vector, "form_body");

	if (form != NULL)
		assert_int_equal(params_from_form(params, slice_of(form),
		    NULL), RC_OK);
	else
		params_of_object(params,
		    json_object_object_get(vector, "params"));
	params_sort(params);
}

static bool
accepts(struct slice signature, struct slice url, const char *token,
    const struct params *params)
{
	struct signing_key *key = new_key(slice_of(token));
	struct url_form forms[URL_FORMS_MAX];
	struct slice urls[URL_FORMS_MAX];
	struct buf text;
	size_t n, i, fit_url, fit_key;
	bool fits;

	buf_init(&text, 0);
	assert_true(url_forms(url, &text, forms, &n));
	for (i = 0; i < n; i++)
		urls[i] = (struct slice){ text.data + forms[i].at,
		    forms[i].len };
	fits = signature_verify(signature, urls, n, params, &key, 1, &fit_url,
	    &fit_key, NULL) == RC_OK;
	buf_clear(&text);
	signing_key_free(key);
	return fits;
}

static bool
accepts_vector(struct json_object *vector, bool is_form)
{
	const struct slice url = slice_of(text_of(vector, "url"));
	struct params params;
	bool fits;

	params_init(&params);
	if (is_form)
		params_of_vector(&params, vector);
	fits = accepts(slice_of(text_of(vector, "signature")), url,
	    text_of(vector, "auth_token"), is_form ? &params : NULL);
	if (!is_form)
		fits = signature_body_fits(url_query(url), bytes_of(
		    json_object_object_get(vector, "body")), NULL) == RC_OK &&
		    fits;
	params_clear(&params);
	return fits;
}

static struct json_object *
read_vectors(void)
{
	const char *dir = getenv("SRCDIR");
	struct json_object *vectors;
	char path[4096];

	if (dir == NULL)
		dir = getenv("srcdir");
	snprintf(path, sizeof(path), "%s/tests/vectors/signatures.json",
	    dir == NULL ? "." : dir);
	vectors = json_object_from_file(path);
	if (vectors == NULL)
		fail_msg("%s: %s", path, json_util_get_last_err());
	return vectors;
}

static void
every_vector_of_the_official_suites_is_judged_as_it_should(void **state)
{
	struct json_object *vectors = read_vectors();
	size_t i, n = json_object_array_length(vectors), forms = 0;

	(void)state;
	for (i = 0; i < n; i++) {
		struct json_object *v = json_object_array_get_idx(vectors, i);
		const bool is_form = strcmp(text_of(v, "kind"), "form") == 0;
		const bool want = json_object_get_boolean(
		    json_object_object_get(v, "accept"));

		if (accepts_vector(v, is_form) != want)
			fail_msg("%s, %s: should%s be accepted",
			    text_of(v, "id"), text_of(v, "name"),
			    want ? "" : " not");
		forms += is_form;
	}
	assert_true(n >= 48);
	assert_true(forms >= 41);
	json_object_put(vectors);
}

/* The rest is ours. */

static const struct header_row {
	const char *name;
	struct slice signature;
	enum rc want;
} header_rows[] = {
	{ "right", BYTES(SIGNATURE), RC_OK },
	{ "first bit flipped", BYTES("xSOYDt4T1cUTdK1PDd93/VVr8B8="),
	    RC_DENIED },
	{ "last bit flipped", BYTES("RSOYDt4T1cUTdK1PDd93/VVr8B4="),
	    RC_DENIED },
	{ "stray bit in the padding", BYTES("RSOYDt4T1cUTdK1PDd93/VVr8B9="),
	    RC_SYNTAX },
	{ "no padding", BYTES("RSOYDt4T1cUTdK1PDd93/VVr8B8"), RC_SYNTAX },
	{ "19 bytes", BYTES("RSOYDt4T1cUTdK1PDd93/VVr8A=="), RC_SYNTAX },
	{ "21 bytes", BYTES("RSOYDt4T1cUTdK1PDd93/VVr8B8B"), RC_SYNTAX },
	{ "space before", BYTES(" " SIGNATURE), RC_SYNTAX },
	{ "space after", BYTES(SIGNATURE " "), RC_SYNTAX },
	{ "newline after", BYTES(SIGNATURE "\n"), RC_SYNTAX },
	{ "space instead of a digit", BYTES("RSOYDt4T1cUT K1PDd93/VVr8B8="),
	    RC_SYNTAX },
	{ "28 long with a space", BYTES("RSOYDt4T1cUTdK1PDd93/VVr8A= "),
	    RC_SYNTAX },
	{ "spaces around one padding", BYTES("RSOYDt4T1cUTdK1PDd93/VVr8B= "),
	    RC_SYNTAX },
	{ "too much padding", BYTES("RSOYDt4T1cUTdK1PDd93/VVr8A==="),
	    RC_SYNTAX },
	{ "padding inside", BYTES("RSOYDt4T1cU=dK1PDd93/VVr8B8="), RC_SYNTAX },
	{ "URL alphabet", BYTES("RSOYDt4T1cUTdK1PDd93_VVr8B8="), RC_SYNTAX },
	{ "NUL inside", BYTES("RSOYDt4T1cUT\0K1PDd93/VVr8B8="), RC_SYNTAX },
	{ "two of them", BYTES(SIGNATURE ", " SIGNATURE), RC_SYNTAX },
	{ "all zeros", BYTES("AAAAAAAAAAAAAAAAAAAAAAAAAAA="), RC_DENIED },
	{ "padding alone", BYTES("============================"), RC_SYNTAX },
	{ "empty", BYTES(""), RC_SYNTAX },
	{ "none", { NULL, 0 }, RC_SYNTAX },
};

static void
only_the_canonical_base64_of_20_bytes_is_a_signature(void **state)
{
	const struct slice url = BYTES(URL);
	struct signing_key *key = new_key(slice_of(TOKEN));
	struct params params;
	size_t i, u, k;

	(void)state;
	set_form(&params, FORM);
	for (i = 0; i < sizeof(header_rows) / sizeof(header_rows[0]); i++) {
		const struct header_row *row = &header_rows[i];

		u = k = 77;
		if (signature_verify(row->signature, &url, 1, &params, &key,
		    1, &u, &k, NULL) != row->want)
			fail_msg("%s", row->name);
		assert_int_equal(u, row->want == RC_OK ? 0 : 77);
		assert_int_equal(k, row->want == RC_OK ? 0 : 77);
	}
	params_clear(&params);
	signing_key_free(key);
}

static void
the_first_pair_that_fits_is_named(void **state)
{
	const struct slice urls[] = { BYTES("http://x/"), BYTES(URL),
	    BYTES(URL) };
	struct signing_key *keys[] = { new_key(slice_of("other")),
	    new_key(slice_of(TOKEN)), new_key(slice_of(TOKEN)) };
	struct params params;
	size_t i, u = 77, k = 77;

	(void)state;
	set_form(&params, FORM);
	assert_int_equal(signature_verify(slice_of(SIGNATURE), urls, 3,
	    &params, keys, 3, &u, &k, NULL), RC_OK);
	assert_int_equal(u, 1);
	assert_int_equal(k, 1);
	assert_int_equal(signature_verify(slice_of(SIGNATURE), urls, 1,
	    &params, keys, 3, &u, &k, NULL), RC_DENIED);
	assert_int_equal(signature_verify(slice_of(SIGNATURE), urls, 3,
	    &params, keys, 1, &u, &k, NULL), RC_DENIED);
	assert_int_equal(signature_verify(slice_of(SIGNATURE), urls, 3,
	    &params, keys, 0, &u, &k, NULL), RC_DENIED);
	for (i = 0; i < 3; i++)
		signing_key_free(keys[i]);
	params_clear(&params);
}

/* A byte changed, taken away or moved makes another text. */
static void
each_byte_of_a_form_is_signed(void **state)
{
	static const char *const forms[] = { "a=1&b=2", "a=1&b=3", "a=1&c=2",
	    "A=1&b=2", "a=1&b=2&c=", "a=1", "a=1+&b=2", "a=1&b=2%00", "",
	    "a=1&b=2&b=3" };
	struct signing_key *key = new_key(slice_of(TOKEN));
	char text[SIGNATURE_LEN + 1];
	struct params params;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		set_form(&params, forms[i]);
		signature_make(key, slice_of(URL), &params, text);
		params_clear(&params);
		for (j = 0; j < sizeof(forms) / sizeof(forms[0]); j++) {
			set_form(&params, forms[j]);
			if (accepts(slice_of(text), slice_of(URL), TOKEN,
			    &params) != (i == j))
				fail_msg("'%s' signed, '%s' sent", forms[i],
				    forms[j]);
			params_clear(&params);
		}
	}
	signing_key_free(key);
}

static void
equal_values_of_a_name_count_once(void **state)
{
	struct params once, twice;
	struct signing_key *key = new_key(slice_of(TOKEN));
	char a[SIGNATURE_LEN + 1], b[SIGNATURE_LEN + 1];

	(void)state;
	set_form(&once, "n=2&n=1");
	set_form(&twice, "n=1&n=2&n=2&n=1&n=2");
	signature_make(key, slice_of(URL), &once, a);
	signature_make(key, slice_of(URL), &twice, b);
	assert_string_equal(a, b);
	params_clear(&once);
	params_clear(&twice);
	signing_key_free(key);
}

/* Against an HMAC computed elsewhere (Python's hmac): key 0x00 0xff x100,
 * text "https://h/" "a\0" "\xff". */
static void
secret_and_text_may_be_any_bytes(void **state)
{
	char secret[200];
	struct params params;
	struct signing_key *key;
	char text[SIGNATURE_LEN + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(secret); i++)
		secret[i] = (char)(i % 2 == 0 ? 0x00 : 0xff);
	key = new_key((struct slice){ secret, sizeof(secret) });
	set_form(&params, "a%00=%ff");
	signature_make(key, slice_of("https://h/"), &params, text);
	assert_string_equal(text, "R9MEnd25QKsIbbvjdaz9xpkkRuw=");
	params_clear(&params);
	signing_key_free(key);
}

#define SECRET "d41d8cd98f00b204e9800998ecf8427e"

/* The stack of a call, to be looked at when it is over. */
static char stack[131072];
static struct signing_key *made;

static void
make_key(void)
{
	made = new_key(slice_of(SECRET));
}

/* is_left -- whether half of the secret is on the stack, or of what HMAC makes of
 * it with a pad (RFC 2104 section 2); as bytes, or as a hash has them in words. */
static bool
is_left(char pad, bool swapped)
{
	char form[32];

	for (size_t i = 0; i < sizeof(form); i++)
		form[swapped ? i ^ 3 : i] = (char)(SECRET[i] ^ pad);
	return memmem(stack, sizeof(stack), form, 16) != NULL ||
	    memmem(stack, sizeof(stack), form + 16, 16) != NULL;
}

static void
nothing_of_a_secret_is_left_on_the_stack(void **state)
{
	static const char pads[] = { 0, 0x36, 0x5c };
	ucontext_t here, there;

	(void)state;
#ifdef SYNC_SANITIZED
	skip();		/* frames are of another shape */
#endif
	/* To valgrind what a call has left on its stack is not there. */
	if (getenv("UNIT_WRAPPER") != NULL && *getenv("UNIT_WRAPPER") != '\0')
		skip();
	assert_int_equal(getcontext(&there), 0);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof(stack);
	there.uc_link = &here;
	makecontext(&there, make_key, 0);
	assert_int_equal(swapcontext(&here, &there), 0);
	for (size_t i = 0; i < sizeof(pads); i++) {
		assert_false(is_left(pads[i], false));
		assert_false(is_left(pads[i], true));
	}
	signing_key_free(made);
}

static void
a_key_id_tells_tokens_apart(void **state)
{
	struct signing_key *a = new_key(slice_of(TOKEN));
	struct signing_key *b = new_key(slice_of("12346"));

	(void)state;
	/* SHA-256 of "syncjournal key", a NUL and the token. */
	assert_string_equal(signing_key_id(a), "1364de6dd99316ac");
	assert_string_not_equal(signing_key_id(a), signing_key_id(b));
	signing_key_free(a);
	signing_key_free(b);
	signing_key_free(NULL);
}

#define HASH "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

static const struct body_row {
	const char *query;
	enum rc want;
} body_rows[] = {
	{ "bodySHA256=" HASH, RC_OK },
	{ "a=b&bodySHA256=" HASH, RC_OK },
	{ "bodySHA256=" HASH "&a=b", RC_OK },
	{ "&&bodySHA256=" HASH "&", RC_OK },
	{ "xbodySHA256=0&bodySHA256=" HASH, RC_OK },
	{ "", RC_SYNTAX },
	{ "a=b", RC_SYNTAX },
	{ "bodySHA256", RC_SYNTAX },
	{ "bodySHA256-" HASH, RC_SYNTAX },
	{ "bodysha256=" HASH, RC_SYNTAX },
	{ "xbodySHA256=" HASH, RC_SYNTAX },
	{ "bodySHA256=" HASH "&bodySHA256=" HASH, RC_SYNTAX },
	{ "bodySHA256=&bodySHA256=" HASH, RC_SYNTAX },
	{ "bodySHA256=", RC_DENIED },
	{ "bodySHA256=" HASH "0", RC_DENIED },
	{ "bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060"
	    "f61caaff8", RC_DENIED },
	{ "bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060"
	    "f61caaff8b", RC_DENIED },
	{ "bodySHA256=44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060"
	    "F61CAAFF8A", RC_DENIED },
};

static void
a_body_fits_exactly_one_lower_case_hash(void **state)
{
	const struct slice body = BYTES("{}");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(body_rows) / sizeof(body_rows[0]); i++)
		if (signature_body_fits(slice_of(body_rows[i].query), body,
		    NULL) != body_rows[i].want)
			fail_msg("%s", body_rows[i].query);
	assert_int_equal(signature_body_fits((struct slice){ NULL, 0 }, body,
	    NULL), RC_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
	    every_vector_of_the_official_suites_is_judged_as_it_should),
		cmocka_unit_test(
		    only_the_canonical_base64_of_20_bytes_is_a_signature),
		cmocka_unit_test(the_first_pair_that_fits_is_named),
		cmocka_unit_test(each_byte_of_a_form_is_signed),
		cmocka_unit_test(equal_values_of_a_name_count_once),
		cmocka_unit_test(secret_and_text_may_be_any_bytes),
		cmocka_unit_test(nothing_of_a_secret_is_left_on_the_stack),
		cmocka_unit_test(a_key_id_tells_tokens_apart),
		cmocka_unit_test(a_body_fits_exactly_one_lower_case_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
