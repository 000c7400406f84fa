#include "cli/listing_wanted.h"

#include <string.h>

#include "audit/findings.h"
#include "base/buf.h"
#include "base/slice.h"
#include "cli/arguments.h"
#include "journal/ledger.h"

/* --------------------------------------------------------------------------
 * Words
 */

static const char *
kind_word(int code)
{
	return code < N_STREAM_KINDS ?
	    stream_kind_name((enum stream_kind)code) : NULL;
}

static const char *
state_word(int code)
{
	return code < N_GAP_STATES ? gap_state_name((enum gap_state)code) :
	    NULL;
}

static const char *
severity_word(int code)
{
	return code <= N_SEVERITIES ? severity_name((enum severity)(code - 1)) :
	    NULL;
}

static const struct {
	enum option_id option;
	const char *name;
	const char *column;
	const char *(*word)(int code);	/* from 1; NULL: there are no more */
} lists[N_WANTED_LISTS] = {
	[WANTED_KIND] = { OPTION_KIND, "--kind", "stream_kind", kind_word },
	[WANTED_VERDICT] = { OPTION_VERDICT, "--verdict", "verdict",
	    arguments_verdict },
	[WANTED_STATE] = { OPTION_STATE, "--state", "state", state_word },
	[WANTED_SEVERITY] = { OPTION_SEVERITY, "--severity", "severity",
	    severity_word },
};

/* -------------------------------------------------------------------------- */

enum rc
wanted_read(const struct call *call, struct wanted *wanted, struct err *err)
{
	struct wanted read = { .format = OUTPUT_TABLE, .limit = -1 };
	enum rc rc;
	int i;

	read.is_reversed = call->option[OPTION_REVERSE] != NULL;
	rc = arguments_format(call, &read.format, err);
	if (rc == RC_OK)
		rc = arguments_rows(call, &read.limit, err);
	if (rc == RC_OK)
		rc = arguments_time(call, OPTION_SINCE, "--since",
		    read.since, err);
	if (rc == RC_OK)
		rc = arguments_time(call, OPTION_UNTIL, "--until",
		    read.until, err);
	for (i = 0; rc == RC_OK && i < N_WANTED_LISTS; i++)
		rc = arguments_words(call, lists[i].option, lists[i].name,
		    lists[i].word, &read.list[i], err);
	if (rc == RC_OK)
		*wanted = read;
	return rc;
}

/* A type, or with "*" at its end all that begin so. */
static void
filter_type(struct select *select, const char *column, const char *type)
{
	struct slice value = slice_of(type);
	enum select_test test = SELECT_IS;

	if (value.len > 0 && value.p[value.len - 1] == '*') {
		value.len--;
		test = SELECT_BEGINS;
	}
	select_where(select, column, test, value);
}

static void
filter_lists(const struct wanted *wanted, const struct listing *listing,
    struct select *select)
{
	const struct arguments_words *words;
	int i;

	for (i = 0; i < N_WANTED_LISTS; i++) {
		words = &wanted->list[i];
		if (words->n > 0)
			select_where_word(select, lists[i].column,
			    words->word, words->n);
		else if (i == WANTED_STATE && listing->hidden_state != NULL)
			select_where(select, lists[i].column, SELECT_IS_NOT,
			    slice_of(listing->hidden_state));
	}
}

void
wanted_filter(const struct wanted *wanted, const struct call *call,
    const struct listing *listing, struct select *select)
{
	const char *const service = call->option[OPTION_SERVICE];
	const char *const type = call->option[OPTION_TYPE];
	const char *const identity = call->option[OPTION_IDENTITY];

	/* "" is what names no service. */
	if (service != NULL)
		select_where(select, "service_sid", SELECT_IS,
		    slice_of(service[0] == '\0' ? NULL : service));
	if (type != NULL)
		filter_type(select, listing->type != NULL ? listing->type :
		    "event_type", type);
	if (identity != NULL)
		select_where(select, listing->identity != NULL ?
		    listing->identity : "identity", SELECT_IS,
		    slice_of(identity));
	filter_lists(wanted, listing, select);
	if (wanted->since[0] != '\0')
		select_where(select, listing->time, SELECT_FROM,
		    slice_of(wanted->since));
	if (wanted->until[0] != '\0')
		select_where(select, listing->time, SELECT_TO,
		    slice_of(wanted->until));
}

static enum rc
refuse_sort(const struct select *select, const char *sort, struct err *err)
{
	struct buf names;
	const char *column;
	enum rc rc;
	int i;

	buf_init(&names, 0);
	for (i = 0; (column = select_column(select, i)) != NULL; i++)
		buf_printf(&names, "%s%s", i == 0 ? "" : ", ", column);
	rc = err_set(err, RC_USAGE, "--sort is one of %s, with - before it "
	    "the largest first, not: %s", buf_ok(&names) ? names.data :
	    "the columns", sort);
	buf_clear(&names);
	return rc;
}

enum rc
wanted_order(const struct wanted *wanted, const struct call *call,
    const struct listing *listing, struct select *select, bool *by_position,
    bool *descending, struct err *err)
{
	const char *const sort = call->option[OPTION_SORT];
	const struct listing_order *order = listing->order;
	const bool reversed = wanted->is_reversed;
	const char *column;
	bool is_largest;
	int i;

	*by_position = listing->is_position;
	*descending = order->descending != reversed;
	if (sort != NULL) {
		is_largest = sort[0] == '-';
		i = select_find(select, sort + is_largest);
		if (i < 0)
			return refuse_sort(select, sort, err);
		column = select_column(select, i);
		*descending = is_largest != reversed;
		*by_position = listing->is_position &&
		    strcmp(column, "position") == 0;
		select_order(select, column, NULL, *descending);
	}
	/* Equal ones always come in the same order. */
	for (i = 0; i < LISTING_ORDER && order[i].column != NULL; i++)
		select_order(select, order[i].column, order[i].word,
		    order[i].descending != reversed);
	return RC_OK;
}
