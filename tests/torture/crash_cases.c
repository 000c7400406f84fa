#include "crash_cases.h"

#include <stdio.h>
#include <string.h>

struct wanted wanted = { .seed = 1, .rounds = 1, .every = 29, .fault = -1,
    .point = -1 };
struct bench bench;

/* What is done, and how much of it in the bounded run. */
struct case_of {
	const char *name;
	const struct history *history;
	enum conf_mode mode;
	bool brief, brief_after;
	enum fault_kind fault;
	int worker;
	unsigned int bounded;	/* faults in the bounded run */
};

#define WAL CONF_MODE_WAL
#define TRUNCATE CONF_MODE_TRUNCATE

static const struct case_of cases[] = {
	{ "wal", &history_one, WAL, .bounded = 1 },
	{ "truncate", &history_one, TRUNCATE, .bounded = 1 },
	{ "two", &history_two, WAL, .bounded = 1 },
	{ "two-truncate", &history_two, TRUNCATE, .bounded = 0 },
	{ "cgi", &history_one, WAL, .brief = true },
	{ "kill-wal", &history_one, WAL, .fault = FAULT_KILL, .bounded = 1 },
	{ "kill-truncate", &history_one, TRUNCATE, .fault = FAULT_KILL },
	{ "kill-cgi", &history_one, WAL, .brief = true, .fault = FAULT_KILL },
	{ "kill-first", &history_two, WAL, .fault = FAULT_KILL },
	{ "kill-second", &history_two, WAL, .fault = FAULT_KILL, .worker = 1,
	    .bounded = 1 },
	{ "eio-wal", &history_one, WAL, .fault = FAULT_SYNC, .bounded = 1 },
	{ "eio-wal-cgi", &history_one, WAL, .brief_after = true,
	    .fault = FAULT_SYNC },
	{ "eio-cgi", &history_one, WAL, .brief = true, .fault = FAULT_SYNC },
	{ "eio-truncate", &history_one, TRUNCATE, .fault = FAULT_SYNC },
	{ "eio-kill-wal", &history_one, WAL, .fault = FAULT_SYNC_KILL },
	{ "eio-kill-wal-cgi", &history_one, WAL, .brief_after = true,
	    .fault = FAULT_SYNC_KILL, .bounded = 1 },
	{ "eio-kill-cgi", &history_one, WAL, .brief = true,
	    .fault = FAULT_SYNC_KILL },
	{ "eio-kill-truncate", &history_one, TRUNCATE,
	    .fault = FAULT_SYNC_KILL },
	{ "eio-kill-second", &history_two, WAL, .fault = FAULT_SYNC_KILL,
	    .worker = 1 },
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

/* What was asked of the files around a point. */
static void
print_trace(size_t around)
{
	static const char *const kinds[N_OP_KINDS] = { [OP_WRITE] = "write",
	    [OP_TRUNCATE] = "truncate", [OP_SYNC] = "sync",
	    [OP_CREATE] = "create", [OP_UNLINK] = "unlink",
	    [OP_RENAME] = "rename", [OP_SYNC_DIRECTORY] = "sync directory" };
	size_t from = around < 30 ? 0 : around - 30, i, s;

	for (i = from; i <= around + 5 && i <= bench.trace->n_ops; i++) {
		const struct op *const op = &bench.trace->ops[i];

		for (s = 0; s < bench.trace->n_states; s++) {
			if (bench.trace->states[s].at == i)
				(void)printf("# %5zu steps done%s\n",
				    bench.trace->states[s].steps,
				    bench.trace->states[s].promised ? "" :
				    ", not promised");
		}
		if (i < bench.trace->n_ops)
			(void)printf("# %zu: %s file %d name %d at %lld, %zu "
			    "bytes%s\n", i, kinds[op->kind], op->file,
			    op->name, (long long)op->at, op->len, op->failed ?
			    ", failed" : "");
	}
}

static struct plan
plan_of(const struct case_of *what)
{
	return (struct plan){ .history = what->history, .mode = what->mode,
	    .brief = what->brief };
}

/* How runs without a fault end; each is done once. */
static struct {
	struct plan plan;
	struct reference reference;
} kept[6];

const struct reference *
case_reference(const struct plan *of)
{
	const struct plan plan = { .history = of->history, .mode = of->mode,
	    .brief = of->brief };
	size_t i = 0;

	while (kept[i].plan.history != NULL && (kept[i].plan.history !=
	    plan.history || kept[i].plan.mode != plan.mode ||
	    kept[i].plan.brief != plan.brief))
		i++;
	if (kept[i].plan.history == NULL) {
		run(bench.trace, &plan, bench.live);
		reference_begin(&kept[i].reference, bench.trace,
		    &plan);
		kept[i].plan = plan;
	}
	return &kept[i].reference;
}

void
case_forget(void)
{
	size_t i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		reference_clear(&kept[i].reference);
}

/* Where the process that the fault is for has been. */
static size_t
faults_of(const struct case_of *what, const struct reference *reference)
{
	return what->fault == FAULT_KILL ? reference->n_ops_of[what->worker] :
	    reference->n_syncs_of[what->worker];
}

static bool
cut_without_fault(const struct case_of *what, struct tally *tally)
{
	const struct plan plan = plan_of(what);
	struct cut cut = { .trace = bench.trace, .plan = &plan,
	    .reference = case_reference(&plan), .directory = bench.image,
	    .seed = wanted.seed, .rounds = wanted.rounds,
	    .every = wanted.lengthy, .last = SIZE_MAX,
	    .whole = wanted.lengthy ? 4 : 16, .spoil = wanted.spoil,
	    .least = wanted.bounded, .tally = tally };

	run(bench.trace, &plan, bench.live);
	if (wanted.point >= 0) {
		cut.first = cut.last = (size_t)wanted.point;
		print_trace(cut.first);
	}
	(void)cut_all(&cut);
	return tally->losses == 0;
}

/* Where the trace was when the fault struck: the last that was said before. */
size_t
case_fault_point(void)
{
	size_t i;

	for (i = 0; i < bench.trace->n_states; i++) {
		if (!bench.trace->states[i].promised)
			return bench.trace->states[i].at;
	}
	return bench.trace->n_ops;
}

/* The journal goes on, and its power is cut later. */
static void
cut_with_fault(const struct case_of *what, const struct reference *reference,
    size_t at, struct tally *tally)
{
	struct plan plan = plan_of(what);
	struct cut cut = { .trace = bench.trace, .plan = &plan,
	    .reference = reference, .directory = bench.image,
	    .seed = wanted.seed + at, .rounds = wanted.rounds, .last = SIZE_MAX, .whole = 8,
	    .tally = tally };

	plan.brief_after = what->brief_after;
	plan.fault = (struct fault){ what->fault, what->worker, at };
	run(bench.trace, &plan, bench.live);
	if (!reference_compare(reference, bench.live, &plan))
		tally->losses++;
	if (wanted.point >= 0) {
		cut.first = cut.last = (size_t)wanted.point;
		print_trace(cut.first);
	} else {
		cut.first = case_fault_point();
		cut.last = cut.first + 60;
	}
	(void)cut_all(&cut);
}

/* Which faults: all, or some that lie apart. */
static bool
do_case(const struct case_of *what, struct tally *tally)
{
	const struct plan plan = plan_of(what);
	const struct reference *reference;
	size_t n, at, stride = wanted.every != 0 ? wanted.every : 1;

	if (what->fault == FAULT_NONE)
		return cut_without_fault(what, tally);
	reference = case_reference(&plan);
	n = faults_of(what, reference);
	if (wanted.bounded)
		stride = n / what->bounded;
	if (stride > n)
		stride = n;
	for (at = (7 * wanted.seed + n / 3) % stride; at < n; at += stride) {
		if (wanted.fault < 0 || at == (size_t)wanted.fault)
			cut_with_fault(what, reference, at, tally);
	}
	return tally->losses == 0;
}

static void
print_tally(const char *name, const struct tally *tally)
{
	(void)printf("# %-18s seed %llu: %llu points, %llu images, %llu "
	    "acknowledged deliveries looked at, %llu delivered after, %llu "
	    "lost\n", name, (unsigned long long)wanted.seed,
	    (unsigned long long)tally->points,
	    (unsigned long long)tally->images,
	    (unsigned long long)tally->deliveries,
	    (unsigned long long)tally->again,
	    (unsigned long long)tally->losses);
	(void)fflush(stdout);
}

static bool
do_and_tell(const struct case_of *what)
{
	struct tally tally = { 0 };
	const bool ok = do_case(what, &tally);

	print_tally(what->name, &tally);
	return ok;
}

bool
case_do(const char *name)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < N_CASES; i++) {
		if (name == NULL || strcmp(name, cases[i].name) == 0)
			ok &= do_and_tell(&cases[i]);
	}
	return ok;
}
