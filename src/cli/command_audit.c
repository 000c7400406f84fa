#include "cli/command_audit.h"

#include <stdio.h>

#include "audit/findings.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/when.h"
#include "cli/arguments.h"
#include "cli/audit_groups.h"
#include "cli/audit_words.h"
#include "cli/nagios.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "twilio/number.h"

/* A year: a longer wait is no grace. */
#define GRACE_MAX_S (INT64_C(366) * 86400)

struct wanted {
	enum output_format format;
	bool is_quiet, is_nagios;
	struct findings_query query;
};

struct audit {
	struct db *db;
	const struct wanted *wanted;
	struct output *output;
	struct audit_result result;
	struct audit_groups groups;	/* of a table */
	struct buf advice;		/* of a row, else */
	bool is_out_of_memory;
};

/* ------------------------------------------------------------------------
 * Options
 */

static enum rc
read_query(const struct call *call, struct findings_query *query,
    struct err *err)
{
	const char *grace = call->option[OPTION_GRACE];
	const char *since = call->option[OPTION_SINCE];

	*query = (struct findings_query){
		.now_us = clock_now_us(),
		.grace_s = FINDINGS_GRACE_S,
		.has_since = since != NULL,
		.service = call->option[OPTION_SERVICE],
	};
	if (grace != NULL && (!number_parse(slice_of(grace), 10,
	    &query->grace_s) || query->grace_s > GRACE_MAX_S))
		return err_set(err, RC_USAGE, "--grace takes a number of "
		    "seconds, at most %lld, not: %s", (long long)GRACE_MAX_S,
		    grace);
	if (since == NULL)
		return RC_OK;
	return when_read("--since", since, query->now_us, &query->since_us,
	    err);
}

static enum rc
read_wanted(const struct call *call, struct wanted *wanted, struct err *err)
{
	enum rc rc;

	wanted->format = OUTPUT_TABLE;
	wanted->is_quiet = call->option[OPTION_QUIET] != NULL;
	wanted->is_nagios = call->option[OPTION_NAGIOS] != NULL;
	rc = arguments_format(call, &wanted->format, err);
	if (rc != RC_OK)
		return rc;
	if (wanted->is_nagios && (wanted->is_quiet ||
	    call->option[OPTION_FORMAT] != NULL))
		return err_set(err, RC_USAGE, "audit: --nagios prints one "
		    "line, and excludes --format and --quiet");
	return read_query(call, &wanted->query, err);
}

/* ------------------------------------------------------------------------
 * Rows for programs
 */

