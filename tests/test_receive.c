/* What responder/receive.h promises: docs/design.md section 4, HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "journal/journal.h"
#include "responder/receive.h"
#include "responder/refusal.h"
#include "twilio/params.h"
#include "twilio/signature.h"

#define HEX32 "0123456789abcdef0123456789abcdef"
#define A "AC" HEX32
#define B "ACfedcba9876543210fedcba9876543210"
#define UNKNOWN "AC00000000000000000000000000000000"
#define URL "https://hooks.example.com/sync"
#define FORM_TYPE "application/x-www-form-urlencoded"
#define EVENT "EventType=document_removed&ServiceSid=IS" HEX32 \
	"&Identity=alice&DocumentSid=ET" HEX32 "&DocumentRevision=4"
#define FORM "AccountSid=" A "&" EVENT
#define LIMIT 2000
#define VARIABLES_MAX 32
#define CHANGES_MAX 5

/* ------------------------------------------------------------------------
 * Configurations */

static struct conf_token tokens_of_a[] = {
	{ (char[]){ "a1" }, 2 }, { (char[]){ "a2" }, 2 } };
static struct conf_token tokens_of_b[] = { { (char[]){ "b" }, 1 } };
static struct conf_token tokens_of_any[] = { { (char[]){ "any" }, 3 } };
static struct conf_account accounts[] = {
	{ (char[]){ A }, tokens_of_a, 2 },
	{ (char[]){ B }, tokens_of_b, 1 },
	{ (char[]){ "*" }, tokens_of_any, 1 },
};
static char *urls[] = {
	(char[]){ URL "#rc=5" },
	(char[]){ "https://me:secret@other.example.com:8443/x" },
	(char[]){ "https://query.example.com/q?key=1" },
};

/* Two accounts and one URL; more of each as a test needs them. */
static struct conf
configure(size_t n_accounts, size_t n_urls)
{
	return (struct conf){
		.accounts = accounts, .n_accounts = n_accounts,
		.public_urls = urls, .n_public_urls = n_urls,
		.max_body_bytes = LIMIT,
	};
}

/* ------------------------------------------------------------------------
 * One request */

struct change {
	const char *name;
	const char *value;	/* NULL: not there; "%s": the signature */
};

struct visit {
	const struct conf *conf;
	const char *url;	/* that is signed; NULL: URL */
	const char *token;	/* that signs; NULL: a1 */
	const char *body;	/* NULL: FORM */
	struct change changes[CHANGES_MAX];
	bool json, cgi, too_large, torn, add;	/* add: changes are added */
	bool no_journal;
};

static const struct change usual[] = {
	{ "REQUEST_METHOD", "POST" },
	{ "REQUEST_URI", "/sync" },
	{ "HTTP_HOST", "hooks.example.com" },
	{ "REQUEST_SCHEME", "https" },
	{ "CONTENT_TYPE", FORM_TYPE },
	{ "HTTP_X_TWILIO_SIGNATURE", "%s" },
	{ "HTTP_I_TWILIO_IDEMPOTENCY_TOKEN", "token-1" },
	{ "REMOTE_ADDR", "192.0.2.1" },
	{ "FCGI_ROLE", "RESPONDER" },
	{ "CONTENT_LENGTH", NULL },
};
#define N_USUAL (sizeof(usual) / sizeof(usual[0]))

static struct journal *journal;
static struct receipt *receipt;
static char *variables[VARIABLES_MAX + 1];
static size_t n_variables;

static void
sign(const struct visit *visit, const char *body,
    char signature[SIGNATURE_LEN + 1])
{
	struct signing_key *key = NULL;
	struct params params;

	params_init(&params);
	assert_int_equal(signing_key_new(&key, slice_of(
	    visit->token == NULL ? "a1" : visit->token), NULL), RC_OK);
	if (!visit->json)
		assert_int_equal(params_from_form(&params, slice_of(body),
		    NULL), RC_OK);
	params_sort(&params);
	signature_make(key, slice_of(visit->url == NULL ? URL : visit->url),
	    &params, signature);
	signing_key_free(key);
	params_clear(&params);
}

/* name=value, with a signature in place of each %s. */
static void
add_variable(const char *name, const char *value, const char *signature)
{
	struct buf variable;
	const char *rest = value, *mark;

	assert_true(n_variables < VARIABLES_MAX);
	buf_init(&variable, 0);
	buf_printf(&variable, "%s=", name);
	while ((mark = strstr(rest, "%s")) != NULL) {
		buf_add(&variable, rest, (size_t)(mark - rest));
		buf_add_text(&variable, signature);
		rest = mark + 2;
	}
	buf_add_text(&variable, rest);
	variables[n_variables++] = strdup(variable.data);
	buf_clear(&variable);
}

