/*
 * model_history -- a history that fails: made as short as it can be, and
 * printed so that it can be read.
 */
#ifndef TESTS_MODEL_HISTORY_H
#define TESTS_MODEL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "model.h"
#include "model_bench.h"

/* history_print -- one line a step, to standard error. */
void history_print(const struct model *model);

/* history_valid -- whether each MODEL_CLOSE names numbers that an operator
 * could name there. */
bool history_valid(const struct model *model);

/*
 * history_shrink -- drop steps for as long as what remains is valid and still
 * fails.
 *
 * steps   changed in place
 * *n      how many, before and after
 * *why    of the shortest
 */
void history_shrink(struct bench *bench, struct model_step *steps, size_t *n,
    struct why *why);

/* history_fail -- shrink a history that has failed for a reason, print it and
 * fail the test. One that does not fail from an empty journal is printed as it
 * is. */
void history_fail(struct bench *bench, const struct model *model,
    const struct why *why);

#endif
