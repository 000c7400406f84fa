#include "cli/command_gap.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/slice.h"
#include "cli/output.h"
#include "cli/plain.h"
#include "cli/range.h"
#include "cli/source.h"
#include "journal/journal.h"
#include "twilio/number.h"

/* Others hold the writers' lock for 50 ms at most; many may stand in line. */
#define GAP_WAIT_MS 10000
/* A reason is read in a column beside others. */
#define REASON_MAX 1000
/* Longer than any login name (LOGIN_NAME_MAX is 256 on Linux). */
#define ACTOR_MAX 256

struct wanted {
	enum gap_state state;
	int64_t gap_id;
	int64_t first, last;	/* -1: all of it */
	const char *reason;
	char actor[ACTOR_MAX + 1];
};

static enum rc
read_state(const char *word, enum gap_state *state, struct err *err)
{
	if (strcmp(word, "explain") == 0)
		*state = GAP_EXPLAINED;
	else if (strcmp(word, "lose") == 0)
		*state = GAP_LOST;
	else
		return err_set(err, RC_USAGE, "gap: there is no action: %s; "
		    "the actions are explain, lose", word);
	return RC_OK;
}

static enum rc
read_range(const char *word, struct wanted *wanted, struct err *err)
{
	wanted->first = -1;
	wanted->last = -1;
	if (word == NULL)
		return RC_OK;
	return range_read(word, &wanted->first, &wanted->last, err);
}

/* What is kept for ever is to be readable: one line of at most max bytes. */
static enum rc
check_line(const char *option, const char *text, size_t max, struct err *err)
{
	if (text[strspn(text, " ")] == '\0')
		return err_set(err, RC_USAGE, "%s is empty", option);
	if (strlen(text) > max)
		return err_set(err, RC_USAGE, "%s has %zu bytes, and may have "
		    "%zu", option, strlen(text), max);
	if (!plain_is(text))
		return err_set(err, RC_USAGE, "%s is one line of UTF-8 "
		    "without control characters", option);
	return RC_OK;
}

/* Who runs this program; behind sudo, who ran that. */
static void
find_actor(char actor[ACTOR_MAX + 1])
{
	const struct passwd *entry = NULL;
	const char *name = NULL;

	if (getuid() == 0)
		name = getenv("SUDO_USER");
	if (name == NULL || check_line("", name, ACTOR_MAX, NULL) != RC_OK) {
		entry = getpwuid(getuid());
		name = entry == NULL ? NULL : entry->pw_name;
	}
	if (name == NULL || check_line("", name, ACTOR_MAX, NULL) != RC_OK)
		(void)snprintf(actor, ACTOR_MAX + 1, "uid %lu",
		    (unsigned long)getuid());
	else
		(void)snprintf(actor, ACTOR_MAX + 1, "%s", name);
}

static enum rc
read_texts(const struct call *call, struct wanted *wanted, struct err *err)
{
	const char *actor = call->option[OPTION_ACTOR];
	enum rc rc;

	wanted->reason = call->option[OPTION_REASON];
	if (wanted->reason == NULL)
		return err_set(err, RC_USAGE, "gap: --reason is missing: it "
		    "says why, in one line");
	rc = check_line("--reason", wanted->reason, REASON_MAX, err);
	if (rc != RC_OK)
		return rc;
	if (actor == NULL) {
		find_actor(wanted->actor);
		return RC_OK;
	}
	rc = check_line("--actor", actor, ACTOR_MAX, err);
	if (rc == RC_OK)
		(void)snprintf(wanted->actor, sizeof(wanted->actor), "%s",
		    actor);
	return rc;
}

static enum rc
read_wanted(const struct call *call, struct wanted *wanted, struct err *err)
{
	enum rc rc;

	rc = read_state(call->word[0], &wanted->state, err);
	if (rc != RC_OK)
		return rc;
	if (!number_parse(slice_of(call->word[1]), 10, &wanted->gap_id))
		return err_set(err, RC_USAGE, "gap: GAP_ID is a number, as "
		    "the listing gaps shows it, not: %s", call->word[1]);
	rc = read_range(call->option[OPTION_RANGE], wanted, err);
	if (rc == RC_OK)
		rc = read_texts(call, wanted, err);
	return rc;
}

static enum rc
tell(const struct wanted *wanted, const struct gap_closed *closed,
    struct err *err)
{
	(void)printf("gap %lld: %lld", (long long)wanted->gap_id,
	    (long long)closed->first);
	if (closed->last > closed->first)
		(void)printf(" to %lld", (long long)closed->last);
	(void)printf(" %s (position %lld)\n", gap_state_name(wanted->state),
	    (long long)closed->position);
	return output_end(err);
}

static enum rc
run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	struct source source = { .conf = NULL };
	struct journal *journal = NULL;
	struct wanted wanted;
	struct gap_closed closed;
	enum rc rc;

	(void)command;
	rc = read_wanted(call, &wanted, err);
	if (rc == RC_OK)
		rc = source_find(&source, call, err);
	if (rc == RC_OK)
		rc = source_open(&source, GAP_WAIT_MS, &journal, err);
	if (rc == RC_OK)
		rc = journal_close_gap(journal, wanted.gap_id, wanted.state,
		    wanted.first, wanted.last, wanted.actor, wanted.reason,
		    GAP_WAIT_MS, &closed, err);
	if (rc == RC_OK)
		rc = tell(&wanted, &closed, err);
	journal_close(journal);
	source_clear(&source);
	if (rc == RC_OK)
		*status = STATUS_CLEAN;
	return rc;
}

const struct command command_gap = {
	.name = "gap",
	.group = GROUP_WORK,
	.what = "explain missing numbers, or give them up",
	.arguments = "explain|lose GAP_ID [--range FIRST-LAST]\n"
	    "    --reason TEXT [--actor NAME]",
	.more = "explain: there is a reason why they never come; lose: they "
	    "should have come.\n"
	    "GAP_ID and the numbers are those of the listing gaps. One that "
	    "arrives\n"
	    "late all the same fills its place. Not to be taken back, but "
	    "said anew.\n",
	.example = "gap explain 192 --range 26-27 \\\n"
	    "      --reason 'written while the webhook was off'",
	.options = OPTION_BIT(OPTION_RANGE) | OPTION_BIT(OPTION_REASON) |
	    OPTION_BIT(OPTION_ACTOR),
	.least = 2,
	.most = 2,
	.run = run,
};