static const struct output_column columns[] = {
	{ .name = "severity" },
	{ .name = "kind" },
	{ .name = "service_sid" },
	{ .name = "stream_kind" },
	{ .name = "stream_key" },
	{ .name = "position" },
	{ .name = "at" },
	{ .name = "gap_id" },
	{ .name = "detail" },
	{ .name = "advice" },
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static struct db_value
text_value(struct slice text)
{
	return (struct db_value){ .type = text.p == NULL ? DB_NULL : DB_TEXT,
	    .bytes = text };
}

/* Positions and gap_ids begin at 1. */
static struct db_value
number_value(int64_t number)
{
	return (struct db_value){ .type = number == 0 ? DB_NULL : DB_INTEGER,
	    .number = number };
}

static void
add_row(struct audit *audit, const struct finding *finding)
{
	struct db_value values[N_COLUMNS];
	char at[CLOCK_TEXT_SIZE];

	clock_text(finding->at_us, at);
	buf_reset(&audit->advice);
	finding_advice(&audit->advice, finding, "");
	if (!buf_ok(&audit->advice))
		audit->is_out_of_memory = true;
	values[0] = text_value(slice_of(severity_name(finding->severity)));
	values[1] = text_value(finding->kind_name);
	values[2] = text_value(finding->service_sid);
	values[3] = text_value(finding->stream_kind);
	values[4] = text_value(finding->stream_key);
	values[5] = number_value(finding->position);
	values[6] = text_value(slice_of(finding->at_us == 0 ? NULL : at));
	values[7] = number_value(finding->gap_id);
	values[8] = text_value(finding->detail);
	values[9] = text_value(buf_slice(&audit->advice));
	output_row(audit->output, values);
}

/* ------------------------------------------------------------------------
 * The command
 */

static enum nagios_state
state_of(const struct findings_count *count)
{
	if (count->of[SEVERITY_ERROR] > 0)
		return NAGIOS_CRITICAL;
	return findings_bad(count) ? NAGIOS_WARNING : NAGIOS_OK;
}

static enum rc
print_nagios(const struct audit *audit, struct err *err)
{
	struct buf text, perfdata;
	enum rc rc;

	buf_init(&text, 0);
	buf_init(&perfdata, 0);
	audit_words(&text, &audit->result);
	audit_perfdata(&perfdata, &audit->result);
	if (buf_ok(&text) && buf_ok(&perfdata)) {
		nagios_print(state_of(&audit->result.count), text.data,
		    perfdata.data);
		rc = output_end(err);
	} else {
		rc = err_set(err, RC_MEMORY, "no memory for a line");
	}
	buf_clear(&perfdata);
	buf_clear(&text);
	return rc;
}

static enum rc
read_findings(struct audit *audit, struct err *err)
{
	const struct wanted *wanted = audit->wanted;
	struct finding finding;
	enum rc rc;
	bool row;

	rc = findings_begin(audit->db, &wanted->query, err);
	if (rc != RC_OK)
		return rc;
	while ((rc = findings_next(audit->db, &audit->result.count, &finding,
	    &row, err)) == RC_OK && row) {
		if (wanted->is_nagios)
			continue;
		if (wanted->format == OUTPUT_TABLE)
			audit_groups_add(&audit->groups, &finding);
		else
			add_row(audit, &finding);
	}
	if (rc == RC_OK)
		rc = findings_ground(audit->db, wanted->query.service,
		    &audit->result.ground, err);
	return rc;
}

static enum rc
print(struct audit *audit, struct err *err)
{
	enum rc rc = RC_OK;

	if (audit->wanted->is_quiet && !findings_bad(&audit->result.count))
		return RC_OK;
	if (audit->wanted->is_nagios)
		return print_nagios(audit, err);
	if (audit->wanted->format == OUTPUT_TABLE)
		rc = audit_groups_end(&audit->groups, &audit->result, err);
	else if (audit->is_out_of_memory)
		rc = err_set(err, RC_MEMORY, "no memory for what was found");
	if (rc == RC_OK)
		rc = output_finish(audit->output, err);
	return rc;
}

static enum rc
begin(struct audit *audit, struct err *err)
{
	const bool is_table = audit->wanted->format == OUTPUT_TABLE;
	enum rc rc;

	buf_init(&audit->advice, 0);
	rc = output_begin(&audit->output, audit->wanted->format, stdout,
	    columns, is_table ? 0 : N_COLUMNS, err);
	audit_groups_init(&audit->groups, audit->output);
	return rc;
}

static void
end(struct audit *audit)
{
	audit_groups_clear(&audit->groups);
	buf_clear(&audit->advice);
	output_free(audit->output);
}

/* All of one transaction, so that no number contradicts another. */
static enum rc
work(struct reading *reading, const struct wanted *wanted,
    enum status *status, struct err *err)
{
	struct audit audit = { .db = reading->db, .wanted = wanted,
	    .result.query = wanted->query };
	enum rc rc;

	rc = begin(&audit, err);
	if (rc == RC_OK)
		rc = reading_begin(reading, err);
	if (rc == RC_OK)
		rc = read_findings(&audit, err);
	reading_end(reading);
	rc = reading_explain(reading, rc, err);
	if (rc == RC_OK)
		rc = print(&audit, err);
	if (rc == RC_OK && wanted->is_nagios)
		*status = (enum status)state_of(&audit.result.count);
	else if (rc == RC_OK)
		*status = findings_bad(&audit.result.count) ? STATUS_FINDINGS :
		    STATUS_CLEAN;
	end(&audit);
	return rc;
}

static enum rc
run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	struct reading reading = { .db = NULL };
	struct wanted wanted;
	enum rc rc;

	(void)command;
	rc = read_wanted(call, &wanted, err);
	if (rc == RC_OK)
		rc = reading_open(&reading, call, err);
	if (rc == RC_OK)
		rc = work(&reading, &wanted, status, err);
	reading_close(&reading);
	return rc;
}

const struct command command_audit = {
	.name = "audit",
	.group = GROUP_AUDIT,
	.what = "all findings, worst first, and what to do about them",
	.arguments = "[--grace SECONDS] [--since TIME] [--service SID]\n"
	    "    [--quiet | --nagios] [--format table|json|csv]",
	.more = "A gap that is younger than --grace (60 s) is pending and no "
	    "finding yet: Twilio\n"
	    "tries a delivery again for 15 s. Ends with 1 if there is any "
	    "finding but of\n"
	    "severity info, which is what cannot be known. --since looks at "
	    "when a finding\n"
	    "arrived or was made; what has no time is always looked at. With "
	    "--nagios it\n"
	    "ends with 0 (OK), 1 (WARNING: warnings and notices), 2 "
	    "(CRITICAL: errors) or\n"
	    "3 (UNKNOWN: the journal cannot be read).\n",
	.example = "audit --quiet --grace 300",
	.options = OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_GRACE) |
	    OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_SERVICE) |
	    OPTION_BIT(OPTION_QUIET) | OPTION_BIT(OPTION_NAGIOS) |
	    OPTION_BIT(OPTION_SECONDS),
	.run = run,
};