static void
make_variables(const struct visit *visit, const char *signature)
{
	size_t i, c;

	for (i = 0; i < N_USUAL; i++) {
		const char *value = usual[i].value;

		for (c = 0; c < CHANGES_MAX && !visit->add; c++)
			if (visit->changes[c].name != NULL &&
			    strcmp(visit->changes[c].name, usual[i].name) == 0)
				value = visit->changes[c].value;
		if (value != NULL)
			add_variable(usual[i].name, value, signature);
	}
	for (c = 0; c < CHANGES_MAX; c++) {
		bool is_usual = false;

		for (i = 0; i < N_USUAL; i++)
			is_usual = is_usual || (visit->changes[c].name != NULL
			    && strcmp(visit->changes[c].name, usual[i].name)
			    == 0);
		if (visit->changes[c].name != NULL &&
		    visit->changes[c].value != NULL &&
		    (visit->add || !is_usual))
			add_variable(visit->changes[c].name,
			    visit->changes[c].value, signature);
	}
	variables[n_variables] = NULL;
}

static void
drop_variables(void)
{
	while (n_variables > 0)
		free(variables[--n_variables]);
}

static struct request request;

/* What receive() logs goes to a file of its own, begun anew each time. */
static int log_fd = -1, stderr_fd = -1;

static enum outcome
receive_logged(struct receiver *receiver, struct journal *to)
{
	enum outcome outcome;

	assert_int_equal(ftruncate(log_fd, 0), 0);
	assert_int_equal(lseek(log_fd, 0, SEEK_SET), 0);
	assert_true(dup2(log_fd, STDERR_FILENO) >= 0);
	outcome = receive(receiver, to, &request, receipt);
	assert_true(dup2(stderr_fd, STDERR_FILENO) >= 0);
	return outcome;
}

