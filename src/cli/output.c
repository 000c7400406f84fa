#include "cli/output.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/text.h"
#include "cli/plain.h"

/* Widths are taken from so many rows; a wider value further down is out of
 * line, and a listing of any length starts at once. */
#define TABLE_LOOK_AHEAD 200
/* A wider column is cut on its way to a person, not to a program. */
#define TABLE_WIDTH_MAX 60

struct output {
	struct db *db;
	enum statement statement;
	FILE *file;
	int n;			/* columns */
	struct buf text;	/* one value or line */
	/* Of a table: the rows looked at, values n to a row. */
	struct buf *held;
	size_t n_held;
	size_t *width;
};

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

/* A blob has no text of its own: its bytes in hexadecimal. */
static void
add_blob(struct buf *text, struct slice bytes)
{
	char hex[3];
	size_t i;

	for (i = 0; i < bytes.len; i++) {
		digest_hex((const uint8_t *)bytes.p + i, 1, hex);
		buf_add_text(text, hex);
	}
}

/* A column of the current row as text; false for NULL. */
static bool
add_value(struct output *output, struct buf *text, int column)
{
	struct slice bytes = db_bytes(output->db, output->statement, column);

	if (bytes.p == NULL)
		return false;
	if (db_column_type(output->db, output->statement, column) == DB_BLOB)
		add_blob(text, bytes);
	else
		buf_add_slice(text, bytes);
	return true;
}

/* ------------------------------------------------------------------------
 * JSON
 */

static void
add_json(struct output *output, int column)
{
	struct buf *line = &output->text;
	struct buf value;

	buf_add_text(line, column == 0 ? "{" : ",");
	text_json(line, slice_of(db_column_name(output->db,
	    output->statement, column)));
	buf_add_char(line, ':');
	buf_init(&value, 0);
	switch (db_column_type(output->db, output->statement, column)) {
	case DB_NULL:
		buf_add_text(line, "null");
		break;
	case DB_INTEGER:
	case DB_REAL:
		(void)add_value(output, line, column);
		break;
	case DB_TEXT:
	case DB_BLOB:
	case N_DB_TYPES:
		(void)add_value(output, &value, column);
		text_json(line, buf_slice(&value));
		break;
	}
	buf_clear(&value);
}

static void
write_json(struct output *output)
{
	int i;

	buf_reset(&output->text);
	for (i = 0; i < output->n; i++)
		add_json(output, i);
	buf_add_text(&output->text, "}\n");
}

/* ------------------------------------------------------------------------
 * CSV
 */

