/*
 * batch -- requests on their way: from the moment they are read to the moment
 * that their answer can be sent.
 *
 * Those to be appended wait in the order of their receipt until a commit takes
 * them. While another program holds the writers' lock more of them gather
 * here; none waits longer than BATCH_WAIT_MS.
 */
#ifndef RESPONDER_BATCH_H
#define RESPONDER_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/journal.h"
#include "responder/connection.h"
#include "responder/gateway.h"
#include "responder/receive.h"
#include "responder/request.h"

/* Requests that may wait for a lock that another program holds: four batches;
 * each takes some 40 KB. What comes on top is told to come back. */
#define BATCH_WAITING_MAX (4 * JOURNAL_BATCH_MAX)
/* Twilio's own limit for an answer is 15 s (docs/twilio.md section 4), nginx's
 * in nginx/syncjournal.conf 10 s: 503 is an answer, a timeout is none. */
#define BATCH_WAIT_MS 5000

/* One request and its answer. */
struct exchange {
	struct gateway *gateway;
	struct request request;
	struct receipt *receipt;
	struct connection *connection;
	int64_t since_us;	/* clock_mono_us when it was read */
	struct exchange *next;	/* for the owner's lists */
};

struct batch;

enum rc batch_new(struct batch **batch, struct err *err);

/* batch_free -- NULL is accepted; exchanges that wait are freed too. */
void batch_free(struct batch *batch);

/* batch_spare -- an unused exchange, or NULL: no memory. Goes back with
 * batch_put_back, which drops what is in its gateway. */
struct exchange *batch_spare(struct batch *batch);
void batch_put_back(struct batch *batch, struct exchange *exchange);

/* batch_add -- let an exchange wait for a commit; false: too many wait. */
bool batch_add(struct batch *batch, struct exchange *exchange);

/* batch_waiting -- how many wait. */
size_t batch_waiting(const struct batch *batch);

/* batch_full -- whether a commit would take no more than what waits. */
bool batch_full(const struct batch *batch);

/*
 * batch_commit -- append the first of those that wait, as many as one commit
 * takes.
 *
 * journal  NULL: they are refused with RC_STORE
 * now_us   clock_mono_us
 * *rc      of journal_append, or RC_OK when nothing waits
 *
 * Returns how many at the front now have their answer; the caller takes them
 * and sends it. After RC_BUSY those are the ones that waited too long: their
 * answer is 503.
 */
size_t batch_commit(struct batch *batch, struct journal *journal, int wait_ms,
    int64_t now_us, enum rc *rc, struct err *err);

/* batch_refuse -- give all that wait the answer for this rc; how many. */
size_t batch_refuse(struct batch *batch, enum rc rc);

/* batch_take -- the first n no longer wait: they are in list, and the
 * caller's. */
void batch_take(struct batch *batch, size_t n, struct exchange **list);

#endif
