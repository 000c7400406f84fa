#include "cli/command_history.h"

#include <assert.h>
#include <stdio.h>

#include "audit/past.h"
#include "cli/history_wanted.h"
#include "cli/object.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reading.h"
#include "cli/value.h"

/* Steps in one transaction: some 50 ms. */
#define SLICE_STEPS 1000
#define SLICE_GROWTH 4

enum column {
	COLUMN_NUMBER,
	COLUMN_ITEM,
	COLUMN_VERDICT,
	COLUMN_EVENT_TYPE,
	COLUMN_IDENTITY,
	COLUMN_ENDPOINT,
	COLUMN_ONLINE,
	COLUMN_TIME,
	COLUMN_LAG,
	COLUMN_SIZE,
	COLUMN_POSITION,
	/* Of what is missing, for programs. */
	COLUMN_LAST_MISSING,
	COLUMN_STATE,
	COLUMN_AFTER,
	COLUMN_BEFORE,
	COLUMN_SINCE,
	COLUMN_ACTOR,
	COLUMN_REASON,
	N_COLUMNS
};

#define OF(kind) (1u << (kind))
#define OF_ITEMS (OF(STREAM_LIST) | OF(STREAM_MAP))
#define OF_DATA (OF(STREAM_DOCUMENT) | OF_ITEMS)
#define OF_ALL (OF_DATA | OF(STREAM_IDENTITY))
#define WIDTH_TIME (sizeof("2026-03-01 09:00:00.000") - 1)

static const struct {
	struct output_column column;
	unsigned int kinds;
	bool is_missing;	/* not in a table: it has a line of words */
} columns[N_COLUMNS] = {
	[COLUMN_NUMBER] = { { "event_id", 0 }, OF_ALL, false },
	[COLUMN_ITEM] = { { "item", 0 }, OF_ITEMS, false },
	[COLUMN_VERDICT] = { { "verdict", sizeof("conflict") - 1 }, OF_ALL,
	    false },
	[COLUMN_EVENT_TYPE] = { { "event_type", 0 }, OF_ALL, false },
	[COLUMN_IDENTITY] = { { "identity", 0 }, OF_DATA, false },
	[COLUMN_ENDPOINT] = { { "endpoint_id", 0 }, OF(STREAM_IDENTITY),
	    false },
	[COLUMN_ONLINE] = { { "online", 0 }, OF(STREAM_IDENTITY), false },
	[COLUMN_TIME] = { { "time", WIDTH_TIME }, OF_ALL, false },
	[COLUMN_LAG] = { { "lag_ms", 0 }, OF_ALL, false },
	[COLUMN_SIZE] = { { "size", 0 }, OF_DATA, false },
	[COLUMN_POSITION] = { { "position", 0 }, OF_ALL, false },
	[COLUMN_LAST_MISSING] = { { "last_missing", 0 }, OF_DATA, true },
	[COLUMN_STATE] = { { "state", 0 }, OF_DATA, true },
	[COLUMN_AFTER] = { { "after_at", 0 }, OF_DATA, true },
	[COLUMN_BEFORE] = { { "before_at", 0 }, OF_DATA, true },
	[COLUMN_SINCE] = { { "missing_since", 0 }, OF_DATA, true },
	[COLUMN_ACTOR] = { { "actor", 0 }, OF_DATA, true },
	[COLUMN_REASON] = { { "reason", 0 }, OF_DATA, true },
};

struct history {
	struct reading reading;
	struct object object;
	struct past_about about;
	struct history_wanted wanted;
	struct past_walk walk;
	struct output *output;
	int64_t left;		/* steps that are still wanted; -1: all */
	size_t slice;		/* steps in the next transaction: as many as
				 * are wanted, with a filter soon more */
	bool has_versions;
};

/* ------------------------------------------------------------------------
 * Rows
 */

static bool
is_shown(const struct history *history, int column)
{
	return (columns[column].kinds &
	    OF(history->about.subject->kind)) != 0 &&
	    (!columns[column].is_missing ||
	    history->wanted.format != OUTPUT_TABLE);
}

static void
fill_version(struct db_value values[N_COLUMNS],
    const struct version *version)
{
	values[COLUMN_NUMBER] = value_number(version->has_number,
	    version->number);
	values[COLUMN_ITEM] = value_text(version->item);
	values[COLUMN_VERDICT] = value_text(version->verdict);
	values[COLUMN_EVENT_TYPE] = value_text(version->event_type);
	values[COLUMN_IDENTITY] = value_text(version->identity);
	values[COLUMN_ENDPOINT] = value_text(version->endpoint_id);
	values[COLUMN_ONLINE] = value_number(version->is_online >= 0,
	    version->is_online);
	values[COLUMN_TIME] = value_text(version_time(version));
	values[COLUMN_LAG] = value_number(version->has_lag, version->lag_ms);
	values[COLUMN_SIZE] = value_number(version->has_data, version->size);
	values[COLUMN_POSITION] = value_number(true, version->position);
}

