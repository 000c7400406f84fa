#include "cli/command_blame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "audit/past.h"
#include "audit/version.h"
#include "cli/about.h"
#include "cli/arguments.h"
#include "cli/object.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reading.h"
#include "json/blame.h"

/* So many versions are read in one transaction. */
#define SLICE_VERSIONS 200
/* A number of 63 bits, and a word. */
#define WORDS_SIZE 40

/* A leaf's tag: the position of the version that changed it, and whether
 * numbers are missing just before that one. */
#define TAG(position, after_missing) ((position) * 2 + (after_missing))
#define TAG_POSITION(tag) ((tag) / 2)
#define TAG_AFTER_MISSING(tag) ((tag) % 2 == 1)

enum {
	COLUMN_PATH,
	COLUMN_VALUE,
	COLUMN_REVISION,
	COLUMN_AT,
	COLUMN_BY,
	COLUMN_POSITION,
	COLUMN_NOTE,
	N_COLUMNS
};

static const struct output_column columns[N_COLUMNS] = {
	[COLUMN_PATH] = { .name = "path" },
	[COLUMN_VALUE] = { .name = "value" },
	[COLUMN_REVISION] = { .name = "revision" },
	[COLUMN_AT] = { .name = "updated_at" },
	[COLUMN_BY] = { .name = "updated_by" },
	[COLUMN_POSITION] = { .name = "position" },
	[COLUMN_NOTE] = { .name = "note" },
};

struct wanted {
	enum output_format format;
	bool has_rev;
	int64_t rev;
};

struct work {
	struct reading *reading;
	const struct wanted *wanted;
	struct past_about about;
	struct blame *blame;
	struct output *output;
	bool after_missing;
	bool is_over;		/* the version that is wanted was walked over */
	struct progress progress;
	int64_t n;		/* versions so far */
};

static enum rc
read_wanted(const struct call *call, struct wanted *wanted, struct err *err)
{
	enum rc rc;

	*wanted = (struct wanted){ .format = OUTPUT_TABLE,
	    .has_rev = call->option[OPTION_REV] != NULL };
	rc = arguments_format(call, &wanted->format, err);
	if (rc == RC_OK)
		rc = arguments_rev(call, &wanted->rev, err);
	return rc;
}

/* --------------------------------------------------------------------------
 * The versions
 */

static enum rc
take_version(void *to, const struct past_step *step, struct err *err)
{
	struct work *work = to;
	const struct version *version = step->version;
	enum rc rc;

	if (work->is_over)
		return RC_OK;
	if (version == NULL) {
		work->after_missing = true;
		return RC_OK;
	}
	/* A conflict does not say the state; what has no number has no
	 * place. */
	if (!version->has_number || version->is_conflict)
		return RC_OK;
	if (work->wanted->has_rev && version->number > work->wanted->rev) {
		work->is_over = true;
		return RC_OK;
	}
	/* What is added again after a removal is all new. */
	rc = blame_next(work->blame, version_is_removal(version) ?
	    slice_of(NULL) : version->data,
	    TAG(version->position, work->after_missing), err);
	work->after_missing = false;
	work->n++;
	return rc;
}

static void
tell(struct work *work)
{
	char words[WORDS_SIZE];

	(void)snprintf(words, sizeof(words), "%lld versions",
	    (long long)work->n);
	progress_say(&work->progress, words);
}

static enum rc
walk(struct work *work, struct err *err)
{
	struct past_walk walk;
	bool more = true;
	enum rc rc = RC_OK;

	past_walk_begin(&walk, &work->about, false, true);
	while (rc == RC_OK && more && !work->is_over) {
		rc = reading_begin(work->reading, err);
		if (rc == RC_OK)
			rc = past_walk_next(work->reading->db, &walk,
			    SLICE_VERSIONS, take_version, work, &more, err);
		reading_end(work->reading);
		tell(work);
	}
	return reading_explain(work->reading, rc, err);
}

/* --------------------------------------------------------------------------
 * The leaves
 */

static struct db_value
text_value(struct slice text)
{
	return (struct db_value){ .type = text.p == NULL ? DB_NULL : DB_TEXT,
	    .bytes = text };
}

static struct db_value
number_value(int64_t number)
{
	return (struct db_value){ .type = DB_INTEGER, .number = number };
}

