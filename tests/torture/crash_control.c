#include <stdio.h>

#include "crash_cases.h"

#define WAL CONF_MODE_WAL
#define TRUNCATE CONF_MODE_TRUNCATE

struct control {
	const char *name;
	enum broken broken;
	const struct history *history;
	enum conf_mode mode;
	enum fault_kind fault;
	size_t first;		/* fault, and those after it */
	bool brief_after;
	bool header;		/* only where a WAL is begun anew */
	unsigned int rounds;
};

static const struct control controls[] = {
	{ "synchronous=NORMAL", BROKEN_NORMAL, &history_one, TRUNCATE,
	    .rounds = 1 },
	{ "journal_mode=DELETE", BROKEN_DELETE, &history_one, TRUNCATE,
	    .rounds = 1 },
	{ "no sync", BROKEN_SYNC, &history_one, WAL, .rounds = 1 },
	{ "the answer before the sync", BROKEN_ANSWER, &history_one, WAL,
	    .rounds = 1 },
	{ "no sync of a new WAL's header", BROKEN_HEADER, &history_one, WAL,
	    .header = true, .rounds = 60 },
	{ "no sync of the directory", BROKEN_DIRECTORY, &history_one, WAL,
	    FAULT_KILL, .first = 89, .rounds = 1 },
	{ "no care for the WAL at the start", BROKEN_START, &history_one, WAL,
	    FAULT_SYNC, .first = 20, .rounds = 1 },
	{ "a copy of what is not on the disk", BROKEN_RENEW, &history_one, WAL,
	    FAULT_SYNC_KILL, .first = 35, .rounds = 4 },
	{ "no word in the lock file", BROKEN_WORDS, &history_one, WAL,
	    FAULT_SYNC_KILL, .first = 20, .brief_after = true, .rounds = 1 },
};

/* Where a WAL gets its second header. */
static size_t
point_of_header(void)
{
	size_t i, n = 0;

	for (i = 0; i < bench.trace->n_ops; i++) {
		const struct op *const op = &bench.trace->ops[i];

		if (op->kind == OP_WRITE && op->len == 32 && op->at == 0 &&
		    n++ == 1)
			break;
	}
	return i;
}

/* The same loops as above, until one is lost. */
static uint64_t
losses_of(const struct control *control)
{
	struct plan plan = { .history = control->history,
	    .mode = control->mode, .brief_after = control->brief_after };
	struct tally tally = { 0 };
	struct cut cut = { .trace = bench.trace, .plan = &plan,
	    .reference = case_reference(&plan),
	    .directory = bench.image, .seed = wanted.seed,
	    .rounds = control->rounds, .last = SIZE_MAX, .whole = 8,
	    .loses = true, .tally = &tally };
	size_t at = control->first;

	plan.broken = control->broken;
	do {
		plan.fault = (struct fault){ control->fault, 0, at };
		run(bench.trace, &plan, bench.live);
		cut.first = control->fault != FAULT_NONE ? case_fault_point() :
		    control->header ? point_of_header() : 0;
		(void)cut_all(&cut);
	} while (tally.losses == 0 && control->fault != FAULT_NONE &&
	    ++at < control->first + 12);
	return tally.losses;
}

const char *
control_do(void)
{
	size_t i;

	for (i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		(void)printf("# broken: %s\n", controls[i].name);
		if (losses_of(&controls[i]) == 0)
			return controls[i].name;
	}
	return NULL;
}
