#include "cli/output.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "cli/output_parts.h"

static const char *const format_names[N_OUTPUT_FORMATS] = {
	[OUTPUT_TABLE] = "table",
	[OUTPUT_JSON] = "json",
	[OUTPUT_CSV] = "csv",
};

bool
output_format_of(const char *word, enum output_format *format)
{
	int i;

	for (i = 0; i < N_OUTPUT_FORMATS; i++) {
		if (strcmp(word, format_names[i]) == 0) {
			*format = (enum output_format)i;
			return true;
		}
	}
	return false;
}

/* ------------------------------------------------------------------------
 * Life
 */

static bool
copy_columns(struct output *output, const struct output_column *columns,
    size_t n)
{
	char *name;

	output->columns = calloc(n, sizeof(*output->columns));
	if (output->columns == NULL)
		return false;
	for (output->n = 0; output->n < n; output->n++) {
		name = strdup(columns[output->n].name);
		if (name == NULL)
			return false;
		output->columns[output->n] = columns[output->n];
		output->columns[output->n].name = name;
	}
	if (output->format == OUTPUT_TABLE)
		output->table = output_table_new(n);
	return output->format != OUTPUT_TABLE || output->table != NULL;
}

enum rc
output_begin(struct output **output, enum output_format format, FILE *file,
    const struct output_column *columns, size_t n, struct err *err)
{
	struct output *made = calloc(1, sizeof(*made));

	if (made == NULL)
		goto no_memory;
	made->format = format;
	made->terminal = terminal_look(file);
	spool_init(&made->spool, file);
	buf_init(&made->line, 0);
	buf_init(&made->value, 0);
	if (n > 0 && !copy_columns(made, columns, n))
		goto no_memory;
	if (n > 0 && format == OUTPUT_CSV)
		output_csv_head(made);
	*output = made;
	return RC_OK;
no_memory:
	output_free(made);
	return err_set(err, RC_MEMORY, "no memory for a listing");
}

void
output_free(struct output *output)
{
	size_t i;

	if (output == NULL)
		return;
	output_table_free(output->table, output->n);
	for (i = 0; i < output->n; i++)
		free((void *)(uintptr_t)output->columns[i].name);
	free(output->columns);
	buf_clear(&output->line);
	buf_clear(&output->value);
	spool_clear(&output->spool);
	free(output);
}

const struct terminal *
output_terminal(const struct output *output)
{
	return &output->terminal;
}

bool
output_is_over(struct output *output)
{
	return spool_is_over(&output->spool);
}

/* ------------------------------------------------------------------------
 * Values and lines
 */

static void
add_hex(struct buf *text, struct slice bytes)
{
	char hex[3];
	size_t i;

	for (i = 0; i < bytes.len; i++) {
		digest_hex((const uint8_t *)bytes.p + i, 1, hex);
		buf_add_text(text, hex);
	}
}

struct slice
output_value_text(struct output *output, const struct db_value *value)
{
	struct buf *text = &output->value;

	buf_reset(text);
	switch (value->type) {
	case DB_INTEGER:
		buf_printf(text, "%" PRId64, value->number);
		break;
	case DB_BLOB:
		add_hex(text, value->bytes);
		break;
	case DB_REAL:
	case DB_TEXT:
		return value->bytes;
	case DB_NULL:
	case N_DB_TYPES:
		break;
	}
	if (!buf_ok(text))
		output->is_out_of_memory = true;
	return buf_slice(text);
}

void
output_add_line(struct output *output)
{
	if (!buf_ok(&output->line))
		output->is_out_of_memory = true;
	else
		spool_add(&output->spool, buf_slice(&output->line));
	buf_reset(&output->line);
}

void
output_row(struct output *output, const struct db_value *values)
{
	switch (output->format) {
	case OUTPUT_TABLE:
		output_table_row(output, values);
		break;
	case OUTPUT_JSON:
		output_json_row(output, values);
		break;
	case OUTPUT_CSV:
		output_csv_row(output, values);
		break;
	case N_OUTPUT_FORMATS:
		break;
	}
}

void
output_note(struct output *output, const char *text)
{
	if (output->table != NULL)
		output_table_note(output, slice_of(text));
}

void
output_text(struct output *output, struct slice lines)
{
	if (output->table != NULL)
		output_table_settle(output);
	spool_add(&output->spool, lines);
}

void
output_look(struct output *output, FILE *file)
{
	output->terminal = terminal_look(file);
}

/* ------------------------------------------------------------------------
 * Printing
 */

static enum rc
print(struct output *output, struct err *err)
{
	if (output->is_out_of_memory)
		return err_set(err, RC_MEMORY, "no memory for a row");
	return spool_flush(&output->spool, err);
}

enum rc
output_flush(struct output *output, struct err *err)
{
	/* The head waits for rows to measure. */
	if (output->table != NULL && !output_table_is_empty(output->table))
		output_table_settle(output);
	return print(output, err);
}

enum rc
output_finish(struct output *output, struct err *err)
{
	if (output->table != NULL)
		output_table_settle(output);
	return print(output, err);
}

enum rc
output_end(struct err *err)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return RC_OK;
	if (spool_reader_gone(stdout))
		return RC_OK;
	return err_set(err, RC_SYSTEM, "standard output: cannot be written "
	    "to");
}
