#include "cli/output_parts.h"

#include <stdlib.h>

#include "cli/plain.h"

/* Rows are not held back beyond that, however large their values. */
#define HELD_MAX (1024U * 1024)
/* Held of a cell on any terminal: a number, which is never cut. */
#define NUMBER_WIDTH 24U

struct output_table *
output_table_new(size_t n)
{
	struct output_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->widths = calloc(n, sizeof(*table->widths));
	table->least = calloc(n, sizeof(*table->least));
	table->is_number = calloc(n, sizeof(*table->is_number));
	table->is_shown = calloc(n, sizeof(*table->is_shown));
	if (table->widths == NULL || table->least == NULL ||
	    table->is_number == NULL || table->is_shown == NULL) {
		output_table_free(table, n);
		return NULL;
	}
	return table;
}

static void
row_clear(struct output_table_row *row, size_t n)
{
	size_t i;

	for (i = 0; row->cells != NULL && i < n; i++)
		buf_clear(&row->cells[i].text);
	free(row->cells);
	row->cells = NULL;
}

void
output_table_free(struct output_table *table, size_t n)
{
	size_t i;

	if (table == NULL)
		return;
	for (i = 0; i < OUTPUT_LOOK_AHEAD; i++)
		row_clear(&table->rows[i], n);
	free(table->widths);
	free(table->least);
	free(table->is_number);
	free(table->is_shown);
	free(table);
}

bool
output_table_is_empty(const struct output_table *table)
{
	return table->n_rows == 0 && !table->is_settled;
}

/* ------------------------------------------------------------------------
 * Cells
 */

/* Of a terminal no more need be held than its line has. */
static void
set_cell(struct output *output, struct output_cell *cell, struct slice text)
{
	const size_t line = output->terminal.width;

	buf_reset(&cell->text);
	if (output->terminal.is_terminal) {
		buf_reset(&output->line);
		plain_add(&output->line, text);
		plain_cut(&cell->text, buf_slice(&output->line),
		    line > NUMBER_WIDTH ? line : NUMBER_WIDTH);
		if (!buf_ok(&output->line))
			output->is_out_of_memory = true;
		buf_reset(&output->line);
	} else {
		plain_add(&cell->text, text);
	}
	if (!buf_ok(&cell->text))
		output->is_out_of_memory = true;
	cell->width = plain_width(buf_slice(&cell->text));
}

/* As the views have times. */
static bool
is_time(struct slice text)
{
	static const char shape[] = "dddd-dd-dd dd:dd:dd.ddd";
	size_t i;

	if (text.len != OUTPUT_TIME_WIDTH)
		return false;
	for (i = 0; i < text.len; i++) {
		if (shape[i] == 'd' ? text.p[i] < '0' || text.p[i] > '9' :
		    text.p[i] != shape[i])
			return false;
	}
	return true;
}

static void
set_value(struct output *output, struct output_cell *cell, const char *column,
    const struct db_value *value)
{
	struct slice text = slice_of("-");

	cell->type = value->type;
	cell->colour = COLOUR_DIM;
	if (value->type != DB_NULL) {
		text = output_value_text(output, value);
		cell->colour = terminal_colour_of(column, text);
	}
	cell->is_time = value->type == DB_TEXT && is_time(text);
	set_cell(output, cell, text);
}

static void
add_spaces(struct buf *line, size_t n)
{
	while (n-- > 0)
		buf_add_char(line, ' ');
}

static bool
is_cut(const struct output *output, const struct output_cell *cell,
    size_t column, size_t most)
{
	return output->terminal.is_terminal && cell->width > most &&
	    !(output->table->is_number[column] && output_is_number(cell));
}

/* A cell's text in so many columns. */
static void
cut_cell(struct buf *cut, const struct output_cell *cell, size_t most)
{
	struct slice text = buf_slice(&cell->text);

	if (cell->is_time && most >= OUTPUT_TIME_LEAST) {
		text.len = OUTPUT_TIME_LEAST;
		buf_add_slice(cut, text);
	} else {
		plain_cut(cut, text, most);
	}
}

