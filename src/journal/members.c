#include "journal/members.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/text.h"

/* Where a member's name and value lie in the buffer, which moves as it
 * grows. */
struct place {
	size_t name_at, name_len;
	size_t value_at, value_len;
};

static enum rc
is_object(struct db *db, struct slice body, bool *object, struct err *err)
{
	const enum statement s = STATEMENT_JSON_IS_OBJECT;
	enum rc rc;
	bool row;

	*object = false;
	db_bind_text(db, s, 1, body);
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	*object = db_int(db, s, 0) != 0;
	db_done(db, s);
	return RC_OK;
}

/* Names and values into text, their places into places. */
static enum rc
collect(struct db *db, struct slice body, struct buf *text,
    struct buf *places, struct err *err)
{
	const enum statement s = STATEMENT_JSON_MEMBERS;
	struct slice name, value;
	struct place place;
	enum rc rc;
	bool row;

	db_bind_text(db, s, 1, body);
	for (;;) {
		rc = db_row(db, s, &row, err);
		if (rc != RC_OK || !row)
			return rc;
		name = db_bytes(db, s, 0);
		place.name_at = text->len;
		place.name_len = name.len;
		buf_add_slice(text, name);
		value = db_bytes(db, s, 1);
		place.value_at = text->len;
		place.value_len = value.len;
		buf_add_slice(text, value);
		buf_add(places, &place, sizeof(place));
	}
}

static enum rc
set(struct params *params, const struct buf *text, const struct buf *places,
    struct err *err)
{
	size_t n = places->len / sizeof(struct place), i;
	struct place place;
	struct param *list;
	enum rc rc;

	list = calloc(n + 1, sizeof(*list));
	if (list == NULL)
		return err_set(err, RC_MEMORY, "JSON body: no memory");
	for (i = 0; i < n; i++) {
		memcpy(&place, places->data + i * sizeof(place),
		    sizeof(place));
		list[i].name.p = text->data + place.name_at;
		list[i].name.len = place.name_len;
		list[i].value.p = text->data + place.value_at;
		list[i].value.len = place.value_len;
	}
	rc = params_set(params, list, n, err);
	free(list);
	return rc;
}

enum rc
members_read(struct db *db, struct slice body, struct params *params,
    struct err *err)
{
	struct buf text, places;
	bool object;
	enum rc rc;

	params_reset(params);
	buf_init(&text, 0);
	buf_init(&places, 0);
	if (!text_is_clean(body)) {
		rc = err_set(err, RC_SYNTAX, "JSON body: is not UTF-8, or has "
		    "a NUL");
		goto out;
	}
	rc = is_object(db, body, &object, err);
	if (rc == RC_OK && !object)
		rc = err_set(err, RC_SYNTAX, "JSON body: is not an object");
	if (rc != RC_OK)
		goto out;
	/* So that text.data is not NULL when all members are empty. */
	buf_add_char(&text, '\0');
	rc = collect(db, body, &text, &places, err);
	if (rc == RC_OK && (!buf_ok(&text) || !buf_ok(&places)))
		rc = err_set(err, RC_MEMORY, "JSON body: no memory");
	if (rc == RC_OK)
		rc = set(params, &text, &places, err);
out:
	buf_clear(&text);
	buf_clear(&places);
	return rc;
}
