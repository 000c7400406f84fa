/*
 * null -- the responder's loop that only reads a body and answers 204: what
 * verifying and storing cost is the difference. The same program, with its
 * part receive.h replaced, so that it has the same command line and
 * configuration; it also creates the journal, which stays empty.
 *
 *     bench/null [--config FILE] [--socket unix:PATH|HOST:PORT]
 */
#include <stdlib.h>
#include <string.h>

#include "responder/receive.h"

/* One each, so that they have an address. */
struct receiver {
	char unused;
};

struct receipt {
	struct delivery delivery;
	struct slice answer;
};

static const char accepted[] = "Status: 204 No Content\r\n\r\n";
static const char ready[] = "Status: 200 OK\r\n\r\n";
static const char refused[] = "Status: 503 Service Unavailable\r\n\r\n";

enum rc
receiver_new(struct receiver **receiver, const struct conf *conf,
    struct err *err)
{
	(void)conf;
	*receiver = calloc(1, sizeof(**receiver));
	if (*receiver == NULL)
		return err_set(err, RC_MEMORY, "receiver: no memory for it");
	return RC_OK;
}

void
receiver_free(struct receiver *receiver)
{
	free(receiver);
}

enum rc
receipt_new(struct receipt **receipt, struct err *err)
{
	*receipt = calloc(1, sizeof(**receipt));
	if (*receipt == NULL)
		return err_set(err, RC_MEMORY, "receipt: no memory for it");
	return RC_OK;
}

void
receipt_free(struct receipt *receipt)
{
	free(receipt);
}

/* The health check is a GET. */
enum outcome
receive(struct receiver *receiver, struct journal *journal,
    const struct request *request, struct receipt *receipt)
{
	const char *method = request_param(request, "REQUEST_METHOD");

	(void)receiver;
	(void)journal;
	receipt->delivery = (struct delivery){ .rc = RC_STORE };
	if (method != NULL && strcmp(method, "GET") == 0)
		receipt->answer = slice_of(ready);
	else if (request->torn || request->too_large)
		receipt->answer = slice_of(refused);
	else
		receipt->answer = slice_of(accepted);
	return OUTCOME_ANSWER;
}

struct delivery *
receipt_delivery(struct receipt *receipt)
{
	return &receipt->delivery;
}

/* For what the loop itself refuses: nothing is ever appended. */
void
receipt_settle(struct receipt *receipt)
{
	receipt->answer = slice_of(refused);
}

void
receipt_health(struct receipt *receipt, enum rc rc)
{
	receipt->answer = slice_of(rc == RC_OK ? ready : refused);
}

struct slice
receipt_answer(const struct receipt *receipt)
{
	return receipt->answer;
}
