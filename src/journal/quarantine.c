#include "journal/quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

enum column {
	COLUMN_REASON,
	COLUMN_ACCOUNT_SID,
	COLUMN_REMOTE_ADDR,
	COLUMN_URL,
	COLUMN_SIGNATURE,
	COLUMN_CONTENT_TYPE,
	COLUMN_TOKEN,
	N_COLUMNS
};

/* A header, URL or the like that is longer is not Twilio's; the body has its
 * own bound (max_body_bytes). */
#define QUARANTINE_TEXT_MAX 2048

/* More than the program has (src/responder/refusal.c); what comes beyond is
 * counted under the last. */
#define REASONS_MAX 16

struct held {
	int64_t received_us;
	int status;
	struct buf text[N_COLUMNS];
	bool has_text[N_COLUMNS];
	struct buf body;
	bool has_body;
	int64_t bytes;		/* of all of it */
};

/* Those of one likeness. */
struct queue {
	struct held held[REJECTS_PER_S];
	size_t n;
	int64_t bytes;
};

struct count {
	char reason[40];
	int64_t requests, like_twilio;
	int64_t first_us, last_us;
};

struct quarantine {
	struct queue queue[N_LIKENESSES];
	struct count count[REASONS_MAX];
	size_t n_counts;
	int64_t n_total;	/* held and only counted */
};

/* As the row of the journal has it. */
struct size {
	int64_t total;
	int64_t bytes;
	int64_t rows;
	int64_t last;
};

enum rc
quarantine_new(struct quarantine **quarantine, struct err *err)
{
	*quarantine = calloc(1, sizeof(**quarantine));
	if (*quarantine == NULL)
		return err_set(err, RC_MEMORY, "quarantine: no memory");
	return RC_OK;
}

static void
held_clear(struct held *held)
{
	size_t i;

	for (i = 0; i < N_COLUMNS; i++)
		buf_clear(&held->text[i]);
	buf_clear(&held->body);
}

static void
forget(struct quarantine *quarantine)
{
	struct queue *queue;
	size_t i;

	for (i = 0; i < N_LIKENESSES; i++) {
		queue = &quarantine->queue[i];
		while (queue->n > 0)
			held_clear(&queue->held[--queue->n]);
		queue->bytes = 0;
	}
	quarantine->n_counts = 0;
	quarantine->n_total = 0;
}

void
quarantine_free(struct quarantine *quarantine)
{
	if (quarantine == NULL)
		return;
	forget(quarantine);
	free(quarantine);
}

/* ------------------------------------------------------------------------
 * The queue
 */

static void
count(struct quarantine *quarantine, const struct reject *reject)
{
	const struct slice reason = slice_of(reject->reason);
	struct count *here = quarantine->count;
	size_t i = 0;

	quarantine->n_total++;
	if (reason.len == 0 || reason.len >= sizeof(here->reason))
		return;
	while (i < quarantine->n_counts && !slice_is(reason, here[i].reason))
		i++;
	if (i == REASONS_MAX)
		i--;
	here += i;
	if (i == quarantine->n_counts) {
		*here = (struct count){ .first_us = reject->received_us };
		memcpy(here->reason, reason.p, reason.len);
		quarantine->n_counts++;
	}
	here->requests++;
	here->like_twilio += reject->likeness != LIKENESS_NO;
	here->last_us = reject->received_us;
}

static void
hold_text(struct held *held, enum column column, struct slice text)
{
	if (text.p == NULL)
		return;
	if (text.len > QUARANTINE_TEXT_MAX)
		text.len = QUARANTINE_TEXT_MAX;
	text_escape(&held->text[column], text);
	held->has_text[column] = true;
	held->bytes += (int64_t)held->text[column].len;
}

static bool
held_ok(const struct held *held)
{
	size_t i;

	for (i = 0; i < N_COLUMNS; i++) {
		if (!buf_ok(&held->text[i]))
			return false;
	}
	return buf_ok(&held->body);
}

static bool
hold(struct held *held, const struct reject *reject)
{
	memset(held, 0, sizeof(*held));
	held->received_us = reject->received_us;
	held->status = reject->status;
	hold_text(held, COLUMN_REASON, slice_of(reject->reason));
	hold_text(held, COLUMN_ACCOUNT_SID, reject->account_sid);
	hold_text(held, COLUMN_REMOTE_ADDR, reject->remote_addr);
	hold_text(held, COLUMN_URL, reject->url);
	hold_text(held, COLUMN_SIGNATURE, reject->signature);
	hold_text(held, COLUMN_CONTENT_TYPE, reject->content_type);
	hold_text(held, COLUMN_TOKEN, reject->idempotency_token);
	held->has_body = reject->body.p != NULL;
	buf_add_slice(&held->body, reject->body);
	held->bytes += (int64_t)held->body.len;
	return held_ok(held);
}

