#include "cli/command_list.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/output.h"
#include "cli/source.h"
#include "journal/reader.h"
#include "twilio/number.h"

struct wanted {
	enum output_format format;
	int64_t limit;	/* rows; -1: all */
};

static enum rc
read_wanted(const struct call *call, struct wanted *wanted, struct err *err)
{
	const char *format = call->option[OPTION_FORMAT];
	const char *rows = call->option[OPTION_ROWS];

	wanted->format = OUTPUT_TABLE;
	wanted->limit = -1;
	if (format != NULL && !output_format_of(format, &wanted->format))
		return err_set(err, RC_USAGE, "--format is table, json or "
		    "csv, not: %s", format);
	if (rows != NULL &&
	    !number_parse(slice_of(rows), 10, &wanted->limit))
		return err_set(err, RC_USAGE, "-n takes a number of rows, "
		    "not: %s", rows);
	return RC_OK;
}

static enum rc
list_rows(enum statement statement, const char *path,
    const struct wanted *wanted, struct err *err)
{
	struct db *db = NULL;
	enum rc rc;
	bool file_only;

	rc = reader_open(&db, path, &file_only, err);
	if (rc != RC_OK)
		return rc;
	if (file_only)
		(void)fprintf(stderr, "syncjournal: %s: no permission to "
		    "write beside it: what is only in its WAL is not shown\n",
		    path);
	rc = db_prepare(db, statement, err);
	/* A view that an older journal does not have is no damage. */
	if (rc == RC_STORE)
		(void)reader_check_version(db, path, err);
	if (rc == RC_OK) {
		db_bind_int(db, statement, 1, wanted->limit);
		rc = output_rows(db, statement, wanted->format, stdout, err);
	}
	db_close(db);
	return rc;
}

enum rc
list_command(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	struct source source = { .conf = NULL };
	struct wanted wanted;
	enum rc rc;

	rc = read_wanted(call, &wanted, err);
	if (rc == RC_OK)
		rc = source_find(&source, call, err);
	if (rc == RC_OK)
		rc = list_rows(command->statement, source.path, &wanted, err);
	source_clear(&source);
	if (rc == RC_OK)
		*status = STATUS_CLEAN;
	return rc;
}
