#include "responder/batch.h"

#include <stdlib.h>
#include <string.h>

struct batch {
	struct exchange *waiting[BATCH_WAITING_MAX];
	size_t n;
	size_t bytes;		/* of the bodies that wait */
	struct exchange *spare;	/* those that are kept, linked by next */
	size_t n_spare;
};

enum rc
batch_new(struct batch **batch, struct err *err)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return err_set(err, RC_MEMORY, "no memory for a batch");
	*batch = b;
	return RC_OK;
}

static void
exchange_free(struct exchange *e)
{
	if (e == NULL)
		return;
	receipt_free(e->receipt);
	gateway_free(e->gateway);
	free(e);
}

static struct exchange *
exchange_new(void)
{
	struct exchange *e = calloc(1, sizeof(*e));

	if (e == NULL || gateway_new(&e->gateway, NULL) != RC_OK ||
	    receipt_new(&e->receipt, NULL) != RC_OK) {
		exchange_free(e);
		return NULL;
	}
	return e;
}

void
batch_free(struct batch *batch)
{
	struct exchange *next;

	if (batch == NULL)
		return;
	for (size_t i = 0; i < batch->n; i++)
		exchange_free(batch->waiting[i]);
	for (struct exchange *e = batch->spare; e != NULL; e = next) {
		next = e->next;
		exchange_free(e);
	}
	free(batch);
}

struct exchange *
batch_spare(struct batch *batch)
{
	struct exchange *e = batch->spare;

	if (e == NULL)
		return exchange_new();
	batch->spare = e->next;
	batch->n_spare--;
	e->next = NULL;
	return e;
}

void
batch_put_back(struct batch *batch, struct exchange *e)
{
	gateway_drop(e->gateway);
	e->connection = NULL;
	/* More than one batch of them is only needed while a lock is held. */
	if (batch->n_spare >= JOURNAL_BATCH_MAX) {
		exchange_free(e);
		return;
	}
	e->next = batch->spare;
	batch->spare = e;
	batch->n_spare++;
}

bool
batch_add(struct batch *batch, struct exchange *e)
{
	if (batch->n >= BATCH_WAITING_MAX ||
	    batch->bytes >= 4 * (size_t)JOURNAL_BATCH_BYTES_MAX)
		return false;
	batch->waiting[batch->n++] = e;
	batch->bytes += e->request.body.len;
	return true;
}

size_t
batch_waiting(const struct batch *batch)
{
	return batch->n;
}

bool
batch_full(const struct batch *batch)
{
	return batch->n >= JOURNAL_BATCH_MAX ||
	    batch->bytes >= JOURNAL_BATCH_BYTES_MAX;
}

/* settle -- the first n have their answer, all with one rc unless
 * journal_append set each one's own. */
static size_t
settle(struct batch *batch, size_t n, enum rc rc)
{
	for (size_t i = 0; i < n; i++) {
		struct receipt *receipt = batch->waiting[i]->receipt;

		if (rc != RC_OK)
			receipt_delivery(receipt)->rc = rc;
		receipt_settle(receipt);
	}
	return n;
}

/* waited_too_long -- how many of the first. */
static size_t
waited_too_long(const struct batch *batch, int64_t now_us)
{
	size_t n = 0;

	while (n < batch->n && now_us - batch->waiting[n]->since_us >=
	    (int64_t)BATCH_WAIT_MS * 1000)
		n++;
	return n;
}

/* choose -- the first that fit into one commit; at least one. */
static size_t
choose(const struct batch *batch, struct delivery **list)
{
	size_t bytes = 0;
	size_t n = 0;

	while (n < batch->n && n < JOURNAL_BATCH_MAX) {
		bytes += batch->waiting[n]->request.body.len;
		if (n > 0 && bytes > JOURNAL_BATCH_BYTES_MAX)
			break;
		list[n] = receipt_delivery(batch->waiting[n]->receipt);
		n++;
	}
	return n;
}

size_t
batch_commit(struct batch *batch, struct journal *journal, int wait_ms,
    int64_t now_us, enum rc *rc, struct err *err)
{
	struct delivery *list[JOURNAL_BATCH_MAX];
	size_t n;

	*rc = RC_OK;
	if (batch->n == 0)
		return 0;
	if (journal == NULL)
		return batch_refuse(batch, RC_STORE);
	n = choose(batch, list);
	*rc = journal_append(journal, list, n, wait_ms, err);
	if (*rc == RC_BUSY)
		n = waited_too_long(batch, now_us);
	return settle(batch, n, *rc);
}

size_t
batch_refuse(struct batch *batch, enum rc rc)
{
	return settle(batch, batch->n, rc);
}

void
batch_take(struct batch *batch, size_t n, struct exchange **list)
{
	for (size_t i = 0; i < n; i++) {
		list[i] = batch->waiting[i];
		batch->bytes -= list[i]->request.body.len;
	}
	batch->n -= n;
	memmove(batch->waiting, batch->waiting + n,
	    batch->n * sizeof(batch->waiting[0]));
}
