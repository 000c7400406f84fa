/*
 * select -- which rows of a listing are wanted, and in which order.
 *
 * A listing is a named statement without ORDER BY and LIMIT, that is wrapped:
 * "SELECT * FROM (statement) WHERE .. ORDER BY .. LIMIT ..". SQLite makes one
 * query of both, so that indexes are found as if it had been written as one.
 * Only names of the statement's own columns get into the SQL; all values are
 * bound.
 */
#ifndef CLI_SELECT_H
#define CLI_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/name.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "journal/db.h"

/* More than all options of a listing together give. */
#define SELECT_VALUES 48

enum select_test {
	SELECT_IS,	/* NULL is NULL */
	SELECT_IS_NOT,
	SELECT_BEGINS,	/* case matters, and no character is special */
	SELECT_FROM,	/* at least */
	SELECT_TO,	/* at most */
	N_SELECT_TESTS
};

struct select {
	struct db *db;		/* borrowed */
	enum statement statement;
	struct buf where;	/* conditions, joined */
	struct buf order;	/* terms, joined */
	struct buf value[SELECT_VALUES];
	bool is_null[SELECT_VALUES];
	size_t n_values;
	const struct subject *stream;	/* borrowed; NULL: of any */
	const char *range_column;	/* NULL: no range */
	int64_t first, last;
	const int64_t *id;	/* borrowed; NULL: any */
	const char *id_column;
	size_t n_ids;
};

/*
 * select_init -- all rows of a statement, in no order.
 *
 * *select  set in any case, cleared with select_clear
 *
 * Codes of db_prepare.
 */
enum rc select_init(struct select *select, struct db *db,
    enum statement statement, struct err *err);
void select_clear(struct select *select);

/* select_column -- the name of a column, from 0; NULL: there are no more. */
const char *select_column(const struct select *select, int i);

/* select_find -- the number of the column of this name; -1: there is none. */
int select_find(const struct select *select, const char *name);

/* All that follows takes columns that there are, and narrows what is there
 * already. Failures are remembered, and are the result of select_run. */

/* select_where -- only rows whose column is so; the value is copied, bytes that
 * are no UTF-8 as \xHH, as the views have them. p NULL: NULL. */
void select_where(struct select *select, const char *column,
    enum select_test test, struct slice value);

/* select_where_word -- only rows whose column is one of some words, n of them,
 * at least 1. */
void select_where_word(struct select *select, const char *column,
    const char *const *words, size_t n);

/* select_where_stream -- only rows whose column is a position of this stream's
 * events. Then the range must be of the same column. */
void select_where_stream(struct select *select, const char *column,
    const struct subject *stream);

/* select_range -- only rows whose column, an integer, is first to last; takes
 * the place of the range before. */
void select_range(struct select *select, const char *column, int64_t first,
    int64_t last);

/* select_ids -- only rows whose column, an integer, is one of these, borrowed;
 * takes the place of those before, and of a stream or range. */
void select_ids(struct select *select, const char *column, const int64_t *id,
    size_t n);

/* select_order -- then by this column or, if word is not NULL, by whether it is
 * this word, those that are not first. */
void select_order(struct select *select, const char *column,
    const char *word, bool descending);

/*
 * select_run -- make the query, and bind: DB_QUERY is to be read then, until
 * the next one of this connection. What was bound is borrowed from *select.
 *
 * column  the only one that is wanted; NULL: all
 * limit   of rows; -1: all
 *
 * Codes of db_query; RC_MEMORY.
 */
enum rc select_run(struct select *select, const char *column, int64_t limit,
    struct err *err);

#endif
