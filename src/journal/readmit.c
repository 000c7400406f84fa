#include "journal/readmit.h"

#include <stdlib.h>
#include <string.h>

#include "journal/decode.h"
#include "journal/journal_parts.h"

/* Rejects that are journaled at once: some milliseconds, as in a merge; the
 * bytes of their bodies are bounded as well. */
#define BATCH 32
#define BATCH_BYTES (512 * 1024)
#define WAIT_MS 5000

/* Columns of reject_read from here on are texts, and the body. */
#define FIRST_TEXT 4

enum own {
	OWN_REASON,
	OWN_ACCOUNT_SID,
	OWN_REMOTE_ADDR,
	OWN_URL,
	OWN_SIGNATURE,
	OWN_CONTENT_TYPE,
	OWN_TOKEN,
	OWN_BODY,
	N_OWN
};

/* One of a batch, with its memory. */
struct seat {
	struct reject_row row;
	struct decoder *decoder;
	struct buf url, key_id;	/* that fitted */
	struct delivery delivery;
};

struct readmit {
	struct journal *journal;
	struct verifier *verifier;
	const struct readmit_calls *calls;
	struct readmit_report *report;
	struct buf ids;		/* int64_t each, in the order of receipt */
	struct seat seat[BATCH];
	size_t n;		/* seats that are taken */
	size_t bytes;		/* of their bodies */
};

/* ------------------------------------------------------------------------
 * A row
 */

void
reject_row_init(struct reject_row *row)
{
	*row = (struct reject_row){ .own = NULL };
}

void
reject_row_clear(struct reject_row *row)
{
	size_t i;

	if (row == NULL)
		return;
	for (i = 0; row->own != NULL && i < N_OWN; i++)
		buf_clear(&row->own[i]);
	free(row->own);
	reject_row_init(row);
}

/* Copy a text of the present row; NULL stays no value. */
static enum rc
copy(struct db *db, struct reject_row *row, enum own own,
    struct slice *value, struct err *err)
{
	const enum statement s = STATEMENT_REJECT_READ;
	const int column = FIRST_TEXT + (int)own;
	struct buf *buf = &row->own[own];

	buf_reset(buf);
	buf_add_slice(buf, db_bytes(db, s, column));
	if (!buf_ok(buf))
		return err_set(err, RC_MEMORY, "reject: no memory");
	*value = db_is_null(db, s, column) ? slice_of(NULL) : buf_slice(buf);
	return RC_OK;
}

static enum rc
read_row(struct db *db, struct reject_row *row, struct err *err)
{
	const enum statement s = STATEMENT_REJECT_READ;
	struct reject *reject = &row->reject;
	struct slice *const values[N_OWN] = {
		[OWN_ACCOUNT_SID] = &reject->account_sid,
		[OWN_REMOTE_ADDR] = &reject->remote_addr,
		[OWN_URL] = &reject->url,
		[OWN_SIGNATURE] = &reject->signature,
		[OWN_CONTENT_TYPE] = &reject->content_type,
		[OWN_TOKEN] = &reject->idempotency_token,
		[OWN_BODY] = &reject->body,
	};
	struct slice reason;
	enum rc rc;
	size_t i;

	row->reject_id = db_int(db, s, 0);
	reject->received_us = db_int(db, s, 1);
	reject->status = (int)db_int(db, s, 2);
	reject->likeness = (enum likeness)db_int(db, s, 3);
	rc = copy(db, row, OWN_REASON, &reason, err);
	for (i = OWN_REASON + 1; rc == RC_OK && i < N_OWN; i++)
		rc = copy(db, row, (enum own)i, values[i], err);
	reject->reason = row->own[OWN_REASON].len > 0 ?
	    row->own[OWN_REASON].data : "";
	return rc;
}

enum rc
reject_row_read(struct db *db, int64_t reject_id, struct reject_row *row,
    bool *found, struct err *err)
{
	const enum statement s = STATEMENT_REJECT_READ;
	enum rc rc;
	size_t i;

	if (row->own == NULL) {
		row->own = calloc(N_OWN, sizeof(*row->own));
		if (row->own == NULL)
			return err_set(err, RC_MEMORY, "reject: no memory");
		for (i = 0; i < N_OWN; i++)
			buf_init(&row->own[i], 0);
	}
	db_bind_int(db, s, 1, reject_id);
	rc = db_row(db, s, found, err);
	if (rc != RC_OK || !*found)
		return rc;
	rc = read_row(db, row, err);
	db_done(db, s);
	return rc;
}

