#include "journal/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal/decode.h"
#include "journal/journal_parts.h"
#include "journal/reader.h"

/* Rows of another journal that are looked at in one read transaction. */
#define SCAN_ROWS 5000
/* Deliveries that are appended at once: some milliseconds. */
#define BATCH 32
#define WAIT_MS 5000

/* UUIDs of the journals that deliveries were first written to. */
#define ORIGINS_MAX 1024
#define UUID_SIZE 40

/* Why two journals say different things of one place. */
#define COPIED "one journal is a copy, or was restored from a backup, and " \
	"was written to since; it cannot be merged with the other"

/* A delivery that is not here. */
struct candidate {
	int64_t received_us;
	uint64_t content;	/* of its body's SHA-256 */
	int64_t origin_position;
	int64_t position;	/* in the journal that it is read from */
	uint16_t origin;	/* index of its origin's UUID */
	uint16_t other;		/* index of that journal */
};

struct other {
	const char *path;
	struct db *db;
	struct file_id file;
	uint16_t origin;	/* index of its own UUID */
	int64_t merged;
};

/* One delivery of a batch, with its memory. */
enum text {
	TEXT_URL,
	TEXT_KEY_ID,
	TEXT_CONTENT_TYPE,
	TEXT_SIGNATURE,
	TEXT_TOKEN,
	TEXT_BODY,
	N_TEXTS
};

struct seat {
	struct decoder *decoder;
	struct buf text[N_TEXTS];
	struct delivery delivery;
};

struct merge {
	struct journal *journal;
	struct other other[MERGE_MAX];
	size_t n_others;
	char uuid[ORIGINS_MAX][UUID_SIZE];	/* the first is our own */
	size_t n_uuids;
	struct buf found;	/* candidates */
	struct seat seat[BATCH];
	struct merge_report *report;
};

/* ------------------------------------------------------------------------
 * Others
 */

/* The index of a UUID, which is remembered. */
static enum rc
origin_of(struct merge *merge, struct slice uuid, uint16_t *origin,
    struct err *err)
{
	size_t i;

	for (i = 0; i < merge->n_uuids; i++) {
		if (slice_is(uuid, merge->uuid[i])) {
			*origin = (uint16_t)i;
			return RC_OK;
		}
	}
	if (merge->n_uuids == ORIGINS_MAX || uuid.len >= UUID_SIZE)
		return err_set(err, RC_LIMIT, "merge: deliveries of more than "
		    "%d journals, or a UUID that is none", ORIGINS_MAX);
	memcpy(merge->uuid[i], uuid.p, uuid.len);
	merge->uuid[i][uuid.len] = '\0';
	merge->n_uuids++;
	*origin = (uint16_t)i;
	return RC_OK;
}

static enum rc
read_uuid(struct merge *merge, struct db *db, uint16_t *origin,
    struct err *err)
{
	const enum statement s = STATEMENT_JOURNAL_UUID;
	enum rc rc;
	bool row;

	rc = db_row(db, s, &row, err);
	if (rc == RC_OK && !row)
		rc = err_set(err, RC_STORE, "table journal is empty");
	if (rc != RC_OK)
		return rc;
	rc = origin_of(merge, db_bytes(db, s, 0), origin, err);
	db_done(db, s);
	return rc;
}

static bool
is_same_file(const struct file_id *a, const struct file_id *b)
{
	return a->device == b->device && a->inode == b->inode;
}

/* A file must not be opened twice in one process (db.h). */
static enum rc
check_file(const struct merge *merge, const struct other *other,
    struct err *err)
{
	size_t i;

	if (is_same_file(&other->file, &merge->journal->file))
		return err_set(err, RC_FOREIGN, "%s: is the journal itself "
		    "that is merged into", other->path);
	for (i = 0; i < merge->n_others; i++) {
		if (is_same_file(&other->file, &merge->other[i].file))
			return err_set(err, RC_FOREIGN, "%s: is given twice",
			    other->path);
	}
	return RC_OK;
}

static enum rc
open_other(struct merge *merge, const char *path, struct err *err)
{
	struct other *other = &merge->other[merge->n_others];
	enum rc rc;
	bool file_only;

	*other = (struct other){ .path = path };
	rc = file_identify(path, &other->file, err);
	if (rc == RC_OK)
		rc = check_file(merge, other, err);
	if (rc == RC_OK)
		rc = reader_open(&other->db, path, &file_only, err);
	if (rc != RC_OK)
		return rc;
	merge->n_others++;
	if (file_only)
		return err_set(err, RC_SYSTEM, "%s: no permission to write "
		    "beside it: what is only in its WAL would be missed; run "
		    "as its owner", path);
	rc = read_uuid(merge, other->db, &other->origin, err);
	if (rc != RC_OK)
		err_prefix(err, "%s", path);
	return rc;
}

