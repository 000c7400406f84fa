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
	N_COLUMNS
};

/* A header, URL or the like that is longer is not Twilio's; the body has its
 * own bound (max_body_bytes). */
#define QUARANTINE_TEXT_MAX 2048

struct held {
	int64_t received_us;
	int status;
	struct buf text[N_COLUMNS];
	bool has_text[N_COLUMNS];
	struct buf body;
	bool has_body;
};

struct quarantine {
	struct held held[REJECTS_PER_S];
	size_t n_held;
	int64_t n_total;	/* held and only counted */
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
	while (quarantine->n_held > 0)
		held_clear(&quarantine->held[--quarantine->n_held]);
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

static void
hold_text(struct held *held, enum column column, struct slice text)
{
	if (text.p == NULL)
		return;
	if (text.len > QUARANTINE_TEXT_MAX)
		text.len = QUARANTINE_TEXT_MAX;
	text_escape(&held->text[column], text);
	held->has_text[column] = true;
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

void
quarantine_add(struct quarantine *quarantine, const struct reject *reject)
{
	struct held *held;

	quarantine->n_total++;
	if (quarantine->n_held == REJECTS_PER_S)
		return;
	held = &quarantine->held[quarantine->n_held];
	memset(held, 0, sizeof(*held));
	held->received_us = reject->received_us;
	held->status = reject->status;
	hold_text(held, COLUMN_REASON, slice_of(reject->reason));
	hold_text(held, COLUMN_ACCOUNT_SID, reject->account_sid);
	hold_text(held, COLUMN_REMOTE_ADDR, reject->remote_addr);
	hold_text(held, COLUMN_URL, reject->url);
	hold_text(held, COLUMN_SIGNATURE, reject->signature);
	hold_text(held, COLUMN_CONTENT_TYPE, reject->content_type);
	held->has_body = reject->body.p != NULL;
	buf_add_slice(&held->body, reject->body);
	if (held_ok(held))
		quarantine->n_held++;
	else
		held_clear(held);
}

bool
quarantine_waits(const struct quarantine *quarantine)
{
	return quarantine->n_total > 0;
}

static enum rc
put(struct db *db, const struct held *held, struct err *err)
{
	struct slice none = slice_of(NULL);
	size_t i;

	db_bind_int(db, STATEMENT_REJECT_PUT, 1, held->received_us);
	db_bind_int(db, STATEMENT_REJECT_PUT, 2, held->status);
	for (i = 0; i < N_COLUMNS; i++)
		db_bind_text(db, STATEMENT_REJECT_PUT, 3 + (int)i,
		    held->has_text[i] ? buf_slice(&held->text[i]) : none);
	db_bind_blob(db, STATEMENT_REJECT_PUT, 3 + N_COLUMNS,
	    held->has_body ? buf_slice(&held->body) : none);
	return db_run(db, STATEMENT_REJECT_PUT, err);
}

/* How many more may be kept in the second that ends now. */
static enum rc
room(const struct quarantine *quarantine, struct db *db, size_t *n,
    struct err *err)
{
	const struct held *last;
	int64_t recent;
	enum rc rc;
	bool row;

	*n = 0;
	if (quarantine->n_held == 0)
		return RC_OK;
	last = &quarantine->held[quarantine->n_held - 1];
	db_bind_int(db, STATEMENT_REJECT_RECENT, 1, REJECTS_PER_S);
	db_bind_int(db, STATEMENT_REJECT_RECENT, 2,
	    last->received_us);
	rc = db_row(db, STATEMENT_REJECT_RECENT, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	recent = db_int(db, STATEMENT_REJECT_RECENT, 0);
	db_done(db, STATEMENT_REJECT_RECENT);
	if (recent < REJECTS_PER_S)
		*n = (size_t)(REJECTS_PER_S - recent);
	return RC_OK;
}

static enum rc
remove_oldest(struct db *db, int64_t *bytes, bool *removed, struct err *err)
{
	int64_t id, len;
	enum rc rc;
	bool row;

	*removed = false;
	rc = db_row(db, STATEMENT_REJECT_OLDEST, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	id = db_int(db, STATEMENT_REJECT_OLDEST, 0);
	len = db_int(db, STATEMENT_REJECT_OLDEST, 1);
	db_done(db, STATEMENT_REJECT_OLDEST);
	db_bind_int(db, STATEMENT_REJECT_REMOVE, 1, id);
	rc = db_run(db, STATEMENT_REJECT_REMOVE, err);
	if (rc != RC_OK)
		return rc;
	*bytes -= len;
	*removed = true;
	return RC_OK;
}

struct size {
	int64_t total;
	int64_t bytes;
	int64_t rows;
};

static enum rc
read_size(struct db *db, struct size *size, struct err *err)
{
	enum rc rc;
	bool row;

	memset(size, 0, sizeof(*size));
	rc = db_row(db, STATEMENT_REJECT_SIZE, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	size->total = db_int(db, STATEMENT_REJECT_SIZE, 0);
	size->bytes = db_int(db, STATEMENT_REJECT_SIZE, 1);
	size->rows = db_int(db, STATEMENT_REJECT_SIZE, 2);
	db_done(db, STATEMENT_REJECT_SIZE);
	return RC_OK;
}

static enum rc
write_size(struct db *db, const struct size *size, struct err *err)
{
	db_bind_int(db, STATEMENT_REJECT_COUNT, 1, size->total);
	db_bind_int(db, STATEMENT_REJECT_COUNT, 2, size->bytes);
	return db_run(db, STATEMENT_REJECT_COUNT, err);
}

enum rc
quarantine_write(struct quarantine *quarantine, struct db *db,
    struct err *err)
{
	struct size size;
	size_t i, n;
	enum rc rc;
	bool more = true;

	if (!quarantine_waits(quarantine))
		return RC_OK;
	rc = read_size(db, &size, err);
	if (rc == RC_OK)
		rc = room(quarantine, db, &n, err);
	for (i = 0; rc == RC_OK && i < n && i < quarantine->n_held; i++) {
		rc = put(db, &quarantine->held[i], err);
		size.bytes += (int64_t)quarantine->held[i].body.len;
		size.rows++;
	}
	while (rc == RC_OK && more && (size.rows > REJECTS_MAX ||
	    size.bytes > REJECT_BYTES_MAX)) {
		rc = remove_oldest(db, &size.bytes, &more, err);
		size.rows--;
	}
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
