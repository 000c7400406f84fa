/*
 * output_parts -- what the formats of cli/output.h share; for its files only.
 */
#ifndef CLI_OUTPUT_PARTS_H
#define CLI_OUTPUT_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "cli/output.h"
#include "cli/spool.h"
#include "cli/terminal.h"

struct output_table;

struct output {
	enum output_format format;
	struct terminal terminal;
	struct spool spool;
	struct output_column *columns;	/* n; their names are its own */
	size_t n;
	struct buf line;		/* what is printed next */
	struct buf value;		/* a value's text, while it is used */
	struct output_table *table;	/* of OUTPUT_TABLE with columns, else
					 * NULL */
	bool is_out_of_memory;		/* something could not be added */
};

/* output_add_line -- keep output->line, which is empty then. */
void output_add_line(struct output *output);

/* output_value_text -- the text of a value other than NULL: in output->value,
 * or its own bytes; valid until the next call. */
struct slice output_value_text(struct output *output,
    const struct db_value *value);

/* A row as a line; and the head. */
void output_json_row(struct output *output, const struct db_value *values);
void output_csv_row(struct output *output, const struct db_value *values);
void output_csv_head(struct output *output);

/* ------------------------------------------------------------------------
 * A table, whose first rows are held back to measure them
 */

/* Widths are taken from so many rows; a wider value further down is out of
 * line, and a listing of any length starts at once. */
#define OUTPUT_LOOK_AHEAD 200
/* Between columns; and after the last that is shown, where there are more. */
#define OUTPUT_GAP "  "
#define OUTPUT_MORE "  .."

struct output_cell {
	struct buf text;	/* plain */
	size_t width;
	enum db_type type;
	bool is_time;		/* "YYYY-MM-DD HH:MM:SS.SSS" */
	enum colour colour;
};

struct output_table_row {
	struct output_cell *cells;	/* n; NULL: never used */
	bool is_note;		/* its only cell is the first */
};

struct output_table {
	struct output_table_row rows[OUTPUT_LOOK_AHEAD];
	size_t n_rows;
	size_t held;		/* bytes in them */
	bool is_settled;	/* widths are known, and nothing is held */
	size_t *widths;		/* n */
	size_t *least;		/* n; what a width keeps */
	bool *is_number;	/* n; aligned to the right */
	bool *is_shown;		/* n; the first always is */
	size_t n_shown;
	size_t slack;		/* columns that no width takes, on a terminal */
};

struct output_table *output_table_new(size_t n);
void output_table_free(struct output_table *table, size_t n);
void output_table_row(struct output *output, const struct db_value *values);
void output_table_note(struct output *output, struct slice text);

/* output_table_settle -- add the head and what is held back, unless that was
 * done. */
void output_table_settle(struct output *output);

/* output_table_is_empty -- whether nothing is held back or settled. */
bool output_table_is_empty(const struct output_table *table);

/* A cell that gives way keeps so many columns: enough to tell one SID from
 * another; a time keeps its seconds, and loses what is behind them. */
#define OUTPUT_CELL_LEAST 12U
#define OUTPUT_CELL_NARROW 8U	/* of the only one that is shown */
#define OUTPUT_TIME_WIDTH 23U
#define OUTPUT_TIME_LEAST 19U
/* What stands above a number keeps so many. */
#define OUTPUT_HEAD_LEAST 8U

/* output_is_number -- whether a cell is one. */
bool output_is_number(const struct output_cell *cell);

/* output_table_fit -- take the widths from the head's cells and the rows held
 * back, and decide what is shown on a terminal. */
void output_table_fit(struct output *output, const struct output_cell *head);

/* output_fit -- make n widths smaller until their sum is at most room, the
 * widest first, none below its least; when that is not enough, each is its
 * least. Returns the room that is left. */
size_t output_fit(size_t *widths, const size_t *least, size_t n,
    size_t room);

#endif
