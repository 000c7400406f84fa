#include <assert.h>
#include <stdio.h>

#include "base/text.h"
#include "journal/journal_parts.h"

/* A text of the evidence, escaped where it is not clean. */
static bool
evidence_text(struct buf *text, struct slice bytes)
{
	buf_reset(text);
	text_escape(text, bytes);
	return buf_ok(text);
}

static enum rc
find_evidence(struct journal *journal, const struct delivery *delivery,
    int64_t *id, struct err *err)
{
	const struct slice given[EVIDENCE_TEXTS] = { delivery->url,
	    delivery->key_id, delivery->content_type };
	struct db *db = journal->db;
	bool same = journal->has_evidence;
	enum rc rc;
	size_t i;
	bool row;

	for (i = 0; same && i < EVIDENCE_TEXTS; i++)
		same = slice_compare(buf_slice(&journal->evidence[i]),
		    given[i]) == 0;
	if (same) {
		*id = journal->evidence_id;
		return RC_OK;
	}
	journal->has_evidence = false;
	for (i = 0; i < EVIDENCE_TEXTS; i++) {
		if (!evidence_text(&journal->evidence[i], given[i]))
			return err_set(err, RC_MEMORY, "evidence: no memory");
		db_bind_text(db, STATEMENT_EVIDENCE_FIND, (int)i + 1,
		    buf_slice(&journal->evidence[i]));
	}
	rc = db_row(db, STATEMENT_EVIDENCE_FIND, &row, err);
	if (rc != RC_OK)
		return rc;
	if (row) {
		*id = db_int(db, STATEMENT_EVIDENCE_FIND, 0);
		db_done(db, STATEMENT_EVIDENCE_FIND);
	} else {
		for (i = 0; i < EVIDENCE_TEXTS; i++)
			db_bind_text(db, STATEMENT_EVIDENCE_PUT, (int)i + 1,
			    buf_slice(&journal->evidence[i]));
		rc = db_run(db, STATEMENT_EVIDENCE_PUT, err);
		if (rc != RC_OK)
			return rc;
		*id = db_last_id(db);
	}
	journal->evidence_id = *id;
	journal->has_evidence = true;
	return RC_OK;
}

/* The journal that a delivery was first written to. */
static enum rc
find_origin(struct db *db, struct slice uuid, int64_t *id, struct err *err)
{
	enum rc rc;
	bool row;

	db_bind_text(db, STATEMENT_ORIGIN_FIND, 1, uuid);
	rc = db_row(db, STATEMENT_ORIGIN_FIND, &row, err);
	if (rc != RC_OK)
		return rc;
	if (row) {
		*id = db_int(db, STATEMENT_ORIGIN_FIND, 0);
		db_done(db, STATEMENT_ORIGIN_FIND);
		return RC_OK;
	}
	db_bind_text(db, STATEMENT_ORIGIN_PUT, 1, uuid);
	rc = db_run(db, STATEMENT_ORIGIN_PUT, err);
	if (rc == RC_OK)
		*id = db_last_id(db);
	return rc;
}

/* Bind what came from outside as text; clean is for what had to be escaped. */
static bool
bind_clean(struct db *db, int index, struct slice text, struct buf *clean)
{
	if (text.p != NULL && !text_is_clean(text)) {
		text_escape(clean, text);
		text = buf_slice(clean);
	}
	db_bind_text(db, STATEMENT_DELIVERY_PUT, index, text);
	return buf_ok(clean);
}

static enum rc
run_delivery_put(struct db *db, const struct delivery *delivery,
    struct err *err)
{
	struct buf signature, token;
	enum rc rc;

	buf_init(&signature, 0);
	buf_init(&token, 0);
	if (bind_clean(db, 4, delivery->signature, &signature) &&
	    bind_clean(db, 5, delivery->idempotency_token, &token))
		rc = db_run(db, STATEMENT_DELIVERY_PUT, err);
	else
		rc = err_set(err, RC_MEMORY, "delivery: no memory");
	buf_clear(&signature);
	buf_clear(&token);
	return rc;
}

