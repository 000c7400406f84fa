/*
 * crash_cut -- cuts the power anywhere in a trace, and looks at what a
 * responder makes of what is left.
 *
 * What must hold then:
 * - the journal can be opened, and is whole (integrity_check);
 * - it is, row for row, what it was between two transactions, none earlier
 *   than the last one that was said to be durable, and none later than the
 *   one that was under way: so all that was acknowledged is there, with its
 *   bytes, position and verdict, and nothing else;
 * - the projections are what follows from the record (check_run);
 * - what was not acknowledged can be delivered again, with all that
 *   follows: what was journaled after all is a duplicate, all else is
 *   judged as if nothing had happened, and at the end all that is so now is
 *   the same.
 */
#ifndef TESTS_TORTURE_CRASH_CUT_H
#define TESTS_TORTURE_CRASH_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crash_disk.h"
#include "crash_run.h"

/* How a history ends when nothing happens. */
struct reference {
	struct answer answers[TRACE_ANSWERS];
	size_t n_answers;
	char *now;		/* look_now, once all upkeep is done */
	size_t n_ops_of[TRACE_WORKERS], n_syncs_of[TRACE_WORKERS];
};

/* reference_begin -- of a trace without a fault and its directory, which is
 * changed; reference_clear -- all zero is accepted. */
void reference_begin(struct reference *reference, const struct trace *trace,
    const struct plan *plan);
void reference_clear(struct reference *reference);

/* reference_compare -- whether a journal that was settled is as it should
 * be in the end; why not is printed. */
bool reference_compare(const struct reference *reference,
    const char *directory, const struct plan *plan);

struct tally {
	uint64_t points;	/* of a trace, that were cut at */
	uint64_t images;	/* directories that were recovered */
	uint64_t deliveries;	/* acknowledged ones that were looked at */
	uint64_t again;		/* that were delivered again, or after */
	uint64_t whole;		/* images on which the whole rest was done */
	uint64_t losses;
};

struct cut {
	const struct trace *trace;
	const struct plan *plan;
	const struct reference *reference;
	const char *directory;	/* for images */
	uint64_t seed;
	unsigned int rounds;	/* images at a point */
	bool every;		/* also between syncs */
	size_t first, last;	/* points */
	bool spoil;		/* as of struct crash */
	unsigned int whole;	/* one in so many images is done whole */
	bool least;		/* one image at a point: before a sync any, of
				 * what was said nothing unsynced; and not on
				 * all of them are more steps done */
	bool loses;		/* a loss is expected: is not printed, and the
				 * last */
	struct tally *tally;
};

/* cut_all -- returns how many losses there were. */
uint64_t cut_all(const struct cut *cut);

#endif
