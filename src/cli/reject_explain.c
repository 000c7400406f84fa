#include "cli/reject_explain.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/plain.h"
#include "cli/words.h"
#include "twilio/explain.h"
#include "twilio/params.h"
#include "twilio/url.h"

/* All that is to be said. */
struct told {
	const struct conf *conf;
	int64_t reject_id;
	const struct reject *reject;
	struct verifier *verifier;
	struct verify_fit fit;
	struct explain_key *keys;
	const char **account_of;	/* the section of each */
	size_t n_keys;
	struct params params;	/* of a form */
	struct slice account;	/* empty: not known */
	enum likeness likeness;
	struct explanation explanation;
	/* In words: */
	struct buf sentence;
	struct buf mend;	/* lines of configuration */
	struct buf advice;	/* lines */
	struct buf causes;	/* their names, "," between */
};

/* ------------------------------------------------------------------------
 * Keys
 */

static bool
is_own(const struct keyset *own, const struct signing_key *key)
{
	size_t i;

	for (i = 0; i < own->n_own; i++)
		if (own->keys[i] == key)
			return true;
	return false;
}

/* Every key with its section: those of the account first. The keys of all are
 * in the order of the sections and their tokens (twilio/keyring.h). */
static enum rc
find_keys(struct told *told, struct err *err)
{
	const struct keyset all = verifier_keys(told->verifier,
	    slice_of(NULL));
	const struct keyset own = verifier_keys(told->verifier,
	    told->account);
	const struct conf *conf = told->conf;
	size_t account, token, key, pass;

	told->keys = calloc(all.n + 1, sizeof(*told->keys));
	told->account_of = calloc(all.n + 1, sizeof(*told->account_of));
	if (told->keys == NULL || told->account_of == NULL)
		return err_set(err, RC_MEMORY, "explain: no memory");
	for (pass = 0; pass < 2; pass++) {
		key = 0;
		for (account = 0; account < conf->n_accounts; account++) {
			for (token = 0; token <
			    conf->accounts[account].n_tokens; token++, key++) {
				if (is_own(&own, all.keys[key]) != (pass == 0))
					continue;
				told->account_of[told->n_keys] =
				    conf->accounts[account].sid;
				told->keys[told->n_keys++] =
				    (struct explain_key){ all.keys[key],
				    pass == 0 };
			}
		}
	}
	return RC_OK;
}

/* ------------------------------------------------------------------------
 * Words
 */

static void
say_fits(struct told *told)
{
	const struct explanation *found = &told->explanation;
	const struct explain_rule *rule;
	size_t i;

	buf_add_text(&told->sentence, "the signature fits if ");
	for (i = 0; i < found->n_causes; i++) {
		rule = explain_rule(found->cause[i]);
		buf_printf(&told->sentence, "%s%s", i == 0 ? "" : ", and ",
		    rule->clause);
		buf_printf(&told->causes, "%s%s", i == 0 ? "" : ",",
		    rule->name);
		if (rule->mend != MEND_TOKEN && rule->advice[0] != '\0' &&
		    found->public_url.len == 0)
			buf_printf(&told->advice, "%s\n", rule->advice);
	}
	if (found->public_url.len > 0) {
		buf_add_text(&told->mend, "[receive]\npublic_url = ");
		plain_add(&told->mend, buf_slice(&found->public_url));
		buf_add_char(&told->mend, '\n');
	}
	if (told->keys[found->key].own)
		return;
	buf_add_text(&told->mend, "[account ");
	plain_add(&told->mend, told->account);
	buf_printf(&told->mend, "]\nauth_token = the one of [account %s] "
	    "whose key_id is %s\n", told->account_of[found->key],
	    signing_key_id(told->keys[found->key].key));
}

static void
say_another_token(struct told *told)
{
	buf_add_text(&told->advice, "another token: ");
	if (told->account.len > 0) {
		buf_add_text(&told->advice, "that of ");
		plain_add(&told->advice, told->account);
	} else {
		buf_add_text(&told->advice, "an account's");
	}
	buf_add_text(&told->advice, " was changed at Twilio, or it is signed "
	    "with that of a parent account which is not in the "
	    "configuration; add it: auth_token may repeat\n");
}

/* Nothing fits: what is likely, the likeliest first. */
static void
say_nothing_fits(struct told *told)
{
	static const char stranger[] = "it is not Twilio's: nothing needs to "
	    "be done\n";
	const bool is_like = told->likeness != LIKENESS_NO;
	const struct explanation *tried = &told->explanation;

	buf_add_text(&told->sentence, "nothing fits: ");
	words_count(&told->sentence, tried->tries, "combination",
	    "combinations");
	buf_printf(&told->sentence, " of scheme, user:password, host, port, "
	    "path, query, fragment, body and token were tried, of up to %d "
	    "causes at once%s", EXPLAIN_CAUSES_MAX, tried->all ? "" :
	    ", as far as its work is bounded");
	if (!is_like)
		buf_add_text(&told->advice, stranger);
	say_another_token(told);
	buf_add_text(&told->advice, "the body was changed on its way by a "
	    "firewall or web server: compare it with what Twilio's debugger "
	    "shows\n");
	if (is_like)
		buf_add_text(&told->advice, stranger);
}

