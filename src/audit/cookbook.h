/*
 * cookbook -- the queries that are shipped, by name (sql/cookbook.sql).
 */
#ifndef AUDIT_COOKBOOK_H
#define AUDIT_COOKBOOK_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/* Slices of the file's text. */
struct recipe {
	struct slice name;
	struct slice about;	/* comment lines, each with its "-- " */
	struct slice sql;	/* one statement, with its ";" */
};

/*
 * cookbook_next -- the next query of the file.
 *
 * *recipe  name.p NULL: begin; else the one before. Set only when true is
 *          returned
 */
bool cookbook_next(struct recipe *recipe);

/* cookbook_find -- the query of this name; false: there is none. */
bool cookbook_find(const char *name, struct recipe *recipe);

/* cookbook_about -- append what a query is for, as one line. */
void cookbook_about(struct buf *out, const struct recipe *recipe);

#endif
