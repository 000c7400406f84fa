/*
 * output -- what commands print, for people and programs.
 *
 * Rows, notes and lines are kept (cli/spool.h) until output_flush or
 * output_finish, so that a transaction may be open while they are added, but
 * must not be while they are written. What fails is remembered, and is the
 * result of the next flush or finish.
 *
 * A reader that goes away early ("| head") is no failure. SIGPIPE is left as
 * the program was started with: mostly it ends the program without a word.
 * Where it is ignored (by a service manager) the rest is dropped, the result
 * is RC_OK, and output_is_over says so: whoever notes what was handed on, asks
 * it first.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/slice.h"
#include "cli/terminal.h"
#include "journal/db.h"

enum output_format {
	OUTPUT_TABLE,	/* aligned, with a head, numbers to the right, NULL as
			 * '-'; control characters and bytes that are not
			 * UTF-8 as \xHH, so that no value can steer a
			 * terminal. On a terminal values are cut to fit
			 * its width, times to the second first, then the
			 * widest, but not to less than 12, and no number;
			 * columns that do not fit even so are left out, SIDs
			 * first, then from the right, with ".." at the end.
			 * Words are painted (terminal_colour_of). Whole
			 * elsewhere */
	OUTPUT_JSON,	/* one object a line (RFC 8259), columns as names; on a
			 * terminal what text_control tells of is escaped */
	OUTPUT_CSV,	/* RFC 4180, with a head; NULL as nothing; on a terminal
			 * made plain as a table is, else the very bytes */
	N_OUTPUT_FORMATS
};

/* output_format_of -- "table", "json" or "csv"; false for another word. */
bool output_format_of(const char *word, enum output_format *format);

struct output_column {
	const char *name;
	size_t least;		/* columns that a table keeps for it, where
				 * there is room, so that what comes later is
				 * in line too; 0: those of the first rows */
};

struct output;

/*
 * output_begin -- begin a listing; nothing is printed yet.
 *
 * columns   n of them, copied; n may be 0, for what consists of lines alone
 *           (output_text)
 * file      of a descriptor; borrowed. What stands in its buffer is printed
 *           before
 * *output   set only on RC_OK; freed with output_free
 */
enum rc output_begin(struct output **output, enum output_format format,
    FILE *file, const struct output_column *columns, size_t n,
    struct err *err);

/* output_free -- forget what was not written; NULL is accepted. */
void output_free(struct output *output);

/* output_row -- add a row: a value for each column, copied. A DB_REAL comes as
 * its text in bytes. A blob has no text: its bytes in hexadecimal. */
void output_row(struct output *output, const struct db_value *values);

/* output_note -- add a line of words across the table, made plain, dimmed and
 * never cut; other formats leave it out. */
void output_note(struct output *output, const char *text);

/* output_text -- add whole lines as they are, in any format; plain already, and
 * painted by terminal_paint if at all. */
void output_text(struct output *output, struct slice lines);

/* output_look -- from now on made plain as for this file, to which the caller
 * hands on what is printed. Not for a table. */
void output_look(struct output *output, FILE *file);

/* output_json -- add whole lines of JSON; on a terminal U+007F to U+009F are
 * escaped. */
void output_json(struct output *output, struct slice lines);

/* output_terminal -- what it is printed on, as it was at output_begin. */
const struct terminal *output_terminal(const struct output *output);

/*
 * output_flush -- print all that was added. No transaction is open: it may
 * wait for the reader.
 *
 * A table's widths are taken from the first 200 rows, or from those until here;
 * wider values that come later stick out, or are cut on a terminal.
 *
 * RC_SYSTEM  the file cannot be written to, or nothing be kept in TMPDIR
 * RC_MEMORY
 */
enum rc output_flush(struct output *output, struct err *err);

/* output_finish -- the same, at the end: also the head of a table without rows.
 * Nothing may be added any more. */
enum rc output_finish(struct output *output, struct err *err);

/* output_is_over -- whether nobody reads any more; a caller with more to come
 * may stop. */
bool output_is_over(struct output *output);

/*
 * output_read -- begin a listing with all rows of a statement whose parameters
 * are bound; columns are named as it does. The statement is done then, and
 * nothing is printed yet (but into a regular file the beginning of what is
 * larger than the spool's memory).
 *
 * *output  as of output_begin
 *
 * Codes of db_row and output_begin.
 */
enum rc output_read(struct output **output, struct db *db,
    enum statement statement, enum output_format format, FILE *file,
    struct err *err);

/*
 * output_rows -- the same, and print it; nothing more when reading fails.
 *
 * No transaction may be open but the statement's own. Codes of output_read and
 * output_finish.
 */
enum rc output_rows(struct db *db, enum statement statement,
    enum output_format format, FILE *file, struct err *err);

/* output_value -- a column of the current row as output_row takes it. */
struct db_value output_value(struct db *db, enum statement statement,
    int column);

struct output_pair {
	const char *name;
	struct db_value value;	/* as for output_row */
};

/*
 * output_pairs -- print one thing: as a table a line "name: value" each, values
 * in line, cut and painted as in a table; in JSON one object, in CSV a head and
 * a row.
 *
 * n  at least 1
 *
 * Codes of output_begin and output_finish. No transaction may be open.
 */
enum rc output_pairs(enum output_format format, FILE *file,
    const struct output_pair *pairs, size_t n, struct err *err);

/* output_end -- whether all that was written to standard output by other means
 * arrived; RC_SYSTEM when not. RC_OK when its reader has gone. */
enum rc output_end(struct err *err);

#endif
