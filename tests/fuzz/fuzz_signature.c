/* Signatures: what is put together and hashed at once fits, nothing else does.
 *
 * An input is lines: the header's value, a URL, a second URL, a query, then a
 * form's body. */
#include <stdlib.h>
#include <string.h>

#include <nettle/base64.h>
#include <nettle/hmac.h>
#include <nettle/sha2.h>

#include "fuzz.h"
#include "twilio/params.h"
#include "twilio/signature.h"

#define N_KEYS 2
#define N_URLS 2

static const char *const secrets[N_KEYS] = { "a1",
	"a secret longer than the sixty-four bytes that a block of SHA-1 is" };

static struct signing_key *keys[N_KEYS];

static const uint8_t *
bytes_of(const struct buf *buf)
{
	return (const uint8_t *)buf_slice(buf).p;
}

/* What docs/twilio.md section 1 says, as one text. */
static void
signed_text(struct buf *text, struct slice url, const struct params *params)
{
	size_t i;

	buf_add_slice(text, url);
	for (i = 0; params != NULL && i < params->n; i++) {
		const struct param *const p = &params->list[i];

		if (i > 0 && slice_compare(p[-1].name, p->name) == 0 &&
		    slice_compare(p[-1].value, p->value) == 0)
			continue;
		buf_add_slice(text, p->name);
		buf_add_slice(text, p->value);
	}
}

static void
plain_signature(size_t key, struct slice url, const struct params *params,
    char signature[SIGNATURE_LEN + 1])
{
	uint8_t digest[SHA1_DIGEST_SIZE];
	struct hmac_sha1_ctx hmac;
	struct buf text;

	buf_init(&text, 0);
	signed_text(&text, url, params);
	hmac_sha1_set_key(&hmac, strlen(secrets[key]),
	    (const uint8_t *)secrets[key]);
	hmac_sha1_update(&hmac, text.len, bytes_of(&text));
	hmac_sha1_digest(&hmac, sizeof(digest), digest);
	base64_encode_raw(signature, sizeof(digest), digest);
	signature[SIGNATURE_LEN] = '\0';
	buf_clear(&text);
}

/* The Base64 of 20 bytes, as nettle reads and writes it. */
static bool
slow_shaped(struct slice s)
{
	uint8_t bytes[BASE64_DECODE_LENGTH(SIGNATURE_LEN)];
	char again[SIGNATURE_LEN];
	struct base64_decode_ctx ctx;
	size_t len = sizeof(bytes);

	if (s.len != SIGNATURE_LEN)
		return false;
	base64_decode_init(&ctx);
	if (!base64_decode_update(&ctx, &len, bytes, s.len, s.p) ||
	    !base64_decode_final(&ctx) || len != SHA1_DIGEST_SIZE)
		return false;
	base64_encode_raw(again, len, bytes);
	return memcmp(again, s.p, sizeof(again)) == 0;
}

/* A header's value fits if and only if it is one of the four, and the first of
 * them is told. */
static void
check_verify(struct slice header, const struct slice *urls,
    const struct params *params)
{
	char want[SIGNATURE_LEN + 1];
	size_t url = 99, key = 99, u, k;
	enum rc rc;

	rc = signature_verify(header, urls, N_URLS, params, keys, N_KEYS,
	    &url, &key, NULL);
	MUST((rc == RC_SYNTAX) == !signature_shaped(header));
	for (u = 0; u < N_URLS; u++) {
		for (k = 0; k < N_KEYS; k++) {
			plain_signature(k, urls[u], params, want);
			if (!slice_is(header, want))
				continue;
			MUST(rc == RC_OK && url == u && key == k);
			return;
		}
	}
	MUST(rc == RC_DENIED || rc == RC_SYNTAX);
	MUST(url == 99 && key == 99);
}

static void
check_made(const struct slice *urls, const struct params *params,
    unsigned int bit)
{
	char made[SIGNATURE_LEN + 1], want[SIGNATURE_LEN + 1];
	const struct slice signature = { made, SIGNATURE_LEN };
	size_t u, k;

	for (u = 0; u < N_URLS; u++) {
		for (k = 0; k < N_KEYS; k++) {
			signature_make(keys[k], urls[u], params, made);
			plain_signature(k, urls[u], params, want);
			MUST(strcmp(made, want) == 0);
			check_verify(signature, urls, params);
			made[bit / 8 % SIGNATURE_LEN] =
			    (char)(made[bit / 8 % SIGNATURE_LEN] ^
			    (1 << bit % 8));
			check_verify(signature, urls, params);
		}
	}
}

/* How often "name=" is in a query, and a value. */
static size_t
count(struct slice query, const char *name, struct slice *value)
{
	size_t n = 0, at = 0, end;

	while (at < query.len) {
		for (end = at; end < query.len && query.p[end] != '&'; end++)
			continue;
		if (end - at >= strlen(name) &&
		    memcmp(query.p + at, name, strlen(name)) == 0) {
			*value = (struct slice){ query.p + at + strlen(name),
			    end - at - strlen(name) };
			n++;
		}
		at = end + 1;
	}
	return n;
}

static void
hash_hex(struct slice body, char hex[2 * SHA256_DIGEST_SIZE + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;
	size_t i;

	sha256_init(&sha);
	sha256_update(&sha, body.len, (const uint8_t *)body.p);
	sha256_digest(&sha, sizeof(digest), digest);
	for (i = 0; i < sizeof(digest); i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[2 * i] = '\0';
}

/* As it is, and with the right hash at its end. */
static void
check_query(struct slice query, struct slice body)
{
	char hex[2 * SHA256_DIGEST_SIZE + 1];
	struct slice value = { NULL, 0 };
	size_t n = count(query, "bodySHA256=", &value);
	struct buf more;

	hash_hex(body, hex);
	MUST(signature_body_fits(query, body, NULL) ==
	    (n != 1 ? RC_SYNTAX : slice_is(value, hex) ? RC_OK : RC_DENIED));
	buf_init(&more, 0);
	buf_add_slice(&more, query);
	buf_printf(&more, "&bodySHA256=%s", hex);
	MUST(signature_body_fits(buf_slice(&more), body, NULL) ==
	    (n == 0 ? RC_OK : RC_SYNTAX));
	more.data[more.len - 1] ^= 1;
	MUST(signature_body_fits(buf_slice(&more), body, NULL) ==
	    (n == 0 ? RC_DENIED : RC_SYNTAX));
	buf_clear(&more);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const struct slice line = input_line(&input);
	const struct slice first = input_line(&input);
	const struct slice second = input_line(&input);
	const struct slice query = input_line(&input);
	const struct slice body = input_rest(&input);
	const struct slice urls[N_URLS] = { first, second };
	char *const copy = fuzz_copy(line);
	const struct slice header = { copy, line.len };
	struct params params;
	size_t k;

	for (k = 0; keys[k % N_KEYS] == NULL; k++)
		MUST(signing_key_new(&keys[k], slice_of(secrets[k]), NULL) ==
		    RC_OK);
	params_init(&params);
	MUST(params_from_form(&params, body, NULL) == RC_OK);
	params_sort(&params);
	MUST(signature_shaped(header) == slow_shaped(header));
	check_verify(header, urls, &params);
	check_verify(header, urls, NULL);
	check_made(urls, &params, (unsigned int)(size + body.len) % 224);
	check_made(urls, NULL, (unsigned int)size % 224);
	check_query(query, body);
	params_clear(&params);
	free(copy);
	return 0;
}
