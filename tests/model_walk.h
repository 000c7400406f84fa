/*
 * model_walk -- every sequence of some events, longest first: each prefix is
 * put into the journal once and compared there.
 */
#ifndef TESTS_MODEL_WALK_H
#define TESTS_MODEL_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "model_bench.h"

/* One stream's events that are tried in every order. */
struct alphabet {
	const char *name;
	const struct model_step *steps;
	size_t n;
	size_t shorter;		/* its sequences are shorter by so many: what
				 * is tried beside the main one of a kind */
};

extern const struct alphabet alphabets[];
extern const size_t n_alphabets;

/* walk_all -- all sequences of up to depth of them; fails the test at the first
 * that differs. Returns how many there were. */
uint64_t walk_all(struct bench *bench, const struct alphabet *alphabet,
    size_t depth);

#endif