static void
fill_missing(struct db_value values[N_COLUMNS],
    const struct missing *missing)
{
	values[COLUMN_NUMBER] = value_number(true, missing->first);
	values[COLUMN_VERDICT] = value_text(slice_of("missing"));
	values[COLUMN_LAST_MISSING] = value_number(true, missing->last);
	values[COLUMN_STATE] = value_text(slice_of(
	    gap_state_name(missing->state)));
	values[COLUMN_AFTER] = value_text(missing->after_at);
	values[COLUMN_BEFORE] = value_text(missing->before_at);
	values[COLUMN_SINCE] = value_text(missing->opened_at);
	values[COLUMN_ACTOR] = value_text(missing->actor);
	values[COLUMN_REASON] = value_text(missing->reason);
}

static void
add_note(const struct history *history, const struct missing *missing)
{
	struct buf words;

	buf_init(&words, 0);
	missing_words(&words, history->about.subject->kind, missing);
	if (buf_ok(&words))
		output_note(history->output, words.data);
	buf_clear(&words);
}

static void
add_row(const struct history *history, const struct past_step *step)
{
	struct db_value values[N_COLUMNS] = { { .type = DB_NULL } };
	struct db_value shown[N_COLUMNS];
	size_t n = 0;

	if (step->missing != NULL &&
	    history->wanted.format == OUTPUT_TABLE) {
		add_note(history, step->missing);
		return;
	}
	if (step->version != NULL)
		fill_version(values, step->version);
	else
		fill_missing(values, step->missing);
	for (int i = 0; i < N_COLUMNS; i++) {
		if (is_shown(history, i))
			shown[n++] = values[i];
	}
	output_row(history->output, shown);
}

static enum rc
begin_output(struct history *history, struct err *err)
{
	struct output_column shown[N_COLUMNS];
	size_t n = 0;

	for (int i = 0; i < N_COLUMNS; i++) {
		if (is_shown(history, i))
			shown[n++] = columns[i].column;
	}
	if (history->about.subject->kind == STREAM_DOCUMENT)
		shown[0].name = "revision";
	return output_begin(&history->output, history->wanted.format, stdout,
	    shown, n, err);
}

/* ------------------------------------------------------------------------
 * Steps
 */

static enum rc
print_step(void *to, const struct past_step *step, struct err *err)
{
	struct history *const history = to;

	(void)err;
	history->has_versions |= step->version != NULL;
	if (history->left == 0 || !history_wants(&history->wanted, step))
		return RC_OK;
	add_row(history, step);
	if (history->left > 0)
		history->left--;
	return RC_OK;
}

/* The walk begins anew at the oldest of the steps that are wanted. */
static enum rc
count_step(void *to, const struct past_step *step, struct err *err)
{
	struct history *const history = to;

	(void)err;
	history->has_versions |= step->version != NULL;
	if (history->left == 0 || !history_wants(&history->wanted, step))
		return RC_OK;
	if (--history->left == 0)
		past_walk_from(&history->walk, &history->about, false, false,
		    step);
	return RC_OK;
}

static enum rc
next_slice(struct history *history, struct past_walk *walk,
    enum rc (*step)(void *to, const struct past_step *step, struct err *err),
    bool *more, struct err *err)
{
	enum rc rc;

	rc = reading_begin(&history->reading, err);
	if (rc == RC_OK)
		rc = past_walk_next(history->reading.db, walk,
		    history->slice, step, history, more, err);
	reading_end(&history->reading);
	history->slice *= SLICE_GROWTH;
	if (history->slice > SLICE_STEPS)
		history->slice = SLICE_STEPS;
	return reading_explain(&history->reading, rc, err);
}

/* Where the newest rows begin, if they are to be printed oldest first. */
static enum rc
find_start(struct history *history, struct err *err)
{
	struct past_walk back;
	bool more = true;
	enum rc rc = RC_OK;

	past_walk_begin(&history->walk, &history->about,
	    history->wanted.reverse, false);
	history->left = history->wanted.rows;
	history->slice = history->left > 0 && history->left < SLICE_STEPS ?
	    (size_t)history->left : SLICE_STEPS;
	if (history->wanted.reverse || history->wanted.rows <= 0)
		return RC_OK;
	past_walk_begin(&back, &history->about, true, false);
	while (rc == RC_OK && more && history->left > 0)
		rc = next_slice(history, &back, count_step, &more, err);
	history->left = history->wanted.rows;
	return rc;
}

