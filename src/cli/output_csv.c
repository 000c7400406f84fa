#include "cli/output_parts.h"

#include "cli/plain.h"

static bool
needs_quotes(struct slice value)
{
	size_t i;

	for (i = 0; i < value.len; i++) {
		switch (value.p[i]) {
		case '"':
		case ',':
		case '\r':
		case '\n':
			return true;
		default:
			break;
		}
	}
	return false;
}

static void
add_quoted(struct buf *line, struct slice value)
{
	size_t i;

	if (!needs_quotes(value)) {
		buf_add_slice(line, value);
		return;
	}
	buf_add_char(line, '"');
	for (i = 0; i < value.len; i++) {
		if (value.p[i] == '"')
			buf_add_char(line, '"');
		buf_add_char(line, value.p[i]);
	}
	buf_add_char(line, '"');
}

/* A program gets the very bytes, a terminal none that would steer it. */
static void
add_field(struct output *output, size_t column, struct slice value)
{
	struct buf plain;

	if (column > 0)
		buf_add_char(&output->line, ',');
	if (!output->terminal.is_terminal) {
		add_quoted(&output->line, value);
		return;
	}
	buf_init(&plain, 0);
	plain_add(&plain, value);
	add_quoted(&output->line, buf_slice(&plain));
	if (!buf_ok(&plain))
		output->is_out_of_memory = true;
	buf_clear(&plain);
}

void
output_csv_head(struct output *output)
{
	size_t i;

	for (i = 0; i < output->n; i++)
		add_field(output, i,
		    slice_of(output->columns[i].name));
	buf_add_text(&output->line, "\r\n");
	output_add_line(output);
}

void
output_csv_row(struct output *output, const struct db_value *values)
{
	size_t i;

	for (i = 0; i < output->n; i++)
		add_field(output, i, values[i].type == DB_NULL ?
		    slice_of("") : output_value_text(output, &values[i]));
	buf_add_text(&output->line, "\r\n");
	output_add_line(output);
}
