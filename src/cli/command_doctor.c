#include "cli/command_doctor.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/plain.h"
#include "doctor/doctor.h"

extern char **environ;

/* The longest state is "failure", the longest check "document_root". */
#define STATE_WIDTH 9
#define CHECK_WIDTH 15

static const struct output_column columns[] = {
	{ "state", 0 }, { "check", 0 }, { "seen", 0 }, { "mend", 0 },
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* A word in its column. */
static void
add_word(struct buf *line, const struct terminal *terminal, const char *word,
    enum colour colour, size_t width)
{
	size_t len = strlen(word);

	terminal_paint(line, terminal, colour, slice_of(word));
	for (; len < width; len++)
		buf_add_char(line, ' ');
}

/* For people: nothing of what is to be done may be cut off. */
static void
add_line(struct buf *line, const struct terminal *terminal,
    const struct report_line *of)
{
	const char *const state = report_state_name(of->state);

	add_word(line, terminal, state, terminal_colour_of("state",
	    slice_of(state)), STATE_WIDTH);
	add_word(line, terminal, of->check, COLOUR_NONE, CHECK_WIDTH);
	plain_add(line, slice_of(of->seen));
	buf_add_char(line, '\n');
	if (of->mend == NULL)
		return;
	add_word(line, terminal, "", COLOUR_NONE, STATE_WIDTH + CHECK_WIDTH);
	plain_add(line, slice_of(of->mend));
	buf_add_char(line, '\n');
}

static void
add_row(struct output *output, const struct report_line *of)
{
	const char *const texts[N_COLUMNS] = { report_state_name(of->state),
	    of->check, of->seen, of->mend };
	struct db_value values[N_COLUMNS];
	size_t i;

	for (i = 0; i < N_COLUMNS; i++)
		values[i] = (struct db_value){ .type = texts[i] == NULL ?
		    DB_NULL : DB_TEXT, .bytes = slice_of(texts[i]) };
	output_row(output, values);
}

static enum rc
print(const struct report *report, enum output_format format, bool is_quiet,
    struct err *err)
{
	const bool is_table = format == OUTPUT_TABLE;
	struct output *output = NULL;
	struct buf line;
	enum rc rc;
	size_t i;

	if (is_quiet && report_worst(report) == REPORT_OK)
		return RC_OK;
	rc = output_begin(&output, format, stdout, columns, is_table ? 0 :
	    N_COLUMNS, err);
	if (rc != RC_OK)
		return rc;
	buf_init(&line, 0);
	for (i = 0; i < report->n; i++) {
		if (is_quiet && report->line[i].state == REPORT_OK)
			continue;
		if (!is_table) {
			add_row(output, &report->line[i]);
			continue;
		}
		buf_reset(&line);
		add_line(&line, output_terminal(output), &report->line[i]);
		output_text(output, buf_slice(&line));
	}
	rc = buf_ok(&line) ? output_finish(output, err) :
	    err_set(err, RC_MEMORY, "doctor: no memory");
	buf_clear(&line);
	output_free(output);
	return rc;
}

static enum rc
run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	const struct doctor_ask ask = {
		.config = call->option[OPTION_CONFIG],
		.journal = call->option[OPTION_JOURNAL],
		.program = call->option[OPTION_PROGRAM],
		.root = call->option[OPTION_ROOT],
		.url = call->option[OPTION_URL],
		.deliver = call->option[OPTION_NO_DELIVERIES] == NULL,
		.envp = environ,
	};
	enum output_format format = OUTPUT_TABLE;
	struct report report = { .n = 0 };
	enum rc rc;

	(void)command;
	if (!ask.deliver && ask.url != NULL)
		return err_set(err, RC_USAGE, "doctor: --url is where "
		    "deliveries go, and --no-deliveries sends none");
	rc = arguments_format(call, &format, err);
	if (rc != RC_OK)
		return rc;
	rc = doctor_run(&ask, &report, err);
	if (rc == RC_OK)
		rc = print(&report, format,
		    call->option[OPTION_QUIET] != NULL, err);
	if (rc == RC_OK)
		*status = report_worst(&report) == REPORT_OK ? STATUS_CLEAN :
		    STATUS_FINDINGS;
	report_clear(&report);
	return rc;
}

const struct command command_doctor = {
	.name = "doctor",
	.group = GROUP_AUDIT,
	.what = "what is wrong with the installation, and what mends it",
	.arguments = "[--url URL | --no-deliveries] [--program FILE]\n"
	    "    [--root DIR] [--quiet] [--format table|json|csv]",
	.more = "Looks at configuration, modes and owners, the journal's "
	    "directory and SQLite;\n"
	    "then sends three signed test deliveries through the web server, "
	    "by curl(1), and\n"
	    "looks whether they are in the journal. They are events of type "
	    "syncjournal_test,\n"
	    "of no stream. --url is another URL than public_url to send them "
	    "to; one of this\n"
	    "machine (http://127.0.0.1/sync) stands for public_url, whose "
	    "host it is given.\n"
	    "Run it as the user that the responder runs as. Ends with 1 when "
	    "anything is to\n"
	    "be mended; with --quiet, for cron(8), it prints nothing else.\n",
	.example = "doctor --no-deliveries",
	.options = OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_QUIET) |
	    OPTION_BIT(OPTION_URL) | OPTION_BIT(OPTION_NO_DELIVERIES) |
	    OPTION_BIT(OPTION_PROGRAM) | OPTION_BIT(OPTION_ROOT),
	.run = run,
};