static void
read_log(char *text, size_t size)
{
	const ssize_t n = pread(log_fd, text, size - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
}

/* The variables stay until the next visit. */
static enum outcome
visit_with(struct receiver *receiver, const struct visit *visit)
{
	const char *body = visit->body == NULL ? FORM : visit->body;
	char signature[SIGNATURE_LEN + 1];

	drop_variables();
	sign(visit, body, signature);
	make_variables(visit, signature);
	request = (struct request){
		.id = 1, .received_us = INT64_C(1700000000000000),
		.envp = variables, .body = slice_of(body),
		.too_large = visit->too_large, .torn = visit->torn,
		.cgi = visit->cgi,
	};
	return receive_logged(receiver, visit->no_journal ? NULL : journal);
}

static enum outcome
make_visit(const struct visit *visit)
{
	const struct conf conf = configure(2, 1);
	struct receiver *receiver = NULL;
	enum outcome outcome;

	assert_int_equal(receiver_new(&receiver,
	    visit->conf == NULL ? &conf : visit->conf, NULL), RC_OK);
	outcome = visit_with(receiver, visit);
	/* What outlives a receiver here is not looked at. */
	receiver_free(receiver);
	return outcome;
}

static bool
answer_begins(const char *text)
{
	const struct slice answer = receipt_answer(receipt);

	return answer.len >= strlen(text) &&
	    memcmp(answer.p, text, strlen(text)) == 0;
}

static bool
answer_has(const char *text)
{
	return strstr(receipt_answer(receipt).p, text) != NULL;
}

/* ------------------------------------------------------------------------
 * The HTTP table */

#define ANSWERED(code, words) "Status: " code " ", "\r\n\r\n" words ": "
#define TAKEN NULL, NULL
#define SIGNED(...) { "HTTP_X_TWILIO_SIGNATURE", __VA_ARGS__ }

static const struct row {
	const char *name;
	const char *status;	/* NULL: to be appended */
	const char *line;	/* beginning of the body */
	struct visit visit;
} rows[] = {
	{ "a right one", TAKEN, { .cgi = false } },
	{ "the second token", TAKEN, { .token = "a2" } },
	{ "with its length", TAKEN, { .body = "AccountSid=" A,
	    .changes = {{ "CONTENT_LENGTH", "45" }} } },
	{ "by CGI", TAKEN, { .body = "AccountSid=" A, .cgi = true,
	    .changes = {{ "CONTENT_LENGTH", "45" }} } },
	{ "signed with a port", TAKEN,
	    { .url = "https://hooks.example.com:443/sync" } },
	{ "a query as received", TAKEN, { .url = URL "?b=%2f&a",
	    .changes = {{ "REQUEST_URI", "/sync?b=%2f&a" }} } },
	{ "an empty query", TAKEN, { .url = URL "?",
	    .changes = {{ "REQUEST_URI", "/sync?" }} } },
	{ "a query where there is no target", TAKEN, { .url = URL "?a=1",
	    .changes = {{ "REQUEST_URI", NULL },
	    { "QUERY_STRING", "a=1" }} } },
	{ "type with parameters and in capitals", TAKEN, { .changes =
	    {{ "CONTENT_TYPE",
	    "Application/X-WWW-Form-Urlencoded ; charset=utf-8" }} } },
	{ "an empty body", TAKEN, { .body = "" } },
	{ "no account, another's token", TAKEN, { .body = EVENT,
	    .token = "b" } },
	{ "empty account, another's token", TAKEN, { .token = "b",
	    .body = "AccountSid=&" EVENT } },
	{ "damaged escape", TAKEN, { .body = FORM "&a=%" } },
	{ "unknown type", TAKEN, { .body = "AccountSid=" A
	    "&EventType=new" } },
	{ "no role said", TAKEN, { .changes = {{ "FCGI_ROLE", NULL }} } },
	{ "DOCUMENT_ROOT without a token", TAKEN, { .changes =
	    {{ "DOCUMENT_ROOT", "/var/empty" }} } },

	{ "GET", "Status: 405 ", "\r\n\r\nTwilio must POST here\n",
	    { .changes = {{ "REQUEST_METHOD", "GET" }} } },
	{ "no method", "Status: 405 ", "\r\n\r\nTwilio must POST here\n",
	    { .changes = {{ "REQUEST_METHOD", NULL }} } },
	{ "post", "Status: 405 ", "\r\n\r\nTwilio must POST here\n",
	    { .changes = {{ "REQUEST_METHOD", "post" }} } },
	{ "HEAD of healthz", "Status: 405 ", "\r\n\r\nTwilio must POST here\n",
	    { .changes = {{ "REQUEST_METHOD", "HEAD" },
	    { "REQUEST_URI", "/healthz" }} } },
	{ "GET beats a missing length", "Status: 405 ", "",
	    { .cgi = true, .changes = {{ "REQUEST_METHOD", "GET" }} } },
	{ "another role", "Status: 400 ", "\r\n\r\nthis is",
	    { .changes = {{ "FCGI_ROLE", "AUTHORIZER" }} } },

	{ "no length by CGI", ANSWERED("411", "length_missing"),
	    { .cgi = true } },
	{ "empty length by CGI", ANSWERED("411", "length_missing"),
	    { .cgi = true, .changes = {{ "CONTENT_LENGTH", "" }} } },
	{ "411 before 413", ANSWERED("411", "length_missing"),
	    { .cgi = true, .too_large = true } },
	{ "too large", ANSWERED("413", "body_too_large"),
	    { .too_large = true } },
	{ "announced too large", ANSWERED("413", "body_too_large"),
	    { .changes = {{ "CONTENT_LENGTH", "2001" }} } },
	{ "announced at the limit", ANSWERED("400", "body_torn"),
	    { .changes = {{ "CONTENT_LENGTH", "2000" }} } },
	{ "announced beyond numbers", ANSWERED("413", "body_too_large"),
	    { .changes = {{ "CONTENT_LENGTH",
	    "184467440737095516160000000000000" }} } },
	{ "413 before 400", ANSWERED("413", "body_too_large"),
	    { .too_large = true, .torn = true } },
	{ "torn", ANSWERED("400", "body_torn"), { .torn = true } },
	{ "shorter than announced", ANSWERED("400", "body_torn"),
	    { .body = "ab", .changes = {{ "CONTENT_LENGTH", "3" }} } },
	{ "longer than announced", ANSWERED("400", "body_torn"),
	    { .body = "ab", .changes = {{ "CONTENT_LENGTH", "1" }} } },
	{ "length in words", ANSWERED("400", "body_torn"),
	    { .body = "", .changes = {{ "CONTENT_LENGTH", "none" }} } },
	{ "negative length", ANSWERED("400", "body_torn"),
	    { .body = "", .changes = {{ "CONTENT_LENGTH", "-0" }} } },
	{ "400 before 415", ANSWERED("400", "body_torn"), { .torn = true,
	    .changes = {{ "CONTENT_TYPE", "text/plain" }} } },

	{ "no type", ANSWERED("415", "content_type_unsupported"),
	    { .changes = {{ "CONTENT_TYPE", NULL }} } },
	{ "longer type", ANSWERED("415", "content_type_unsupported"),
	    { .changes = {{ "CONTENT_TYPE", FORM_TYPE "x" }} } },
	{ "other JSON", ANSWERED("415", "content_type_unsupported"),
	    { .changes = {{ "CONTENT_TYPE", "application/json+x" }} } },
	{ "415 before 403", ANSWERED("415", "content_type_unsupported"),
	    { .changes = {{ "CONTENT_TYPE", "text/plain" },
	    SIGNED(NULL) } } },

	{ "no signature", ANSWERED("403", "signature_missing"),
	    { .changes = { SIGNED(NULL) } } },
	{ "empty signature", ANSWERED("403", "signature_missing"),
	    { .changes = { SIGNED("") } } },
	{ "two signatures, both right", ANSWERED("403", "signature_repeated"),
	    { .add = true, .changes = { SIGNED("%s") } } },
	{ "two signatures, one empty", ANSWERED("403", "signature_repeated"),
	    { .add = true, .changes = { SIGNED("") } } },
	{ "joined", ANSWERED("403", "signature_repeated"),
	    { .changes = { SIGNED("%s, %s") } } },
	{ "joined with nothing", ANSWERED("403", "signature_repeated"),
	    { .changes = { SIGNED("%s,") } } },
	{ "malformed", ANSWERED("403", "signature_malformed"),
	    { .changes = { SIGNED("WRONG") } } },
	{ "space after", ANSWERED("403", "signature_malformed"),
	    { .changes = { SIGNED("%s ") } } },
	{ "wrong", ANSWERED("403", "signature_wrong"),
	    { .changes = { SIGNED("AAAAAAAAAAAAAAAAAAAAAAAAAAA=") } } },
	{ "another token", ANSWERED("403", "signature_wrong"),
	    { .token = "x" } },
	{ "another account's token", ANSWERED("403", "signature_wrong"),
	    { .token = "b" } },
	{ "another URL", ANSWERED("403", "signature_wrong"),
	    { .url = URL "/" } },
	{ "the fragment signed", ANSWERED("403", "signature_wrong"),
	    { .url = URL "#rc=5" } },
	{ "a query that was not sent", ANSWERED("403", "signature_wrong"),
	    { .url = URL "?a=1" } },
	{ "unknown account", ANSWERED("403", "account_unknown"),
	    { .body = "AccountSid=" UNKNOWN "&" EVENT, .token = "b" } },
	{ "two accounts, the smaller counts",
	    ANSWERED("403", "account_unknown"), { .body = "AccountSid=" A
	    "&AccountSid=" UNKNOWN "&" EVENT } },
	{ "malformed for an unknown account",
	    ANSWERED("403", "signature_malformed"),
	    { .body = "AccountSid=" UNKNOWN, .changes = { SIGNED("x") } } },
};

static void
the_first_line_of_the_table_that_fits_is_the_answer(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		const enum outcome outcome = make_visit(&row->visit);

		if (row->status == NULL) {
			if (outcome != OUTCOME_APPEND)
				fail_msg("%s: %s", row->name,
				    receipt_answer(receipt).p);
		} else if (outcome != OUTCOME_ANSWER ||
		    !answer_begins(row->status) || !answer_has(row->line)) {
			fail_msg("%s: outcome %d, %s", row->name,
			    (int)outcome, receipt_answer(receipt).p);
		}
	}
}