static enum rc
print_leaf(void *to, const struct blame_leaf *leaf, struct err *err)
{
	static const char note[] = "or by one of the numbers that are missing "
	    "before it";
	const enum statement s = STATEMENT_BLAME_EVENT;
	struct work *work = to;
	struct db *const db = work->reading->db;
	struct db_value values[N_COLUMNS];
	enum rc rc;
	bool row;

	db_bind_int(db, s, 1, TAG_POSITION(leaf->tag));
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK)
		return rc;
	values[COLUMN_PATH] = text_value(leaf->pointer);
	values[COLUMN_VALUE] = text_value(leaf->value);
	values[COLUMN_REVISION] = (struct db_value){ .type = DB_NULL };
	values[COLUMN_AT] = (struct db_value){ .type = DB_NULL };
	values[COLUMN_BY] = (struct db_value){ .type = DB_NULL };
	values[COLUMN_POSITION] = number_value(TAG_POSITION(leaf->tag));
	values[COLUMN_NOTE] = text_value(TAG_AFTER_MISSING(leaf->tag) ?
	    slice_of(note) : slice_of(NULL));
	if (row) {
		values[COLUMN_REVISION] = db_column(db, s, 0);
		values[COLUMN_AT] = db_column(db, s, 1);
		values[COLUMN_BY] = db_column(db, s, 2);
	}
	output_row(work->output, values);
	if (row)
		db_done(db, s);
	return RC_OK;
}

static enum rc
print(struct work *work, struct err *err)
{
	enum rc rc;

	rc = output_begin(&work->output, work->wanted->format, stdout, columns,
	    N_COLUMNS, err);
	if (rc != RC_OK)
		return rc;
	rc = reading_begin(work->reading, err);
	if (rc == RC_OK)
		rc = blame_each(work->blame, print_leaf, work, err);
	reading_end(work->reading);
	if (rc == RC_OK)
		rc = output_finish(work->output, err);
	return reading_explain(work->reading, rc, err);
}

/* -------------------------------------------------------------------------- */

/* Whether there is a version to speak of; else why not, on standard error. */
static enum rc
ask(struct work *work, bool *is_there, struct err *err)
{
	struct past_state state;
	enum rc rc;

	rc = reading_begin(work->reading, err);
	if (rc != RC_OK)
		return reading_explain(work->reading, rc, err);
	if (work->wanted->has_rev)
		rc = past_rev(work->reading->db, &work->about,
		    work->wanted->rev, &state, err);
	else
		rc = past_at(work->reading->db, &work->about, NULL, &state,
		    err);
	reading_end(work->reading);
	if (rc == RC_OK) {
		*is_there = state.answer == PAST_KNOWN;
		object_say(buf_slice(&state.why));
		object_say(buf_slice(&state.note));
	}
	past_clear(&state);
	return reading_explain(work->reading, rc, err);
}

static enum rc
blame(struct work *work, enum status *status, struct err *err)
{
	bool is_there = false;
	enum rc rc;

	rc = ask(work, &is_there, err);
	if (rc != RC_OK || !is_there) {
		*status = STATUS_FINDINGS;
		return rc;
	}
	progress_init(&work->progress, "blame");
	rc = blame_new(&work->blame, err);
	if (rc == RC_OK)
		rc = walk(work, err);
	progress_clear(&work->progress);
	if (rc == RC_OK)
		rc = print(work, err);
	output_free(work->output);
	blame_free(work->blame);
	*status = STATUS_CLEAN;
	return rc;
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
		    call->n_words, NULL, err);
	*status = STATUS_USAGE;
	if (rc == RC_OK && object.is_found)
		rc = about_one(&work.about, &object.found.subject, call, err);
	if (rc == RC_OK && object.is_found)
		rc = blame(&work, status, err);
	object_clear(&object);
	reading_close(&reading);
	return rc;
}

const struct command command_blame = {
	.name = "blame",
	.group = GROUP_PAST,
	.what = "who last changed each part of a document, and when",
	.arguments = "NAME [--rev N] [--item KEY] "
	    "[--format table|json|csv]",
	.more = "NAME is a SID, a unique name, or behind document, list or map "
	    "one of these;\na list or map needs --item. path is a JSON "
	    "Pointer (RFC 6901).\n",
	.example = "blame cart",
	.options = OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_REV) |
	    OPTION_BIT(OPTION_ITEM) | OPTION_BIT(OPTION_SERVICE),
	.least = 1,
	.most = 2,
	.run = run,
};
