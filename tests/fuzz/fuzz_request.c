/* The whole request path, from a web server's variables and body to the rows of
 * a journal: the answer is one of the table's, what verifies by verify.h is
 * stored once with its exact bytes and nothing else is, and the projections are
 * what a recomputation says. An input is as in made.h. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "journal/check.h"
#include "journal/journal.h"
#include "made.h"
#include "responder/address.h"
#include "responder/receive.h"
#include "twilio/verify.h"

/* A journal is checked and removed after so many deliveries. */
#define DELIVERIES_MOST 200
#define INPUTS_MOST 2000
#define WAIT_MS 1000

static char account[] = MADE_ACCOUNT, every[] = "*";
static char token[] = MADE_TOKEN, token_2[] = "a2", any[] = MADE_TOKEN_ANY;
static struct conf_token tokens[] = { { token_2, 2 }, { token, 2 } };
static struct conf_token tokens_any[] = { { any, 3 } };
static struct conf_account accounts[] = {
	{ account, tokens, 2 }, { every, tokens_any, 1 } };
static char url[] = MADE_URL;
static char *urls[] = { url };

/* With a URL, and without. */
static const struct conf confs[2] = {
	{ .accounts = accounts, .n_accounts = 2, .public_urls = urls,
	    .n_public_urls = 1, .max_body_bytes = MADE_BODY_MAX },
	{ .accounts = accounts, .n_accounts = 2,
	    .max_body_bytes = MADE_BODY_MAX },
};

static struct receiver *receivers[2];
static struct verifier *verifiers[2];
static struct receipt *receipt;
static struct addresses addresses;
static struct journal *journal;
static sqlite3 *reader;
static sqlite3_stmt *last_row;
static char path[96];
static int64_t last;		/* position of the last delivery */
static unsigned int deliveries, inputs;

/* Nothing here outlives the process: that a sync is made is for other tests,
 * and it takes longer than all else. */
int
fsync(int fd)
{
	(void)fd;
	return 0;
}

int
fdatasync(int fd)
{
	(void)fd;
	return 0;
}

/* --- The journal -------------------------------------------------------- */

static void
ok(enum rc rc, const struct err *err)
{
	if (rc != RC_OK)
		fuzz_broken(__FILE__, __LINE__, err->text);
}

static void
open_journal(void)
{
	static const char sql[] = "SELECT position, received_at, url, "
	    "signature, idempotency_token, content_type, body, "
	    "(SELECT count(*) FROM deliveries WHERE position > ?1) "
	    "FROM deliveries WHERE position > ?1 LIMIT 1";
	const struct journal_options options = { .path = path,
	    .mode = CONF_MODE_AUTO, .resident = true };
	struct err err;

	snprintf(path, sizeof(path), "%s/journal.db", fuzz_directory());
	ok(journal_open(&journal, &options, WAIT_MS, &err), &err);
	MUST(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY, NULL) ==
	    SQLITE_OK);
	MUST(sqlite3_prepare_v2(reader, sql, -1, &last_row, NULL) ==
	    SQLITE_OK);
	last = 0;
	deliveries = inputs = 0;
}

static int
no_rows(void *context, int n, char **values, char **names)
{
	(void)context;
	(void)names;
	MUST(n == 1 && strcmp(values[0], "ok") == 0);
	return 0;
}

static void
differs(void *context, const char *sentence)
{
	(void)context;
	fprintf(stderr, "%s\n", sentence);
}

static void
close_journal(void)
{
	const struct check_calls calls = { .differs = differs };
	struct check_report report;
	struct err err;

	if (journal == NULL)
		return;
	ok(journal_flush(journal, WAIT_MS, &err), &err);
	MUST(sqlite3_finalize(last_row) == SQLITE_OK);
	MUST(sqlite3_exec(reader, "PRAGMA integrity_check", no_rows, NULL,
	    NULL) == SQLITE_OK);
	MUST(sqlite3_close(reader) == SQLITE_OK);
	journal_close(journal);
	journal = NULL;
	ok(check_run(path, &calls, &report, &err), &err);
	MUST(report.differences == 0 && report.deliveries == deliveries);
	fuzz_empty_directory();
}

