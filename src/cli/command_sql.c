#include "cli/command_sql.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/cookbook.h"
#include "base/buf.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/reading.h"

/* A single call of a function can outlast db_limit: then the program ends,
 * and its transaction with it. */
static void
on_alarm(int signal)
{
	static const char text[] = "syncjournal: the query takes too long: ask "
	    "for less, or allow more with --seconds N\n";
	const ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)signal;
	(void)n;
	_exit(STATUS_FAILED);
}

/* A second more than db_limit has; 0: none. */
static void
guard(int limit_ms)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGALRM, &action, NULL);
	(void)alarm(limit_ms == 0 ? 0 : (unsigned)limit_ms / 1000 + 1);
}

/* Run a query, and print its rows. */
static enum rc
query(const struct call *call, const char *sql, enum output_format format,
    struct err *err)
{
	struct output *output = NULL;
	struct reading reading;
	enum rc rc;

	rc = reading_open(&reading, call, err);
	if (rc == RC_OK)
		rc = db_query(reading.db, sql, err);
	if (rc == RC_OK) {
		/* Its transaction is over when its rows are read. */
		reading_start(&reading);
		guard(reading.limit_ms);
		rc = output_read(&output, reading.db, DB_QUERY, format, stdout,
		    err);
		guard(0);
		reading_stop(&reading);
		rc = reading_explain(&reading, rc, err);
	}
	if (rc == RC_OK)
		rc = output_finish(output, err);
	output_free(output);
	reading_close(&reading);
	return rc;
}

static enum rc
run_sql(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	enum output_format format = OUTPUT_TABLE;
	enum rc rc;

	(void)command;
	rc = arguments_format(call, &format, err);
	if (rc == RC_OK)
		rc = query(call, call->word[0], format, err);
	if (rc == RC_USAGE)
		err_prefix(err, "sql");
	if (rc == RC_OK)
		*status = STATUS_CLEAN;
	return rc;
}

/* ------------------------------------------------------------------------
 * The cookbook
 */

static enum rc
list_recipes(enum output_format format, struct err *err)
{
	static const struct output_column columns[] = {
		{ .name = "name" },
		{ .name = "about" },
	};
	struct recipe recipe = { .name = { NULL, 0 } };
	struct db_value values[2] = { { .type = DB_TEXT },
	    { .type = DB_TEXT } };
	struct output *output = NULL;
	struct buf about;
	enum rc rc;

	buf_init(&about, 0);
	rc = output_begin(&output, format, stdout, columns, 2, err);
	while (rc == RC_OK && cookbook_next(&recipe)) {
		buf_reset(&about);
		cookbook_about(&about, &recipe);
		values[0].bytes = recipe.name;
		values[1].bytes = buf_slice(&about);
		output_row(output, values);
	}
	if (rc == RC_OK)
		rc = output_finish(output, err);
	output_free(output);
	buf_clear(&about);
	return rc;
}

static enum rc
run_recipe(const struct call *call, enum output_format format,
    struct err *err)
{
	struct recipe recipe;
	struct buf sql;
	enum rc rc;

	if (!cookbook_find(call->word[0], &recipe))
		return err_set(err, RC_USAGE, "cookbook: there is no query: "
		    "%s; syncjournal cookbook lists them", call->word[0]);
	buf_init(&sql, 0);
	buf_add_slice(&sql, recipe.sql);
	if (buf_ok(&sql))
		rc = query(call, sql.data, format, err);
	else
		rc = err_set(err, RC_MEMORY, "cookbook: no memory");
	buf_clear(&sql);
	return rc;
}

static enum rc
run_cookbook(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	enum output_format format = OUTPUT_TABLE;
	enum rc rc;

	(void)command;
	rc = arguments_format(call, &format, err);
	if (rc == RC_OK && call->n_words == 0)
		rc = list_recipes(format, err);
	else if (rc == RC_OK)
		rc = run_recipe(call, format, err);
	if (rc == RC_OK)
		*status = STATUS_CLEAN;
	return rc;
}

/* ------------------------------------------------------------------------ */

#define OPTIONS (OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_SECONDS))

const struct command command_sql = {
	.name = "sql",
	.group = GROUP_DATA,
	.what = "run a query of your own; it can only read",
	.arguments = "QUERY [--format table|json|csv] [--seconds N]",
	.more = "The views are described in syncjournal(1). One statement at "
	    "a time.\n"
	    "After a second it is stopped, since while it reads the WAL grows; "
	    "--seconds\nallows more.\n",
	.example = "sql \\\n"
	    "      \"SELECT * FROM documents WHERE unique_name = 'cart'\"",
	.options = OPTIONS,
	.least = 1,
	.most = 1,
	.run = run_sql,
};

const struct command command_cookbook = {
	.name = "cookbook",
	.group = GROUP_DATA,
	.what = "list the queries that are shipped, or run one by its name",
	.arguments = "[NAME] [--format table|json|csv] [--seconds N]",
	.more = "Their SQL is in cookbook.sql, to be changed and run with "
	    "sql.\n",
	.example = "cookbook open_gaps --format csv",
	.options = OPTIONS,
	.most = 1,
	.run = run_cookbook,
};
