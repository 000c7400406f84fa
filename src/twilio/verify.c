#include "twilio/verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "twilio/params.h"
#include "twilio/signature.h"
#include "twilio/url.h"

static const char *const reasons[N_VERIFY_RESULTS] = {
	[VERIFY_OK] = NULL,
	[VERIFY_NO_BODY] = "body_not_kept",
	[VERIFY_CONTENT_TYPE] = "content_type_unsupported",
	[VERIFY_SIGNATURE_MISSING] = "signature_missing",
	[VERIFY_SIGNATURE_REPEATED] = "signature_repeated",
	[VERIFY_NO_URL] = "url_not_known",
	[VERIFY_SIGNATURE_MALFORMED] = "signature_malformed",
	[VERIFY_ACCOUNT_UNKNOWN] = "account_unknown",
	[VERIFY_SIGNATURE_WRONG] = "signature_wrong",
	[VERIFY_BODY_SHA256_MISSING] = "body_sha256_missing",
	[VERIFY_BODY_SHA256_WRONG] = "body_sha256_wrong",
};

struct verifier {
	const struct conf *conf;
	struct keyring *keyring;
	struct params params;
	struct buf one;		/* a URL being put together */
	struct buf text;	/* what the forms are parts of */
	struct url_form *forms;	/* of each URL */
	struct slice *urls;
	size_t n;
};

const char *
verify_reason(enum verify_result result)
{
	return reasons[result];
}

enum rc
verifier_new(struct verifier **verifier, const struct conf *conf,
    struct err *err)
{
	const size_t n_urls = conf->n_public_urls + 1;
	struct verifier *made = calloc(1, sizeof(*made));
	enum rc rc = RC_MEMORY;

	if (made == NULL)
		return err_set(err, rc, "verifier: no memory for it");
	made->conf = conf;
	made->forms = calloc(n_urls, URL_FORMS_MAX * sizeof(*made->forms));
	made->urls = calloc(n_urls, URL_FORMS_MAX * sizeof(*made->urls));
	if (made->forms == NULL || made->urls == NULL)
		(void)err_set(err, rc, "verifier: no memory for it");
	else
		rc = keyring_new(&made->keyring, conf, err);
	if (rc == RC_OK)
		*verifier = made;
	else
		verifier_free(made);
	return rc;
}

void
verifier_free(struct verifier *verifier)
{
	if (verifier == NULL)
		return;
	keyring_free(verifier->keyring);
	params_clear(&verifier->params);
	buf_clear(&verifier->one);
	buf_clear(&verifier->text);
	free(verifier->forms);
	free(verifier->urls);
	free(verifier);
}

struct keyset
verifier_keys(const struct verifier *verifier, struct slice account)
{
	return account.len == 0 ? keyring_all(verifier->keyring) :
	    keyring_account(verifier->keyring, account);
}

static void
add_forms(struct verifier *verifier)
{
	size_t n;

	if (url_forms(buf_slice(&verifier->one), &verifier->text,
	    verifier->forms + verifier->n, &n))
		verifier->n += n;
}

static enum rc
find_urls(struct verifier *verifier, struct slice url, bool json,
    struct err *err)
{
	const struct conf *conf = verifier->conf;
	size_t i;

	verifier->n = 0;
	buf_reset(&verifier->text);
	for (i = 0; i < conf->n_public_urls; i++) {
		buf_reset(&verifier->one);
		url_public(&verifier->one, slice_of(conf->public_urls[i]),
		    url_query(url), json);
		add_forms(verifier);
	}
	if (conf->n_public_urls == 0) {
		buf_reset(&verifier->one);
		buf_add_slice(&verifier->one, url);
		add_forms(verifier);
	}
	if (!buf_ok(&verifier->one) || !buf_ok(&verifier->text))
		return err_set(err, RC_MEMORY, "verifier: no memory for a "
		    "URL");
	for (i = 0; i < verifier->n; i++)
		verifier->urls[i] = (struct slice){
		    verifier->text.data + verifier->forms[i].at,
		    verifier->forms[i].len };
	return RC_OK;
}

/* A form that fitted, without user:password. */
static struct slice
plain(struct verifier *verifier, size_t i)
{
	const struct url_form *form = &verifier->forms[i];
	const size_t after = form->userinfo_at + form->userinfo_len;
	const struct slice url = verifier->urls[i];

	buf_reset(&verifier->one);
	buf_add(&verifier->one, url.p, form->userinfo_at);
	buf_add(&verifier->one, url.p + after, url.len - after);
	return buf_slice(&verifier->one);
}

static enum verify_result
check_header(struct slice signature)
{
	if (signature.len == 0)
		return VERIFY_SIGNATURE_MISSING;
	if (memchr(signature.p, ',', signature.len) != NULL)
		return VERIFY_SIGNATURE_REPEATED;
	return VERIFY_OK;
}

static enum verify_result
check_fit(struct verifier *verifier, struct slice signature,
    const struct params *params, struct slice account,
    struct verify_fit *fit)
{
	const struct keyset keyset = verifier_keys(verifier, account);
	size_t url, key;
	enum rc rc;

	if (verifier->n == 0)
		return VERIFY_NO_URL;
	rc = signature_verify(signature, verifier->urls, verifier->n, params,
	    keyset.keys, keyset.n, &url, &key, NULL);
	if (rc == RC_SYNTAX)
		return VERIFY_SIGNATURE_MALFORMED;
	if (keyset.n_own == 0)
		return VERIFY_ACCOUNT_UNKNOWN;
	if (rc != RC_OK || key >= keyset.n_own)
		return VERIFY_SIGNATURE_WRONG;
	fit->url = plain(verifier, url);
	fit->key_id = signing_key_id(keyset.keys[key]);
	return VERIFY_OK;
}

static enum verify_result
check_hash(const struct verify_request *request)
{
	const enum rc rc = signature_body_fits(url_query(request->url),
	    request->body, NULL);

	if (rc == RC_OK)
		return VERIFY_OK;
	return rc == RC_SYNTAX ? VERIFY_BODY_SHA256_MISSING :
	    VERIFY_BODY_SHA256_WRONG;
}

enum rc
verifier_check(struct verifier *verifier,
    const struct verify_request *request, struct slice account,
    struct verify_fit *fit, struct err *err)
{
	const bool json = text_is_media(request->content_type, JSON_TYPE);
	enum rc rc;

	*fit = (struct verify_fit){ .result = VERIFY_NO_BODY };
	if (request->body.p == NULL)
		return RC_OK;
	fit->result = VERIFY_CONTENT_TYPE;
	if (!json && !text_is_media(request->content_type, FORM_TYPE))
		return RC_OK;
	rc = find_urls(verifier, request->url, json, err);
	if (rc == RC_OK && !json)
		rc = params_from_form(&verifier->params, request->body, err);
	if (rc != RC_OK)
		return rc;
	fit->result = check_header(request->signature);
	if (fit->result != VERIFY_OK)
		return RC_OK;
	if (!json) {
		params_sort(&verifier->params);
		account = params_find(&verifier->params, "AccountSid");
	}
	fit->result = check_fit(verifier, request->signature,
	    json ? NULL : &verifier->params, account, fit);
	if (fit->result == VERIFY_OK && json)
		fit->result = check_hash(request);
	if (fit->result == VERIFY_OK && !buf_ok(&verifier->one))
		return err_set(err, RC_MEMORY, "verifier: no memory for a "
		    "URL");
	return RC_OK;
}
