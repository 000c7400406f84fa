#include "cli/command_merge.h"

#include <stdio.h>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/source.h"
#include "journal/merge.h"

/* As for a gap: others hold the writers' lock for 50 ms at most. */
#define MERGE_WAIT_MS 10000

static void
on_progress(void *context, int64_t done, int64_t total)
{
	progress_show(context, done, total);
}

static enum rc
tell(const struct merge_report *report, struct err *err)
{
	(void)printf("read %lld, merged %lld\n", (long long)report->read,
	    (long long)report->merged);
	return output_end(err);
}

static enum rc
merge(struct journal *journal, const struct call *call, struct err *err)
{
	struct progress progress;
	const struct merge_calls calls = {
		.progress = on_progress,
		.context = &progress,
	};
	struct merge_report report = { .read = 0 };
	enum rc rc;

	progress_init(&progress, "merge");
	rc = merge_run(journal, (const char *const *)call->word,
	    (size_t)call->n_words, &calls, &report, err);
	progress_clear(&progress);
	if (rc == RC_OK)
		rc = tell(&report, err);
	else if (report.merged > 0)
		(void)tell(&report, NULL);
	return rc;
}

static enum rc
run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	struct source source = { .conf = NULL };
	struct journal *journal = NULL;
	enum rc rc;

	(void)command;
	rc = source_find(&source, call, err);
	if (rc == RC_OK)
		rc = source_open(&source, MERGE_WAIT_MS, &journal, err);
	if (rc == RC_OK)
		rc = merge(journal, call, err);
	journal_close(journal);
	source_clear(&source);
	if (rc == RC_OK)
		*status = STATUS_CLEAN;
	return rc;
}

const struct command command_merge = {
	.name = "merge",
	.group = GROUP_WORK,
	.what = "journal the deliveries of other journals that are not here "
	    "yet",
	.arguments = "OTHER.db...",
	.more = "The others are only read. Merging again changes nothing.\n",
	.example = "merge second-host.db third-host.db",
	.least = 1,
	.most = MERGE_MAX,
	.run = run,
};
