/*
 * output -- the rows of a statement for people and programs.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "journal/db.h"

enum output_format {
	OUTPUT_TABLE,	/* aligned, with a head; control characters as \xHH,
			 * so that no value can steer a terminal */
	OUTPUT_JSON,	/* one object a line (RFC 8259), columns as names */
	OUTPUT_CSV,	/* RFC 4180, with a head; NULL as nothing */
	N_OUTPUT_FORMATS
};

/* output_format_of -- "table", "json" or "csv"; false for another word. */
bool output_format_of(const char *word, enum output_format *format);

/*
 * output_rows -- write all rows of a statement whose parameters are bound.
 *
 * RC_SYSTEM  the file cannot be written to
 */
enum rc output_rows(struct db *db, enum statement statement,
    enum output_format format, FILE *file, struct err *err);

/* output_end -- whether all that was written to standard output arrived;
 * RC_SYSTEM when not. */
enum rc output_end(struct err *err);

#endif