struct verify_request
reject_row_request(const struct reject_row *row)
{
	return (struct verify_request){
		.url = row->reject.url,
		.content_type = row->reject.content_type,
		.signature = row->reject.signature,
		.body = row->reject.body,
	};
}

/* ------------------------------------------------------------------------
 * Verifying
 */

/* Fill a seat's delivery from its row and what fitted. */
static enum rc
make_delivery(struct seat *seat, const struct verify_fit *fit,
    struct err *err)
{
	const struct reject *reject = &seat->row.reject;
	struct delivery *delivery = &seat->delivery;
	struct event *event = delivery->event;

	buf_reset(&seat->url);
	buf_reset(&seat->key_id);
	buf_add_slice(&seat->url, fit->url);
	buf_add_text(&seat->key_id, fit->key_id);
	if (!buf_ok(&seat->url) || !buf_ok(&seat->key_id))
		return err_set(err, RC_MEMORY, "readmit: no memory");
	*delivery = (struct delivery){
		.received_us = reject->received_us,
		.url = buf_slice(&seat->url),
		.key_id = buf_slice(&seat->key_id),
		.signature = reject->signature,
		.idempotency_token = reject->idempotency_token,
		.content_type = reject->content_type,
		.body = reject->body,
		.reject_id = seat->row.reject_id,
		.event = event,
	};
	return RC_OK;
}

/* Whether the seat's reject verifies, as the responder would find: a JSON body
 * is read only once somebody who holds a token is known to have sent it, and
 * then only the tokens of the account that it names count. */
static enum rc
check(struct readmit *readmit, struct seat *seat, enum verify_result *result,
    struct err *err)
{
	const struct verify_request request = reject_row_request(&seat->row);
	const struct slice any = slice_of(NULL);
	struct event *event = NULL;
	struct verify_fit fit;
	enum rc rc = RC_OK;

	if (seat->decoder == NULL)
		rc = decoder_new(&seat->decoder, err);
	if (rc == RC_OK)
		rc = verifier_check(readmit->verifier, &request, any, &fit,
		    err);
	if (rc == RC_OK && fit.result == VERIFY_OK)
		rc = decoder_read(seat->decoder, request.content_type,
		    request.body, &event, err);
	if (rc == RC_OK && fit.result == VERIFY_OK)
		rc = verifier_check(readmit->verifier, &request,
		    event->field[FIELD_ACCOUNT_SID], &fit, err);
	if (rc == RC_OK && fit.result == VERIFY_OK) {
		seat->delivery.event = event;
		rc = make_delivery(seat, &fit, err);
	}
	if (rc == RC_OK)
		*result = fit.result;
	return rc;
}

/* ------------------------------------------------------------------------
 * Appending
 */

/* Whether it is not there any more, so that somebody else took it. */
static enum rc
is_gone(struct readmit *readmit, const struct seat *seat, bool *gone,
    struct err *err)
{
	const enum statement s = STATEMENT_REJECT_HERE;
	struct db *db = readmit->journal->db;
	enum rc rc;
	bool row;

	db_bind_int(db, s, 1, seat->row.reject_id);
	db_bind_int(db, s, 2, seat->row.reject.received_us);
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK)
		return rc;
	*gone = !row;
	db_done(db, s);
	return RC_OK;
}

static enum rc
count_one(struct readmit *readmit, const struct seat *seat, struct err *err)
{
	const struct readmit_calls *calls = readmit->calls;
	struct err why;
	bool gone;
	enum rc rc;

	if (seat->delivery.rc == RC_OK) {
		readmit->report->readmitted++;
		if (calls->readmitted != NULL)
			calls->readmitted(calls->context, seat->row.reject_id,
			    &seat->delivery);
		return RC_OK;
	}
	rc = is_gone(readmit, seat, &gone, &why);
	if (rc != RC_OK)
		return err_set(err, rc, "%s", why.text);
	if (!gone)
		return seat->delivery.rc;
	readmit->report->gone++;
	return RC_OK;
}

/* Append what is seated. */
static enum rc
append_seated(struct readmit *readmit, struct err *err)
{
	struct delivery *batch[BATCH];
	const size_t n = readmit->n;
	enum rc rc;
	size_t i;

	readmit->n = 0;
	readmit->bytes = 0;
	if (n == 0)
		return RC_OK;
	for (i = 0; i < n; i++)
		batch[i] = &readmit->seat[i].delivery;
	rc = journal_append(readmit->journal, batch, n, WAIT_MS, err);
	for (i = 0; rc == RC_OK && i < n; i++)
		rc = count_one(readmit, &readmit->seat[i], err);
	if (rc == RC_OK)
		(void)journal_maintain(readmit->journal, false, NULL);
	return rc;
}

