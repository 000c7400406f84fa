#include "cli/select.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum rc
select_init(struct select *select, struct db *db, enum statement statement,
    struct err *err)
{
	size_t i;

	*select = (struct select){ .db = db, .statement = statement };
	buf_init(&select->where, 0);
	buf_init(&select->order, 0);
	for (i = 0; i < SELECT_VALUES; i++)
		buf_init(&select->value[i], 0);
	return db_prepare(db, statement, err);
}

void
select_clear(struct select *select)
{
	size_t i;

	buf_clear(&select->where);
	buf_clear(&select->order);
	for (i = 0; i < SELECT_VALUES; i++)
		buf_clear(&select->value[i]);
}

const char *
select_column(const struct select *select, int i)
{
	if (i >= db_columns(select->db, select->statement))
		return NULL;
	return db_column_name(select->db, select->statement, i);
}

int
select_find(const struct select *select, const char *name)
{
	const char *column;
	int i;

	for (i = 0; (column = select_column(select, i)) != NULL; i++) {
		if (strcmp(column, name) == 0)
			return i;
	}
	return -1;
}

/* Keep a value, to be bound as the parameter of this number. */
static size_t
keep(struct select *select, struct slice value)
{
	const size_t i = select->n_values++;

	assert(i < SELECT_VALUES);
	select->is_null[i] = value.p == NULL;
	if (value.p != NULL)
		text_escape(&select->value[i], value);
	return i;
}

static void
begin_condition(struct select *select, const char *column)
{
	assert(select_find(select, column) >= 0);
	buf_printf(&select->where, " AND \"%s\"", column);
}

void
select_where(struct select *select, const char *column,
    enum select_test test, struct slice value)
{
	static const char *const operators[N_SELECT_TESTS] = {
		[SELECT_IS] = "=",
		[SELECT_IS_NOT] = "IS NOT",
		[SELECT_BEGINS] = ">=",
		[SELECT_FROM] = ">=",
		[SELECT_TO] = "<=",
	};
	const size_t i = keep(select, value);

	begin_condition(select, column);
	/* "=" finds indexes in more cases. */
	buf_printf(&select->where, " %s :v%zu", test == SELECT_IS &&
	    value.p == NULL ? "IS" : operators[test], i);
	if (test == SELECT_BEGINS)
		buf_printf(&select->where, " AND substr(\"%s\", 1, "
		    "length(:v%zu)) = :v%zu", column, i, i);
}

void
select_where_word(struct select *select, const char *column,
    const char *const *words, size_t n)
{
	size_t i;

	begin_condition(select, column);
	for (i = 0; i < n; i++)
		buf_printf(&select->where, "%s:v%zu", i == 0 ? " IN (" :
		    ", ", keep(select, slice_of(words[i])));
	buf_add_text(&select->where, ")");
}

void
select_where_stream(struct select *select, const char *column,
    const struct subject *stream)
{
	select->stream = stream;
	select_range(select, column, 0, INT64_MAX);
}

void
select_range(struct select *select, const char *column, int64_t first,
    int64_t last)
{
	assert(select_find(select, column) >= 0);
	select->range_column = column;
	select->first = first;
	select->last = last;
}

void
select_ids(struct select *select, const char *column, const int64_t *id,
    size_t n)
{
	select->range_column = NULL;
	select->id_column = column;
	select->id = id;
	select->n_ids = n;
}

void
select_order(struct select *select, const char *column, const char *word,
    bool descending)
{
	struct buf *const order = &select->order;

	assert(select_find(select, column) >= 0);
	buf_printf(order, "%s \"%s\"", order->len == 0 ? " ORDER BY" : ",",
	    column);
	if (word != NULL)
		buf_printf(order, " = :v%zu", keep(select, slice_of(word)));
	if (descending)
		buf_add_text(order, " DESC");
}

