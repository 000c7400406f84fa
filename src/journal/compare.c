#include "journal/compare.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"

/* The clock is looked at after so many groups. */
#define CLOCK_EVERY 64
/* Of a value, in a sentence. */
#define VALUE_BYTES_MAX 64

/* A row of one of the two databases. */
struct side {
	struct db *db;
	bool row;
	int64_t id;
};

struct pair {
	enum statement statement;
	struct side is, should;
};

void
compare_value(struct buf *text, const struct db_value *value)
{
	struct slice bytes = value->bytes;
	char hex[2 * VALUE_BYTES_MAX + 1];

	if (bytes.len > VALUE_BYTES_MAX)
		bytes.len = VALUE_BYTES_MAX;
	switch (value->type) {
	case DB_NULL:
		buf_add_text(text, "nothing");
		break;
	case DB_INTEGER:
		buf_printf(text, "%lld", (long long)value->number);
		break;
	case DB_TEXT:
		text_json(text, bytes);
		break;
	case DB_BLOB:
		digest_hex((const uint8_t *)bytes.p, bytes.len, hex);
		buf_printf(text, "X'%s'", hex);
		break;
	case DB_REAL:
	case N_DB_TYPES:
		buf_add_text(text, "a number with a fraction");
		break;
	}
}

static enum rc
step(const struct pair *pair, struct side *side, struct err *err)
{
	enum rc rc;

	rc = db_row(side->db, pair->statement, &side->row, err);
	side->id = rc == RC_OK && side->row ? db_int(side->db,
	    pair->statement, 0) : INT64_MAX;
	return rc;
}

/* Go to the first row of another group. */
static enum rc
skip(const struct pair *pair, struct side *side, int64_t id, struct err *err)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && side->row && side->id == id)
		rc = step(pair, side, err);
	return rc;
}

/* The table that a statement is about, by its name: compare_TABLE. */
static const char *
table_of(enum statement statement)
{
	return statement_name[statement] + strlen("compare_");
}

/* The first column that differs between the present rows; -1: none. */
static int
differing(const struct pair *pair)
{
	struct db_value value;
	int i, n = db_columns(pair->is.db, pair->statement);

	for (i = 0; i < n; i++) {
		value = db_column(pair->should.db, pair->statement, i);
		if (!db_same(pair->is.db, pair->statement, i, &value))
			return i;
	}
	return -1;
}

static void
tell(const struct pair *pair, int64_t id, int column,
    compare_differs *differs, void *context)
{
	struct db_value value;
	struct buf text;

	buf_init(&text, 0);
	buf_printf(&text, "%s %lld: ", table_of(pair->statement),
	    (long long)id);
	if (column >= 0) {
		buf_printf(&text, "%s is ", db_column_name(pair->is.db,
		    pair->statement, column));
		value = db_column(pair->is.db, pair->statement, column);
		compare_value(&text, &value);
		buf_add_text(&text, ", should be ");
		value = db_column(pair->should.db, pair->statement, column);
		compare_value(&text, &value);
	} else if (pair->is.row && pair->is.id == id) {
		buf_add_text(&text, "has a row that should not be there");
	} else {
		buf_add_text(&text, "a row is missing");
	}
	differs(context, buf_ok(&text) ? text.data : "a row differs");
	buf_clear(&text);
}

/* One group: the rows of the smaller of the two ids. */
static enum rc
compare_group(struct pair *pair, int64_t id, compare_differs *differs,
    void *context, struct err *err)
{
	struct side *is = &pair->is, *should = &pair->should;
	enum rc rc = RC_OK;
	int column = -1;

	while (rc == RC_OK && is->id == id && should->id == id &&
	    column < 0) {
		column = differing(pair);
		if (column >= 0)
			break;
		rc = step(pair, is, err);
		if (rc == RC_OK)
			rc = step(pair, should, err);
	}
	if (rc != RC_OK || (is->id != id && should->id != id))
		return rc;
	tell(pair, id, column, differs, context);
	rc = skip(pair, is, id, err);
	if (rc == RC_OK)
		rc = skip(pair, should, id, err);
	return rc;
}

static enum rc
begin(const struct pair *pair, struct side *side, int64_t after,
    struct err *err)
{
	db_bind_int(side->db, pair->statement, 1, after);
	return step(pair, side, err);
}

enum rc
compare_rows(struct db *is, struct db *should, enum statement statement,
    int64_t *after, int64_t budget_us, compare_differs *differs,
    void *context, struct err *err)
{
	const int64_t end_us = clock_mono_us() + budget_us;
	struct pair pair = { .statement = statement, .is = { .db = is },
	    .should = { .db = should } };
	int64_t id, n = 0;
	enum rc rc;

	rc = begin(&pair, &pair.is, *after, err);
	if (rc == RC_OK)
		rc = begin(&pair, &pair.should, *after, err);
	while (rc == RC_OK) {
		id = pair.is.id < pair.should.id ? pair.is.id : pair.should.id;
		*after = INT64_MAX;
		if (!pair.is.row && !pair.should.row)
			break;
		rc = compare_group(&pair, id, differs, context, err);
		*after = id;
		if (++n % CLOCK_EVERY == 0 && clock_mono_us() >= end_us)
			break;
	}
	db_done(is, statement);
	db_done(should, statement);
	return rc;
}
