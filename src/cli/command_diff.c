#include "cli/command_diff.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "audit/past.h"
#include "audit/version.h"
#include "base/buf.h"
#include "cli/about.h"
#include "cli/arguments.h"
#include "cli/changes.h"
#include "cli/object.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "json/diff.h"
#include "json/json.h"
#include "twilio/number.h"

struct wanted {
	enum output_format format;
	int64_t number[2];
	int n_name;		/* words that name the object */
};

/* One of the two versions. */
struct side {
	struct past_state state;
	struct json *json;
};

struct work {
	struct reading *reading;
	const struct wanted *wanted;
	struct past_about about;
	struct side side[2];
};

static enum rc
read_wanted(const struct call *call, struct wanted *wanted, struct err *err)
{
	enum rc rc;
	int i;

	*wanted = (struct wanted){ .format = OUTPUT_TABLE,
	    .n_name = call->n_words - 2 };
	rc = arguments_format(call, &wanted->format, err);
	if (rc != RC_OK)
		return rc;
	for (i = 0; i < 2; i++) {
		const char *word = call->word[wanted->n_name + i];

		if (!number_parse(slice_of(word), 10, &wanted->number[i]))
			return err_set(err, RC_USAGE, "diff: A and B are "
			    "numbers, as the command history shows them, not: "
			    "%s", word);
	}
	return RC_OK;
}

static enum rc
read_side(struct work *work, int i, bool *is_there, struct err *err)
{
	struct past_state *const state = &work->side[i].state;
	enum rc rc;

	rc = reading_begin(work->reading, err);
	if (rc == RC_OK)
		rc = past_rev(work->reading->db, &work->about,
		    work->wanted->number[i], state, err);
	reading_end(work->reading);
	if (rc != RC_OK)
		return reading_explain(work->reading, rc, err);
	*is_there = state->answer == PAST_KNOWN;
	object_say(buf_slice(&state->why));
	object_say(buf_slice(&state->note));
	return RC_OK;
}

/* Tell a person why there can be no diff. */
static void
tell(const struct work *work, int i, const char *why)
{
	struct buf line;

	buf_init(&line, 0);
	name_title(&line, work->about.subject);
	buf_printf(&line, ": %lld cannot be compared, since its data is %s\n",
	    (long long)work->wanted->number[i], why);
	object_say(buf_slice(&line));
	buf_clear(&line);
}

static enum rc
parse_side(struct work *work, int i, bool *is_json, struct err *err)
{
	struct side *const side = &work->side[i];
	const struct slice data = side->state.version.data;
	struct err why;
	struct buf text;
	enum rc rc;

	*is_json = false;
	if (data.p == NULL) {
		tell(work, i, "not there");
		return RC_OK;
	}
	rc = json_parse(&side->json, data, &why);
	*is_json = rc == RC_OK;
	if (rc == RC_OK)
		return RC_OK;
	if (rc != RC_SYNTAX && rc != RC_LIMIT)
		return err_set(err, rc, "diff: %s", why.text);
	buf_init(&text, 0);
	buf_printf(&text, "not JSON (%s); --raw of the command show has it",
	    why.text);
	tell(work, i, buf_ok(&text) ? text.data : "not JSON");
	buf_clear(&text);
	return RC_OK;
}

static enum rc
compare(struct work *work, struct err *err)
{
	struct diff *diff = NULL;
	struct buf words[2];
	enum rc rc;
	int i;

	for (i = 0; i < 2; i++) {
		buf_init(&words[i], 0);
		version_words(&words[i], work->about.subject->kind,
		    &work->side[i].state.version);
	}
	rc = diff_new(&diff, work->side[0].json, work->side[1].json, err);
	if (rc == RC_OK)
		rc = changes_print(diff, buf_slice(&words[0]),
		    buf_slice(&words[1]), work->wanted->format, stdout, err);
	diff_free(diff);
	buf_clear(&words[0]);
	buf_clear(&words[1]);
	return rc;
}

static enum rc
both(struct work *work, enum status *status, struct err *err)
{
	bool is_there[2] = { false, false };
	enum rc rc = RC_OK;
	int i;

	for (i = 0; rc == RC_OK && i < 2; i++)
		rc = read_side(work, i, &is_there[i], err);
	*status = STATUS_FINDINGS;
	if (rc != RC_OK || !is_there[0] || !is_there[1])
		return rc;
	for (i = 0; rc == RC_OK && i < 2; i++)
		rc = parse_side(work, i, &is_there[i], err);
	if (rc != RC_OK || !is_there[0] || !is_there[1])
		return rc;
	rc = compare(work, err);
	if (rc == RC_OK)
		*status = STATUS_CLEAN;
	return rc;
}

static void
work_clear(struct work *work)
{
	int i;

	for (i = 0; i < 2; i++) {
		json_free(work->side[i].json);
		past_clear(&work->side[i].state);
	}
}

static enum rc
run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	struct reading reading;
	struct object object = { .is_found = false };
	struct wanted wanted;
	struct work work = { .reading = &reading, .wanted = &wanted };
	enum rc rc;

	(void)command;
	rc = read_wanted(call, &wanted, err);
	if (rc != RC_OK)
		return rc;
	rc = reading_open(&reading, call, err);
	if (rc == RC_OK)
		rc = object_find(&object, &reading, call, call->word,
		    wanted.n_name, NULL, err);
	*status = STATUS_USAGE;
	if (rc == RC_OK && object.is_found)
		rc = about_one(&work.about, &object.found.subject, call, err);
	if (rc == RC_OK && object.is_found)
		rc = both(&work, status, err);
	work_clear(&work);
	object_clear(&object);
	reading_close(&reading);
	return rc;
}

const struct command command_diff = {
	.name = "diff",
	.group = GROUP_PAST,
	.what = "what changed from revision A of a document to revision B",
	.arguments = "NAME A B [--item KEY] [--format table|json|csv]",
	.more = "NAME is a SID, a unique name, or behind document, list or map "
	    "one of these;\na list or map needs --item, and A and B are then "
	    "EventIds. json is one JSON\nPatch (RFC 6902) that makes B of "
	    "A.\n",
	.example = "diff cart 3 5",
	.options = OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_ITEM) |
	    OPTION_BIT(OPTION_SERVICE),
	.least = 3,
	.most = 4,
	.run = run,
};