static void
without_a_journal_all_that_would_be_appended_is_503(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct visit visit = rows[i].visit;

		visit.no_journal = true;
		assert_int_equal(make_visit(&visit), OUTCOME_ANSWER);
		if (!answer_begins(rows[i].status == NULL ? "Status: 503 " :
		    rows[i].status))
			fail_msg("%s: %s", rows[i].name,
			    receipt_answer(receipt).p);
		if (rows[i].status == NULL)
			assert_true(answer_has("\r\nRetry-After: "));
	}
}

/* Every header line ends in CRLF, the header in an empty line, and a body is
 * one line; nothing is there that was not asked for. */
static void
an_answer_is_whole_and_plain(void **state)
{
	static const char *const known[] = { "Status: ",
	    "Cache-Control: no-store\r\n", "Content-Type: text/plain\r\n",
	    "Allow: POST\r\n", "Retry-After: " };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *line, *end;

		if (make_visit(&rows[i].visit) != OUTCOME_ANSWER)
			continue;
		line = receipt_answer(receipt).p;
		while (strncmp(line, "\r\n", 2) != 0) {
			for (k = 0; k < 5; k++)
				if (strncmp(line, known[k],
				    strlen(known[k])) == 0)
					break;
			if (k == 5)
				fail_msg("%s: %s", rows[i].name, line);
			end = strstr(line, "\r\n");
			assert_non_null(end);
			line = end + 2;
		}
		line += 2;
		assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
		assert_true(answer_has("\r\nCache-Control: no-store\r\n"));
		assert_null(strstr(line, A));
	}
}

static void
a_refused_request_is_quarantined_but_not_a_405(void **state)
{
	const struct visit wrong = { .token = "x" };
	const struct visit get = {
		.changes = {{ "REQUEST_METHOD", "GET" }} };

	(void)state;
	assert_int_equal(journal_flush(journal, 1000, NULL), RC_OK);
	assert_false(journal_pending(journal));
	assert_int_equal(make_visit(&get), OUTCOME_ANSWER);
	assert_false(journal_pending(journal));
	assert_int_equal(make_visit(&wrong), OUTCOME_ANSWER);
	assert_true(journal_pending(journal));
}

/* One line that says what, who and where, and nothing that is secret. */
static void
a_refused_request_is_logged_in_one_line(void **state)
{
	const struct conf conf = configure(2, 0);
	const struct visit visit = { .conf = &conf, .token = "x", .changes =
	    {{ "HTTP_HOST", "me:secret@hooks.example.com" },
	    { "REQUEST_URI", "/a\nb" }} };
	char line[4096];

	(void)state;
	assert_int_equal(make_visit(&visit), OUTCOME_ANSWER);
	read_log(line, sizeof(line));
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
	assert_non_null(strstr(line, " warning r1 403 signature_wrong: "));
	assert_non_null(strstr(line, "account " A ", from 192.0.2.1, to "
	    "https://hooks.example.com/a\\x0Ab"));
	assert_null(strstr(line, "secret"));
	assert_null(strstr(line, "DocumentSid"));
}

/* ------------------------------------------------------------------------
 * Health */