/* A named statement, in parentheses, without the ";" that ends it. */
static void
add_statement(const struct select *select, struct buf *sql,
    enum statement statement)
{
	struct slice text = slice_of(db_text(select->db, statement));

	while (text.len > 0 && strchr("; \t\n", text.p[text.len - 1]) != NULL)
		text.len--;
	buf_add_char(sql, '(');
	buf_add_slice(sql, text);
	buf_add_char(sql, ')');
}

/* The range, and the stream in it: of a stream, the positions in its index are
 * looked through, not all events of the range. */
static void
add_range(const struct select *select, struct buf *sql)
{
	if (select->range_column == NULL)
		return;
	buf_printf(sql, " AND \"%s\" ", select->range_column);
	if (select->stream == NULL) {
		buf_add_text(sql, "BETWEEN :first AND :last");
	} else {
		buf_add_text(sql, "IN ");
		add_statement(select, sql, STATEMENT_STREAM_RANGE);
	}
}

static void
add_ids(const struct select *select, struct buf *sql)
{
	size_t i;

	if (select->id == NULL)
		return;
	buf_printf(sql, " AND \"%s\" IN (", select->id_column);
	for (i = 0; i < select->n_ids; i++)
		buf_printf(sql, "%s%lld", i == 0 ? "" : ", ",
		    (long long)select->id[i]);
	buf_add_char(sql, ')');
}

static void
bind_range(const struct select *select)
{
	const struct subject *const stream = select->stream;
	struct db *const db = select->db;

	if (select->range_column == NULL)
		return;
	db_bind_int(db, DB_QUERY, db_parameter(db, ":first"), select->first);
	db_bind_int(db, DB_QUERY, db_parameter(db, ":last"), select->last);
	if (stream == NULL)
		return;
	db_bind_int(db, DB_QUERY, db_parameter(db, ":kind"), stream->kind);
	db_bind_text(db, DB_QUERY, db_parameter(db, ":key"),
	    stream->stream_key);
	db_bind_text(db, DB_QUERY, db_parameter(db, ":service"),
	    stream->service_sid);
}

static void
bind(const struct select *select, int64_t limit)
{
	struct db *const db = select->db;
	char name[sizeof(":v") + 3 * sizeof(size_t)];
	size_t i;
	int index;

	for (i = 0; i < select->n_values; i++) {
		(void)snprintf(name, sizeof(name), ":v%zu", i);
		index = db_parameter(db, name);
		db_bind_text(db, DB_QUERY, index, select->is_null[i] ?
		    slice_of(NULL) : buf_slice(&select->value[i]));
	}
	bind_range(select);
	db_bind_int(db, DB_QUERY, db_parameter(db, ":limit"), limit);
}

static bool
is_whole(const struct select *select, const struct buf *sql)
{
	bool ok = buf_ok(sql) && buf_ok(&select->where) &&
	    buf_ok(&select->order);
	size_t i;

	for (i = 0; i < select->n_values; i++)
		ok = ok && buf_ok(&select->value[i]);
	return ok;
}

enum rc
select_run(struct select *select, const char *column, int64_t limit,
    struct err *err)
{
	struct buf sql;
	enum rc rc;

	buf_init(&sql, 0);
	if (column == NULL)
		buf_add_text(&sql, "SELECT * FROM ");
	else
		buf_printf(&sql, "SELECT \"%s\" FROM ", column);
	add_statement(select, &sql, select->statement);
	buf_add_text(&sql, " WHERE 1");
	buf_add_slice(&sql, buf_slice(&select->where));
	add_range(select, &sql);
	add_ids(select, &sql);
	buf_add_slice(&sql, buf_slice(&select->order));
	buf_add_text(&sql, " LIMIT :limit");
	if (is_whole(select, &sql))
		rc = db_query(select->db, sql.data, err);
	else
		rc = err_set(err, RC_MEMORY, "no memory");
	if (rc == RC_OK)
		bind(select, limit);
	buf_clear(&sql);
	return rc;
}
