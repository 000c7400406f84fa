/*
 * model_random -- histories as Sync could write them, and some that it would
 * not: several streams of several kinds in two or three services, late, twice,
 * out of order, in either base, now and then contradicting themselves.
 */
#ifndef TESTS_MODEL_RANDOM_H
#define TESTS_MODEL_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct random {
	uint64_t state;
};

/* random_below -- 0 .. n - 1, n > 0. */
uint64_t random_below(struct random *random, uint64_t n);

/* random_history -- n <= MODEL_STEPS steps; their texts live for ever. */
void random_history(struct random *random, size_t n, struct model_step *steps);

/* random_order -- another order of the same deliveries: shuffled, or one part
 * of them after the other, as a merge leaves them. Settings keep their
 * places, operators' actions are left out; returns how many remain. */
size_t random_order(struct random *random, const struct model *model,
    struct model_step *steps);

#endif