/* ------------------------------------------------------------------------
 * What is not here
 */

static uint64_t
head_of(struct slice sha256)
{
	uint64_t head = 0;

	if (sha256.len >= sizeof(head))
		memcpy(&head, sha256.p, sizeof(head));
	return head;
}

/* Whether a delivery is here, by its origin; RC_FOREIGN when another one has
 * that place. */
static enum rc
is_here(struct merge *merge, const struct candidate *candidate, bool *here,
    struct err *err)
{
	const bool own = candidate->origin == 0;
	const enum statement s = own ? STATEMENT_DELIVERY_OWN :
	    STATEMENT_DELIVERY_OF_ORIGIN;
	struct db *db = merge->journal->db;
	bool same = false;
	enum rc rc;

	if (own) {
		db_bind_int(db, s, 1, candidate->origin_position);
	} else {
		db_bind_text(db, s, 1,
		    slice_of(merge->uuid[candidate->origin]));
		db_bind_int(db, s, 2, candidate->origin_position);
	}
	rc = db_row(db, s, here, err);
	if (rc != RC_OK)
		return rc;
	if (*here) {
		same = db_int(db, s, 0) == candidate->received_us &&
		    head_of(db_bytes(db, s, 1)) == candidate->content;
		db_done(db, s);
	}
	if (same || (!own && !*here))
		return RC_OK;
	return err_set(err, RC_FOREIGN, "%s: its delivery %lld was first "
	    "journaled at position %lld of journal %s, where %s has %s: "
	    COPIED, merge->other[candidate->other].path,
	    (long long)candidate->position,
	    (long long)candidate->origin_position,
	    merge->uuid[candidate->origin], merge->journal->path,
	    *here ? "another one" : "none");
}

/* The present row of a scan. */
static enum rc
look_at_row(struct merge *merge, size_t index, int64_t *position,
    struct err *err)
{
	const enum statement s = STATEMENT_MERGE_SCAN;
	struct other *other = &merge->other[index];
	struct candidate candidate = { .other = (uint16_t)index,
	    .origin = other->origin };
	bool here = false;
	enum rc rc = RC_OK;

	candidate.position = db_int(other->db, s, 0);
	candidate.received_us = db_int(other->db, s, 1);
	candidate.content = head_of(db_bytes(other->db, s, 4));
	candidate.origin_position = candidate.position;
	if (!db_is_null(other->db, s, 2)) {
		candidate.origin_position = db_int(other->db, s, 3);
		rc = origin_of(merge, db_bytes(other->db, s, 2),
		    &candidate.origin, err);
	}
	if (rc == RC_OK)
		rc = is_here(merge, &candidate, &here, err);
	if (rc == RC_OK && !here)
		buf_add(&merge->found, &candidate, sizeof(candidate));
	*position = candidate.position;
	merge->report->read++;
	return rc;
}

static enum rc
scan(struct merge *merge, size_t index, struct err *err)
{
	const enum statement s = STATEMENT_MERGE_SCAN;
	struct db *db = merge->other[index].db;
	int64_t position = 0;
	int rows;
	enum rc rc;
	bool row;

	do {
		rows = 0;
		db_bind_int(db, s, 1, position);
		db_bind_int(db, s, 2, SCAN_ROWS);
		for (;;) {
			rc = db_row(db, s, &row, err);
			if (rc != RC_OK || !row)
				break;
			rows++;
			rc = look_at_row(merge, index, &position, err);
			if (rc != RC_OK)
				break;
		}
		if (rc != RC_OK)
			db_done(db, s);
	} while (rc == RC_OK && rows == SCAN_ROWS);
	if (rc == RC_OK && !buf_ok(&merge->found))
		rc = err_set(err, RC_MEMORY, "merge: no memory");
	return rc;
}

static int
by_origin(const void *left, const void *right, void *context)
{
	const struct candidate *a = left, *b = right;
	const struct merge *merge = context;
	const int by_uuid = a->origin == b->origin ? 0 :
	    strcmp(merge->uuid[a->origin], merge->uuid[b->origin]);

	if (by_uuid != 0)
		return by_uuid;
	return (a->origin_position > b->origin_position) -
	    (a->origin_position < b->origin_position);
}