static void
healthz_asks_whether_an_append_is_possible(void **state)
{
	static const char *const paths[] = { "/healthz", "/sync/healthz",
	    "/sync/healthz?x", "http://hooks.example.com/healthz" };
	struct visit visit = { .cgi = true };
	size_t i;

	(void)state;
	visit.changes[0] = (struct change){ "REQUEST_METHOD", "GET" };
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		visit.changes[1] = (struct change){ "REQUEST_URI", paths[i] };
		visit.no_journal = false;
		assert_int_equal(make_visit(&visit), OUTCOME_HEALTH);
		receipt_health(receipt, RC_OK);
		assert_true(answer_begins("Status: 200 OK\r\n"));
		receipt_health(receipt, RC_BUSY);
		assert_true(answer_begins("Status: 503 "));
		assert_true(answer_has("\r\nRetry-After: "));
		visit.no_journal = true;
		assert_int_equal(make_visit(&visit), OUTCOME_ANSWER);
		assert_true(answer_begins("Status: 503 "));
	}
	visit.no_journal = false;
	visit.changes[1].value = "/sync/healthz/";
	assert_int_equal(make_visit(&visit), OUTCOME_ANSWER);
	visit.changes[1].value = "/sync?/healthz";
	assert_int_equal(make_visit(&visit), OUTCOME_ANSWER);
	visit.changes[1].value = NULL;
	visit.changes[2] = (struct change){ "SCRIPT_NAME", "/s" };
	visit.changes[3] = (struct change){ "PATH_INFO", "/healthz" };
	assert_int_equal(make_visit(&visit), OUTCOME_HEALTH);
}

/* ------------------------------------------------------------------------
 * URLs and tokens */

static void
each_public_url_fits_and_is_journaled_without_its_password(void **state)
{
	static const struct { const char *sign, *target, *want; } tried[] = {
		{ URL, "/", URL },
		{ URL "?a", "/?a", URL "?a" },
		{ "https://me:secret@other.example.com:8443/x", "/",
		    "https://other.example.com:8443/x" },
		{ "https://other.example.com/x?a=b", "/y?a=b",
		    "https://other.example.com/x?a=b" },
		{ "https://me:secret@other.example.com/x", "/",
		    "https://other.example.com/x" },
		{ "https://query.example.com/q?key=1", "/",
		    "https://query.example.com/q?key=1" },
		{ "https://query.example.com/q?key=1", "/?other",
		    "https://query.example.com/q?key=1" },
		{ "https://query.example.com/q?other", "/?other", NULL },
		{ "https://hooks.example.com/", "/", NULL },
	};
	const struct conf conf = configure(2, 3);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		const struct visit visit = { .conf = &conf,
		    .url = tried[i].sign,
		    .changes = {{ "REQUEST_URI", tried[i].target }} };
		const bool taken = make_visit(&visit) == OUTCOME_APPEND;

		if (taken != (tried[i].want != NULL) || (taken && !slice_is(
		    receipt_delivery(receipt)->url, tried[i].want)))
			fail_msg("%s for %s", tried[i].sign, tried[i].target);
	}
}

#define BUILT "http://hooks.example.com/sync"

static const struct built_row {
	const char *name;
	const char *url;	/* that is signed */
	bool taken;
	struct change changes[CHANGES_MAX];
} built_rows[] = {
	{ "no scheme said", BUILT, true, {{ "REQUEST_SCHEME", NULL }} },
	{ "scheme http", BUILT, true, {{ "REQUEST_SCHEME", "http" }} },
	{ "scheme https", URL, true, {{ "REQUEST_SCHEME", "https" }} },
	{ "another scheme", BUILT, true, {{ "REQUEST_SCHEME", "ftp" }} },
	{ "HTTPS on", URL, true, {{ "REQUEST_SCHEME", NULL },
	    { "HTTPS", "on" }} },
	{ "HTTPS overrules", URL, true, {{ "REQUEST_SCHEME", "http" },
	    { "HTTPS", "1" }} },
	{ "HTTPS off", BUILT, true, {{ "REQUEST_SCHEME", NULL },
	    { "HTTPS", "off" }} },
	{ "HTTPS empty", BUILT, true, {{ "REQUEST_SCHEME", "http" },
	    { "HTTPS", "" }} },
	{ "http signed, https asked for", BUILT, false,
	    {{ "HTTPS", "on" }} },
	{ "port in Host", "https://h:8443/sync", true,
	    {{ "HTTP_HOST", "h:8443" }} },
	{ "target as received", "https://hooks.example.com//a/%2e%2E?q=%20+",
	    true, {{ "REQUEST_URI", "//a/%2e%2E?q=%20+" }} },
	{ "absolute form", URL "?a", true,
	    {{ "REQUEST_URI", "http://else.example.com:81/sync?a" }} },
	{ "absolute form without a path", "https://hooks.example.com", true,
	    {{ "REQUEST_URI", "HTTPS://else.example.com" }} },
	{ "no Host", URL, false, {{ "HTTP_HOST", NULL }} },
	{ "empty Host", "https:///sync", false, {{ "HTTP_HOST", "" }} },
	{ "no URL signed", "", false, {{ "HTTP_HOST", NULL }} },
	{ "no target", URL, false, {{ "REQUEST_URI", NULL }} },
	{ "hostile Host", "https://a b:c/sync", false,
	    {{ "HTTP_HOST", "a b:c" }} },
};

