#include "cli/command_show.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/when.h"
#include "cli/arguments.h"
#include "cli/data.h"
#include "cli/show_parts.h"
#include "cli/value.h"

/* ------------------------------------------------------------------------
 * What is wanted
 */

static enum rc
read_which(const struct call *call, struct show *show, struct err *err)
{
	const char *rev = call->option[OPTION_REV];
	const char *at = call->option[OPTION_AT];
	const int64_t now_us = clock_now_us();
	enum rc rc;

	if (rev != NULL && at != NULL)
		return err_set(err, RC_USAGE, "--rev and --at exclude each "
		    "other");
	show->has_rev = rev != NULL;
	if (at == NULL)
		return arguments_rev(call, &show->rev, err);
	show->at = &show->at_us;
	rc = when_read("--at", at, now_us, &show->at_us, err);
	if (rc == RC_OK && show->at_us > now_us)
		return err_set(err, RC_USAGE, "--at: that moment has not come "
		    "yet: %s", at);
	return rc;
}

static enum rc
read_wanted(const struct call *call, struct show *show, struct err *err)
{
	enum rc rc;

	show->item = slice_of(call->option[OPTION_ITEM]);
	show->raw = call->option[OPTION_RAW] != NULL;
	show->partial = call->option[OPTION_PARTIAL] != NULL;
	show->has_format = call->option[OPTION_FORMAT] != NULL;
	show->format = OUTPUT_TABLE;
	rc = arguments_format(call, &show->format, err);
	if (rc != RC_OK)
		return rc;
	if (show->raw && show->has_format)
		return err_set(err, RC_USAGE, "--raw and --format exclude each "
		    "other");
	return read_which(call, show, err);
}

/* What can be asked of this kind. */
static enum rc
check_kind(const struct show *show, struct err *err)
{
	const enum stream_kind kind = show->object.found.subject.kind;
	const bool is_whole = show->item.p == NULL;

	if (kind == STREAM_IDENTITY)
		return err_set(err, RC_USAGE, "show: an identity has no data; "
		    "history tells of it");
	if (kind == STREAM_DOCUMENT && !is_whole)
		return err_set(err, RC_USAGE, "--item: a document has no "
		    "items");
	if (kind != STREAM_DOCUMENT && is_whole && show->has_rev)
		return err_set(err, RC_USAGE, "--rev of a %s is that of an "
		    "item, so it needs --item KEY; as a whole it is shown as "
		    "it was --at TIME", stream_kind_name(kind));
	if (kind != STREAM_DOCUMENT && is_whole && show->raw)
		return err_set(err, RC_USAGE, "--raw of a %s needs --item "
		    "KEY", stream_kind_name(kind));
	return RC_OK;
}

/* ------------------------------------------------------------------------ */

static void
add_hint(struct buf *hint, const struct show *show, enum past_answer answer,
    bool some, const struct version *version)
{
	switch (answer) {
	case PAST_UNKNOWN:
		if (some && !show->partial)
			buf_add_text(hint, "--partial shows what is known\n");
		break;
	case PAST_REMOVED:
		if (version == NULL)
			buf_add_text(hint, "--at a TIME before shows what it "
			    "was\n");
		else if (version->has_number && version->data.p != NULL)
			buf_printf(hint, "--rev %lld shows it\n",
			    (long long)version->number);
		break;
	case PAST_KNOWN:
	case PAST_NOT_YET:
	case PAST_NEVER:
	case N_PAST_ANSWERS:
		break;
	}
}

void
show_explain(const struct show *show, enum past_answer answer, bool some,
    const struct version *version, const struct buf *why,
    const struct buf *note)
{
	struct buf hint;

	buf_init(&hint, 0);
	add_hint(&hint, show, answer, some, version);
	object_say(buf_slice(why));
	object_say(buf_slice(note));
	if (buf_ok(&hint))
		object_say(buf_slice(&hint));
	buf_clear(&hint);
}

/* For programs: one object, or a head and a row. */
static enum rc
print_row(const struct show *show, const struct version *version,
    struct err *err)
{
	const struct subject *subject = &show->object.found.subject;
	const bool is_document = subject->kind == STREAM_DOCUMENT;
	const struct output_pair pairs[] = {
		{ "stream_kind", value_text(slice_of(
		    stream_kind_name(subject->kind))) },
		{ "service_sid", value_text(subject->service_sid) },
		{ "stream_key", value_text(subject->stream_key) },
		{ "unique_name", value_text(subject->unique_name) },
		{ "item", value_text(version->item) },
		{ is_document ? "revision" : "event_id",
		    value_number(true, version->number) },
		{ "event_type", value_text(version->event_type) },
		{ "updated_by", value_text(version->identity) },
		{ "updated_at", value_text(version_time(version)) },
		{ "received_at", value_text(version->received_at) },
		{ "position", value_number(true, version->position) },
		{ "verdict", value_text(version->verdict) },
		{ "data", value_text(version->data) },
	};

