#include "twilio/keyring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct keyring {
	const struct conf *conf;
	struct signing_key **keys;	/* every account's, in their order */
	size_t n_keys;
	struct signing_key *decoy;
	size_t width;		/* most tokens that one account has */
	struct signing_key **rows;	/* an account's keys, then decoys, to
					 * width; the last row: decoys only */
};

/* The memory for all tables; sized here, and nowhere else. */
static enum rc
make_tables(struct keyring *keyring, struct err *err)
{
	const struct conf *conf = keyring->conf;
	size_t i, n_tokens = 0;

	for (i = 0; i < conf->n_accounts; i++) {
		n_tokens += conf->accounts[i].n_tokens;
		if (conf->accounts[i].n_tokens > keyring->width)
			keyring->width = conf->accounts[i].n_tokens;
	}
	/* One more, so that none is of size 0. */
	keyring->keys = calloc(n_tokens + 1, sizeof(*keyring->keys));
	if (keyring->width > 0)
		keyring->rows = calloc(conf->n_accounts + 1,
		    keyring->width * sizeof(*keyring->rows));
	if (keyring->keys == NULL ||
	    (keyring->width > 0 && keyring->rows == NULL))
		return err_set(err, RC_MEMORY, "tokens: no memory for them");
	return RC_OK;
}

/* A secret that nobody knows. */
static enum rc
make_decoy(struct keyring *keyring, struct err *err)
{
	char secret[32];
	enum rc rc;

	if (getentropy(secret, sizeof(secret)) != 0)
		return err_set(err, RC_SYSTEM, "random bytes: %s",
		    strerror(errno));
	rc = signing_key_new(&keyring->decoy,
	    (struct slice){ secret, sizeof(secret) }, err);
	explicit_bzero(secret, sizeof(secret));
	return rc;
}

static enum rc
make_row(struct keyring *keyring, size_t row, const struct conf_token *tokens,
    size_t n_tokens, struct err *err)
{
	struct signing_key **keys = keyring->rows + row * keyring->width;
	size_t i;
	enum rc rc;

	for (i = 0; i < keyring->width; i++)
		keys[i] = keyring->decoy;
	for (i = 0; i < n_tokens; i++) {
		rc = signing_key_new(&keys[i], (struct slice){
		    tokens[i].secret, tokens[i].len }, err);
		if (rc != RC_OK) {
			keys[i] = keyring->decoy;
			return rc;
		}
		keyring->keys[keyring->n_keys++] = keys[i];
	}
	return RC_OK;
}

static enum rc
make_rows(struct keyring *keyring, struct err *err)
{
	const struct conf *conf = keyring->conf;
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < conf->n_accounts && rc == RC_OK; i++)
		rc = make_row(keyring, i, conf->accounts[i].tokens,
		    conf->accounts[i].n_tokens, err);
	if (rc == RC_OK)
		rc = make_row(keyring, conf->n_accounts, NULL, 0, err);
	return rc;
}

enum rc
keyring_new(struct keyring **keyring, const struct conf *conf,
    struct err *err)
{
	struct keyring *made = calloc(1, sizeof(*made));
	enum rc rc;

	if (made == NULL)
		return err_set(err, RC_MEMORY, "tokens: no memory for them");
	made->conf = conf;
	rc = make_tables(made, err);
	if (rc == RC_OK)
		rc = make_decoy(made, err);
	if (rc == RC_OK)
		rc = make_rows(made, err);
	if (rc == RC_OK)
		*keyring = made;
	else
		keyring_free(made);
	return rc;
}

void
keyring_free(struct keyring *keyring)
{
	size_t i;

	if (keyring == NULL)
		return;
	for (i = 0; i < keyring->n_keys; i++)
		signing_key_free(keyring->keys[i]);
	signing_key_free(keyring->decoy);
	free(keyring->keys);
	free(keyring->rows);
	free(keyring);
}

/* The row of this section, or n_accounts: the row of decoys. */
static size_t
find(const struct conf *conf, struct slice sid)
{
	size_t i;

	for (i = 0; i < conf->n_accounts; i++)
		if (slice_is(sid, conf->accounts[i].sid))
			break;
	return i;
}

struct keyset
keyring_account(const struct keyring *keyring, struct slice account_sid)
{
	const struct conf *conf = keyring->conf;
	size_t row = find(conf, account_sid);

	if (row == conf->n_accounts)
		row = find(conf, slice_of("*"));
	return (struct keyset){
		.keys = keyring->rows + row * keyring->width,
		.n = keyring->width,
		.n_own = row < conf->n_accounts ?
		    conf->accounts[row].n_tokens : 0,
	};
}

bool
keyring_names(const struct keyring *keyring, struct slice account_sid)
{
	return find(keyring->conf, account_sid) < keyring->conf->n_accounts;
}

struct keyset
keyring_all(const struct keyring *keyring)
{
	return (struct keyset){ keyring->keys, keyring->n_keys,
	    keyring->n_keys };
}
