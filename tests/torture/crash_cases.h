/*
 * crash_cases -- which histories are cut, with which faults, and what must lose
 * something.
 */
#ifndef TESTS_TORTURE_CRASH_CASES_H
#define TESTS_TORTURE_CRASH_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crash_cut.h"

/* As the options say. */
struct wanted {
	bool bounded;
	bool lengthy, spoil;
	size_t every;		/* one fault in so many */
	uint64_t seed;
	unsigned int rounds;
	const char *name;	/* NULL: all cases */
	long fault, point;	/* -1: all */
};
extern struct wanted wanted;

/* Where it is done: a directory for runs, one for images. */
struct bench {
	struct trace *trace;
	char live[56], image[56];
};
extern struct bench bench;

/* case_do -- the case of a name, NULL: all; prints what was done. Returns
 * whether nothing was lost. */
bool case_do(const char *name);

/* case_forget -- give memory back. */
void case_forget(void);

/* case_reference, case_fault_point -- for controls: how a plan ends without a
 * fault (changes the trace); where the trace was when its fault struck. */
const struct reference *case_reference(const struct plan *plan);
size_t case_fault_point(void);

/* control_do -- all that is broken on purpose. Returns NULL, or what lost
 * nothing. */
const char *control_do(void);

#endif