static void
without_public_url_it_is_built_from_the_request(void **state)
{
	const struct conf conf = configure(2, 0);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(built_rows) / sizeof(built_rows[0]); i++) {
		const struct built_row *row = &built_rows[i];
		struct visit visit = { .conf = &conf, .url = row->url };

		memcpy(visit.changes, row->changes, sizeof(visit.changes));
		if ((make_visit(&visit) == OUTCOME_APPEND) != row->taken)
			fail_msg("%s", row->name);
		if (!row->taken)
			assert_true(answer_has("signature_wrong"));
	}
}

static const struct token_row {
	const char *account;
	const char *token;
	bool taken;
} token_rows[] = {
	{ A, "a1", true }, { A, "a2", true }, { A, "b", false },
	{ A, "any", false }, { B, "b", true }, { B, "a1", false },
	{ B, "any", false }, { UNKNOWN, "any", true }, { "*", "any", true },
	{ UNKNOWN, "a1", false }, { "", "a2", true }, { "", "any", true },
	{ "", "none", false },
};

static void
an_account_is_served_by_its_own_tokens_else_by_those_of_any(void **state)
{
	const struct conf conf = configure(3, 1);
	char body[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(token_rows) / sizeof(token_rows[0]); i++) {
		const struct token_row *row = &token_rows[i];
		const struct visit visit = { .conf = &conf, .body = body,
		    .token = row->token };

		snprintf(body, sizeof(body), "AccountSid=%s&" EVENT,
		    row->account);
		if ((make_visit(&visit) == OUTCOME_APPEND) != row->taken)
			fail_msg("'%s' with %s", row->account, row->token);
		if (!row->taken)
			assert_true(answer_has("signature_wrong"));
	}
}

/* ------------------------------------------------------------------------
 * JSON */

/* Of {"AccountSid":"AC...","EventType":"x"} for A, for UNKNOWN, and of [1]. */
#define JSON_A "{\"AccountSid\":\"" A "\",\"EventType\":\"x\"}"
#define HASH_A "64d766ee9fd205c3bbe30e2fc3d79a98" \
	"7bbfcb697cb9a6d7c7b25872c9a58333"
#define JSON_UNKNOWN "{\"AccountSid\":\"" UNKNOWN "\"}"
#define HASH_UNKNOWN "c8237e15860ff243b3ab754082952740" \
	"c451bbfd0d71ed52a122a7c4bc8516e2"
#define JSON_ARRAY "[1]"
#define HASH_ARRAY "080a9ed428559ef602668b4c00f114f1" \
	"a11c3f6b02a435f0bdc154578e4d7f22"

static const struct json_row {
	const char *name;
	const char *body;
	const char *query;	/* of the request, and signed; NULL: none */
	const char *token;
	const char *reason;	/* NULL: taken */
	const char *problem;	/* where it is taken */
} json_rows[] = {
	{ "right", JSON_A, "bodySHA256=" HASH_A, "a2", NULL, "EventType" },
	{ "more in the query", JSON_A, "a=b&bodySHA256=" HASH_A, "a1", NULL,
	    "EventType" },
	{ "not an object", JSON_ARRAY, "bodySHA256=" HASH_ARRAY, "b", NULL,
	    "body: not a JSON object; EventType: missing" },
	{ "no hash", JSON_A, "a=b", "a1", "body_sha256_missing", NULL },
	{ "no query", JSON_A, NULL, "a1", "body_sha256_missing", NULL },
	{ "two hashes", JSON_A, "bodySHA256=" HASH_A "&bodySHA256=" HASH_A,
	    "a1", "body_sha256_missing", NULL },
	{ "another body's hash", JSON_A, "bodySHA256=" HASH_ARRAY, "a1",
	    "body_sha256_wrong", NULL },
	{ "wrong token", JSON_A, "bodySHA256=" HASH_A, "x",
	    "signature_wrong", NULL },
	{ "another account's token", JSON_A, "bodySHA256=" HASH_A, "b",
	    "signature_wrong", NULL },
	{ "unknown account", JSON_UNKNOWN, "bodySHA256=" HASH_UNKNOWN, "b",
	    "account_unknown", NULL },
};

static void
try_json(const struct json_row *row)
{
	char target[256], url[512];
	const struct visit visit = { .json = true, .body = row->body,
	    .token = row->token, .url = url, .changes = {
	    { "CONTENT_TYPE", "application/json" },
	    { "REQUEST_URI", target } } };
	bool taken;

	snprintf(target, sizeof(target), "/sync%s%s",
	    row->query == NULL ? "" : "?", row->query == NULL ? "" :
	    row->query);
	snprintf(url, sizeof(url), "https://hooks.example.com%s", target);
	taken = make_visit(&visit) == OUTCOME_APPEND;
	if (taken != (row->reason == NULL))
		fail_msg("%s: %s", row->name, receipt_answer(receipt).p);
	if (!taken && !answer_has(row->reason))
		fail_msg("%s: %s", row->name, receipt_answer(receipt).p);
	if (taken && strstr(receipt_delivery(receipt)->event->problem.data,
	    row->problem) == NULL)
		fail_msg("%s: %s", row->name,
		    receipt_delivery(receipt)->event->problem.data);
}

static void
json_needs_its_hash_and_a_token_of_its_account(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(json_rows) / sizeof(json_rows[0]); i++)
		try_json(&json_rows[i]);
}

