#include "cli/listing.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/listing_wanted.h"
#include "cli/object.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reading.h"
#include "cli/select.h"
#include "journal/reader.h"

/* More than any listing has. */
#define COLUMNS_MAX 24

/* A slice is to take a quarter of what a transaction may take, so that a slower
 * one still fits; the first is of so many positions, some 10 us each. */
#define SLICE_US (READING_LIMIT_MS * 1000 / 4)
#define SLICE_FIRST 10000
#define SLICE_MAX 10000000
/* Of rows with an id; some 0.1 ms each. */
#define SLICE_IDS 500

struct work {
	const struct listing *listing;
	struct reading reading;
	struct wanted wanted;
	struct object object;
	struct select select;
	struct output *output;
	int n_columns;
	int position_column;	/* -1: there is none */
	bool by_position, descending;
	const char *id;		/* column; NULL: there is none */
	int64_t left;		/* rows that may still come; -1: any */
};

/* What one transaction gave. */
struct slice_seen {
	bool any;
	int64_t position;	/* of the last row */
	int64_t took_us;
};

/* The statements are of the generation that is in use now. */
static enum rc
use_generation(struct work *work, struct err *err)
{
	int before;

	if (!work->listing->has_tables && !work->object.is_found)
		return RC_OK;
	return reader_use(work->reading.db, &before, err);
}

static enum rc
add_rows(struct work *work, struct slice_seen *seen, struct err *err)
{
	struct db *const db = work->reading.db;
	struct db_value value[COLUMNS_MAX];
	enum rc rc;
	bool row;
	int i;

	rc = db_row(db, DB_QUERY, &row, err);
	while (rc == RC_OK && row) {
		for (i = 0; i < work->n_columns; i++)
			value[i] = output_value(db, DB_QUERY, i);
		output_row(work->output, value);
		seen->any = true;
		if (work->position_column >= 0)
			seen->position = value[work->position_column].number;
		work->left -= work->left > 0;
		rc = db_row(db, DB_QUERY, &row, err);
	}
	return rc;
}

/* Read what is selected, in one transaction; it is printed after it. */
static enum rc
read_slice(struct work *work, struct slice_seen *seen, struct err *err)
{
	const int64_t began_us = clock_mono_us();
	enum rc rc;

	*seen = (struct slice_seen){ .any = false };
	rc = reading_begin(&work->reading, err);
	if (rc == RC_OK)
		rc = use_generation(work, err);
	if (rc == RC_OK)
		rc = select_run(&work->select, NULL, work->left, err);
	if (rc == RC_OK)
		rc = add_rows(work, seen, err);
	reading_end(&work->reading);
	seen->took_us = clock_mono_us() - began_us;
	return rc;
}

static int64_t
next_step(int64_t step, const struct slice_seen *seen)
{
	if (seen->took_us > SLICE_US)
		return step > 1 ? step / 2 : 1;
	if (seen->took_us < SLICE_US / 2 && step < SLICE_MAX)
		return step * 2;
	return step;
}

/* From the positions that are left take away those that were read. */
static void
advance(const struct work *work, int64_t *first, int64_t *last,
    int64_t position)
{
	if (work->descending)
		*last = position - 1;
	else
		*first = position + 1;
}

static enum rc
list_slices(struct work *work, int64_t first, int64_t last, struct err *err)
{
	const int64_t total = last;
	struct progress progress;
	struct slice_seen seen;
	int64_t step = SLICE_FIRST, from, to;
	enum rc rc = RC_OK;

	progress_init(&progress, "listing");
	while (rc == RC_OK && first <= last && work->left != 0 &&
	    !output_is_over(work->output)) {
		from = work->descending && last - first >= step ?
		    last - step + 1 : first;
		to = !work->descending && last - first >= step ?
		    first + step - 1 : last;
		select_range(&work->select, "position", from, to);
		rc = read_slice(work, &seen, err);
		if (rc == RC_OK) {
			advance(work, &first, &last, work->descending ? from :
			    to);
			step = next_step(step, &seen);
		} else if (rc == RC_LIMIT && step > 1) {
			/* What was read of it is good. */
			if (seen.any)
				advance(work, &first, &last, seen.position);
			step /= 8;
			step += step == 0;
			rc = RC_OK;
		}
		progress_clear(&progress);
		if (rc == RC_OK)
			rc = output_flush(work->output, err);
		progress_show(&progress, total - (last - first + 1), total);
	}
	progress_clear(&progress);
	return rc;
}

static enum rc
add_ids(struct work *work, struct buf *ids, struct err *err)
{
	struct db *const db = work->reading.db;
	int64_t id;
	enum rc rc;
	bool row;

	rc = db_row(db, DB_QUERY, &row, err);
	while (rc == RC_OK && row) {
		id = db_int(db, DB_QUERY, 0);
		buf_add(ids, &id, sizeof(id));
		rc = db_row(db, DB_QUERY, &row, err);
	}
	if (rc == RC_OK && !buf_ok(ids))
		rc = err_set(err, RC_MEMORY, "no memory");
	return rc;
}

/* Which rows are shown, in their order. */
static enum rc
read_ids(struct work *work, struct buf *ids, struct err *err)
{
	enum rc rc;

	rc = reading_begin(&work->reading, err);
	if (rc == RC_OK)
		rc = use_generation(work, err);
	if (rc == RC_OK)
		rc = select_run(&work->select, work->id, work->left,
		    err);
	if (rc == RC_OK)
		rc = add_ids(work, ids, err);
	reading_end(&work->reading);
	return rc;
}

