/*
 * receive -- what to do with one request: the HTTP table of docs/design.md
 * section 4, the same for FastCGI and CGI.
 *
 *     request -> signature -> form -> event -> delivery, or an answer
 */
#ifndef RESPONDER_RECEIVE_H
#define RESPONDER_RECEIVE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "journal/journal.h"
#include "responder/request.h"

/* What is made ready once from a configuration: keys, URLs. */
struct receiver;

/* receiver_new -- conf is borrowed until receiver_free. */
enum rc receiver_new(struct receiver **receiver, const struct conf *conf,
    struct err *err);
void receiver_free(struct receiver *receiver);

enum outcome {
	OUTCOME_ANSWER,		/* the answer stands: send it */
	OUTCOME_APPEND,		/* append delivery, then receipt_settle */
	OUTCOME_HEALTH,		/* ask journal_ready, then receipt_health */
	N_OUTCOMES
};

/* One request's work space, used again for the next one. */
struct receipt;

enum rc receipt_new(struct receipt **receipt, struct err *err);
void receipt_free(struct receipt *receipt);

/*
 * receive -- decide on one request.
 *
 * journal   asked to read JSON and to keep rejects; NULL when it could not be
 *           opened (all that would be appended is then answered 503)
 * receipt   what was in it is gone; it borrows request and its bytes until it
 *           is settled and sent
 *
 * Never fails: what cannot be done is an answer.
 */
enum outcome receive(struct receiver *receiver, struct journal *journal,
    const struct request *request, struct receipt *receipt);

/* receipt_delivery -- to be appended, after OUTCOME_APPEND. */
struct delivery *receipt_delivery(struct receipt *receipt);

/* receipt_settle -- write the answer for what became of the delivery: its
 * rc (RC_OK: 204 with position and verdict; else 503 with Retry-After). */
void receipt_settle(struct receipt *receipt);

/* receipt_health -- write the answer of the health check. */
void receipt_health(struct receipt *receipt, enum rc rc);

/*
 * receipt_answer -- the whole answer, "Status: ..." to its last byte, ready to
 * be written; valid until the receipt is used again.
 */
struct slice receipt_answer(const struct receipt *receipt);

#endif