static enum rc
print_all(struct history *history, struct err *err)
{
	bool more = history->left != 0;
	enum rc rc;

	rc = begin_output(history, err);
	while (rc == RC_OK && more && history->left != 0 &&
	    !output_is_over(history->output)) {
		rc = next_slice(history, &history->walk, print_step, &more,
		    err);
		if (rc == RC_OK)
			rc = output_flush(history->output, err);
	}
	if (rc == RC_OK)
		rc = output_finish(history->output, err);
	output_free(history->output);
	return rc;
}

/* Numbers that will be others are not to be taken for what they are. */
static enum rc
check_base(struct history *history, bool *is_known, struct err *err)
{
	struct buf why;
	enum rc rc;

	buf_init(&why, 0);
	rc = reading_begin(&history->reading, err);
	if (rc == RC_OK)
		rc = past_check_base(history->reading.db,
		    history->about.subject, &why, err);
	reading_end(&history->reading);
	*is_known = why.len == 0;
	if (buf_ok(&why))
		object_say(buf_slice(&why));
	buf_clear(&why);
	return reading_explain(&history->reading, rc, err);
}

static enum rc
print_history(struct history *history, enum status *status, struct err *err)
{
	const struct subject *subject = &history->object.found.subject;
	bool is_known = true;
	enum rc rc;

	*status = STATUS_USAGE;
	if (!history->object.is_found)
		return RC_OK;
	if (history->about.item.p != NULL && subject->kind != STREAM_LIST &&
	    subject->kind != STREAM_MAP)
		return err_set(err, RC_USAGE, "--item: only lists and maps "
		    "have items");
	history->about.subject = subject;
	rc = check_base(history, &is_known, err);
	if (rc == RC_OK)
		rc = find_start(history, err);
	if (rc == RC_OK)
		rc = print_all(history, err);
	if (rc != RC_OK)
		return rc;
	*status = is_known ? STATUS_CLEAN : STATUS_FINDINGS;
	if (!history->has_versions && history->about.item.p != NULL &&
	    history->wanted.rows != 0) {
		object_say(slice_of("the journal has nothing of this item"));
		*status = STATUS_FINDINGS;
	}
	return RC_OK;
}

static enum rc
run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	struct history history = { .output = NULL };
	enum rc rc;

	(void)command;
	history.about.item = slice_of(call->option[OPTION_ITEM]);
	rc = history_wanted_read(&history.wanted, call, err);
	if (rc == RC_OK)
		rc = reading_open(&history.reading, call, err);
	if (rc == RC_OK)
		rc = object_find(&history.object, &history.reading, call,
		    call->word, call->n_words, NULL, err);
	if (rc == RC_OK)
		rc = print_history(&history, status, err);
	object_clear(&history.object);
	reading_close(&history.reading);
	return rc;
}

const struct command command_history = {
	.name = "history",
	.group = GROUP_PAST,
	.what = "every version of a document or item, and what is missing",
	.arguments = "[document|list|map|identity] NAME [--item KEY] "
	    "[-n ROWS] [--reverse]\n    [--since TIME] [--until TIME] "
	    "[--identity NAME] [--verdict WORD,..]\n    [--format "
	    "table|json|csv] [--service SID]",
	.more = "In the order of their numbers, the newest last; -n: the "
	    "newest of them.\nlag_ms is from DateCreated to receipt; time is "
	    "DateCreated, or the receipt where\nthere is no lag. Duplicates "
	    "are left out. What is missing has the verdict missing.\n",
	.example = "history cart -n 10",
	.options = OPTION_BIT(OPTION_ITEM) | OPTION_BIT(OPTION_ROWS) |
	    OPTION_BIT(OPTION_REVERSE) | OPTION_BIT(OPTION_SINCE) |
	    OPTION_BIT(OPTION_UNTIL) | OPTION_BIT(OPTION_IDENTITY) |
	    OPTION_BIT(OPTION_VERDICT) | OPTION_BIT(OPTION_FORMAT) |
	    OPTION_BIT(OPTION_SERVICE) | OPTION_BIT(OPTION_SECONDS),
	.least = 1,
	.most = 2,
	.run = run,
};