/* Whether so many bytes more are within the bound, or are the first. */
static bool
has_room(size_t n, int64_t bytes, int64_t more)
{
	return n < REJECTS_PER_S &&
	    (n == 0 || bytes + more <= REJECT_BYTES_PER_S);
}

void
quarantine_add(struct quarantine *quarantine, const struct reject *reject)
{
	struct queue *queue = &quarantine->queue[reject->likeness];
	struct held *held = &queue->held[queue->n];

	count(quarantine, reject);
	/* Not copied for nothing in a flood. */
	if (!has_room(queue->n, queue->bytes, (int64_t)reject->body.len))
		return;
	if (hold(held, reject) &&
	    has_room(queue->n, queue->bytes, held->bytes)) {
		queue->bytes += held->bytes;
		queue->n++;
	} else {
		held_clear(held);
	}
}

bool
quarantine_waits(const struct quarantine *quarantine)
{
	return quarantine->n_total > 0;
}

/* ------------------------------------------------------------------------
 * The table
 */

static enum rc
read_size(struct db *db, struct size *size, struct err *err)
{
	const enum statement s = STATEMENT_REJECT_SIZE;
	enum rc rc;
	bool row;

	memset(size, 0, sizeof(*size));
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	size->total = db_int(db, s, 0);
	size->bytes = db_int(db, s, 1);
	size->rows = db_int(db, s, 2);
	size->last = db_int(db, s, 3);
	db_done(db, s);
	return RC_OK;
}

static enum rc
write_size(struct db *db, const struct size *size, struct err *err)
{
	const enum statement s = STATEMENT_REJECT_COUNT;

	db_bind_int(db, s, 1, size->total);
	db_bind_int(db, s, 2, size->bytes);
	db_bind_int(db, s, 3, size->rows);
	db_bind_int(db, s, 4, size->last);
	return db_run(db, s, err);
}

static enum rc
put(struct db *db, const struct held *held, enum likeness likeness,
    struct size *size, struct err *err)
{
	const enum statement s = STATEMENT_REJECT_PUT;
	const struct slice none = slice_of(NULL);
	size_t i;

	size->last++;
	size->rows++;
	size->bytes += held->bytes;
	db_bind_int(db, s, 1, size->last);
	db_bind_int(db, s, 2, held->received_us);
	db_bind_int(db, s, 3, held->status);
	db_bind_int(db, s, 4, (int64_t)likeness);
	db_bind_int(db, s, 5, held->bytes);
	for (i = 0; i < N_COLUMNS; i++)
		db_bind_text(db, s, 6 + (int)i,
		    held->has_text[i] ? buf_slice(&held->text[i]) : none);
	db_bind_blob(db, s, 6 + N_COLUMNS,
	    held->has_body ? buf_slice(&held->body) : none);
	return db_run(db, s, err);
}

/* How many of a queue are within the bounds of the second that ends now. */
static enum rc
count_room(const struct queue *queue, enum likeness likeness, struct db *db,
    size_t *n, struct err *err)
{
	const enum statement s = STATEMENT_REJECT_RECENT;
	int64_t bytes = 0;
	size_t recent = 0;
	enum rc rc;
	bool row;

	*n = 0;
	if (queue->n == 0)
		return RC_OK;
	db_bind_int(db, s, 1, REJECTS_PER_S);
	db_bind_int(db, s, 2, queue->held[queue->n - 1].received_us);
	db_bind_int(db, s, 3, (int64_t)likeness);
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK)
		return rc;
	if (row) {
		recent = (size_t)db_int(db, s, 0);
		bytes = db_int(db, s, 1);
		db_done(db, s);
	}
	while (*n < queue->n &&
	    has_room(recent + *n, bytes, queue->held[*n].bytes))
		bytes += queue->held[(*n)++].bytes;
	return RC_OK;
}

