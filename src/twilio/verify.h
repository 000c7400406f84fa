/*
 * verify -- whether a kept request verifies under a configuration: what the
 * responder would say to it, from what the quarantine has of it.
 */
#ifndef TWILIO_VERIFY_H
#define TWILIO_VERIFY_H

#include "base/conf.h"
#include "base/err.h"
#include "base/slice.h"
#include "twilio/keyring.h"

struct verify_request {
	struct slice url;	/* as the request showed it; p NULL: it did
				 * not. Only its query counts where there is a
				 * public_url */
	struct slice content_type;
	struct slice signature;
	struct slice body;	/* p NULL: it was not read */
};

/* In the order in which they are tested. */
enum verify_result {
	VERIFY_OK,
	VERIFY_NO_BODY,
	VERIFY_CONTENT_TYPE,
	VERIFY_SIGNATURE_MISSING,
	VERIFY_SIGNATURE_REPEATED,
	VERIFY_NO_URL,
	VERIFY_SIGNATURE_MALFORMED,
	VERIFY_ACCOUNT_UNKNOWN,
	VERIFY_SIGNATURE_WRONG,
	VERIFY_BODY_SHA256_MISSING,
	VERIFY_BODY_SHA256_WRONG,
	N_VERIFY_RESULTS
};

/* verify_reason -- its word, where the responder has one the same as there
 * (a reject's reason); NULL for VERIFY_OK. */
const char *verify_reason(enum verify_result result);

struct verifier;

/* verifier_new -- conf is borrowed until verifier_free (which accepts NULL). */
enum rc verifier_new(struct verifier **verifier, const struct conf *conf,
    struct err *err);
void verifier_free(struct verifier *verifier);

struct verify_fit {
	enum verify_result result;
	/* On VERIFY_OK, valid until the next call: */
	struct slice url;	/* that fitted, without user:password */
	const char *key_id;	/* of the token that fitted */
};

/*
 * verifier_check -- verify one request.
 *
 * account  of a JSON body, where its members were read: only the tokens of this
 *          account count. No value: all do. A form says its own
 * *fit     set only on RC_OK
 *
 * RC_MEMORY
 */
enum rc verifier_check(struct verifier *verifier,
    const struct verify_request *request, struct slice account,
    struct verify_fit *fit, struct err *err);

/* verifier_keys -- the tokens of an account, or of all where none is named
 * (empty, or no value). */
struct keyset verifier_keys(const struct verifier *verifier,
    struct slice account);

#endif
