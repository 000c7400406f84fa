#include "cli/history_wanted.h"

#include <string.h>

#include "cli/arguments.h"
#include "journal/ledger.h"

#define MISSING "missing"

/* A history has no duplicates, and shows what is missing. */
static const char *
known_verdict(int code)
{
	const char *name = arguments_verdict(code < VERDICT_DUPLICATE ? code :
	    code + 1);

	if (name == NULL && code == N_VERDICTS - 1)
		name = MISSING;
	return name;
}

enum rc
history_wanted_read(struct history_wanted *wanted, const struct call *call,
    struct err *err)
{
	enum rc rc;

	wanted->format = OUTPUT_TABLE;
	wanted->reverse = call->option[OPTION_REVERSE] != NULL;
	wanted->rows = -1;
	wanted->identity = slice_of(call->option[OPTION_IDENTITY]);
	wanted->verdicts.n = 0;
	wanted->since[0] = '\0';
	wanted->until[0] = '\0';
	rc = arguments_format(call, &wanted->format, err);
	if (rc == RC_OK)
		rc = arguments_rows(call, &wanted->rows, err);
	if (rc == RC_OK)
		rc = arguments_time(call, OPTION_SINCE, "--since",
		    wanted->since, err);
	if (rc == RC_OK)
		rc = arguments_time(call, OPTION_UNTIL, "--until",
		    wanted->until, err);
	if (rc == RC_OK)
		rc = arguments_words(call, OPTION_VERDICT, "--verdict",
		    known_verdict, &wanted->verdicts, err);
	return rc;
}

static bool
wants_verdict(const struct history_wanted *wanted, struct slice verdict)
{
	size_t i;

	for (i = 0; i < wanted->verdicts.n; i++) {
		if (slice_is(verdict, wanted->verdicts.word[i]))
			return true;
	}
	return wanted->verdicts.n == 0;
}

/* A bound that is not known (p NULL) excludes nothing. */
static bool
wants_time(const struct history_wanted *wanted, struct slice from,
    struct slice to)
{
	if (wanted->since[0] != '\0' && to.p != NULL &&
	    slice_compare(to, slice_of(wanted->since)) < 0)
		return false;
	return wanted->until[0] == '\0' || from.p == NULL ||
	    slice_compare(from, slice_of(wanted->until)) <= 0;
}

bool
history_wants(const struct history_wanted *wanted,
    const struct past_step *step)
{
	const struct version *version = step->version;

	if (version == NULL)
		return wants_verdict(wanted, slice_of(MISSING)) &&
		    wants_time(wanted, step->missing->after_at,
		    step->missing->before_at);
	return wants_verdict(wanted, version->verdict) &&
	    (wanted->identity.p == NULL || (version->identity.p != NULL &&
	    slice_compare(wanted->identity, version->identity) == 0)) &&
	    wants_time(wanted, version_time(version), version_time(version));
}
