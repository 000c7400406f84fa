#include "responder/receive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "journal/decode.h"
#include "responder/address.h"
#include "responder/answer.h"
#include "responder/refusal.h"
#include "twilio/event.h"
#include "twilio/keyring.h"
#include "twilio/likeness.h"
#include "twilio/params.h"
#include "twilio/signature.h"

/* Of what came from outside, in a line: enough to recognise it. */
#define LOGGED_MAX 256

#define HEALTH_PATH "/healthz"
#define TOKEN_HEADER "HTTP_I_TWILIO_IDEMPOTENCY_TOKEN"

/* What a receipt keeps for its next request: more than most of them need. The
 * memory that a large one took is given back with it. */
#define KEPT_PARAMS 256
#define KEPT_BYTES 16384

struct receiver {
	const struct conf *conf;
	struct keyring *keyring;
	struct refusal_limiter limiter;
	char *root;		/* the DOCUMENT_ROOT last seen, or NULL */
	bool root_exposed;	/* a file with a token lies under it */
};

struct receipt {
	struct params params;
	struct event event;
	struct addresses addresses;
	struct delivery delivery;
	struct buf answer;
};

/* One request on its way through this file. */
struct intake {
	struct receiver *receiver;
	struct journal *journal;
	const struct request *request;
	struct receipt *receipt;
	struct slice content_type;
	struct slice signature;	/* p NULL: none */
	bool json;
};

/* ------------------------------------------------------------------------
 * The receiver and the receipt */

enum rc
receiver_new(struct receiver **receiver, const struct conf *conf,
    struct err *err)
{
	struct receiver *made = calloc(1, sizeof(*made));
	enum rc rc;

	if (made == NULL)
		return err_set(err, RC_MEMORY, "receiver: no memory for it");
	made->conf = conf;
	rc = keyring_new(&made->keyring, conf, err);
	if (rc == RC_OK)
		*receiver = made;
	else
		receiver_free(made);
	return rc;
}

void
receiver_free(struct receiver *receiver)
{
	if (receiver == NULL)
		return;
	keyring_free(receiver->keyring);
	free(receiver->root);
	free(receiver);
}

enum rc
receipt_new(struct receipt **receipt, struct err *err)
{
	struct receipt *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return err_set(err, RC_MEMORY, "receipt: no memory for it");
	params_init(&made->params);
	event_init(&made->event);
	addresses_init(&made->addresses);
	buf_init(&made->answer, 0);
	/* So that there is always an answer. */
	if (!buf_reserve(&made->answer, ANSWER_SIZE)) {
		receipt_free(made);
		return err_set(err, RC_MEMORY, "receipt: no memory for it");
	}
	*receipt = made;
	return RC_OK;
}

void
receipt_free(struct receipt *receipt)
{
	if (receipt == NULL)
		return;
	params_clear(&receipt->params);
	event_clear(&receipt->event);
	addresses_clear(&receipt->addresses);
	buf_clear(&receipt->answer);
	free(receipt);
}

/* Give back what is beyond the usual; nothing borrows from it any more. */
static void
trim(struct receipt *receipt)
{
	if (receipt->params.size > KEPT_PARAMS ||
	    receipt->params.text_size > KEPT_BYTES)
		params_clear(&receipt->params);
	if (receipt->event.extra.size > KEPT_BYTES)
		event_clear(&receipt->event);
	if (receipt->addresses.text.size > KEPT_BYTES)
		addresses_clear(&receipt->addresses);
}

struct delivery *
receipt_delivery(struct receipt *receipt)
{
	return &receipt->delivery;
}

struct slice
receipt_answer(const struct receipt *receipt)
{
	return buf_slice(&receipt->answer);
}

void
receipt_settle(struct receipt *receipt)
{
	const struct delivery *delivery = &receipt->delivery;

	if (delivery->rc == RC_OK)
		answer_appended(&receipt->answer, delivery->position,
		    delivery->verdict);
	else
		answer_unavailable(&receipt->answer,
		    "the journal cannot be written now; try again");
	trim(receipt);
}

void
receipt_health(struct receipt *receipt, enum rc rc)
{
	if (rc == RC_OK)
		answer_write(&receipt->answer, "200 OK", "", "ok");
	else
		answer_unavailable(&receipt->answer, "not ready");
}