static enum rc
put_delivery(struct journal *journal, const struct delivery *delivery,
    int64_t position, struct err *err)
{
	const enum statement s = STATEMENT_DELIVERY_PUT;
	struct db *db = journal->db;
	uint8_t digest[DIGEST_SIZE];
	int64_t evidence_id = 0, origin_id = 0;
	enum rc rc;

	rc = find_evidence(journal, delivery, &evidence_id, err);
	if (rc == RC_OK && delivery->reject_id > 0)
		rc = quarantine_take(db, delivery->reject_id,
		    delivery->received_us, err);
	if (rc == RC_OK && delivery->origin_uuid.p != NULL)
		rc = find_origin(journal->db, delivery->origin_uuid,
		    &origin_id, err);
	if (rc != RC_OK)
		return rc;
	digest_sha256(delivery->body, digest);
	db_bind_int(db, s, 1, position);
	db_bind_int(db, s, 2, delivery->received_us);
	db_bind_int(db, s, 3, evidence_id);
	db_bind_blob(db, s, 6, delivery->body);
	db_bind_blob(db, s, 7, (struct slice){ (const char *)digest,
	    sizeof(digest) });
	db_bind_int_if(db, s, 8, origin_id > 0, origin_id);
	db_bind_int_if(db, s, 9, origin_id > 0, delivery->origin_position);
	return run_delivery_put(db, delivery, err);
}

/* The mark of a delivery that was a reject; *position as of append_one. */
static enum rc
mark_readmitted(struct journal *journal, const struct delivery *delivery,
    int64_t *position, struct err *err)
{
	char detail[80];
	enum rc rc;

	if (delivery->reject_id == 0)
		return RC_OK;
	(void)snprintf(detail, sizeof(detail), "reject %lld as position %lld",
	    (long long)delivery->reject_id, (long long)delivery->position);
	rc = journal_put_action(journal, *position + 1, "readmitted", NULL,
	    detail, err);
	if (rc == RC_OK)
		(*position)++;
	return rc;
}

/* *position is the last one that is used, before and after. */
static enum rc
append_one(struct journal *journal, struct delivery *delivery,
    int64_t *position, struct err *err)
{
	const char *learned = NULL;
	enum rc rc;

	rc = put_delivery(journal, delivery, *position + 1, err);
	if (rc == RC_OK)
		rc = projector_judge(journal->projector, *position + 1,
		    delivery->received_us, delivery->event,
		    &delivery->verdict, err);
	if (rc == RC_OK)
		learned = projector_learned(journal->projector);
	journal->upkeep_due = journal->upkeep_due || learned != NULL;
	if (learned != NULL)
		rc = journal_put_action(journal, *position + 2,
		    "learned_base", NULL, learned, err);
	if (rc == RC_OK) {
		delivery->position = *position + 1;
		*position += learned != NULL ? 2 : 1;
		rc = mark_readmitted(journal, delivery, position, err);
	}
	delivery->rc = rc;
	return rc;
}

/* Whether a failure is the whole transaction's and not one row's. */
static bool
is_fatal(struct journal *journal, enum rc rc)
{
	return rc == RC_SYNC || rc == RC_BUSY || rc == RC_FULL ||
	    rc == RC_NEWER || !db_in_transaction(journal->db);
}

static enum rc
back_to_savepoint(struct journal *journal, struct err *err)
{
	journal_forget(journal);
	return db_run(journal->db, STATEMENT_ROLLBACK_TO, err);
}

/*
 * Append one delivery so that it cannot harm the others: if it cannot be
 * judged it is kept with a problem, if it cannot be written its rc says so.
 * Any other rc than RC_OK is the whole transaction's.
 */
static enum rc
append_carefully(struct journal *journal, struct delivery *delivery,
    int64_t *position, struct err *err)
{
	const int64_t last = *position;
	int64_t kept = last + 1;
	struct db *db = journal->db;
	struct err why;
	enum rc rc;

	rc = db_run(db, STATEMENT_SAVEPOINT, err);
	if (rc != RC_OK)
		return rc;
	rc = append_one(journal, delivery, position, &why);
	/* What is undone of the next one must not be this one's. */
	if (rc == RC_OK)
		rc = projector_flush(journal->projector, &why);
	if (rc != RC_OK && !is_fatal(journal, rc)) {
		rc = back_to_savepoint(journal, err);
		if (rc != RC_OK)
			return rc;
		rc = put_delivery(journal, delivery, last + 1, err);
		if (rc == RC_OK)
			rc = projector_keep(journal->projector, last + 1,
			    delivery->event, why.text, err);
		delivery->position = last + 1;
		delivery->verdict = VERDICT_NONE;
		if (rc == RC_OK)
			rc = mark_readmitted(journal, delivery, &kept, err);
		delivery->rc = rc;
		*position = rc == RC_OK ? kept : last;
	} else if (rc != RC_OK) {
		return err_set(err, rc, "%s", why.text);
	}
	if (rc != RC_OK && !is_fatal(journal, rc))
		rc = back_to_savepoint(journal, err);
	if (rc == RC_OK)
		rc = db_run(db, STATEMENT_RELEASE, err);
	return rc;
}

