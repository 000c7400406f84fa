#include "cli/command_reject.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reading.h"
#include "cli/reject_explain.h"
#include "cli/source.h"
#include "journal/readmit.h"
#include "twilio/number.h"

/* As for a gap: others hold the writers' lock for 50 ms at most. */
#define REJECT_WAIT_MS 10000

/* Options that describe a request that is in no quarantine. */
#define OF_REQUEST (OPTION_BIT(OPTION_URL) | OPTION_BIT(OPTION_SIGNATURE) | \
    OPTION_BIT(OPTION_CONTENT_TYPE) | OPTION_BIT(OPTION_BODY))

struct wanted {
	bool readmit;		/* else: explain */
	int64_t reject_id;	/* 0: all, or a request of options */
	enum output_format format;
};

static bool
is_given(const struct call *call, uint64_t bits)
{
	int i;

	for (i = 0; i < N_OPTIONS; i++) {
		if ((bits & OPTION_BIT(i)) != 0 && call->option[i] != NULL)
			return true;
	}
	return false;
}

static enum rc
read_action(const char *word, struct wanted *wanted, struct err *err)
{
	wanted->readmit = strcmp(word, "readmit") == 0;
	if (wanted->readmit || strcmp(word, "explain") == 0)
		return RC_OK;
	return err_set(err, RC_USAGE, "reject: there is no action: %s; the "
	    "actions are explain, readmit", word);
}

/* Which rejects are meant, or that options describe one. */
static enum rc
read_subject(const struct call *call, struct wanted *wanted, struct err *err)
{
	const uint64_t instead = wanted->readmit ? OPTION_BIT(OPTION_ALL) :
	    OF_REQUEST;
	const uint64_t never = (OF_REQUEST | OPTION_BIT(OPTION_ALL)) &
	    ~instead;

	wanted->reject_id = 0;
	if (is_given(call, never))
		return err_set(err, RC_USAGE, wanted->readmit ?
		    "reject readmit: takes REJECT_ID or --all alone" :
		    "reject explain: takes no --all");
	if (is_given(call, instead) != (call->n_words < 2))
		return err_set(err, RC_USAGE, wanted->readmit ?
		    "reject readmit: either REJECT_ID or --all" :
		    "reject explain: either REJECT_ID, or --url, --signature "
		    "and --body");
	if (call->n_words < 2 && wanted->readmit)
		return RC_OK;
	if (call->n_words < 2 && (call->option[OPTION_URL] == NULL ||
	    call->option[OPTION_SIGNATURE] == NULL ||
	    call->option[OPTION_BODY] == NULL))
		return err_set(err, RC_USAGE, "reject explain: --url, "
		    "--signature and --body belong together");
	if (call->n_words == 2 && (!number_parse(slice_of(call->word[1]), 10,
	    &wanted->reject_id) || wanted->reject_id == 0))
		return err_set(err, RC_USAGE, "reject: REJECT_ID is a number, "
		    "as the listing rejects shows it, not: %s",
		    call->word[1]);
	return RC_OK;
}

/* ------------------------------------------------------------------------
 * Explain
 */

/* All of a file, up to the largest body that the responder takes. */
static enum rc
read_body(const char *path, struct buf *body, struct err *err)
{
	const bool is_input = strcmp(path, "-") == 0;
	FILE *file = is_input ? stdin : fopen(path, "rb");
	char part[4096];
	enum rc rc = RC_OK;
	size_t n;

	if (file == NULL)
		return err_set(err, RC_SYSTEM, "%s: %s", path,
		    strerror(errno));
	while ((n = fread(part, 1, sizeof(part), file)) > 0 && buf_ok(body))
		buf_add(body, part, n);
	if (ferror(file))
		rc = err_set(err, RC_SYSTEM, "%s: cannot be read", path);
	else if (!buf_ok(body))
		rc = err_set(err, RC_LIMIT, "%s: is larger than %d bytes, the "
		    "most that max_body_bytes can be", path,
		    CONF_MAX_BODY_MOST);
	if (!is_input)
		(void)fclose(file);
	return rc;
}

static enum rc
explain_request(const struct source *source, const struct call *call,
    enum output_format format, enum status *status, struct err *err)
{
	const char *type = call->option[OPTION_CONTENT_TYPE];
	struct reject reject = {
		.url = slice_of(call->option[OPTION_URL]),
		.signature = slice_of(call->option[OPTION_SIGNATURE]),
		.content_type = slice_of(type == NULL ? FORM_TYPE : type),
	};
	struct buf body;
	enum rc rc;

	buf_init(&body, CONF_MAX_BODY_MOST);
	buf_add(&body, "", 0);
	rc = read_body(call->option[OPTION_BODY], &body, err);
	reject.body = buf_slice(&body);
	if (rc == RC_OK)
		rc = reject_explain(source->conf, 0, &reject, format, status,
		    err);
	buf_clear(&body);
	return rc;
}

static enum rc
read_reject(const struct call *call, const char *path, int64_t reject_id,
    struct reject_row *row, struct err *err)
{
	struct call named = *call;
	struct reading reading;
	bool found;
	enum rc rc;