/* The order is the same wherever they are merged. */
static int
by_receipt(const void *left, const void *right, void *context)
{
	const struct candidate *a = left, *b = right;

	if (a->received_us != b->received_us)
		return a->received_us < b->received_us ? -1 : 1;
	return by_origin(a, b, context);
}

static enum rc
differ(const struct merge *merge, const struct candidate *a,
    const struct candidate *b, struct err *err)
{
	return err_set(err, RC_FOREIGN, "%s and %s: their deliveries %lld and "
	    "%lld were both first journaled at position %lld of journal %s, "
	    "and differ: " COPIED, merge->other[a->other].path,
	    merge->other[b->other].path, (long long)a->position,
	    (long long)b->position, (long long)a->origin_position,
	    merge->uuid[a->origin]);
}

/* Keep one of those that several journals have, and sort by receipt. */
static enum rc
sort(struct merge *merge, size_t *n_kept, struct err *err)
{
	struct candidate *list = (struct candidate *)(void *)
	    merge->found.data;
	size_t n = merge->found.len / sizeof(*list), i, kept = 0;

	*n_kept = 0;
	if (n == 0)
		return RC_OK;
	qsort_r(list, n, sizeof(*list), by_origin, merge);
	for (i = 0; i < n; i++) {
		if (kept == 0 || by_origin(&list[kept - 1], &list[i],
		    merge) != 0)
			list[kept++] = list[i];
		else if (list[kept - 1].received_us != list[i].received_us ||
		    list[kept - 1].content != list[i].content)
			return differ(merge, &list[kept - 1], &list[i], err);
	}
	qsort_r(list, kept, sizeof(*list), by_receipt, merge);
	*n_kept = kept;
	return RC_OK;
}

/* ------------------------------------------------------------------------
 * Appending
 */

static struct slice
value_of(const struct seat *seat, enum text text, struct db *db)
{
	/* Only the token can be absent. */
	if (db_is_null(db, STATEMENT_MERGE_READ, (int)text))
		return slice_of(NULL);
	return buf_slice(&seat->text[text]);
}

/* The present row of merge_read as a delivery. */
static enum rc
take_seat(struct merge *merge, const struct candidate *candidate,
    struct seat *seat, struct err *err)
{
	const enum statement s = STATEMENT_MERGE_READ;
	struct db *db = merge->other[candidate->other].db;
	struct delivery *delivery = &seat->delivery;
	int i;

	for (i = 0; i < N_TEXTS; i++) {
		buf_reset(&seat->text[i]);
		buf_add_slice(&seat->text[i], db_bytes(db, s, i));
		if (!buf_ok(&seat->text[i]))
			return err_set(err, RC_MEMORY, "merge: no memory");
	}
	*delivery = (struct delivery){
		.received_us = candidate->received_us,
		.url = value_of(seat, TEXT_URL, db),
		.key_id = value_of(seat, TEXT_KEY_ID, db),
		.content_type = value_of(seat, TEXT_CONTENT_TYPE, db),
		.signature = value_of(seat, TEXT_SIGNATURE, db),
		.idempotency_token = value_of(seat, TEXT_TOKEN, db),
		.body = value_of(seat, TEXT_BODY, db),
		.origin_uuid = slice_of(merge->uuid[candidate->origin]),
		.origin_position = candidate->origin_position,
	};
	return decoder_read(seat->decoder, delivery->content_type,
	    delivery->body, &delivery->event, err);
}

static enum rc
read_seat(struct merge *merge, const struct candidate *candidate,
    struct seat *seat, struct err *err)
{
	const enum statement s = STATEMENT_MERGE_READ;
	struct other *other = &merge->other[candidate->other];
	enum rc rc = RC_OK;
	bool row;

	if (seat->decoder == NULL)
		rc = decoder_new(&seat->decoder, err);
	db_bind_int(other->db, s, 1, candidate->position);
	if (rc == RC_OK)
		rc = db_row(other->db, s, &row, err);
	if (rc == RC_OK && !row)
		rc = err_set(err, RC_STORE, "%s: delivery %lld: is no longer "
		    "there", other->path, (long long)candidate->position);
	if (rc == RC_OK)
		rc = take_seat(merge, candidate, seat, err);
	db_done(other->db, s);
	return rc;
}

/* What became of one: appended, or brought by another merge meanwhile, or
 * neither. */