/* Rejects that cannot be written are dropped: they must not hinder
 * deliveries. */
static enum rc
quarantine_carefully(struct journal *journal, struct err *err)
{
	struct err why;
	enum rc rc;

	rc = db_run(journal->db, STATEMENT_SAVEPOINT, err);
	if (rc != RC_OK)
		return rc;
	rc = quarantine_write(journal->quarantine, journal->db, &why);
	if (rc != RC_OK && is_fatal(journal, rc))
		return err_set(err, rc, "%s", why.text);
	if (rc != RC_OK)
		rc = db_run(journal->db, STATEMENT_ROLLBACK_TO, err);
	if (rc == RC_OK)
		rc = db_run(journal->db, STATEMENT_RELEASE, err);
	return rc;
}

static enum rc
append_all(struct journal *journal, struct delivery *const *batch, size_t n,
    bool carefully, int64_t position, struct err *err)
{
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; rc == RC_OK && i < n; i++) {
		if (carefully)
			rc = append_carefully(journal, batch[i], &position,
			    err);
		else
			rc = append_one(journal, batch[i], &position, err);
	}
	if (rc == RC_OK && carefully)
		rc = quarantine_carefully(journal, err);
	else if (rc == RC_OK)
		rc = quarantine_write(journal->quarantine, journal->db, err);
	return rc;
}

static enum rc
append_transaction(struct journal *journal, struct delivery *const *batch,
    size_t n, bool carefully, int wait_ms, struct err *err)
{
	int64_t position;
	enum rc rc;

	rc = journal_begin(journal, wait_ms, &position, err);
	if (rc != RC_OK)
		return rc;
	rc = append_all(journal, batch, n, carefully, position, err);
	rc = journal_finish(journal, rc, err);
	journal->remembers = rc == RC_OK;
	if (rc == RC_OK)
		quarantine_written(journal->quarantine);
	return rc;
}

/* Each delivery alone; why one is not written stays in err. */
static enum rc
append_again(struct journal *journal, struct delivery *const *batch,
    size_t n, int wait_ms, struct err *err)
{
	enum rc rc;
	size_t i;

	rc = append_transaction(journal, batch, n, true, wait_ms, err);
	if (rc != RC_OK)
		return rc;
	for (i = 0; i < n; i++) {
		if (batch[i]->rc != RC_OK)
			return RC_OK;
	}
	err->text[0] = '\0';
	return RC_OK;
}

enum rc
journal_append(struct journal *journal, struct delivery *const *batch,
    size_t n, int wait_ms, struct err *err)
{
	enum rc rc;
	size_t i;

	assert(n >= 1 && n <= JOURNAL_BATCH_MAX);
	err->text[0] = '\0';
	journal->made_room = false;
	rc = append_transaction(journal, batch, n, false, wait_ms, err);
	if (rc == RC_FULL && journal->made_room)
		rc = append_transaction(journal, batch, n, false, wait_ms, err);
	/* One bad row: each delivery is tried alone. */
	if (rc == RC_STORE || rc == RC_MEMORY)
		rc = append_again(journal, batch, n, wait_ms, err);
	for (i = 0; rc != RC_OK && i < n; i++)
		batch[i]->rc = rc;
	return rc;
}

void
journal_quarantine(struct journal *journal, const struct reject *reject)
{
	quarantine_add(journal->quarantine, reject);
}

bool
journal_pending(const struct journal *journal)
{
	return quarantine_waits(journal->quarantine);
}

enum rc
journal_flush(struct journal *journal, int wait_ms, struct err *err)
{
	int64_t position;
	enum rc rc;

	if (!journal_pending(journal))
		return RC_OK;
	rc = journal_begin(journal, wait_ms, &position, err);
	if (rc != RC_OK)
		return rc;
	rc = quarantine_write(journal->quarantine, journal->db, err);
	rc = journal_finish(journal, rc, err);
	if (rc == RC_OK)
		quarantine_written(journal->quarantine);
	return rc;
}
