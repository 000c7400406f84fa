/*
 * cost -- the same deliveries on the same way each time, to count instructions
 * on (bench/cost.py does): from the bytes of FastCGI to those of the answer,
 * all that a responder does but wait. Batches of 64 from as many connections.
 *
 *     bench/cost JOURNAL WARM-UP COUNTED
 *
 * The last two are numbers of batches. WARM-UP of them come first; what
 * valgrind counts begins behind them and ends with the last one, so that it
 * holds neither the start nor what is done once for a stream.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "journal/journal.h"
#include "mix.h"
#include "responder/connection.h"
#include "responder/gateway.h"
#include "responder/receive.h"
#include "responder/record.h"
#include "twilio/params.h"
#include "twilio/signature.h"

/* Without valgrind's header it all works, but nothing can be counted. */
#ifdef __has_include
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif
#ifndef CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_START_INSTRUMENTATION (void)0
#define CALLGRIND_TOGGLE_COLLECT (void)0
#endif

#define BATCH 64
#define SEED 1
#define WAIT_MS 5000
#define ANSWER_ROOM 4096
#define TOKEN "12345678901234567890123456789012"
#define HOST "hooks.example.com"
#define URL "https://" HOST "/sync"
/* Any time will do, if only it is the same: 2025-01-01 00:00:00 UTC. */
#define BEGIN_US INT64_C(1735689600000000)
#define STEP_US 50

struct seat {
	struct connection *connection;
	int peer;		/* the web server's end */
	struct gateway *gateway;
	struct request request;
	struct receipt *receipt;
	struct buf records;	/* that the web server sends next */
};

struct course {
	struct journal *journal;
	struct receiver *receiver;
	struct connection_space *space;
	struct mix *mix;
	struct signing_key *key;
	struct params params;
	struct seat seat[BATCH];
	uint64_t n_made;
	uint64_t n_received;
};

static struct conf_token token = { (char[]){ TOKEN }, sizeof(TOKEN) - 1 };
static struct conf_account account = { (char[]){ "*" }, &token, 1 };
static char *urls[] = { (char[]){ URL } };
static const struct conf conf = {
	.public_urls = urls, .n_public_urls = 1,
	.max_body_bytes = CONF_MAX_BODY_DEFAULT,
	.accounts = &account, .n_accounts = 1,
};

/* ------------------------------------------------------------------------
 * The web server */

/* add_length -- of a name or value, as the FastCGI specification, 3.4. */
static void
add_length(struct buf *out, size_t len)
{
	if (len > 127) {
		buf_add_char(out, (char)(len >> 24 | 0x80));
		buf_add_char(out, (char)(len >> 16));
		buf_add_char(out, (char)(len >> 8));
	}
	buf_add_char(out, (char)len);
}

static void
add_variable(struct buf *out, const char *name, const char *value)
{
	add_length(out, strlen(name));
	add_length(out, strlen(value));
	buf_add_text(out, name);
	buf_add_text(out, value);
}

/* add_variables -- those of nginx/syncjournal.conf, then the headers of a
 * delivery, as nginx passes them. */