/* --- What must be stored ------------------------------------------------ */

static struct slice
column(int i)
{
	const char *const p = sqlite3_column_blob(last_row, i);
	const int len = sqlite3_column_bytes(last_row, i);

	if (sqlite3_column_type(last_row, i) == SQLITE_NULL)
		return (struct slice){ NULL, 0 };
	return (struct slice){ len == 0 ? "" : p, (size_t)len };
}

/* A text column is the text, or what text_escape makes of what is none. */
static void
same_text(int i, struct slice want)
{
	struct buf text;

	buf_init(&text, 0);
	text_escape(&text, want);
	MUST((column(i).p == NULL) == (want.p == NULL));
	MUST(slice_compare(column(i), buf_slice(&text)) == 0);
	buf_clear(&text);
}

static void
check_row(const struct made *made, const struct request *request,
    const struct delivery *delivery)
{
	const struct slice body = column(6);

	MUST(sqlite3_column_int64(last_row, 0) == delivery->position);
	MUST(sqlite3_column_int64(last_row, 7) == 1);
	MUST(slice_is(column(1), "2023-11-14 22:13:20.000"));
	MUST(fuzz_holds(column(2), "://"));
	same_text(3, slice_of(request_param(request,
	    "HTTP_X_TWILIO_SIGNATURE")));
	same_text(4, slice_of(request_param(request,
	    "HTTP_I_TWILIO_IDEMPOTENCY_TOKEN")));
	same_text(5, slice_of(request_param(request, "CONTENT_TYPE")));
	MUST(body.len == made->body.len && (body.len == 0 ||
	    memcmp(body.p, made->body.p, body.len) == 0));
}

static void
check_stored(const struct made *made, const struct request *request,
    const struct delivery *delivery)
{
	MUST(sqlite3_bind_int64(last_row, 1, last) == SQLITE_OK);
	if (delivery == NULL) {
		MUST(sqlite3_step(last_row) == SQLITE_DONE);
	} else {
		MUST(sqlite3_step(last_row) == SQLITE_ROW);
		check_row(made, request, delivery);
		last = delivery->position;
		deliveries++;
	}
	MUST(sqlite3_reset(last_row) == SQLITE_OK);
}

/* --- What must be answered ---------------------------------------------- */

static int
status_of(struct slice answer)
{
	static const int known[] = { 200, 204, 400, 403, 405, 411, 413, 415,
	    503 };
	int status = 0;
	size_t i;

	MUST(answer.len > 12 && memcmp(answer.p, "Status: ", 8) == 0);
	MUST(memmem(answer.p, answer.len, "\r\n\r\n", 4) != NULL);
	status = atoi(answer.p + 8);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i] == status)
			return status;
	}
	fuzz_broken(__FILE__, __LINE__, "a status that is not in the table");
}

/* Whether the other reader of signatures takes it; of a JSON body without its
 * account. */
static bool
verifies(const struct made *made, const struct request *request,
    struct slice account_sid)
{
	const struct verify_request wanted = {
		.url = addresses_seen(&addresses, request),
		.content_type = slice_of(request_param(request,
		    "CONTENT_TYPE")),
		.signature = slice_of(request_param(request,
		    "HTTP_X_TWILIO_SIGNATURE")),
		.body = request->body,
	};
	struct verify_fit fit;
	struct err err;

	ok(verifier_check(verifiers[made->url_free], &wanted, account_sid,
	    &fit, &err), &err);
	return fit.result == VERIFY_OK;
}