/* Twilio appends bodySHA256 to a query that is configured. */
static void
json_has_the_requests_query_in_place_of_the_configured_one(void **state)
{
	const struct conf conf = configure(2, 3);
	const struct visit visit = { .conf = &conf, .json = true,
	    .body = JSON_A,
	    .url = "https://query.example.com/q?key=1&bodySHA256=" HASH_A,
	    .changes = {{ "CONTENT_TYPE", "application/json" },
	    { "REQUEST_URI", "/q?key=1&bodySHA256=" HASH_A }} };

	(void)state;
	assert_int_equal(make_visit(&visit), OUTCOME_APPEND);
}

/* ------------------------------------------------------------------------
 * The delivery and what becomes of it */

static void
a_delivery_is_what_was_received(void **state)
{
	const struct conf conf = configure(2, 1);
	const struct visit visit = { .conf = NULL };
	const struct delivery *delivery = receipt_delivery(receipt);
	struct receiver *receiver = NULL;
	struct signing_key *key = NULL;

	(void)state;
	assert_int_equal(receiver_new(&receiver, &conf, NULL), RC_OK);
	assert_int_equal(visit_with(receiver, &visit), OUTCOME_APPEND);
	assert_int_equal(signing_key_new(&key, slice_of("a1"), NULL), RC_OK);
	assert_true(delivery->received_us == request.received_us);
	assert_true(slice_is(delivery->url, URL));
	assert_true(slice_is(delivery->key_id, signing_key_id(key)));
	assert_int_equal(delivery->signature.len, SIGNATURE_LEN);
	assert_true(slice_is(delivery->idempotency_token, "token-1"));
	assert_true(slice_is(delivery->content_type, FORM_TYPE));
	assert_true(slice_is(delivery->body, FORM));
	assert_int_equal(delivery->event->type, EVENT_DOCUMENT_REMOVED);
	assert_int_equal(delivery->event->seq, 4);
	assert_int_equal(delivery->event->problem.len, 0);
	signing_key_free(key);
	receiver_free(receiver);
}

static void
only_what_is_durable_is_answered_204(void **state)
{
	const struct visit visit = { .conf = NULL };
	struct delivery *delivery = receipt_delivery(receipt);
	enum rc rc;

	(void)state;
	for (rc = RC_OK + 1; rc < N_RC; rc++) {
		assert_int_equal(make_visit(&visit), OUTCOME_APPEND);
		assert_int_not_equal(delivery->rc, RC_OK);
		delivery->rc = rc;
		receipt_settle(receipt);
		assert_true(answer_begins("Status: 503 "));
		assert_true(answer_has("\r\nRetry-After: "));
	}
	assert_int_equal(make_visit(&visit), OUTCOME_APPEND);
	delivery->rc = RC_OK;
	delivery->position = INT64_MAX;
	delivery->verdict = VERDICT_IN_ORDER;
	receipt_settle(receipt);
	assert_string_equal(receipt_answer(receipt).p,
	    "Status: 204 No Content\r\n"
	    "Sync-Journal-Position: 9223372036854775807\r\n"
	    "Sync-Journal-Verdict: in_order\r\n"
	    "Cache-Control: no-store\r\n\r\n");
	delivery->verdict = VERDICT_NONE;
	receipt_settle(receipt);
	assert_true(answer_has("\r\nSync-Journal-Verdict: none\r\n"));
}

/* The memory that a hostile body took is given back, and the next request is
 * served as any other. */
static void
ten_thousand_parameters_are_taken_and_forgotten(void **state)
{
	struct conf conf = configure(2, 1);
	const struct visit usual_visit = { .conf = NULL };
	struct visit visit = { .conf = &conf };
	struct buf body;
	int i;

	(void)state;
	conf.max_body_bytes = 131072;
	buf_init(&body, 0);
	buf_add_text(&body, FORM);
	for (i = 0; i < 10000; i++)
		buf_printf(&body, "&n%d", i);
	visit.body = body.data;
	assert_int_equal(make_visit(&visit), OUTCOME_APPEND);
	receipt_settle(receipt);
	visit.token = "x";
	assert_int_equal(make_visit(&visit), OUTCOME_ANSWER);
	assert_int_equal(make_visit(&usual_visit), OUTCOME_APPEND);
	buf_clear(&body);
}

/* ------------------------------------------------------------------------
 * DOCUMENT_ROOT */

static char dir[] = "/tmp/test_receive.XXXXXX";

static void
write_conf(const char *path)
{
	static const char text[] = "[journal]\npath = journal.db\n"
	    "[account *]\nauth_token = a1\n";
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1),
	    (ssize_t)sizeof(text) - 1);
	close(fd);
}