/* Look at one reject; it takes a seat if it verifies. */
static enum rc
look_at(struct readmit *readmit, int64_t reject_id, struct err *err)
{
	struct seat *seat = &readmit->seat[readmit->n];
	enum verify_result result;
	bool found;
	enum rc rc;

	rc = reject_row_read(readmit->journal->db, reject_id, &seat->row,
	    &found, err);
	if (rc != RC_OK)
		return rc;
	if (!found) {
		readmit->report->gone++;
		return RC_OK;
	}
	rc = check(readmit, seat, &result, err);
	if (rc != RC_OK)
		return rc;
	readmit->report->read++;
	if (result != VERIFY_OK) {
		readmit->report->not[result]++;
		return RC_OK;
	}
	readmit->n++;
	readmit->bytes += seat->row.reject.body.len;
	if (readmit->n == BATCH || readmit->bytes >= BATCH_BYTES)
		return append_seated(readmit, err);
	return RC_OK;
}

static enum rc
look_at_all(struct readmit *readmit, struct err *err)
{
	const struct readmit_calls *calls = readmit->calls;
	const size_t n = readmit->ids.len / sizeof(int64_t);
	int64_t reject_id;
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; rc == RC_OK && i < n; i++) {
		memcpy(&reject_id, readmit->ids.data + i * sizeof(reject_id),
		    sizeof(reject_id));
		rc = look_at(readmit, reject_id, err);
		if (rc == RC_OK && calls->progress != NULL)
			calls->progress(calls->context, (int64_t)i + 1,
			    (int64_t)n);
	}
	if (rc == RC_OK)
		rc = append_seated(readmit, err);
	return rc;
}

/* ------------------------------------------------------------------------
 * All
 */

static enum rc
find_all(struct readmit *readmit, struct err *err)
{
	const enum statement s = STATEMENT_REJECT_IDS;
	struct db *db = readmit->journal->db;
	int64_t reject_id;
	enum rc rc;
	bool row;

	while ((rc = db_row(db, s, &row, err)) == RC_OK && row) {
		reject_id = db_int(db, s, 0);
		buf_add(&readmit->ids, &reject_id, sizeof(reject_id));
	}
	if (rc == RC_OK && !buf_ok(&readmit->ids))
		rc = err_set(err, RC_MEMORY, "readmit: no memory");
	return rc;
}

static enum rc
find_one(struct readmit *readmit, int64_t reject_id, struct err *err)
{
	bool found;
	enum rc rc;

	rc = reject_row_read(readmit->journal->db, reject_id,
	    &readmit->seat[0].row, &found, err);
	if (rc == RC_OK && !found)
		rc = err_set(err, RC_USAGE, "reject %lld: there is none with "
		    "this id; syncjournal rejects lists them",
		    (long long)reject_id);
	if (rc == RC_OK)
		buf_add(&readmit->ids, &reject_id, sizeof(reject_id));
	if (rc == RC_OK && !buf_ok(&readmit->ids))
		rc = err_set(err, RC_MEMORY, "readmit: no memory");
	return rc;
}

static void
readmit_free(struct readmit *readmit)
{
	struct seat *seat;
	size_t i;

	for (i = 0; i < BATCH; i++) {
		seat = &readmit->seat[i];
		reject_row_clear(&seat->row);
		decoder_free(seat->decoder);
		buf_clear(&seat->url);
		buf_clear(&seat->key_id);
	}
	verifier_free(readmit->verifier);
	buf_clear(&readmit->ids);
	free(readmit);
}

enum rc
readmit_run(struct journal *journal, const struct conf *conf,
    int64_t reject_id, const struct readmit_calls *calls,
    struct readmit_report *report, struct err *err)
{
	struct readmit *readmit = calloc(1, sizeof(*readmit));
	enum rc rc;

	*report = (struct readmit_report){ .read = 0 };
	if (readmit == NULL)
		return err_set(err, RC_MEMORY, "readmit: no memory");
	readmit->journal = journal;
	readmit->calls = calls;
	readmit->report = report;
	rc = verifier_new(&readmit->verifier, conf, err);
	if (rc == RC_OK && reject_id > 0)
		rc = find_one(readmit, reject_id, err);
	else if (rc == RC_OK)
		rc = find_all(readmit, err);
	if (rc == RC_OK)
		rc = look_at_all(readmit, err);
	readmit_free(readmit);
	return rc;
}