	named.option[OPTION_JOURNAL] = path;
	named.option[OPTION_CONFIG] = NULL;
	rc = reading_open(&reading, &named, err);
	if (rc != RC_OK)
		return rc;
	rc = reject_row_read(reading.db, reject_id, row, &found, err);
	if (rc == RC_OK && !found)
		rc = err_set(err, RC_USAGE, "reject %lld: there is none with "
		    "this id; syncjournal rejects lists them",
		    (long long)reject_id);
	rc = reading_explain(&reading, rc, err);
	reading_close(&reading);
	return rc;
}

static enum rc
run_explain(const struct source *source, const struct call *call,
    const struct wanted *wanted, enum status *status, struct err *err)
{
	struct reject_row row;
	enum rc rc;

	if (wanted->reject_id == 0)
		return explain_request(source, call, wanted->format, status,
		    err);
	reject_row_init(&row);
	rc = read_reject(call, source->path, wanted->reject_id, &row, err);
	if (rc == RC_OK)
		rc = reject_explain(source->conf, row.reject_id, &row.reject,
		    wanted->format, status, err);
	reject_row_clear(&row);
	return rc;
}

/* ------------------------------------------------------------------------
 * Readmit
 */

static void
on_progress(void *context, int64_t done, int64_t total)
{
	progress_show(context, done, total);
}

static enum rc
tell_pairs(const struct readmit_report *report, enum output_format format,
    struct err *err)
{
	struct output_pair pairs[3 + N_VERIFY_RESULTS] = {
		{ "read", { .type = DB_INTEGER, .number = report->read } },
		{ "readmitted", { .type = DB_INTEGER,
		    .number = report->readmitted } },
		{ "gone", { .type = DB_INTEGER, .number = report->gone } },
	};
	size_t i, n = 3;

	for (i = VERIFY_OK + 1; i < N_VERIFY_RESULTS; i++)
		pairs[n++] = (struct output_pair){
		    verify_reason((enum verify_result)i),
		    { .type = DB_INTEGER, .number = report->not[i] } };
	return output_pairs(format, stdout, pairs, n, err);
}

static enum rc
tell(const struct readmit_report *report, enum output_format format,
    struct err *err)
{
	size_t i;

	if (format != OUTPUT_TABLE)
		return tell_pairs(report, format, err);
	(void)printf("looked at %lld, readmitted %lld\n",
	    (long long)report->read, (long long)report->readmitted);
	if (report->gone > 0)
		(void)printf("%lld were no longer there\n",
		    (long long)report->gone);
	for (i = VERIFY_OK + 1; i < N_VERIFY_RESULTS; i++) {
		if (report->not[i] > 0)
			(void)printf("%lld do not verify: %s\n",
			    (long long)report->not[i],
			    verify_reason((enum verify_result)i));
	}
	return output_end(err);
}

static enum rc
run_readmit(const struct source *source, const struct wanted *wanted,
    enum status *status, struct err *err)
{
	struct progress progress;
	const struct readmit_calls calls = {
		.progress = on_progress,
		.context = &progress,
	};
	struct readmit_report report = { .read = 0 };
	struct journal *journal = NULL;
	enum rc rc;

	rc = source_open(source, REJECT_WAIT_MS, &journal, err);
	if (rc != RC_OK)
		return rc;
	progress_init(&progress, "readmit");
	rc = readmit_run(journal, source->conf, wanted->reject_id, &calls,
	    &report, err);
	progress_clear(&progress);
	journal_close(journal);
	if (rc == RC_OK)
		rc = tell(&report, wanted->format, err);
	else if (report.readmitted > 0)
		(void)tell(&report, wanted->format, NULL);
	if (rc == RC_OK)
		*status = wanted->reject_id > 0 && report.readmitted == 0 ?
		    STATUS_FINDINGS : STATUS_CLEAN;
	return rc;
}

/* ------------------------------------------------------------------------ */

static enum rc
run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	struct source source = { .conf = NULL };
	struct wanted wanted = { .format = OUTPUT_TABLE };
	enum rc rc;

	(void)command;
	rc = read_action(call->word[0], &wanted, err);
	if (rc == RC_OK)
		rc = read_subject(call, &wanted, err);
	if (rc == RC_OK)
		rc = arguments_format(call, &wanted.format, err);
	if (rc == RC_OK)
		rc = source_find_tokens(&source, call, err);
	if (rc == RC_OK && wanted.readmit)
		rc = run_readmit(&source, &wanted, status, err);
	else if (rc == RC_OK)
		rc = run_explain(&source, call, &wanted, status, err);
	source_clear(&source);
	return rc;
}

const struct command command_reject = {
	.name = "reject",
	.group = GROUP_WORK,
	.what = "why a request was refused; take it after all",
	.arguments = "explain REJECT_ID\n"
	    "    reject explain --url URL --signature TEXT\n"
	    "        [--content-type TYPE] --body FILE\n"
	    "    reject readmit REJECT_ID|--all",
	.more = "REJECT_ID is that of the listing rejects. explain only "
	    "reads: it tries what\n"
	    "makes signatures fail in practice, and says what mends it; "
	    "status 0: verifies as\n"
	    "configured. readmit journals what verifies now, as received "
	    "then, and takes it\n"
	    "out of the rejects. Both need the configuration, for its "
	    "tokens, which are never\n"
	    "printed.\n",
	.example = "reject explain 17",
	.options = OF_REQUEST | OPTION_BIT(OPTION_ALL) |
	    OPTION_BIT(OPTION_FORMAT),
	.least = 1,
	.most = 2,
	.run = run,
};
