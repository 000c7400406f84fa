#include "responder/cgi.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "responder/batch.h"
#include "responder/confine.h"
#include "responder/receive.h"
#include "responder/request.h"

/* How long rejects may wait for the writers' lock, ms: they are no reason to
 * keep anybody waiting. */
#define FLUSH_MS 1000

/* When there is no configuration that could say more; the reason is in the
 * log, not for whoever asked. */
static const char unavailable[] =
    "Status: 503 Service Unavailable\r\n"
    "Retry-After: 60\r\n"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "syncjournal is not configured; the web server's error log says why.\n";

/* A process that ends need not close it piece by piece; what SQLite would leave
 * open, a process that is ended does so too. */
static struct journal *volatile left_open;

static enum rc
write_all(struct slice bytes, struct err *err)
{
	while (bytes.len > 0) {
		ssize_t n = write(STDOUT_FILENO, bytes.p, bytes.len);

		if (n < 0 && errno != EINTR)
			return err_set(err, RC_SYSTEM, "the answer: %s",
			    strerror(errno));
		if (n > 0) {
			bytes.p += n;
			bytes.len -= (size_t)n;
		}
	}
	return RC_OK;
}

/* wait_body -- until a byte or the end is there; false when it is too late. */
static bool
wait_body(int64_t until_us)
{
	struct pollfd pollfd = { .fd = STDIN_FILENO, .events = POLLIN };
	int64_t left_us = until_us - clock_mono_us();
	int n;

	while (left_us > 0) {
		n = poll(&pollfd, 1, (int)(left_us / 1000) + 1);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
		left_us = until_us - clock_mono_us();
	}
	return false;
}

/* read_body -- the announced bytes and no more (RFC 3875 section 4.2). What is
 * shorter is seen by receive(); torn is what failed or came too late. */
static void
read_body(struct request *request, struct buf *body, size_t len)
{
	const int64_t until_us = clock_mono_us() +
	    (int64_t)CONNECTION_WHOLE_MS * 1000;
	ssize_t n = 1;

	if (!buf_reserve(body, len + 1)) {
		request->torn = true;
		return;
	}
	while (body->len < len && n > 0) {
		if (!wait_body(until_us))
			n = -1;
		else
			n = read(STDIN_FILENO, body->data + body->len,
			    len - body->len);
		if (n > 0)
			body->len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	request->torn = n < 0;
	request->body = buf_slice(body);
}

/*
 * drop_rest -- read what a refused request still has. A process that ended with
 * it unread would reset the web server's connection, where that is a socket
 * (mod_cgid), and the answer would be lost. After the answer: a server that
 * reads while it writes need not wait for it.
 */
static void
drop_rest(size_t left)
{
	const int64_t until_us = clock_mono_us() +
	    (int64_t)CONNECTION_WHOLE_MS * 1000;
	char rest[4096];
	ssize_t n = 1;

	while (left > 0 && n > 0 && wait_body(until_us)) {
		n = read(STDIN_FILENO, rest,
		    left < sizeof(rest) ? left : sizeof(rest));
		if (n > 0)
			left -= (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
}

/* unread -- how much that may be. Without a length it ends where it ends; but
 * only of a POST, since not every web server ends what is empty. */
static size_t
unread(const struct request *request)
{
	const char *method = request_param(request, "REQUEST_METHOD");
	size_t len;

	if (request_length(request, &len))
		return len - request->body.len;
	return method != NULL && strcmp(method, "POST") == 0 ? SIZE_MAX : 0;
}

/* append -- one delivery, in a transaction of its own. */
static enum rc
append(struct setup *setup, struct receipt *receipt, struct err *err)
{
	struct delivery *delivery = receipt_delivery(receipt);
	enum rc rc = RC_STORE;

	if (setup->journal != NULL)
		rc = journal_append(setup->journal, &delivery, 1, BATCH_WAIT_MS,
		    err);
	if (rc != RC_OK)
		delivery->rc = rc;
	receipt_settle(receipt);
	return delivery->rc;
}

/* ready -- for the health check. */
static enum rc
ready(struct setup *setup, struct err *err)
{
	if (setup->journal == NULL)
		return RC_STORE;
	return journal_ready(setup->journal, FLUSH_MS, err);
}

/* decide -- all that follows from the request but its answer's way out. */
static enum rc
decide(struct setup *setup, const struct request *request,
    struct receipt *receipt, struct err *err)
{
	enum rc rc = RC_OK;

	switch (receive(setup->receiver, setup->journal, request, receipt)) {
	case OUTCOME_ANSWER:
		break;
	case OUTCOME_APPEND:
		rc = append(setup, receipt, err);
		break;
	case OUTCOME_HEALTH:
		rc = ready(setup, err);
		receipt_health(receipt, rc);
		break;
	case N_OUTCOMES:
		break;
	}
	if (rc == RC_OK && setup->journal != NULL &&
	    journal_pending(setup->journal))
		rc = journal_flush(setup->journal, FLUSH_MS, err);
	return rc;
}

/* serve -- read, decide, answer. */
static enum rc
serve(struct setup *setup, struct receipt *receipt, struct err *err)
{
	struct request request = {
		.id = 1,
		.envp = setup->envp,
		.body = { .p = "" },
		.cgi = true,
	};
	struct buf body;
	struct err unsent;
	size_t len;
	enum rc rc;

	buf_init(&body, 0);
	if (request_length(&request, &len)) {
		request.too_large = len > setup->conf->max_body_bytes;
		if (!request.too_large)
			read_body(&request, &body, len);
	}
	request.received_us = clock_now_us();
	rc = decide(setup, &request, receipt, err);
	if (write_all(receipt_answer(receipt), &unsent) != RC_OK &&
	    rc == RC_OK)
		rc = err_set(err, RC_SYSTEM, "%s", unsent.text);
	if (!request.torn)
		drop_rest(unread(&request));
	buf_clear(&body);
	/* Where no responder stays, each request does a slice of what is due. If
	 * the web server ends this process meanwhile, nothing is lost. */
	if (rc == RC_OK && setup->journal != NULL)
		(void)journal_upkeep(setup->journal, 0, NULL);
	return rc;
}

static void
answer_unavailable(const struct setup *setup)
{
	const struct request request = { .envp = setup->envp };
	struct err late;

	(void)write_all(slice_of(unavailable), &late);
	drop_rest(unread(&request));
}

enum rc
cgi_run(struct setup *setup, struct err *err)
{
	struct receipt *receipt = NULL;
	struct err late;
	enum rc opened = RC_OK;
	enum rc rc;

	journal_brief();
	rc = setup_load(setup, err);
	if (rc == RC_OK) {
		conf_env_wipe(setup->envp);
		if (setup->confined)
			confine_brief(setup->conf);
		rc = receipt_new(&receipt, err);
	}
	if (rc != RC_OK) {
		answer_unavailable(setup);
		return rc;
	}
	/* Without a journal there is still an answer to give. */
	opened = setup_open(setup, BATCH_WAIT_MS, err);
	/* If that cannot be written now, the next request does it. */
	if (opened == RC_OK)
		(void)journal_settings(setup->journal, setup->conf, FLUSH_MS,
		    &late);
	rc = serve(setup, receipt, opened == RC_OK ? err : &late);
	receipt_free(receipt);
	left_open = setup->journal;
	setup->journal = NULL;
	return opened != RC_OK ? opened : rc;
}