	return output_pairs(show->format, stdout, pairs,
	    sizeof(pairs) / sizeof(pairs[0]), err);
}

static enum rc
print_state(const struct show *show, const struct past_state *state,
    enum status *status, struct err *err)
{
	const struct version *version = &state->version;
	const bool some = version->position > 0 &&
	    !version_is_removal(version);
	const bool is_wanted = state->answer == PAST_KNOWN ||
	    (state->answer == PAST_UNKNOWN && show->partial && some);

	*status = state->answer == PAST_KNOWN ? STATUS_CLEAN :
	    STATUS_FINDINGS;
	show_explain(show, state->answer, some, version, &state->why,
	    &state->note);
	if (!is_wanted)
		return RC_OK;
	if (version->data.p == NULL) {
		*status = STATUS_FINDINGS;
		object_say(slice_of("it came without data"));
	}
	if (show->format != OUTPUT_TABLE)
		return print_row(show, version, err);
	return version->data.p == NULL ? RC_OK :
	    data_print(version->data, show->raw, err);
}

static enum rc
show_one(struct show *show, enum status *status, struct err *err)
{
	const struct past_about about = {
		.subject = &show->object.found.subject,
		.item = show->item,
	};
	struct past_state state = { .answer = PAST_UNKNOWN };
	enum rc rc;

	rc = reading_begin(&show->reading, err);
	if (rc == RC_OK)
		rc = show->has_rev ? past_rev(show->reading.db, &about,
		    show->rev, &state, err) : past_at(show->reading.db,
		    &about, show->at, &state, err);
	reading_end(&show->reading);
	rc = reading_explain(&show->reading, rc, err);
	if (rc == RC_OK)
		rc = print_state(show, &state, status, err);
	past_clear(&state);
	return rc;
}

static enum rc
show_object(struct show *show, enum status *status, struct err *err)
{
	enum rc rc;

	if (!show->object.is_found) {
		*status = STATUS_USAGE;
		return RC_OK;
	}
	rc = check_kind(show, err);
	if (rc != RC_OK)
		return rc;
	if (show->object.found.subject.kind == STREAM_DOCUMENT ||
	    show->item.p != NULL)
		return show_one(show, status, err);
	return show_whole(show, status, err);
}

static enum rc
run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	struct show show = { .at = NULL };
	enum rc rc;

	(void)command;
	rc = read_wanted(call, &show, err);
	if (rc == RC_OK)
		rc = reading_open(&show.reading, call, err);
	if (rc == RC_OK)
		rc = object_find(&show.object, &show.reading, call, call->word,
		    call->n_words, show.at, err);
	if (rc == RC_OK)
		rc = show_object(&show, status, err);
	object_clear(&show.object);
	reading_close(&show.reading);
	return rc;
}

const struct command command_show = {
	.name = "show",
	.group = GROUP_PAST,
	.what = "the data of a document, list or map, as it is or was",
	.arguments = "[document|list|map] NAME [--rev N | --at TIME] "
	    "[--item KEY]\n    [--partial] [--raw | --format table|json|csv] "
	    "[--service SID]",
	.more = "Where numbers are missing that may have changed it, it says "
	    "so and prints\nnothing: see --partial. JSON is printed over "
	    "several lines, digit for digit;\nall else, and with --raw all, "
	    "as it arrived (bytes that are no UTF-8 as \\xHH).\n"
	    "Exit status 1: not known, not there yet, removed, or never "
	    "seen.\n",
	.example = "show cart --at '2026-03-01 09:03'",
	.options = OPTION_BIT(OPTION_REV) | OPTION_BIT(OPTION_AT) |
	    OPTION_BIT(OPTION_ITEM) | OPTION_BIT(OPTION_RAW) |
	    OPTION_BIT(OPTION_PARTIAL) | OPTION_BIT(OPTION_FORMAT) |
	    OPTION_BIT(OPTION_SERVICE) | OPTION_BIT(OPTION_SECONDS),
	.least = 1,
	.most = 2,
	.run = run,
};
