#include "cli/command_status.h"

#include <stdio.h>

#include "audit/overview.h"
#include "base/clock.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "cli/status_pairs.h"

static enum rc
print(const struct status_of *of, enum output_format format, struct err *err)
{
	struct status_pairs pairs;
	enum rc rc;

	if (format == OUTPUT_TABLE)
		rc = status_pairs_people(&pairs, of, err);
	else
		rc = status_pairs_programs(&pairs, of, err);
	if (rc == RC_OK)
		rc = output_pairs(format, stdout, pairs.pair, pairs.n, err);
	status_pairs_clear(&pairs);
	return rc;
}

static enum rc
run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	enum output_format format = OUTPUT_TABLE;
	struct reading reading = { .db = NULL };
	struct overview overview;
	struct status_of of = { .overview = &overview };
	enum rc rc;

	(void)command;
	rc = arguments_format(call, &format, err);
	if (rc != RC_OK)
		return rc;
	of.now_us = clock_now_us();
	rc = reading_open(&reading, call, err);
	of.path = reading.source.path;
	if (rc == RC_OK)
		rc = reading_begin(&reading, err);
	if (rc == RC_OK)
		rc = overview_read(reading.db, of.path, of.now_us, &overview,
		    err);
	reading_end(&reading);
	rc = reading_explain(&reading, rc, err);
	if (rc == RC_OK)
		rc = print(&of, format, err);
	reading_close(&reading);
	if (rc == RC_OK)
		*status = STATUS_CLEAN;
	return rc;
}

const struct command command_status = {
	.name = "status",
	.group = GROUP_AUDIT,
	.what = "how the journal does, on one screen",
	.arguments = "[--format table|json|csv]",
	.more = "Counts of the last minute, hour and day go by position: the "
	    "deliveries of a\n"
	    "merge count in the place that they were appended at. A lag is "
	    "receipt minus\n"
	    "DateCreated. That a responder started does not say that it "
	    "still runs: ask\n"
	    "its healthz.\n",
	.example = "status --format json",
	.options = OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_SECONDS),
	.run = run,
};
