#include "cli/output.h"

#include <stdlib.h>

#include "cli/output_parts.h"
#include "cli/plain.h"

/* A name and ": " before a value, which is in line with the others. */
#define AFTER_NAME 2

/* The name made plain, into output->line. */
static size_t
add_name(struct output *output, const struct output_pair *pair)
{
	const size_t before = output->line.len;

	plain_add(&output->line, slice_of(pair->name));
	return plain_width((struct slice){
	    buf_slice(&output->line).p + before,
	    output->line.len - before });
}

static size_t
widest_name(struct output *output, const struct output_pair *pairs, size_t n)
{
	size_t i, width, most = 0;

	for (i = 0; i < n; i++) {
		width = add_name(output, &pairs[i]);
		if (width > most)
			most = width;
		buf_reset(&output->line);
	}
	return most;
}

/* column: where the value begins. */
static void
add_value(struct output *output, const struct output_pair *pair,
    size_t column, struct buf *plain, struct buf *cut)
{
	const struct terminal *terminal = &output->terminal;
	enum colour colour = COLOUR_DIM;
	struct slice text = slice_of("-");

	buf_reset(plain);
	buf_reset(cut);
	if (pair->value.type != DB_NULL) {
		text = output_value_text(output, &pair->value);
		colour = terminal_colour_of(pair->name, text);
	}
	plain_add(plain, text);
	if (terminal->is_terminal)
		plain_cut(cut, buf_slice(plain),
		    terminal->width > column + OUTPUT_CELL_LEAST ?
		    terminal->width - column : OUTPUT_CELL_LEAST);
	else
		buf_add_slice(cut, buf_slice(plain));
	terminal_paint(&output->line, terminal, colour, buf_slice(cut));
	if (!buf_ok(plain) || !buf_ok(cut))
		output->is_out_of_memory = true;
}

static void
add_pairs(struct output *output, const struct output_pair *pairs, size_t n)
{
	const size_t column = widest_name(output, pairs, n) + AFTER_NAME;
	struct buf plain, cut;
	size_t i, width;

	buf_init(&plain, 0);
	buf_init(&cut, 0);
	for (i = 0; i < n; i++) {
		width = add_name(output, &pairs[i]) + 1;
		buf_add_char(&output->line, ':');
		for (; width < column; width++)
			buf_add_char(&output->line, ' ');
		add_value(output, &pairs[i], column, &plain, &cut);
		buf_add_char(&output->line, '\n');
		output_add_line(output);
	}
	buf_clear(&cut);
	buf_clear(&plain);
}

/* As the only row of a listing. */
static enum rc
begin_row(struct output **output, enum output_format format, FILE *file,
    const struct output_pair *pairs, size_t n, struct err *err)
{
	struct output_column *columns = calloc(n, sizeof(*columns));
	struct db_value *values = calloc(n, sizeof(*values));
	enum rc rc;
	size_t i;

	if (columns == NULL || values == NULL) {
		rc = err_set(err, RC_MEMORY, "no memory for a listing");
		goto out;
	}
	for (i = 0; i < n; i++) {
		columns[i].name = pairs[i].name;
		values[i] = pairs[i].value;
	}
	rc = output_begin(output, format, file, columns, n, err);
	if (rc == RC_OK)
		output_row(*output, values);
out:
	free(columns);
	free(values);
	return rc;
}

enum rc
output_pairs(enum output_format format, FILE *file,
    const struct output_pair *pairs, size_t n, struct err *err)
{
	struct output *output = NULL;
	enum rc rc;

	if (format == OUTPUT_TABLE)
		rc = output_begin(&output, format, file, NULL, 0, err);
	else
		rc = begin_row(&output, format, file, pairs, n, err);
	if (rc == RC_OK && format == OUTPUT_TABLE)
		add_pairs(output, pairs, n);
	if (rc == RC_OK)
		rc = output_finish(output, err);
	output_free(output);
	return rc;
}
