#include "cli/command_check.h"

#include <stdint.h>
#include <stdio.h>

#include "cli/output.h"
#include "cli/plain.h"
#include "cli/progress.h"
#include "journal/check.h"

static void
on_difference(void *context, const char *sentence)
{
	progress_clear(context);
	plain_line(stdout, sentence);
}

static void
on_progress(void *context, int64_t position, int64_t last)
{
	progress_show(context, position, last);
}

static enum rc
tell(const struct check_report *report, struct err *err)
{
	const long long n = (long long)report->differences;

	if (report->differences > CHECK_TOLD_MAX)
		(void)printf("... and %lld more\n", n - CHECK_TOLD_MAX);
	(void)printf("%lld deliveries checked, ",
	    (long long)report->deliveries);
	if (n == 0)
		(void)printf("no difference\n");
	else
		(void)printf("%lld difference%s: run syncjournal rebuild\n", n,
		    n == 1 ? "" : "s");
	return output_end(err);
}

enum rc
check_command(const char *path, enum status *status, struct err *err)
{
	struct progress progress;
	const struct check_calls calls = {
		.differs = on_difference,
		.progress = on_progress,
		.context = &progress,
	};
	struct check_report report;
	enum rc rc;

	progress_init(&progress, "check");
	rc = check_run(path, &calls, &report, err);
	progress_clear(&progress);
	if (rc == RC_OK)
		rc = tell(&report, err);
	if (rc == RC_OK)
		*status = report.differences > 0 ? STATUS_FINDINGS :
		    STATUS_CLEAN;
	return rc;
}
