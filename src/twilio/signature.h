/*
 * signature -- X-Twilio-Signature (docs/twilio.md section 1).
 *
 * Base64(HMAC-SHA1(token, text)), where text is the URL, and for a form each
 * parameter, sorted by name bytewise, as name followed by value; of a name
 * that occurs several times the distinct values, sorted, each with the name.
 */
#ifndef TWILIO_SIGNATURE_H
#define TWILIO_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"
#include "twilio/params.h"

/* Base64 of the 20 bytes of an HMAC-SHA1. */
#define SIGNATURE_LEN 28
/* 16 hexadecimal digits and a NUL. */
#define SIGNING_KEY_ID_SIZE 17

/* signature_shaped -- whether a text is the Base64 of 20 bytes (RFC 4648
 * section 4, with padding and nothing around it). */
bool signature_shaped(struct slice signature);

/* A secret made ready: the hash function lives behind this one name. */
struct signing_key;

/*
 * signing_key_new -- take a secret of any bytes.
 *
 * secret    copied in hashed form; may be wiped afterwards
 * *key      set only on RC_OK; freed with signing_key_free
 */
enum rc signing_key_new(struct signing_key **key, struct slice secret,
    struct err *err);

/* signing_key_free -- wipes; NULL is accepted. */
void signing_key_free(struct signing_key *key);

/* signing_key_id -- a fingerprint that tells tokens apart and gives nothing
 * away: the first 16 hex digits of SHA-256("syncjournal key\0" token). */
const char *signing_key_id(const struct signing_key *key);

/*
 * signature_verify -- find the URL and the key that a signature fits.
 *
 * signature  the header's value
 * urls       n_urls >= 1 texts, none rewritten here
 * params     of a form, in the order of params_sort; NULL for a body that is
 *            not in the text (JSON)
 * keys       n_keys >= 0
 * *url, *key indexes of the pair that fits (the first, if several do); set
 *            only on RC_OK
 *
 * The time taken depends on the lengths and counts alone: each pair is
 * computed and compared in constant time, whatever fitted before.
 *
 * RC_SYNTAX  signature is not of that shape; still every pair is computed
 * RC_DENIED  it fits no pair
 */
enum rc signature_verify(struct slice signature, const struct slice *urls,
    size_t n_urls, const struct params *params,
    struct signing_key *const *keys, size_t n_keys, size_t *url, size_t *key,
    struct err *err);

/*
 * signature_make -- what Twilio would send; for the samples and the doctor.
 *
 * text      SIGNATURE_LEN characters and a NUL
 */
void signature_make(const struct signing_key *key, struct slice url,
    const struct params *params, char text[SIGNATURE_LEN + 1]);

/*
 * signature_body_fits -- whether query (no leading '?') holds exactly one
 * bodySHA256, and that is the lower-case hexadecimal SHA-256 of body; compared
 * in constant time.
 *
 * RC_OK, or RC_SYNTAX when it is missing or given more than once, or
 * RC_DENIED when it does not fit
 */
enum rc signature_body_fits(struct slice query, struct slice body,
    struct err *err);

#endif
