#include "cli/log_wanted.h"

#include <stddef.h>

#include "cli/arguments.h"

static enum rc
read_numbers(struct log_wanted *wanted, const struct call *call,
    struct err *err)
{
	enum rc rc;

	rc = arguments_format(call, &wanted->format, err);
	if (rc == RC_OK)
		rc = arguments_number(call, OPTION_FROM, "--from",
		    "a position", &wanted->after, err);
	if (rc == RC_OK)
		rc = arguments_rows(call, &wanted->rows, err);
	return rc;
}

/* A bound, as the statement takes it: no value if there is none. */
static enum rc
read_time(const struct call *call, enum option_id option, const char *name,
    char time[CLOCK_TEXT_SIZE], struct slice *bound, struct err *err)
{
	enum rc rc;

	rc = arguments_time(call, option, name, time, err);
	if (rc == RC_OK && call->option[option] != NULL)
		*bound = slice_of(time);
	return rc;
}

/* As the statement takes them: a comma before and after each. */
static enum rc
read_verdicts(struct log_wanted *wanted, const struct call *call,
    struct err *err)
{
	struct arguments_words words = { .n = 0 };
	enum rc rc;
	size_t i;

	rc = arguments_words(call, OPTION_VERDICT, "--verdict",
	    arguments_verdict, &words, err);
	if (rc != RC_OK || words.n == 0)
		return rc;
	for (i = 0; i < words.n; i++)
		buf_printf(&wanted->verdicts, ",%s", words.word[i]);
	buf_add_char(&wanted->verdicts, ',');
	if (!buf_ok(&wanted->verdicts))
		return err_set(err, RC_MEMORY, "--verdict: no memory");
	wanted->filter.verdicts = buf_slice(&wanted->verdicts);
	return RC_OK;
}

static void
read_type(struct events_filter *filter, const char *type)
{
	filter->type = slice_of(type);
	if (type == NULL || filter->type.len == 0 ||
	    type[filter->type.len - 1] != '*')
		return;
	filter->type_begins = true;
	filter->type.len--;
}

static enum rc
read_filter(struct log_wanted *wanted, const struct call *call,
    struct err *err)
{
	struct events_filter *const filter = &wanted->filter;
	enum rc rc;

	read_type(filter, call->option[OPTION_TYPE]);
	filter->identity = slice_of(call->option[OPTION_IDENTITY]);
	filter->service_sid = slice_of(call->option[OPTION_SERVICE]);
	rc = read_verdicts(wanted, call, err);
	if (rc == RC_OK)
		rc = read_time(call, OPTION_SINCE, "--since", wanted->since,
		    &filter->since, err);
	if (rc == RC_OK)
		rc = read_time(call, OPTION_UNTIL, "--until", wanted->until,
		    &filter->until, err);
	return rc;
}

static enum rc
check(const struct log_wanted *wanted, struct err *err)
{
	if (wanted->reverse && wanted->follow)
		return err_set(err, RC_USAGE, "--reverse and --follow exclude "
		    "each other");
	if (wanted->reverse && wanted->cursor != NULL)
		return err_set(err, RC_USAGE, "--reverse and --cursor exclude "
		    "each other: a cursor only goes forward");
	if (wanted->follow && wanted->filter.until.p != NULL)
		return err_set(err, RC_USAGE, "--follow and --until exclude "
		    "each other");
	return RC_OK;
}

enum rc
log_wanted_read(struct log_wanted *wanted, const struct call *call,
    struct err *err)
{
	enum rc rc;

	*wanted = (struct log_wanted){
		.format = OUTPUT_TABLE,
		.reverse = call->option[OPTION_REVERSE] != NULL,
		.follow = call->option[OPTION_FOLLOW] != NULL,
		.rows = -1,
		.cursor = call->option[OPTION_CURSOR],
	};
	buf_init(&wanted->verdicts, 0);
	rc = read_numbers(wanted, call, err);
	if (rc == RC_OK)
		rc = read_filter(wanted, call, err);
	if (rc == RC_OK)
		rc = check(wanted, err);
	if (rc == RC_OK && wanted->follow && wanted->rows < 0 &&
	    call->option[OPTION_FROM] == NULL && wanted->cursor == NULL &&
	    wanted->filter.since.p == NULL)
		wanted->rows = LOG_FOLLOW_ROWS;
	return rc;
}

void
log_wanted_clear(struct log_wanted *wanted)
{
	buf_clear(&wanted->verdicts);
}
