/*
 * explain -- why a signature does not fit: the causes of docs/twilio.md
 * section 5, tried one by one and together, until one makes it fit.
 *
 * A request falls into parts (scheme, host, path, body, token, ...). Of each
 * part there are readings: the one that is configured, and those that stand for
 * a cause. All combinations are tried, those with the fewest causes first, up
 * to EXPLAIN_CAUSES_MAX; each costs an HMAC-SHA1, about 1 us and 1.5 us a KB.
 *
 * Pure: no SQL, no clock. Nothing of what is tried is told but what fitted.
 */
#ifndef TWILIO_EXPLAIN_H
#define TWILIO_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "twilio/signature.h"
#include "twilio/verify.h"

/* Causes at once. Three already are some 100,000 combinations. */
#define EXPLAIN_CAUSES_MAX 3
/* The work is bounded: bytes hashed in all, with 128 for each combination, about
 * a second and a half. What is not tried for it are combinations of two or three
 * causes of large bodies. */
#define EXPLAIN_BYTES_MAX (512 * INT64_C(1024) * 1024)
/* Of a larger body, and of one with more parameters, only what it is is tried:
 * Sync's data has 16 KiB, which are 49 KB in a form. */
#define EXPLAIN_BODY_MAX (256 * 1024)
#define EXPLAIN_PARAMS_MAX 256

enum explain_cause {
	CAUSE_NONE,
	CAUSE_SCHEME,
	CAUSE_USERINFO,
	CAUSE_HOST,
	CAUSE_HOST_CASE,
	CAUSE_PORT,
	CAUSE_PATH,
	CAUSE_PREFIX,
	CAUSE_SLASH,
	CAUSE_QUERY,
	CAUSE_QUERY_LOST,
	CAUSE_QUERY_ORDER,
	CAUSE_ESCAPES,
	CAUSE_HEX_CASE,
	CAUSE_PLUS,
	CAUSE_FRAGMENT,
	CAUSE_TOKEN,
	CAUSE_MEDIA,
	CAUSE_UNSIGNED,
	CAUSE_TWICE,
	CAUSE_EQUAL_NAMES,
	CAUSE_TRIMMED,
	CAUSE_EMPTY,
	CAUSE_EMPTY_LOST,
	CAUSE_SORT,
	CAUSE_SORT_CASE,
	CAUSE_UNSORTED,
	CAUSE_BODY_PLUS,
	CAUSE_BODY_ESCAPES,
	CAUSE_CHARSET,
	CAUSE_LINES,
	CAUSE_BODY_CHANGED,
	N_CAUSES
};

/* How a cause is mended. */
enum explain_mend {
	MEND_PUBLIC_URL,	/* by public_url, in [receive] */
	MEND_TOKEN,		/* by auth_token, in the account's section */
	MEND_ELSEWHERE,		/* not in the configuration: advice says where */
	N_MENDS
};

struct explain_rule {
	const char *name;	/* a word, for programs */
	const char *clause;	/* "the signature fits if ..." */
	enum explain_mend mend;
	const char *advice;	/* what else to change, half a sentence: where
				 * the configuration does not mend it */
};

/* explain_rule -- the row of a cause; never NULL. */
const struct explain_rule *explain_rule(enum explain_cause cause);

struct explain_key {
	const struct signing_key *key;
	bool own;		/* may sign for this delivery's account */
};

struct explain_request {
	struct verify_request request;	/* url may have user:password and a
					 * fragment */
	char *const *public_urls;	/* of the configuration */
	size_t n_public_urls;
	const struct explain_key *keys;	/* all that are known, the own first */
	size_t n_keys;
};

struct explanation {
	bool found;
	/* When found, at least one: */
	enum explain_cause cause[EXPLAIN_CAUSES_MAX + 1];
	size_t n_causes;
	size_t key;		/* index of the key that fits */
	struct buf url;		/* that fits, without user:password */
	struct buf public_url;	/* the value that mends it, USER:PASSWORD in
				 * place of such; empty: it is no matter of
				 * the URL, or cannot be mended by it */
	/* In any case: */
	int64_t tries;		/* combinations */
	bool all;		/* none was left out for the bounds */
};

/* explanation_init, explanation_clear -- the second accepts NULL. */
void explanation_init(struct explanation *explanation);
void explanation_clear(struct explanation *explanation);

/*
 * explain -- find the causes.
 *
 * request       whose signature is the Base64 of 20 bytes, and whose body is
 *               there
 * *explanation  set on RC_OK
 *
 * RC_MEMORY
 */
enum rc explain(const struct explain_request *request,
    struct explanation *explanation, struct err *err);

#endif