static enum rc
list_ids(struct work *work, struct err *err)
{
	int64_t id[SLICE_IDS];
	struct slice_seen seen;
	struct buf ids;
	enum rc rc;
	size_t at, len;

	buf_init(&ids, 0);
	rc = read_ids(work, &ids, err);
	work->left = -1;
	for (at = 0; rc == RC_OK && at < ids.len &&
	    !output_is_over(work->output); at += len) {
		len = ids.len - at < sizeof(id) ? ids.len - at : sizeof(id);
		memcpy(id, ids.data + at, len);
		select_ids(&work->select, work->id, id,
		    len / sizeof(*id));
		rc = read_slice(work, &seen, err);
		if (rc == RC_OK)
			rc = output_flush(work->output, err);
	}
	buf_clear(&ids);
	return rc;
}

static enum rc
list_all(struct work *work, struct err *err)
{
	struct slice_seen seen;
	int64_t last;
	enum rc rc;

	work->id = work->listing->is_position ? "position" :
	    work->listing->id;
	if (!work->by_position && work->id != NULL)
		return list_ids(work, err);
	if (!work->by_position)
		return read_slice(work, &seen, err);
	rc = db_number(work->reading.db, STATEMENT_LIST_LAST, &last, err);
	if (rc == RC_OK)
		rc = list_slices(work, 0, last, err);
	return rc;
}

static enum rc
begin_output(struct work *work, struct err *err)
{
	struct output_column column[COLUMNS_MAX] = { { NULL, 0 } };
	const char *name;
	int i;

	for (i = 0; i < COLUMNS_MAX &&
	    (name = select_column(&work->select, i)) != NULL; i++)
		column[i].name = name;
	work->n_columns = i;
	work->position_column = select_find(&work->select, "position");
	return output_begin(&work->output, work->wanted.format, stdout, column,
	    (size_t)i, err);
}

/* --------------------------------------------------------------------------
 * NAME
 */

/* A listing of documents takes "cart" for "document cart". */
static enum rc
find_object(struct work *work, const struct command *command,
    const struct call *call, struct err *err)
{
	const char *const kind = stream_kind_name(work->listing->kind);
	char *word[2];
	char own[16] = "";

	if (kind == NULL)
		return object_find(&work->object, &work->reading, call,
		    call->word, call->n_words, NULL, err);
	if (call->n_words == 2 && strcmp(call->word[0], kind) != 0)
		return err_set(err, RC_USAGE, "%s: takes the name of one %s, "
		    "not: %s %s", command->name, kind, call->word[0],
		    call->word[1]);
	(void)snprintf(own, sizeof(own), "%s", kind);
	word[0] = own;
	word[1] = call->word[call->n_words - 1];
	return object_find(&work->object, &work->reading, call, word, 2, NULL,
	    err);
}

static void
filter_object(struct work *work)
{
	const struct subject *const subject = &work->object.found.subject;
	const struct listing *const listing = work->listing;
	struct select *const select = &work->select;

	if (!work->object.is_found)
		return;
	if (listing->is_position) {
		select_where_stream(select, "position", subject);
		return;
	}
	if (listing->kind == STREAM_NONE)
		select_where(select, "stream_kind", SELECT_IS,
		    slice_of(stream_kind_name(subject->kind)));
	select_where(select, listing->kind == STREAM_NONE ? "stream_key" :
	    listing->key, SELECT_IS, subject->stream_key);
	select_where(select, "service_sid", SELECT_IS, subject->service_sid);
}

/* -------------------------------------------------------------------------- */

static enum rc
list(struct work *work, const struct call *call, struct err *err)
{
	enum rc rc;

	rc = use_generation(work, err);
	if (rc == RC_OK)
		rc = select_init(&work->select, work->reading.db,
		    work->listing->statement, err);
	if (rc != RC_OK)
		return rc;
	wanted_filter(&work->wanted, call, work->listing, &work->select);
	filter_object(work);
	rc = wanted_order(&work->wanted, call, work->listing, &work->select,
	    &work->by_position, &work->descending, err);
	if (rc == RC_OK)
		rc = begin_output(work, err);
	if (rc == RC_OK)
		rc = list_all(work, err);
	if (rc == RC_OK)
		rc = output_finish(work->output, err);
	return rc;
}

enum rc
listing_run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	struct work work = { .listing = command->own };
	enum rc rc;

	rc = wanted_read(call, &work.wanted, err);
	if (rc != RC_OK)
		return rc;
	work.left = work.wanted.limit;
	rc = reading_open(&work.reading, call, err);
	if (rc == RC_OK && call->n_words > 0)
		rc = find_object(&work, command, call, err);
	if (rc == RC_OK && call->n_words > 0 && !work.object.is_found) {
		*status = STATUS_USAGE;
		goto out;
	}
	if (rc == RC_OK)
		rc = list(&work, call, err);
	if (rc != RC_OK)
		rc = reading_explain(&work.reading, rc, err);
	else
		*status = STATUS_CLEAN;
out:
	output_free(work.output);
	select_clear(&work.select);
	object_clear(&work.object);
	reading_close(&work.reading);
	return rc;
}