/* ------------------------------------------------------------------------
 * Refusals */

static bool
may_log(const struct intake *in)
{
	return refusal_may_log(&in->receiver->limiter,
	    in->request->received_us);
}

/* For "%.*s". */
static int
logged_len(struct slice s)
{
	return s.len < LOGGED_MAX ? (int)s.len : LOGGED_MAX;
}

/* What came from outside, or "-" for nothing. */
static struct slice
or_dash(struct slice s)
{
	return s.len > 0 ? s : slice_of("-");
}

static void
log_refusal(const struct intake *in, const struct refusal_rule *rule,
    const struct reject *reject)
{
	const struct slice account = or_dash(reject->account_sid);
	const struct slice from = or_dash(reject->remote_addr);
	const struct slice url = or_dash(reject->url);

	if (!may_log(in))
		return;
	log_line(LOG_WARNING, in->request->id,
	    "%d %s: %s; account %.*s, from %.*s, to %.*s",
	    rule->code, rule->reason, rule->line, logged_len(account),
	    account.p, logged_len(from), from.p, logged_len(url), url.p);
}

/* Of what was read until it was refused. */
static enum likeness
find_likeness(const struct intake *in)
{
	const struct params *params = &in->receipt->params;

	if (in->json)
		return likeness_of_json(in->signature,
		    request_query(in->request), in->request->body);
	return likeness_of(in->signature, params,
	    keyring_names(in->receiver->keyring,
	    params_find(params, "AccountSid")));
}

/* Answer, keep and tell. Returns false, for its callers to return. */
static bool
refuse(const struct intake *in, enum refusal refusal)
{
	const struct request *request = in->request;
	const struct refusal_rule *rule = refusal_rule(refusal);
	const struct reject reject = {
		.received_us = request->received_us,
		.status = rule->code,
		.reason = rule->reason,
		.account_sid = params_find(&in->receipt->params, "AccountSid"),
		.remote_addr = slice_of(request_param(request, "REMOTE_ADDR")),
		.url = addresses_seen(&in->receipt->addresses, request),
		.signature = in->signature,
		.idempotency_token = slice_of(request_param(request,
		    TOKEN_HEADER)),
		.content_type = in->content_type,
		.likeness = find_likeness(in),
		/* Of what is too large only the beginning was read. */
		.body = refusal == REFUSE_BODY_TOO_LARGE ?
		    (struct slice){ NULL, 0 } : request->body,
	};
	char line[160];

	snprintf(line, sizeof(line), "%s: %s", rule->reason, rule->line);
	answer_write(&in->receipt->answer, rule->status, "", line);
	log_refusal(in, rule, &reject);
	if (in->journal != NULL)
		journal_quarantine(in->journal, &reject);
	trim(in->receipt);
	return false;
}

/* What is our fault, not the request's: answered 503 and told. */
static bool
give_up(const struct intake *in, const char *line, const char *why)
{
	answer_unavailable(&in->receipt->answer, line);
	if (may_log(in))
		log_line(LOG_ERROR, in->request->id, "503: %s", why);
	return false;
}

static bool
no_memory(const struct intake *in)
{
	return give_up(in, "out of memory; try again", "no memory");
}

/* ------------------------------------------------------------------------
 * Before the signature */

/* Whether a file with a token can be fetched from this web server. A process
 * sees one DOCUMENT_ROOT, or few: the last one's answer is kept. */
static bool
is_exposed(struct receiver *receiver, const struct request *request)
{
	const char *root = request_param(request, "DOCUMENT_ROOT");

	if (root == NULL || *root == '\0')
		return false;
	if (receiver->root == NULL || strcmp(receiver->root, root) != 0) {
		free(receiver->root);
		receiver->root = strdup(root);	/* NULL: looked up again */
		receiver->root_exposed = conf_under(receiver->conf, root);
	}
	return receiver->root_exposed;
}

/* Whether requests like this one are served at all. */
static bool
check_service(const struct intake *in)
{
	const char *role = request_param(in->request, "FCGI_ROLE");

	if (role != NULL && strcmp(role, "RESPONDER") != 0) {
		answer_write(&in->receipt->answer, "400 Bad Request", "",
		    "this is a FastCGI responder");
		if (may_log(in))
			log_line(LOG_ERROR, in->request->id, "400: the web "
			    "server wants the FastCGI role %s; configure it "
			    "for a responder", role);
		return false;
	}
	if (is_exposed(in->receiver, in->request))
		return give_up(in, "not ready", "a file with a token lies "
		    "under the web server's DOCUMENT_ROOT: move it to where "
		    "the web server does not serve from");
	return true;
}