static void
a_token_under_document_root_stops_all(void **state)
{
	struct receiver *receiver = NULL;
	struct conf *conf = NULL;
	struct visit visit = { .url = "https://hooks.example.com/sync" };
	char *const no_environment[] = { NULL };
	char path[64], other[64];
	int i;

	(void)state;
	snprintf(path, sizeof(path), "%s/syncjournal.conf", dir);
	snprintf(other, sizeof(other), "%s/htdocs", dir);
	write_conf(path);
	assert_int_equal(mkdir(other, 0700), 0);
	assert_int_equal(conf_load(&conf, path, no_environment,
	    CONF_NEED_TOKENS, NULL), RC_OK);
	assert_int_equal(receiver_new(&receiver, conf, NULL), RC_OK);
	/* Twice each: the second time from memory. */
	for (i = 0; i < 8; i++) {
		visit.changes[0] = (struct change){ "DOCUMENT_ROOT",
		    i % 4 < 2 ? dir : other };
		assert_int_equal(visit_with(receiver, &visit),
		    i % 4 < 2 ? OUTCOME_ANSWER : OUTCOME_APPEND);
		if (i % 4 < 2)
			assert_true(answer_begins("Status: 503 "));
	}
	visit.changes[0].value = dir;
	visit.changes[1] = (struct change){ "REQUEST_METHOD", "GET" };
	visit.changes[2] = (struct change){ "REQUEST_URI", "/healthz" };
	assert_int_equal(visit_with(receiver, &visit), OUTCOME_ANSWER);
	assert_true(answer_begins("Status: 503 "));
	receiver_free(receiver);
	conf_free(conf);
	rmdir(other);
	unlink(path);
}

/* ------------------------------------------------------------------------
 * The limit of lines */

static void
twenty_lines_a_second_are_logged_and_the_rest_counted(void **state)
{
	struct refusal_limiter limiter = { 0 };
	const int64_t now_us = INT64_C(1700000000000000);
	int i, lines = 0;

	(void)state;
	for (i = 0; i < 50; i++)
		lines += refusal_may_log(&limiter, now_us + i);
	assert_int_equal(lines, REFUSAL_LINES_PER_S);
	assert_int_equal(limiter.left_out, 50 - REFUSAL_LINES_PER_S);
	assert_false(refusal_may_log(&limiter, now_us + 999999));
	assert_true(refusal_may_log(&limiter, now_us + 1000000));
	assert_int_equal(limiter.left_out, 0);
	/* A clock that was put back opens another second too. */
	assert_true(refusal_may_log(&limiter, now_us));
}

static void
sixty_lines_a_minute_are_logged_however_long_a_flood_lasts(void **state)
{
	struct refusal_limiter limiter = { 0 };
	const int64_t minute_us = INT64_C(28333334) * 60000000;
	int lines = 0;

	(void)state;
	for (int i = 0; i < 600; i++)
		lines += refusal_may_log(&limiter, minute_us + i * 100000);
	assert_int_equal(lines, REFUSAL_LINES_PER_MIN);
	assert_int_equal(limiter.left_out, 600 - REFUSAL_LINES_PER_MIN);
	assert_true(refusal_may_log(&limiter, minute_us + 60000000));
	assert_int_equal(limiter.left_out, 0);
}

/* ------------------------------------------------------------------------ */

static int
set_up(void **state)
{
	struct journal_options options = { .mode = CONF_MODE_TRUNCATE };
	char path[64];

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	log_fd = memfd_create("log", MFD_CLOEXEC);
	stderr_fd = dup(STDERR_FILENO);
	if (log_fd < 0 || stderr_fd < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/journal.db", dir);
	options.path = path;
	return journal_open(&journal, &options, 1000, NULL) == RC_OK &&
	    receipt_new(&receipt, NULL) == RC_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	static const char *const files[] = { "journal.db", "journal.db-lock",
	    "journal.db-journal", "journal.db.lock" };
	char path[64];
	size_t i;

	(void)state;
	drop_variables();
	receipt_free(receipt);
	receipt_free(NULL);
	receiver_free(NULL);
	journal_close(journal);
	close(log_fd);
	close(stderr_fd);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_first_line_of_the_table_that_fits_is_the_answer),
		cmocka_unit_test(
		    without_a_journal_all_that_would_be_appended_is_503),
		cmocka_unit_test(an_answer_is_whole_and_plain),
		cmocka_unit_test(
		    a_refused_request_is_quarantined_but_not_a_405),
		cmocka_unit_test(a_refused_request_is_logged_in_one_line),
		cmocka_unit_test(healthz_asks_whether_an_append_is_possible),
		cmocka_unit_test(
	    each_public_url_fits_and_is_journaled_without_its_password),
		cmocka_unit_test(
		    without_public_url_it_is_built_from_the_request),
		cmocka_unit_test(
	    an_account_is_served_by_its_own_tokens_else_by_those_of_any),
		cmocka_unit_test(
		    json_needs_its_hash_and_a_token_of_its_account),
		cmocka_unit_test(
	    json_has_the_requests_query_in_place_of_the_configured_one),
		cmocka_unit_test(a_delivery_is_what_was_received),
		cmocka_unit_test(only_what_is_durable_is_answered_204),
		cmocka_unit_test(
		    ten_thousand_parameters_are_taken_and_forgotten),
		cmocka_unit_test(a_token_under_document_root_stops_all),
		cmocka_unit_test(
		    twenty_lines_a_second_are_logged_and_the_rest_counted),
		cmocka_unit_test(
		    sixty_lines_a_minute_are_logged_however_long_a_flood_lasts),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