static void
say_verifies(struct told *told)
{
	buf_add_text(&told->sentence, "it verifies as configured");
	if (told->reject_id > 0)
		buf_printf(&told->advice, "to take it after all: syncjournal "
		    "reject readmit %lld\n", (long long)told->reject_id);
}

/* Nothing can be tried. */
static void
say_cannot(struct told *told)
{
	static const struct {
		const char *sentence, *advice;
	} words[N_VERIFY_RESULTS] = {
		[VERIFY_NO_BODY] = { "its body was not kept",
		    "it was larger than max_body_bytes, or was not read: "
		    "Sync's deliveries have less than 64 KB" },
		[VERIFY_SIGNATURE_MISSING] = { "it has no X-Twilio-Signature",
		    "let the web server and what stands before it pass the "
		    "header on; if they do, it is not Twilio's" },
		[VERIFY_SIGNATURE_REPEATED] = { "it has more than one "
		    "X-Twilio-Signature", "something on the way adds one, or "
		    "it is not Twilio's" },
		[VERIFY_SIGNATURE_MALFORMED] = { "its X-Twilio-Signature is "
		    "not the Base64 of 20 bytes", "something on the way "
		    "changes the header, or it is not Twilio's" },
		[VERIFY_NO_URL] = { "its URL is not known", "set public_url "
		    "in [receive]: the web server passes neither HTTP_HOST "
		    "nor REQUEST_URI" },
	};
	const enum verify_result result = told->fit.result;

	buf_add_text(&told->sentence, words[result].sentence == NULL ?
	    "it cannot be explained" : words[result].sentence);
	if (words[result].advice != NULL)
		buf_printf(&told->advice, "%s\n", words[result].advice);
}

/* ------------------------------------------------------------------------
 * Finding out
 */

static bool
can_explain(const struct told *told)
{
	switch (told->fit.result) {
	case VERIFY_CONTENT_TYPE:
	case VERIFY_ACCOUNT_UNKNOWN:
	case VERIFY_SIGNATURE_WRONG:
	case VERIFY_BODY_SHA256_MISSING:
	case VERIFY_BODY_SHA256_WRONG:
		return signature_shaped(told->reject->signature);
	case VERIFY_OK:
	case VERIFY_NO_BODY:
	case VERIFY_SIGNATURE_MISSING:
	case VERIFY_SIGNATURE_REPEATED:
	case VERIFY_NO_URL:
	case VERIFY_SIGNATURE_MALFORMED:
	case N_VERIFY_RESULTS:
		break;
	}
	return false;
}

static enum rc
find_cause(struct told *told, const struct verify_request *request,
    struct err *err)
{
	struct explain_request asked = {
		.request = *request,
		.public_urls = told->conf->public_urls,
		.n_public_urls = told->conf->n_public_urls,
	};
	enum rc rc;

	if (!can_explain(told)) {
		say_cannot(told);
		return RC_OK;
	}
	rc = find_keys(told, err);
	asked.keys = told->keys;
	asked.n_keys = told->n_keys;
	if (rc == RC_OK)
		rc = explain(&asked, &told->explanation, err);
	if (rc == RC_OK && told->explanation.found)
		say_fits(told);
	else if (rc == RC_OK)
		say_nothing_fits(told);
	return rc;
}

/* As the responder judged it, or would. */
static enum likeness
find_likeness(const struct told *told)
{
	const struct reject *reject = told->reject;

	if (told->reject_id > 0)
		return reject->likeness;
	if (text_is_media(reject->content_type, JSON_TYPE))
		return likeness_of_json(reject->signature,
		    url_query(reject->url), reject->body);
	return likeness_of(reject->signature, &told->params, false);
}

/* Verify; read the account that a form names. */
static enum rc
find_out(struct told *told, struct err *err)
{
	const struct reject *reject = told->reject;
	const struct verify_request request = {
		.url = reject->url,
		.content_type = reject->content_type,
		.signature = reject->signature,
		.body = reject->body,
	};
	enum rc rc;

	rc = verifier_new(&told->verifier, told->conf, err);
	if (rc == RC_OK)
		rc = verifier_check(told->verifier, &request, slice_of(NULL),
		    &told->fit, err);
	if (rc == RC_OK && reject->body.p != NULL &&
	    !text_is_media(reject->content_type, JSON_TYPE)) {
		rc = params_from_form(&told->params, reject->body, err);
		params_sort(&told->params);
		told->account = params_find(&told->params, "AccountSid");
	}
	told->likeness = find_likeness(told);
	if (rc == RC_OK && told->fit.result != VERIFY_OK)
		rc = find_cause(told, &request, err);
	else if (rc == RC_OK)
		say_verifies(told);
	return rc;
}

/* ------------------------------------------------------------------------
 * Printing
 */

