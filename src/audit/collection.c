#include "audit/collection.h"
#include "journal/reader.h"

#include <stdlib.h>
#include <string.h>

#define ITEMS_FIRST 64

/* ------------------------------------------------------------------------
 * The whole
 */

static enum rc
find_newest(struct collection *collection, struct db *db, struct err *err)
{
	const enum statement s = STATEMENT_PAST_NEWEST;
	bool row;
	enum rc rc;

	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	collection->newest = db_int(db, s, 0);
	db_done(db, s);
	return RC_OK;
}

static void
begin_unknown(struct collection *collection)
{
	struct buf *why = &collection->why;

	collection->answer = PAST_UNKNOWN;
	version_title(why, collection->subject);
	if (collection->cut.is_now)
		buf_add_text(why, " is not wholly known as it is now:\n");
	else
		buf_printf(why, " at %s is not wholly known:\n",
		    collection->cut.at);
}

static enum rc
look_for_doubts(struct collection *collection, struct db *db, struct err *err)
{
	struct buf lines;
	size_t n = 0;
	enum rc rc;

	buf_init(&lines, 0);
	rc = cut_doubts(&collection->cut, db, 0, &lines, &n, err);
	if (rc == RC_OK && n > 0) {
		begin_unknown(collection);
		buf_add_slice(&collection->why, buf_slice(&lines));
		if (!buf_ok(&lines))
			rc = err_set(err, RC_MEMORY, "past: no memory");
	}
	buf_clear(&lines);
	return rc;
}

static enum rc
look_at_moment(struct collection *collection, struct db *db,
    const int64_t *at_us, struct err *err)
{
	const struct past_about about = { .subject = collection->subject };
	struct cut *const cut = &collection->cut;
	bool is_known;
	enum rc rc;

	rc = cut_find(cut, db, &about, at_us, err);
	if (rc == RC_OK)
		rc = find_newest(collection, db, err);
	if (rc != RC_OK)
		return rc;
	if (cut->removal.position > 0) {
		collection->answer = PAST_REMOVED;
		cut_removed(cut, &collection->why);
	} else if (!cut_has_begun(cut)) {
		cut_begins(cut, &collection->why, &is_known);
		collection->answer = is_known ? PAST_NOT_YET : PAST_UNKNOWN;
	} else {
		cut_note(cut, &collection->note);
		rc = look_for_doubts(collection, db, err);
	}
	if (rc == RC_OK && (!buf_ok(&collection->why) ||
	    !buf_ok(&collection->note)))
		rc = err_set(err, RC_MEMORY, "past: no memory");
	return rc;
}

enum rc
collection_at(struct collection *collection, struct db *db,
    const struct subject *subject, const int64_t *at_us, struct err *err)
{
	int before;
	enum rc rc;

	*collection = (struct collection){ .subject = subject,
	    .answer = PAST_KNOWN };
	buf_init(&collection->why, 0);
	buf_init(&collection->note, 0);
	buf_init(&collection->names, 0);
	buf_init(&collection->last, 0);
	rc = reader_use(db, &before, err);
	if (rc != RC_OK)
		return rc;
	rc = look_at_moment(collection, db, at_us, err);
	(void)db_generation(db, before);
	return rc;
}

void
collection_clear(struct collection *collection)
{
	cut_clear(&collection->cut);
	buf_clear(&collection->why);
	buf_clear(&collection->note);
	buf_clear(&collection->names);
	buf_clear(&collection->last);
	free(collection->item);
	collection->item = NULL;
}

/* ------------------------------------------------------------------------
 * Items
 */

static enum rc
add_item(struct collection *collection, struct slice name, int64_t position,
    struct err *err)
{
	struct collection_item *item = collection->item;
	size_t size = collection->size;

	if (collection->n_items == size) {
		size = size == 0 ? ITEMS_FIRST : 2 * size;
		if (size > SIZE_MAX / sizeof(*item))
			return err_set(err, RC_MEMORY, "past: no memory");
		item = realloc(item, size * sizeof(*item));
		if (item == NULL)
			return err_set(err, RC_MEMORY, "past: no memory");
		collection->item = item;
		collection->size = size;
	}
	item[collection->n_items++] = (struct collection_item){
	    .at = collection->names.len, .len = name.len,
	    .position = position };
	buf_add_slice(&collection->names, name);
	return buf_ok(&collection->names) ? RC_OK :
	    err_set(err, RC_MEMORY, "past: no memory");
}

static enum rc
find_event(struct collection *collection, struct db *db, enum statement s,
    int64_t number, struct slice name, bool *row, struct version *version,
    struct err *err)
{
	enum rc rc;

	version_bind(db, s, collection->subject);
	db_bind_int(db, s, 4, number);
	db_bind_text(db, s, 5, name);
	db_bind_int(db, s, 6, collection->newest);
	rc = db_row(db, s, row, err);
	if (rc != RC_OK || !*row)
		return rc;
	/* What is asked of it below needs none of its bytes. */
	*version = version_of_row(db, s);
	db_done(db, s);
	return RC_OK;
}