static void
add_csv(struct buf *line, struct slice value)
{
	size_t i;
	bool quote = false;

	for (i = 0; i < value.len; i++) {
		if (strchr("\",\r\n", value.p[i]) != NULL)
			quote = true;
	}
	if (!quote) {
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

static void
write_csv(struct output *output)
{
	struct buf value;
	int i;

	buf_init(&value, 0);
	buf_reset(&output->text);
	for (i = 0; i < output->n; i++) {
		if (i > 0)
			buf_add_char(&output->text, ',');
		buf_reset(&value);
		(void)add_value(output, &value, i);
		add_csv(&output->text, buf_slice(&value));
	}
	buf_add_text(&output->text, "\r\n");
	if (!buf_ok(&value))
		output->text.failed = true;
	buf_clear(&value);
}

static void
write_csv_head(struct output *output)
{
	int i;

	buf_reset(&output->text);
	for (i = 0; i < output->n; i++) {
		if (i > 0)
			buf_add_char(&output->text, ',');
		add_csv(&output->text, slice_of(db_column_name(output->db,
		    output->statement, i)));
	}
	buf_add_text(&output->text, "\r\n");
}

/* ------------------------------------------------------------------------
 * Table
 */

/* Whether a byte begins a character of UTF-8, and so takes a column. */
static bool
is_start(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* The value made harmless, and cut. */
static void
add_cell(struct buf *cell, struct slice value)
{
	size_t i = 0, width = 0, n;

	while (i < value.len) {
		if (is_start(value.p[i]) && width >= TABLE_WIDTH_MAX - 2) {
			buf_add_text(cell, "..");
			return;
		}
		n = plain_control(value, i);
		width += n > 0 ? 4 * n : is_start(value.p[i]);
		i += plain_add(cell, value, i);
	}
}

static size_t
cell_width(const struct buf *cell)
{
	size_t i, width = 0;

	for (i = 0; i < cell->len; i++)
		width += is_start(cell->data[i]);
	return width;
}

static void
add_padded(struct output *output, const struct buf *cell, int column)
{
	size_t width;

	if (column > 0)
		buf_add_text(&output->text, "  ");
	buf_add_slice(&output->text, buf_slice(cell));
	if (column == output->n - 1)
		return;
	for (width = cell_width(cell); width < output->width[column]; width++)
		buf_add_char(&output->text, ' ');
}

/* One line of cells. */
static void
write_cells(struct output *output, const struct buf *cells)
{
	int i;

	buf_reset(&output->text);
	for (i = 0; i < output->n; i++)
		add_padded(output, &cells[i], i);
	buf_add_char(&output->text, '\n');
}

static bool
flush(struct output *output)
{
	if (!buf_ok(&output->text))
		return false;
	return fwrite(output->text.data, 1, output->text.len, output->file) ==
	    output->text.len;
}

static void
read_cells(struct output *output, struct buf *cells)
{
	struct buf value;
	int i;

	buf_init(&value, 0);
	for (i = 0; i < output->n; i++) {
		buf_reset(&value);
		buf_reset(&cells[i]);
		if (!add_value(output, &value, i))
			buf_add_char(&value, '-');
		add_cell(&cells[i], buf_slice(&value));
	}
	buf_clear(&value);
}

/* The head, then the rows that were held back to measure them. */
static bool
write_held(struct output *output)
{
	struct buf *row;
	size_t i, width;
	int column;

	for (i = 0; i < output->n_held; i++) {
		row = &output->held[i * (size_t)output->n];
		for (column = 0; column < output->n; column++) {
			width = cell_width(&row[column]);
			if (width > output->width[column])
				output->width[column] = width;
		}
	}
	for (i = 0; i < output->n_held; i++) {
		write_cells(output, &output->held[i * (size_t)output->n]);
		if (!flush(output))
			return false;
	}
	return true;
}

/* Row 0 of what is held is the head. */
static bool
start_table(struct output *output)
{
	size_t n = (size_t)output->n;
	int i;

	output->held = calloc((TABLE_LOOK_AHEAD + 2) * n,
	    sizeof(*output->held));
	output->width = calloc(n, sizeof(*output->width));
	if (output->held == NULL || output->width == NULL)
		return false;
	for (i = 0; i < output->n; i++)
		buf_add_text(&output->held[i], db_column_name(output->db,
		    output->statement, i));
	output->n_held = 1;
	return true;
}

static bool
write_table_row(struct output *output)
{
	struct buf *spare;

	if (output->n_held <= TABLE_LOOK_AHEAD) {
		read_cells(output, &output->held[output->n_held *
		    (size_t)output->n]);
		output->n_held++;
		return output->n_held <= TABLE_LOOK_AHEAD ||
		    write_held(output);
	}
	spare = &output->held[(TABLE_LOOK_AHEAD + 1) * (size_t)output->n];
	read_cells(output, spare);
	write_cells(output, spare);
	return flush(output);
}

static void
output_clear(struct output *output)
{
	size_t i, n = output->held == NULL ? 0 :
	    (TABLE_LOOK_AHEAD + 2) * (size_t)output->n;

	for (i = 0; i < n; i++)
		buf_clear(&output->held[i]);
	free(output->held);
	free(output->width);
	buf_clear(&output->text);
}

/* ------------------------------------------------------------------------
 * All
 */

static bool
start(struct output *output, enum output_format format)
{
	switch (format) {
	case OUTPUT_TABLE:
		return start_table(output);
	case OUTPUT_CSV:
		write_csv_head(output);
		return flush(output);
	case OUTPUT_JSON:
	case N_OUTPUT_FORMATS:
		break;
	}
	return true;
}

static bool
write_row(struct output *output, enum output_format format)
{
	switch (format) {
	case OUTPUT_TABLE:
		return write_table_row(output);
	case OUTPUT_CSV:
		write_csv(output);
		break;
	case OUTPUT_JSON:
	case N_OUTPUT_FORMATS:
		write_json(output);
		break;
	}
	return flush(output);
}

static bool
finish(struct output *output, enum output_format format)
{
	if (format == OUTPUT_TABLE && output->n_held <= TABLE_LOOK_AHEAD &&
	    !write_held(output))
		return false;
	return fflush(output->file) == 0;
}

enum rc
output_rows(struct db *db, enum statement statement,
    enum output_format format, FILE *file, struct err *err)
{
	struct output output = { .db = db, .statement = statement,
	    .file = file };
	enum rc rc;
	bool row, ok;

	rc = db_prepare(db, statement, err);
	if (rc != RC_OK)
		return rc;
	output.n = db_columns(db, statement);
	ok = start(&output, format);
	while (ok) {
		rc = db_row(db, statement, &row, err);
		if (rc != RC_OK || !row)
			break;
		ok = write_row(&output, format);
	}
	if (rc == RC_OK)
		ok = ok && finish(&output, format);
	if (rc == RC_OK && !ok)
		rc = err_set(err, RC_SYSTEM, "standard output: cannot be "
		    "written to");
	db_done(db, statement);
	output_clear(&output);
	return rc;
}

enum rc
output_end(struct err *err)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return RC_OK;
	return err_set(err, RC_SYSTEM, "standard output: cannot be written "
	    "to");
}
