#include "cli/output.h"

#include <stdlib.h>

#include "cli/output_parts.h"

struct db_value
output_value(struct db *db, enum statement statement, int column)
{
	struct db_value value = db_column(db, statement, column);

	if (value.type == DB_REAL)
		value.bytes = db_bytes(db, statement, column);
	return value;
}

static enum rc
begin(struct output **output, struct db *db, enum statement statement,
    enum output_format format, FILE *file, struct err *err)
{
	const int n = db_columns(db, statement);
	struct output_column *columns = calloc((size_t)n, sizeof(*columns));
	enum rc rc;
	int i;

	if (columns == NULL)
		return err_set(err, RC_MEMORY, "no memory for a listing");
	for (i = 0; i < n; i++)
		columns[i].name = db_column_name(db, statement, i);
	rc = output_begin(output, format, file, columns, (size_t)n, err);
	free(columns);
	return rc;
}

static enum rc
read_rows(struct output *output, struct db *db, enum statement statement,
    struct err *err)
{
	struct db_value *values = calloc(output->n, sizeof(*values));
	enum rc rc = RC_OK;
	bool row = true;
	size_t i;

	if (values == NULL)
		return err_set(err, RC_MEMORY, "no memory for a row");
	while (!output->spool.is_over) {
		rc = db_row(db, statement, &row, err);
		if (rc != RC_OK || !row)
			break;
		for (i = 0; i < output->n; i++)
			values[i] = output_value(db, statement, (int)i);
		output_row(output, values);
	}
	db_done(db, statement);
	free(values);
	return rc;
}

enum rc
output_read(struct output **output, struct db *db, enum statement statement,
    enum output_format format, FILE *file, struct err *err)
{
	struct output *made = NULL;
	enum rc rc;

	rc = db_prepare(db, statement, err);
	if (rc == RC_OK)
		rc = begin(&made, db, statement, format, file, err);
	if (rc == RC_OK)
		rc = read_rows(made, db, statement, err);
	if (rc == RC_OK)
		*output = made;
	else
		output_free(made);
	return rc;
}

enum rc
output_rows(struct db *db, enum statement statement,
    enum output_format format, FILE *file, struct err *err)
{
	struct output *output = NULL;
	enum rc rc;

	rc = output_read(&output, db, statement, format, file, err);
	if (rc == RC_OK)
		rc = output_finish(output, err);
	output_free(output);
	return rc;
}