/* It comes after the moment, and not by an addition: so it was there. */
static void
add_stranger(struct collection *collection, struct slice name)
{
	if (collection->answer == PAST_KNOWN)
		begin_unknown(collection);
	if (++collection->n_strangers > CUT_DOUBTS)
		return;
	buf_add_text(&collection->why, "when item ");
	version_value(&collection->why, name);
	buf_add_text(&collection->why, " was added is not known\n");
}

static enum rc
look_at(struct collection *collection, struct db *db, struct slice name,
    struct err *err)
{
	const struct version *last = &collection->cut.last;
	struct version version;
	bool row = false;
	enum rc rc = RC_OK;

	if (last->position > 0)
		rc = find_event(collection, db, STATEMENT_PAST_ITEM_LAST,
		    last->number, name, &row, &version, err);
	if (rc != RC_OK)
		return rc;
	if (row)
		return version_is_removal(&version) ? RC_OK :
		    add_item(collection, name, version.position, err);
	rc = find_event(collection, db, STATEMENT_PAST_ITEM_NEXT, -1, name,
	    &row, &version, err);
	if (rc == RC_OK && row && version.life != LIFE_ITEM_ADDED)
		add_stranger(collection, name);
	return rc;
}

/* The item that comes next in the order of bytes, put into last. */
static enum rc
next_name(struct collection *collection, struct db *db, bool *row,
    struct err *err)
{
	const enum statement s = STATEMENT_PAST_ITEM_NAME;
	enum rc rc;

	if (!collection->is_begun) {
		collection->is_begun = true;
		*row = true;
		return RC_OK;
	}
	version_bind(db, s, collection->subject);
	db_bind_text(db, s, 4, buf_slice(&collection->last));
	rc = db_row(db, s, row, err);
	if (rc != RC_OK || !*row)
		return rc;
	buf_reset(&collection->last);
	buf_add_slice(&collection->last, db_bytes(db, s, 0));
	db_done(db, s);
	return buf_ok(&collection->last) ? RC_OK :
	    err_set(err, RC_MEMORY, "past: no memory");
}

/* What qsort's comparison needs to know. */
struct order {
	struct slice name;
	struct collection_item item;
};

static int
by_key(const void *a, const void *b)
{
	return slice_compare(((const struct order *)a)->name,
	    ((const struct order *)b)->name);
}

static struct slice
without_zeros(struct slice digits)
{
	while (digits.len > 1 && *digits.p == '0') {
		digits.p++;
		digits.len--;
	}
	return digits;
}

/* Indexes are digits; whatever else there is has an order too. */
static int
by_index(const void *a, const void *b)
{
	const struct slice x = without_zeros(((const struct order *)a)->name);
	const struct slice y = without_zeros(((const struct order *)b)->name);

	if (x.len != y.len)
		return x.len < y.len ? -1 : 1;
	if (slice_compare(x, y) != 0)
		return slice_compare(x, y);
	return by_key(a, b);
}

static enum rc
sort_items(struct collection *collection, struct err *err)
{
	struct order *order;
	size_t i;

	if (collection->n_items == 0)
		return RC_OK;
	order = calloc(collection->n_items, sizeof(*order));
	if (order == NULL)
		return err_set(err, RC_MEMORY, "past: no memory");
	for (i = 0; i < collection->n_items; i++) {
		order[i].item = collection->item[i];
		order[i].name.p = collection->names.data + order[i].item.at;
		order[i].name.len = order[i].item.len;
	}
	qsort(order, collection->n_items, sizeof(*order),
	    collection->subject->kind == STREAM_LIST ? by_index : by_key);
	for (i = 0; i < collection->n_items; i++)
		collection->item[i] = order[i].item;
	free(order);
	return RC_OK;
}

static enum rc
find_some(struct collection *collection, struct db *db, size_t most,
    bool *more, struct err *err)
{
	enum rc rc = RC_OK;

	*more = true;
	for (size_t i = 0; i < most; i++) {
		rc = next_name(collection, db, more, err);
		if (rc != RC_OK || !*more)
			break;
		rc = look_at(collection, db, buf_slice(&collection->last),
		    err);
		if (rc != RC_OK)
			break;
	}
	return rc;
}

enum rc
collection_find(struct collection *collection, struct db *db, size_t most,
    bool *more, struct err *err)
{
	int before;
	enum rc rc;

	rc = reader_use(db, &before, err);
	if (rc != RC_OK)
		return rc;
	rc = find_some(collection, db, most, more, err);
	(void)db_generation(db, before);
	if (rc != RC_OK || *more)
		return rc;
	if (collection->n_strangers > CUT_DOUBTS)
		buf_printf(&collection->why, "and of %zu more items\n",
		    collection->n_strangers - CUT_DOUBTS);
	if (!buf_ok(&collection->why))
		return err_set(err, RC_MEMORY, "past: no memory");
	return sort_items(collection, err);
}

enum rc
collection_read(const struct collection *collection, struct db *db, size_t i,
    struct buf *text, struct version *version, struct err *err)
{
	const enum statement s = STATEMENT_PAST_POSITION;

	db_bind_int(db, s, 1, collection->item[i].position);
	return version_first(db, s, text, version, err);
}