static void
add_variables(struct buf *out, const char *length, const char *signature,
    const char *idempotency_token)
{
	const char *const list[][2] = {
		{ "REQUEST_URI", "/sync" },
		{ "QUERY_STRING", "" },
		{ "REQUEST_SCHEME", "https" },
		{ "HTTPS", "on" },
		{ "REQUEST_METHOD", "POST" },
		{ "CONTENT_TYPE", MIX_CONTENT_TYPE "; charset=utf-8" },
		{ "CONTENT_LENGTH", length },
		{ "REMOTE_ADDR", "192.0.2.1" },
		{ "DOCUMENT_ROOT", "/usr/share/nginx/html" },
		{ "SERVER_PROTOCOL", "HTTP/1.1" },
		{ "GATEWAY_INTERFACE", "CGI/1.1" },
		{ "HTTP_PROXY", "" },
		{ "HTTP_HOST", HOST },
		{ "HTTP_USER_AGENT", "TwilioProxy/1.1" },
		{ "HTTP_ACCEPT", "*/*" },
		{ "HTTP_CONTENT_TYPE", MIX_CONTENT_TYPE "; charset=utf-8" },
		{ "HTTP_CONTENT_LENGTH", length },
		{ "HTTP_X_TWILIO_SIGNATURE", signature },
		{ "HTTP_I_TWILIO_IDEMPOTENCY_TOKEN", idempotency_token },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		add_variable(out, list[i][0], list[i][1]);
}

/* make -- the next delivery's records, into the seat. */
static enum rc
make(struct course *course, struct seat *seat, struct err *err)
{
	const struct slice body = mix_next(course->mix);
	char signature[SIGNATURE_LEN + 1];
	char length[24], idempotency_token[40];
	struct buf variables;
	enum rc rc;

	rc = params_from_form(&course->params, body, err);
	if (rc != RC_OK)
		return rc;
	params_sort(&course->params);
	signature_make(course->key, slice_of(URL), &course->params, signature);
	(void)snprintf(length, sizeof(length), "%zu", body.len);
	(void)snprintf(idempotency_token, sizeof(idempotency_token),
	    "00000001-0000-4000-8000-%012" PRIx64, course->n_made++);
	buf_init(&variables, 0);
	add_variables(&variables, length, signature, idempotency_token);
	buf_reset(&seat->records);
	record_add_begin(&seat->records, 1, true);
	record_add(&seat->records, RECORD_TYPE_PARAMS, 1,
	    buf_slice(&variables), true);
	record_add(&seat->records, RECORD_TYPE_STDIN, 1, body, true);
	rc = buf_ok(&variables) && buf_ok(&seat->records) ? RC_OK :
	    err_set(err, RC_MEMORY, "no memory for a request");
	buf_clear(&variables);
	return rc;
}

static enum rc
send_records(const struct seat *seat, struct err *err)
{
	const struct buf *records = &seat->records;

	if (send(seat->peer, records->data, records->len, 0) !=
	    (ssize_t)records->len)
		return err_set(err, RC_SYSTEM, "a socket does not take a "
		    "request of %zu bytes", records->len);
	return RC_OK;
}

/* The first record is the one that holds the answer. */
static enum rc
check_answer(const struct seat *seat, struct err *err)
{
	static const char want[] = "Status: 204 ";
	char bytes[ANSWER_ROOM] = "";
	const ssize_t n = recv(seat->peer, bytes, sizeof(bytes) - 1,
	    MSG_DONTWAIT);
	const char *content = bytes + RECORD_HEADER_LEN;

	if (n <= 0 || strncmp(content, want, sizeof(want) - 1) != 0)
		return err_set(err, RC_DENIED, "not answered with 204 but "
		    "with: %s", content);
	return RC_OK;
}

/* ------------------------------------------------------------------------
 * The responder */

static enum rc
take(struct course *course, struct seat *seat, struct err *err)
{
	if (connection_look(seat->connection, course->space, seat->gateway,
	    conf.max_body_bytes, &seat->request, err) != ARRIVAL_REQUEST)
		return err_set(err, RC_SYNTAX, "a request was not seen");
	seat->request.id = ++course->n_received;
	seat->request.received_us = BEGIN_US +
	    (int64_t)course->n_received * STEP_US;
	if (receive(course->receiver, course->journal, &seat->request,
	    seat->receipt) != OUTCOME_APPEND)
		return err_set(err, RC_DENIED, "a delivery was refused: %.*s",
		    (int)receipt_answer(seat->receipt).len,
		    receipt_answer(seat->receipt).p);
	return RC_OK;
}

static enum rc
answer(struct seat *seat, struct err *err)
{
	enum rc rc;

	receipt_settle(seat->receipt);
	rc = gateway_answer(seat->gateway, seat->connection->fd,
	    receipt_answer(seat->receipt));
	gateway_drop(seat->gateway);
	if (rc != RC_OK)
		return err_set(err, rc, "an answer cannot be sent");
	return RC_OK;
}

/* respond -- to one batch. */
static enum rc
respond(struct course *course, struct err *err)
{
	struct delivery *batch[BATCH];
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; rc == RC_OK && i < BATCH; i++) {
		rc = take(course, &course->seat[i], err);
		batch[i] = receipt_delivery(course->seat[i].receipt);
	}
	if (rc == RC_OK)
		rc = journal_append(course->journal, batch, BATCH, WAIT_MS,
		    err);
	for (i = 0; rc == RC_OK && i < BATCH; i++)
		rc = answer(&course->seat[i], err);
	if (rc == RC_OK)
		rc = journal_maintain(course->journal, true, err);
	return rc;
}