static bool
ends_with(struct slice s, const char *end)
{
	const size_t len = strlen(end);

	return s.len >= len && memcmp(s.p + s.len - len, end, len) == 0;
}

static bool
is_method(const struct request *request, const char *method)
{
	const char *have = request_param(request, "REQUEST_METHOD");

	return have != NULL && strcmp(have, method) == 0;
}

/* Whether the whole body is there, and no more. */
static bool
check_body(const struct intake *in)
{
	const struct request *request = in->request;
	const char *announced = request_param(request, "CONTENT_LENGTH");
	const bool is_announced = announced != NULL && *announced != '\0';
	size_t len;
	const bool is_number = request_length(request, &len);

	if (request->cgi && !is_announced)
		return refuse(in, REFUSE_LENGTH_MISSING);
	if (request->too_large || len > in->receiver->conf->max_body_bytes)
		return refuse(in, REFUSE_BODY_TOO_LARGE);
	if (request->torn || (is_announced &&
	    (!is_number || len != request->body.len)))
		return refuse(in, REFUSE_BODY_TORN);
	return true;
}

static bool
check_type(struct intake *in)
{
	if (text_is_media(in->content_type, FORM_TYPE))
		in->json = false;
	else if (text_is_media(in->content_type, JSON_TYPE))
		in->json = true;
	else
		return refuse(in, REFUSE_CONTENT_TYPE);
	return true;
}

/* ------------------------------------------------------------------------
 * The signature */

/* nginx before 1.23 passes a header that was sent twice as two variables,
 * others join the values with a comma, which is no Base64 digit. */
static bool
check_header(const struct intake *in)
{
	const struct slice signature = in->signature;

	if (request_param_count(in->request, "HTTP_X_TWILIO_SIGNATURE") > 1)
		return refuse(in, REFUSE_SIGNATURE_REPEATED);
	if (signature.len == 0)
		return refuse(in, REFUSE_SIGNATURE_MISSING);
	if (memchr(signature.p, ',', signature.len) != NULL)
		return refuse(in, REFUSE_SIGNATURE_REPEATED);
	return true;
}

/* Whether the signature fits with one of these keys; params as for
 * signature_verify. Sets the delivery's URL and key. */
static bool
check_fit(const struct intake *in, const struct params *params,
    struct keyset keyset)
{
	struct receipt *const receipt = in->receipt;
	struct addresses *const addresses = &receipt->addresses;
	size_t url, key;
	enum rc rc;

	rc = signature_verify(in->signature, addresses->urls, addresses->n,
	    params, keyset.keys, keyset.n, &url, &key, NULL);
	if (rc == RC_SYNTAX)
		return refuse(in, REFUSE_SIGNATURE_MALFORMED);
	if (keyset.n_own == 0)
		return refuse(in, REFUSE_ACCOUNT_UNKNOWN);
	if (rc != RC_OK || key >= keyset.n_own)
		return refuse(in, REFUSE_SIGNATURE_WRONG);
	receipt->delivery.url = addresses_plain(addresses, url);
	receipt->delivery.key_id =
	    slice_of(signing_key_id(keyset.keys[key]));
	return true;
}

/* An empty AccountSid says no more than none. */
static struct keyset
keys_for(const struct intake *in, struct slice account_sid)
{
	if (account_sid.len == 0)
		return keyring_all(in->receiver->keyring);
	return keyring_account(in->receiver->keyring, account_sid);
}

/* Set the URLs that may have been signed. */
static bool
find_urls(const struct intake *in)
{
	enum rc rc;

	rc = addresses_find(&in->receipt->addresses, in->receiver->conf,
	    in->request, in->json, NULL);
	if (rc == RC_SYNTAX)
		return refuse(in, REFUSE_SIGNATURE_WRONG);
	return rc == RC_OK || no_memory(in);
}

