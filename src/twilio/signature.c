#include "twilio/signature.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/base64.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "base/digest.h"
#include "base/wipe.h"

struct signing_key {
	struct hmac_sha1_ctx hmac;	/* keyed; its state is never used */
	char id[SIGNING_KEY_ID_SIZE];
};

static const uint8_t *
bytes_of(struct slice s)
{
	return (const uint8_t *)s.p;
}

static void
make_id(struct slice secret, char id[SIGNING_KEY_ID_SIZE])
{
	static const uint8_t domain[] = "syncjournal key"; /* NUL counts */
	struct sha256_ctx sha;
	uint8_t digest[DIGEST_SIZE];

	sha256_init(&sha);
	sha256_update(&sha, sizeof(domain), domain);
	sha256_update(&sha, secret.len, bytes_of(secret));
	sha256_digest(&sha, sizeof(digest), digest);
	digest_hex(digest, (SIGNING_KEY_ID_SIZE - 1) / 2, id);
	explicit_bzero(&sha, sizeof(sha));
	explicit_bzero(digest, sizeof(digest));
}

enum rc
signing_key_new(struct signing_key **key, struct slice secret,
    struct err *err)
{
	struct signing_key *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return err_set(err, RC_MEMORY, "key: no memory for it");
	hmac_sha1_set_key(&made->hmac, secret.len, bytes_of(secret));
	make_id(secret, made->id);
	/* nettle has had the secret, and its exclusive or with a pad (RFC 2104
	 * section 2), in its frames. */
	wipe_stack();
	*key = made;
	return RC_OK;
}

void
signing_key_free(struct signing_key *key)
{
	if (key == NULL)
		return;
	explicit_bzero(key, sizeof(*key));
	free(key);
}

const char *
signing_key_id(const struct signing_key *key)
{
	return key->id;
}

static void
add(struct sha1_ctx *state, struct slice s)
{
	sha1_update(state, s.len, bytes_of(s));
}

/* In the order of params_sort equal parameters are neighbours. */
static bool
is_repeat(const struct params *params, size_t i)
{
	const struct param *a, *b;

	if (i == 0)
		return false;
	a = &params->list[i - 1];
	b = &params->list[i];
	return a->name.len == b->name.len && a->value.len == b->value.len &&
	    slice_compare(a->name, b->name) == 0 &&
	    slice_compare(a->value, b->value) == 0;
}

/* The HMAC of the text that is signed, without putting it together. */
static void
compute(const struct signing_key *key, struct slice url,
    const struct params *params, uint8_t digest[SHA1_DIGEST_SIZE])
{
	struct sha1_ctx state = key->hmac.inner;
	size_t i;

	add(&state, url);
	for (i = 0; params != NULL && i < params->n; i++) {
		if (is_repeat(params, i))
			continue;
		add(&state, params->list[i].name);
		add(&state, params->list[i].value);
	}
	/* This leaves in state what the key alone determines. */
	hmac_digest(&key->hmac.outer, &key->hmac.inner, &state, &nettle_sha1,
	    SHA1_DIGEST_SIZE, digest);
	explicit_bzero(&state, sizeof(state));
}

/*
 * nettle refuses a wrong padding and stray bits in the last digit. It skips
 * white space, but then what is left of these 28 is no 20 bytes.
 */
static bool
decode(struct slice signature, uint8_t digest[SHA1_DIGEST_SIZE])
{
	struct base64_decode_ctx base64;
	uint8_t bytes[BASE64_DECODE_LENGTH(SIGNATURE_LEN)];
	size_t len = sizeof(bytes);

	_Static_assert(BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE) ==
	    SIGNATURE_LEN, "Base64 of a digest");
	memset(digest, 0, SHA1_DIGEST_SIZE);
	if (signature.p == NULL || signature.len != SIGNATURE_LEN)
		return false;
	base64_decode_init(&base64);
	if (!base64_decode_update(&base64, &len, bytes, signature.len,
	    signature.p) || !base64_decode_final(&base64) ||
	    len != SHA1_DIGEST_SIZE)
		return false;
	memcpy(digest, bytes, SHA1_DIGEST_SIZE);
	return true;
}

bool
signature_shaped(struct slice signature)
{
	uint8_t digest[SHA1_DIGEST_SIZE];

	return decode(signature, digest);
}

/* Which pair fits; kept without a branch that depends on it. */
struct match {
	size_t found;	/* 1 once a pair fitted, else 0 */
	size_t pair;	/* the first that did */
};

static void
match_note(struct match *match, size_t fits, size_t pair)
{
	const size_t first = fits & ~match->found & 1;

	match->pair |= pair & (0 - first);
	match->found |= fits;
}

enum rc
signature_verify(struct slice signature, const struct slice *urls,
    size_t n_urls, const struct params *params,
    struct signing_key *const *keys, size_t n_keys, size_t *url, size_t *key,
    struct err *err)
{
	struct match match = { 0, 0 };
	uint8_t want[SHA1_DIGEST_SIZE], have[SHA1_DIGEST_SIZE];
	const bool readable = decode(signature, want);
	size_t u, k;

	for (u = 0; u < n_urls; u++) {
		for (k = 0; k < n_keys; k++) {
			compute(keys[k], urls[u], params, have);
			match_note(&match,
			    (size_t)memeql_sec(want, have, sizeof(have)),
			    u * n_keys + k);
		}
	}
	explicit_bzero(have, sizeof(have));
	if (!readable)
		return err_set(err, RC_SYNTAX,
		    "signature: not the Base64 of 20 bytes");
	if (match.found == 0)
		return err_set(err, RC_DENIED,
		    "signature: fits no URL and token");
	*url = match.pair / n_keys;
	*key = match.pair % n_keys;
	return RC_OK;
}

void
signature_make(const struct signing_key *key, struct slice url,
    const struct params *params, char text[SIGNATURE_LEN + 1])
{
	uint8_t digest[SHA1_DIGEST_SIZE];

	compute(key, url, params, digest);
	base64_encode_raw(text, sizeof(digest), digest);
	text[SIGNATURE_LEN] = '\0';
}

/* How often name= is in the query; *value is the first one's. */
static size_t
query_find(struct slice query, const char *name, struct slice *value)
{
	const size_t name_len = strlen(name);
	size_t n = 0;

	while (query.len > 0) {
		const char *end = memchr(query.p, '&', query.len);
		size_t len = end == NULL ? query.len : (size_t)(end - query.p);

		if (len > name_len && query.p[name_len] == '=' &&
		    memcmp(query.p, name, name_len) == 0 && n++ == 0)
			*value = (struct slice){ query.p + name_len + 1,
			    len - name_len - 1 };
		if (end == NULL)
			break;
		query.p += len + 1;
		query.len -= len + 1;
	}
	return n;
}

enum rc
signature_body_fits(struct slice query, struct slice body, struct err *err)
{
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	struct slice value = { NULL, 0 };
	size_t n = query_find(query, "bodySHA256", &value);

	if (n != 1)
		return err_set(err, RC_SYNTAX, "bodySHA256: %s",
		    n == 0 ? "missing" : "given more than once");
	digest_sha256(body, digest);
	digest_hex(digest, sizeof(digest), hex);
	if (value.len != sizeof(hex) - 1 ||
	    !memeql_sec(value.p, hex, sizeof(hex) - 1))
		return err_set(err, RC_DENIED,
		    "bodySHA256: not the hash of the body");
	return RC_OK;
}
