/*
 * value -- values for output_row and output_pairs.
 */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "journal/db.h"

/* value_text -- borrowed; p NULL: NULL. */
static inline struct db_value
value_text(struct slice text)
{
	return (struct db_value){ .type = text.p == NULL ? DB_NULL : DB_TEXT,
	    .bytes = text };
}

/* value_number -- NULL unless it is there. */
static inline struct db_value
value_number(bool is_there, int64_t number)
{
	return (struct db_value){ .type = is_there ? DB_INTEGER : DB_NULL,
	    .number = number };
}

#endif