/* What is not asked of a kept request. */
static bool
is_refused_before(const struct made *made, const struct request *request)
{
	const char *const method = request_param(request, "REQUEST_METHOD");
	const char *const role = request_param(request, "FCGI_ROLE");
	const char *const length = request_param(request, "CONTENT_LENGTH");
	size_t len;

	if (method == NULL || strcmp(method, "POST") != 0 ||
	    (role != NULL && strcmp(role, "RESPONDER") != 0) ||
	    made->torn || request->too_large || made->body.len > MADE_BODY_MAX ||
	    request_param_count(request, "HTTP_X_TWILIO_SIGNATURE") > 1)
		return true;
	if (length == NULL || *length == '\0')
		return made->cgi;
	return !request_length(request, &len) || len != made->body.len;
}

static void
check_answer(const struct made *made, const struct request *request,
    enum outcome outcome)
{
	const struct delivery *const delivery = outcome == OUTCOME_APPEND ?
	    receipt_delivery(receipt) : NULL;
	const int status = status_of(receipt_answer(receipt));
	char position[64];

	MUST((outcome == OUTCOME_APPEND) == (status == 204));
	if (delivery != NULL) {
		snprintf(position, sizeof(position),
		    "\r\nSync-Journal-Position: %lld\r\n",
		    (long long)delivery->position);
		MUST(fuzz_holds(receipt_answer(receipt), position));
		MUST(verifies(made, request, (struct slice){ NULL, 0 }));
		MUST(!is_refused_before(made, request));
	} else if (!made->json && !is_refused_before(made, request) &&
	    status != 503) {
		MUST(!verifies(made, request, (struct slice){ NULL, 0 }));
	}
	/* A right one always. */
	if (made->usual && !made->wrong && !made->any && !made->torn &&
	    !made->json && made->body.len <= MADE_BODY_MAX)
		MUST(delivery != NULL || fuzz_holds(made->body, "Account"));
	if (made->usual && made->wrong)
		MUST(delivery == NULL);
}

static void
run(const struct made *made)
{
	const struct request request = {
		.id = 1, .received_us = INT64_C(1700000000000000),
		.envp = made->envp, .cgi = made->cgi, .torn = made->torn,
		.too_large = made->body.len > MADE_BODY_MAX,
		.body = { made->body.p, made->body.len > MADE_BODY_MAX ?
		    MADE_BODY_MAX : made->body.len },
	};
	struct delivery *delivery;
	enum outcome outcome;
	struct err err;

	outcome = receive(receivers[made->url_free], journal, &request,
	    receipt);
	if (outcome == OUTCOME_APPEND) {
		delivery = receipt_delivery(receipt);
		ok(journal_append(journal, &delivery, 1, WAIT_MS, &err),
		    &err);
		ok(delivery->rc, &err);
		receipt_settle(receipt);
	} else if (outcome == OUTCOME_HEALTH) {
		receipt_health(receipt, journal_ready(journal, WAIT_MS, &err));
		MUST(status_of(receipt_answer(receipt)) == 200);
	}
	check_answer(made, &request, outcome);
	check_stored(made, &request, outcome == OUTCOME_APPEND ?
	    receipt_delivery(receipt) : NULL);
}

static void
start(void)
{
	struct err err;
	size_t i;

	if (receipt == NULL) {
		ok(receipt_new(&receipt, &err), &err);
		addresses_init(&addresses);
		for (i = 0; i < 2; i++) {
			ok(receiver_new(&receivers[i], &confs[i], &err), &err);
			ok(verifier_new(&verifiers[i], &confs[i], &err), &err);
		}
		(void)fuzz_directory();
		/* Before the directory is removed. */
		MUST(atexit(close_journal) == 0);
	}
	if (deliveries >= DELIVERIES_MOST || inputs >= INPUTS_MOST)
		close_journal();
	if (journal == NULL)
		open_journal();
	inputs++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct made made;
	struct err err;

	start();
	made_init(&made, &input);
	run(&made);
	if (journal_pending(journal) && inputs % 16 == 0)
		ok(journal_flush(journal, WAIT_MS, &err), &err);
	while (journal_upkeep_due(journal))
		ok(journal_upkeep(journal, WAIT_MS, &err), &err);
	made_clear(&made);
	return 0;
}