/* The queue whose next one was received first; N_LIKENESSES: there is none. */
static size_t
next_queue(const struct quarantine *quarantine, const size_t *done,
    const size_t *room)
{
	size_t i, first = N_LIKENESSES;
	int64_t us, first_us = 0;

	for (i = 0; i < N_LIKENESSES; i++) {
		if (done[i] == room[i])
			continue;
		us = quarantine->queue[i].held[done[i]].received_us;
		if (first == N_LIKENESSES || us < first_us) {
			first = i;
			first_us = us;
		}
	}
	return first;
}

static enum rc
put_all(const struct quarantine *quarantine, struct db *db,
    struct size *size, struct err *err)
{
	size_t room[N_LIKENESSES] = { 0 }, done[N_LIKENESSES] = { 0 }, i;
	enum rc rc = RC_OK;

	for (i = 0; rc == RC_OK && i < N_LIKENESSES; i++)
		rc = count_room(&quarantine->queue[i], (enum likeness)i, db,
		    &room[i], err);
	while (rc == RC_OK &&
	    (i = next_queue(quarantine, done, room)) < N_LIKENESSES)
		rc = put(db, &quarantine->queue[i].held[done[i]++],
		    (enum likeness)i, size, err);
	return rc;
}

static enum rc
remove_least(struct db *db, struct size *size, bool *removed,
    struct err *err)
{
	const enum statement s = STATEMENT_REJECT_LEAST;
	int64_t id, bytes;
	enum rc rc;
	bool row;

	*removed = false;
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	id = db_int(db, s, 0);
	bytes = db_int(db, s, 1);
	db_done(db, s);
	db_bind_int(db, STATEMENT_REJECT_REMOVE, 1, id);
	rc = db_run(db, STATEMENT_REJECT_REMOVE, err);
	if (rc != RC_OK)
		return rc;
	size->bytes -= bytes;
	size->rows--;
	*removed = true;
	return RC_OK;
}

static enum rc
add_count(struct db *db, const struct count *of, struct err *err)
{
	const enum statement make = STATEMENT_REJECT_COUNT_PUT;
	const enum statement add = STATEMENT_REJECT_COUNT_ADD;
	enum rc rc;

	db_bind_text(db, make, 1, slice_of(of->reason));
	db_bind_int(db, make, 2, of->first_us);
	rc = db_run(db, make, err);
	if (rc != RC_OK)
		return rc;
	db_bind_text(db, add, 1, slice_of(of->reason));
	db_bind_int(db, add, 2, of->requests);
	db_bind_int(db, add, 3, of->like_twilio);
	db_bind_int(db, add, 4, of->last_us);
	return db_run(db, add, err);
}

enum rc
quarantine_write(struct quarantine *quarantine, struct db *db,
    struct err *err)
{
	struct size size;
	bool more = true;
	enum rc rc;
	size_t i;

	if (!quarantine_waits(quarantine))
		return RC_OK;
	rc = read_size(db, &size, err);
	if (rc == RC_OK)
		rc = put_all(quarantine, db, &size, err);
	while (rc == RC_OK && more && (size.rows > REJECTS_MAX ||
	    size.bytes > REJECT_BYTES_MAX))
		rc = remove_least(db, &size, &more, err);
	for (i = 0; rc == RC_OK && i < quarantine->n_counts; i++)
		rc = add_count(db, &quarantine->count[i], err);
	if (rc == RC_OK) {
		size.total += quarantine->n_total;
		rc = write_size(db, &size, err);
	}
	return rc;
}

void
quarantine_written(struct quarantine *quarantine)
{
	forget(quarantine);
}

enum rc
quarantine_take(struct db *db, int64_t reject_id, int64_t received_us,
    struct err *err)
{
	const enum statement s = STATEMENT_REJECT_HERE;
	int64_t bytes = 0;
	enum rc rc;
	bool row;

	db_bind_int(db, s, 1, reject_id);
	db_bind_int(db, s, 2, received_us);
	rc = db_row(db, s, &row, err);
	if (rc == RC_OK && !row)
		rc = err_set(err, RC_STORE, "reject %lld: is no longer there",
		    (long long)reject_id);
	if (rc != RC_OK)
		return rc;
	bytes = db_int(db, s, 0);
	db_done(db, s);
	db_bind_int(db, STATEMENT_REJECT_REMOVE, 1, reject_id);
	rc = db_run(db, STATEMENT_REJECT_REMOVE, err);
	if (rc != RC_OK)
		return rc;
	db_bind_int(db, STATEMENT_REJECT_TAKEN, 1, bytes);
	return db_run(db, STATEMENT_REJECT_TAKEN, err);
}
