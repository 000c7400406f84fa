#include <stdio.h>

#include "audit/collection.h"
#include "cli/progress.h"
#include "cli/show_parts.h"
#include "cli/value.h"

/* Items looked at, and read, in one transaction: some ms. */
#define SLICE_ITEMS 500

static const struct output_column columns[] = {
	{ "item", 0 }, { "event_id", 0 }, { "updated_by", 0 },
	{ "updated_at", sizeof("2026-03-01 09:00:00.000") - 1 },
	{ "position", 0 }, { "data", 0 },
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void
add_row(struct output *output, const struct version *version)
{
	const struct db_value values[N_COLUMNS] = {
		value_text(version->item),
		value_number(true, version->number),
		value_text(version->identity),
		value_text(version_time(version)),
		value_number(true, version->position),
		value_text(version->data),
	};

	output_row(output, values);
}

/* Begin at the item *i, and leave it at the next. */
static enum rc
read_slice(struct show *show, const struct collection *collection,
    struct output *output, size_t *i, struct err *err)
{
	const size_t end = collection->n_items - *i < SLICE_ITEMS ?
	    collection->n_items : *i + SLICE_ITEMS;
	struct version version;
	struct buf text;
	enum rc rc;

	buf_init(&text, 0);
	rc = reading_begin(&show->reading, err);
	for (; rc == RC_OK && *i < end; ++*i) {
		rc = collection_read(collection, show->reading.db, *i, &text,
		    &version, err);
		if (rc == RC_OK && version.position > 0)
			add_row(output, &version);
	}
	reading_end(&show->reading);
	buf_clear(&text);
	return reading_explain(&show->reading, rc, err);
}

static enum rc
print_items(struct show *show, const struct collection *collection,
    struct err *err)
{
	struct output *output = NULL;
	size_t i = 0;
	enum rc rc;

	rc = output_begin(&output, show->format, stdout, columns, N_COLUMNS,
	    err);
	while (rc == RC_OK && i < collection->n_items &&
	    !output_is_over(output)) {
		rc = read_slice(show, collection, output, &i, err);
		if (rc == RC_OK)
			rc = output_flush(output, err);
	}
	if (rc == RC_OK)
		rc = output_finish(output, err);
	output_free(output);
	return rc;
}

/* What is known of the whole, and all of its items that are. */
static enum rc
find(struct show *show, struct collection *collection, struct err *err)
{
	struct progress progress;
	bool more = true;
	enum rc rc;

	progress_init(&progress, "items");
	rc = reading_begin(&show->reading, err);
	if (rc == RC_OK)
		rc = collection_at(collection, show->reading.db,
		    &show->object.found.subject, show->at, err);
	while (rc == RC_OK && more && (collection->answer == PAST_KNOWN ||
	    (collection->answer == PAST_UNKNOWN && show->partial))) {
		rc = collection_find(collection, show->reading.db, SLICE_ITEMS,
		    &more, err);
		reading_end(&show->reading);
		progress_say(&progress, "looking for what was there");
		if (rc == RC_OK)
			rc = reading_begin(&show->reading, err);
	}
	reading_end(&show->reading);
	progress_clear(&progress);
	return reading_explain(&show->reading, rc, err);
}

enum rc
show_whole(struct show *show, enum status *status, struct err *err)
{
	struct collection collection = { .subject = NULL };
	enum rc rc;

	rc = find(show, &collection, err);
	if (rc == RC_OK) {
		show_explain(show, collection.answer,
		    cut_has_begun(&collection.cut), NULL, &collection.why,
		    &collection.note);
		*status = collection.answer == PAST_KNOWN ? STATUS_CLEAN :
		    STATUS_FINDINGS;
	}
	if (rc == RC_OK && (collection.answer == PAST_KNOWN ||
	    (collection.answer == PAST_UNKNOWN && show->partial)))
		rc = print_items(show, &collection, err);
	collection_clear(&collection);
	return rc;
}
