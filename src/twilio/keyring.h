/*
 * keyring -- which tokens a delivery may be signed with.
 */
#ifndef TWILIO_KEYRING_H
#define TWILIO_KEYRING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/slice.h"
#include "twilio/signature.h"

struct keyring;

/* Keys to be tried. The first n_own are real; what follows up to n never
 * fits, and is tried so that the time taken is the same for every account,
 * known or not: as many as the account with the most tokens has. */
struct keyset {
	struct signing_key *const *keys;
	size_t n;
	size_t n_own;	/* 0: the account is not known */
};

/* keyring_new -- conf is borrowed until keyring_free. */
enum rc keyring_new(struct keyring **keyring, const struct conf *conf,
    struct err *err);

/* keyring_free -- wipes; NULL is accepted. */
void keyring_free(struct keyring *keyring);

/* keyring_account -- the tokens of an AccountSid's own section, else those of
 * [account *]. */
struct keyset keyring_account(const struct keyring *keyring,
    struct slice account_sid);

/* keyring_names -- whether an AccountSid has a section of its own. */
bool keyring_names(const struct keyring *keyring, struct slice account_sid);

/* keyring_all -- every token, for a delivery that does not say its account. */
struct keyset keyring_all(const struct keyring *keyring);

#endif