static bool
accept_form(const struct intake *in)
{
	struct params *const params = &in->receipt->params;

	if (params_from_form(params, in->request->body, NULL) != RC_OK)
		return no_memory(in);
	params_sort(params);
	return check_header(in) && find_urls(in) &&
	    check_fit(in, params,
	    keys_for(in, params_find(params, "AccountSid")));
}

static bool
check_body_hash(const struct intake *in)
{
	enum rc rc;

	rc = signature_body_fits(request_query(in->request),
	    in->request->body, NULL);
	if (rc == RC_SYNTAX)
		return refuse(in, REFUSE_BODY_SHA256_MISSING);
	if (rc != RC_OK)
		return refuse(in, REFUSE_BODY_SHA256_WRONG);
	return true;
}

/* The members of a body that verified, as parameters. *problem is set when it
 * cannot be read; it is journaled all the same. */
static bool
read_json(const struct intake *in, const char **problem)
{
	struct params *const params = &in->receipt->params;
	enum rc rc;

	rc = journal_json(in->journal, in->request->body, params, NULL);
	if (rc == RC_MEMORY)
		return no_memory(in);
	*problem = decode_problem(rc);
	if (rc != RC_OK)
		params_reset(params);
	params_sort(params);
	return true;
}

/*
 * The account is inside the body, and nothing is parsed before somebody who
 * holds a token is known to have sent it: so all tokens come first, and then
 * those of the account that it names.
 */
static bool
accept_json(const struct intake *in, const char **problem)
{
	struct slice account;

	if (!check_header(in) || !find_urls(in) ||
	    !check_fit(in, NULL, keyring_all(in->receiver->keyring)) ||
	    !check_body_hash(in))
		return false;
	if (in->journal == NULL)
		return true;
	if (!read_json(in, problem))
		return false;
	account = params_find(&in->receipt->params, "AccountSid");
	return account.len == 0 || check_fit(in, NULL, keys_for(in, account));
}

/* ------------------------------------------------------------------------
 * Together */

static void
fill_delivery(const struct intake *in)
{
	struct delivery *const delivery = &in->receipt->delivery;

	delivery->received_us = in->request->received_us;
	delivery->signature = in->signature;
	delivery->idempotency_token = slice_of(request_param(in->request,
	    TOKEN_HEADER));
	delivery->content_type = in->content_type;
	delivery->body = in->request->body;
	delivery->event = &in->receipt->event;
	/* Until an append says better. */
	delivery->rc = RC_STORE;
}

/* A POST, from its body to what is to be appended. */
static enum outcome
take(struct intake *in)
{
	struct receipt *const receipt = in->receipt;
	const char *problem = NULL;

	if (!check_body(in) || !check_type(in))
		return OUTCOME_ANSWER;
	if (!(in->json ? accept_json(in, &problem) : accept_form(in)))
		return OUTCOME_ANSWER;
	fill_delivery(in);
	if (in->journal == NULL) {
		receipt_settle(receipt);
		return OUTCOME_ANSWER;
	}
	if (event_decode(&receipt->event, &receipt->params, problem, NULL) !=
	    RC_OK) {
		no_memory(in);
		return OUTCOME_ANSWER;
	}
	return OUTCOME_APPEND;
}

static enum outcome
check_health(const struct intake *in)
{
	if (in->journal != NULL)
		return OUTCOME_HEALTH;
	receipt_health(in->receipt, RC_STORE);
	return OUTCOME_ANSWER;
}

enum outcome
receive(struct receiver *receiver, struct journal *journal,
    const struct request *request, struct receipt *receipt)
{
	struct intake in = {
		.receiver = receiver,
		.journal = journal,
		.request = request,
		.receipt = receipt,
		.content_type =
		    slice_of(request_param(request, "CONTENT_TYPE")),
		.signature =
		    slice_of(request_param(request, "HTTP_X_TWILIO_SIGNATURE")),
	};

	params_reset(&receipt->params);
	receipt->delivery = (struct delivery){ .rc = RC_STORE };
	if (!check_service(&in))
		return OUTCOME_ANSWER;
	if (is_method(request, "GET") &&
	    ends_with(request_path(request), HEALTH_PATH))
		return check_health(&in);
	if (is_method(request, "POST"))
		return take(&in);
	answer_write(&receipt->answer, "405 Method Not Allowed",
	    "Allow: POST\r\n", "Twilio must POST here");
	return OUTCOME_ANSWER;
}