static enum rc
count_one(struct merge *merge, const struct candidate *candidate,
    enum rc appended, struct err *err)
{
	bool here = false;
	struct err why;
	enum rc rc;

	if (appended == RC_OK) {
		merge->report->merged++;
		merge->other[candidate->other].merged++;
		return RC_OK;
	}
	rc = is_here(merge, candidate, &here, &why);
	if (rc != RC_OK)
		return err_set(err, rc, "%s", why.text);
	return here ? RC_OK : appended;
}

/* Append n, at most BATCH. */
static enum rc
append_batch(struct merge *merge, const struct candidate *list, size_t n,
    struct err *err)
{
	struct delivery *batch[BATCH];
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; rc == RC_OK && i < n; i++) {
		rc = read_seat(merge, &list[i], &merge->seat[i], err);
		batch[i] = &merge->seat[i].delivery;
	}
	if (rc == RC_OK)
		rc = journal_append(merge->journal, batch, n, WAIT_MS, err);
	for (i = 0; rc == RC_OK && i < n; i++)
		rc = count_one(merge, &list[i], batch[i]->rc, err);
	return rc;
}

static enum rc
append_all(struct merge *merge, size_t n, const struct merge_calls *calls,
    struct err *err)
{
	const struct candidate *list = (const struct candidate *)(const void *)
	    merge->found.data;
	size_t done = 0, some;
	enum rc rc = RC_OK;

	while (rc == RC_OK && done < n) {
		some = n - done < BATCH ? n - done : BATCH;
		rc = append_batch(merge, list + done, some, err);
		done += some;
		if (rc == RC_OK)
			(void)journal_maintain(merge->journal, false, NULL);
		if (rc == RC_OK && calls->progress != NULL)
			calls->progress(calls->context, (int64_t)done,
			    (int64_t)n);
	}
	return rc;
}

/* What came of each, in the record. */
static enum rc
record(struct merge *merge, struct err *err)
{
	const struct other *other;
	char detail[128];
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; rc == RC_OK && i < merge->n_others; i++) {
		other = &merge->other[i];
		if (other->merged == 0)
			continue;
		(void)snprintf(detail, sizeof(detail), "%lld deliveries from "
		    "journal %s", (long long)other->merged,
		    merge->uuid[other->origin]);
		rc = journal_act(merge->journal, "merged", NULL, detail,
		    WAIT_MS, err);
	}
	return rc;
}

/* ------------------------------------------------------------------------
 * All
 */

static enum rc
find(struct merge *merge, const char *const *paths, size_t n,
    struct err *err)
{
	uint16_t own;
	enum rc rc;
	size_t i;

	if (n > MERGE_MAX)
		return err_set(err, RC_LIMIT, "merge: at most %d journals at "
		    "once", MERGE_MAX);
	rc = read_uuid(merge, merge->journal->db, &own, err);
	for (i = 0; rc == RC_OK && i < n; i++)
		rc = open_other(merge, paths[i], err);
	for (i = 0; rc == RC_OK && i < n; i++)
		rc = scan(merge, i, err);
	return rc;
}

static void
merge_free(struct merge *merge)
{
	size_t i, j;

	for (i = 0; i < merge->n_others; i++)
		db_close(merge->other[i].db);
	for (i = 0; i < BATCH; i++) {
		decoder_free(merge->seat[i].decoder);
		for (j = 0; j < N_TEXTS; j++)
			buf_clear(&merge->seat[i].text[j]);
	}
	buf_clear(&merge->found);
	free(merge);
}

enum rc
merge_run(struct journal *journal, const char *const *paths, size_t n,
    const struct merge_calls *calls, struct merge_report *report,
    struct err *err)
{
	struct merge *merge = calloc(1, sizeof(*merge));
	enum rc rc, recorded;
	size_t found = 0;
	struct err late;

	*report = (struct merge_report){ 0, 0 };
	if (merge == NULL)
		return err_set(err, RC_MEMORY, "merge: no memory");
	merge->journal = journal;
	merge->report = report;
	rc = find(merge, paths, n, err);
	if (rc == RC_OK)
		rc = sort(merge, &found, err);
	if (rc == RC_OK)
		rc = append_all(merge, found, calls, err);
	if (report->merged > 0) {
		recorded = record(merge, &late);
		if (rc == RC_OK && recorded != RC_OK)
			rc = err_set(err, recorded, "%s", late.text);
	}
	merge_free(merge);
	return rc;
}