/* Of the text between bytes, line by line, with some blanks before it. */
static void
print_lines(const struct buf *text, const char *before)
{
	const char *line = text->len == 0 ? "" : text->data;
	const char *end;

	for (; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		(void)printf("%s%.*s\n", before, (int)(end - line), line);
	}
}

static void
print_head(const struct told *told)
{
	const struct reject *reject = told->reject;
	char at[CLOCK_TEXT_SIZE];
	struct buf line;

	if (told->reject_id == 0)
		return;
	buf_init(&line, 0);
	clock_text(reject->received_us, at);
	buf_printf(&line, "reject %lld of %s: %d %s",
	    (long long)told->reject_id, at, reject->status, reject->reason);
	if (told->account.len > 0) {
		buf_add_text(&line, ", account ");
		buf_add_slice(&line, told->account);
	}
	if (told->likeness != LIKENESS_NO)
		buf_add_text(&line, ", looks like Twilio's");
	if (buf_ok(&line))
		plain_line(stdout, line.data);
	buf_clear(&line);
}

static void
print_url(const struct told *told)
{
	const bool ok = told->fit.result == VERIFY_OK;
	struct buf line;

	if (!ok && !told->explanation.found)
		return;
	buf_init(&line, 0);
	buf_add_text(&line, "URL that fits: ");
	buf_add_slice(&line, ok ? told->fit.url :
	    buf_slice(&told->explanation.url));
	if (buf_ok(&line))
		plain_line(stdout, line.data);
	buf_clear(&line);
}

static enum rc
print_words(const struct told *told, struct err *err)
{
	const bool nothing = told->fit.result != VERIFY_OK &&
	    !told->explanation.found;

	print_head(told);
	if (told->fit.result != VERIFY_OK)
		(void)printf("does not verify: %s\n",
		    verify_reason(told->fit.result));
	plain_line(stdout, told->sentence.data);
	print_url(told);
	if (told->mend.len > 0)
		(void)printf("in %s:\n", told->conf->file == NULL ?
		    "a configuration file" : told->conf->file);
	print_lines(&told->mend, "    ");
	if (nothing && told->advice.len > 0)
		(void)puts("likely:");
	print_lines(&told->advice, nothing ? "  - " : "");
	return output_end(err);
}

static struct db_value
text_value(struct slice text)
{
	if (text.p == NULL || text.len == 0)
		return (struct db_value){ .type = DB_NULL };
	return (struct db_value){ .type = DB_TEXT, .bytes = text };
}

static struct db_value
number_value(int64_t number)
{
	return (struct db_value){ .type = DB_INTEGER, .number = number };
}

static enum rc
print_pairs(const struct told *told, enum output_format format,
    struct err *err)
{
	const bool ok = told->fit.result == VERIFY_OK;
	const struct explanation *found = &told->explanation;
	struct output_pair pairs[] = {
		{ "reject_id", number_value(told->reject_id) },
		{ "verifies", number_value(ok) },
		{ "reason", text_value(slice_of(
		    verify_reason(told->fit.result))) },
		{ "causes", text_value(buf_slice(&told->causes)) },
		{ "sentence", text_value(buf_slice(&told->sentence)) },
		{ "url", text_value(ok ? told->fit.url :
		    buf_slice(&found->url)) },
		{ "configuration", text_value(buf_slice(&told->mend)) },
		{ "advice", text_value(buf_slice(&told->advice)) },
		{ "tries", number_value(found->tries) },
	};

	if (told->reject_id == 0)
		pairs[0].value.type = DB_NULL;
	return output_pairs(format, stdout, pairs,
	    sizeof(pairs) / sizeof(pairs[0]), err);
}

static void
told_clear(struct told *told)
{
	verifier_free(told->verifier);
	params_clear(&told->params);
	free(told->keys);
	free(told->account_of);
	explanation_clear(&told->explanation);
	buf_clear(&told->sentence);
	buf_clear(&told->mend);
	buf_clear(&told->advice);
	buf_clear(&told->causes);
}

enum rc
reject_explain(const struct conf *conf, int64_t reject_id,
    const struct reject *reject, enum output_format format,
    enum status *status, struct err *err)
{
	struct told told = { .conf = conf, .reject_id = reject_id,
	    .reject = reject };
	enum rc rc;

	params_init(&told.params);
	explanation_init(&told.explanation);
	buf_init(&told.sentence, 0);
	buf_init(&told.mend, 0);
	buf_init(&told.advice, 0);
	buf_init(&told.causes, 0);
	rc = find_out(&told, err);
	if (rc == RC_OK && (!buf_ok(&told.sentence) || !buf_ok(&told.mend) ||
	    !buf_ok(&told.advice) || !buf_ok(&told.causes)))
		rc = err_set(err, RC_MEMORY, "explain: no memory");
	if (rc == RC_OK && format == OUTPUT_TABLE)
		rc = print_words(&told, err);
	else if (rc == RC_OK)
		rc = print_pairs(&told, format, err);
	if (rc == RC_OK)
		*status = told.fit.result == VERIFY_OK ? STATUS_CLEAN :
		    STATUS_FINDINGS;
	told_clear(&told);
	return rc;
}