/* Takes from the slack what the column's width does not have. */
static void
add_cell(struct output *output, const struct output_cell *cell, size_t column,
    size_t *slack)
{
	const struct output_table *table = output->table;
	const size_t own = table->widths[column];
	struct buf *line = &output->line, *cut = &output->value;
	size_t width = cell->width, more;

	buf_reset(cut);
	if (is_cut(output, cell, column, own + *slack)) {
		cut_cell(cut, cell, own + *slack);
		width = plain_width(buf_slice(cut));
	} else {
		buf_add_slice(cut, buf_slice(&cell->text));
	}
	if (!buf_ok(cut))
		output->is_out_of_memory = true;
	more = width > own ? width - own : 0;
	*slack -= more < *slack ? more : *slack;
	if (table->is_number[column] && width < own)
		add_spaces(line, own - width);
	terminal_paint(line, &output->terminal, cell->colour,
	    buf_slice(cut));
	if (!table->is_number[column] && width < own &&
	    (column + 1 < output->n || table->n_shown < output->n))
		add_spaces(line, own - width);
}

static void
add_row(struct output *output, const struct output_table_row *row)
{
	const struct output_table *table = output->table;
	size_t i, slack = table->slack;

	if (row->is_note) {
		terminal_paint(&output->line, &output->terminal, COLOUR_DIM,
		    buf_slice(&row->cells[0].text));
	} else {
		for (i = 0; i < output->n; i++) {
			if (!table->is_shown[i])
				continue;
			if (i > 0)
				buf_add_text(&output->line, OUTPUT_GAP);
			add_cell(output, &row->cells[i], i, &slack);
		}
		if (table->n_shown < output->n)
			buf_add_text(&output->line, OUTPUT_MORE);
	}
	buf_add_char(&output->line, '\n');
	output_add_line(output);
}

/* ------------------------------------------------------------------------
 * Rows
 */

/* The next row to fill; NULL: no memory. */
static struct output_table_row *
next_row(struct output *output)
{
	struct output_table *table = output->table;
	struct output_table_row *row = &table->rows[table->is_settled ? 0 :
	    table->n_rows];

	if (row->cells == NULL)
		row->cells = calloc(output->n, sizeof(*row->cells));
	if (row->cells == NULL)
		output->is_out_of_memory = true;
	return row->cells == NULL ? NULL : row;
}

/* The row is filled: held back, or added at once. */
static void
take_row(struct output *output, const struct output_table_row *row)
{
	struct output_table *table = output->table;
	const size_t n = row->is_note ? 1 : output->n;
	size_t i;

	if (table->is_settled) {
		add_row(output, row);
		return;
	}
	for (i = 0; i < n; i++)
		table->held += row->cells[i].text.len;
	table->n_rows++;
	if (table->n_rows == OUTPUT_LOOK_AHEAD || table->held >= HELD_MAX)
		output_table_settle(output);
}

void
output_table_row(struct output *output, const struct db_value *values)
{
	struct output_table_row *row = next_row(output);
	size_t i;

	if (row == NULL)
		return;
	row->is_note = false;
	for (i = 0; i < output->n; i++)
		set_value(output, &row->cells[i], output->columns[i].name,
		    &values[i]);
	take_row(output, row);
}

void
output_table_note(struct output *output, struct slice text)
{
	struct output_table_row *row = next_row(output);

	if (row == NULL)
		return;
	row->is_note = true;
	buf_reset(&row->cells[0].text);
	plain_add(&row->cells[0].text, text);
	if (!buf_ok(&row->cells[0].text))
		output->is_out_of_memory = true;
	take_row(output, row);
}

void
output_table_settle(struct output *output)
{
	struct output_table *table = output->table;
	struct output_table_row head = { .cells = NULL };
	size_t i;

	if (table->is_settled)
		return;
	table->is_settled = true;
	head.cells = calloc(output->n, sizeof(*head.cells));
	if (head.cells == NULL) {
		output->is_out_of_memory = true;
		return;
	}
	for (i = 0; i < output->n; i++) {
		set_cell(output, &head.cells[i],
		    slice_of(output->columns[i].name));
		head.cells[i].colour = COLOUR_BOLD;
	}
	output_table_fit(output, head.cells);
	add_row(output, &head);
	for (i = 0; i < table->n_rows; i++)
		add_row(output, &table->rows[i]);
	/* The first one is used again. */
	for (i = 1; i < table->n_rows; i++)
		row_clear(&table->rows[i], output->n);
	row_clear(&head, output->n);
}