/* ------------------------------------------------------------------------
 * Together */

/* run_batch -- what the web server does is not counted. */
static enum rc
run_batch(struct course *course, struct err *err)
{
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; rc == RC_OK && i < BATCH; i++) {
		rc = make(course, &course->seat[i], err);
		if (rc == RC_OK)
			rc = send_records(&course->seat[i], err);
	}
	CALLGRIND_TOGGLE_COLLECT;
	if (rc == RC_OK)
		rc = respond(course, err);
	CALLGRIND_TOGGLE_COLLECT;
	for (i = 0; rc == RC_OK && i < BATCH; i++)
		rc = check_answer(&course->seat[i], err);
	return rc;
}

static enum rc
run(struct course *course, unsigned long n, struct err *err)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && n-- > 0)
		rc = run_batch(course, err);
	return rc;
}

static enum rc
sit_down(struct seat *seat, struct err *err)
{
	int pair[2];
	enum rc rc;

	buf_init(&seat->records, 0);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 ||
	    fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0)
		return err_set(err, RC_SYSTEM, "no pair of sockets");
	seat->peer = pair[1];
	rc = connection_new(&seat->connection, pair[0], err);
	if (rc == RC_OK)
		rc = gateway_new(&seat->gateway, err);
	if (rc == RC_OK)
		rc = receipt_new(&seat->receipt, err);
	return rc;
}

static enum rc
set_up(struct course *course, const char *path, struct err *err)
{
	const struct journal_options options = { .path = path,
	    .mode = CONF_MODE_WAL, .resident = true };
	enum rc rc;

	params_init(&course->params);
	rc = gateway_start(err);
	if (rc == RC_OK)
		rc = mix_new(&course->mix, MIX_SMALL, SEED, err);
	if (rc == RC_OK)
		rc = signing_key_new(&course->key, slice_of(TOKEN), err);
	if (rc == RC_OK)
		rc = receiver_new(&course->receiver, &conf, err);
	if (rc == RC_OK)
		rc = connection_space_new(&course->space, err);
	for (size_t i = 0; rc == RC_OK && i < BATCH; i++)
		rc = sit_down(&course->seat[i], err);
	if (rc == RC_OK)
		rc = journal_open(&course->journal, &options, WAIT_MS, err);
	return rc;
}

static void
tear_down(struct course *course)
{
	struct seat *seat;

	journal_close(course->journal);
	for (size_t i = 0; i < BATCH; i++) {
		seat = &course->seat[i];
		connection_free(seat->connection);
		gateway_free(seat->gateway);
		receipt_free(seat->receipt);
		buf_clear(&seat->records);
	}
	connection_space_free(course->space);
	receiver_free(course->receiver);
	signing_key_free(course->key);
	mix_free(course->mix);
	params_clear(&course->params);
}

int
main(int argc, char **argv)
{
	static struct course course;
	struct err err;
	enum rc rc;

	if (argc != 4) {
		(void)fputs("usage: cost JOURNAL WARM-UP COUNTED\n", stderr);
		return 2;
	}
	rc = set_up(&course, argv[1], &err);
	if (rc == RC_OK)
		rc = run(&course, strtoul(argv[2], NULL, 10), &err);
	CALLGRIND_START_INSTRUMENTATION;
	if (rc == RC_OK)
		rc = run(&course, strtoul(argv[3], NULL, 10), &err);
	if (rc != RC_OK)
		(void)fprintf(stderr, "cost: %s\n", err.text);
	tear_down(&course);
	return rc == RC_OK ? 0 : 1;
}
