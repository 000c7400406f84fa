/*
 * model_bench -- the same history in a real journal, in memory, driven as the
 * responder drives it and compared with the model row by row.
 */
#ifndef TESTS_MODEL_BENCH_H
#define TESTS_MODEL_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct bench;

/* What the first difference was, in one sentence. */
struct why {
	char text[512];
};

/* How much bench_compare looks at. */
enum bench_scope {
	BENCH_LAST,		/* the last step's event, stream and service */
	BENCH_ALL,		/* every row; streams must have been swept,
				 * unless there is but one */
	N_BENCH_SCOPES
};

/* bench_new -- an empty journal; fails the test when it cannot be made. */
struct bench *bench_new(void);
void bench_free(struct bench *bench);

/* bench_begin, bench_rollback -- around each history: nothing is kept. */
void bench_begin(struct bench *bench);
void bench_rollback(struct bench *bench);

/* bench_save, bench_back -- the journal as it was; they nest. */
void bench_save(struct bench *bench);
void bench_back(struct bench *bench);

/*
 * bench_step -- put a step at a position of the record, and project it.
 *
 * false  it failed, and why says how
 */
bool bench_step(struct bench *bench, const struct model_step *step,
    size_t position, struct why *why);

/* bench_looks -- whether what was projected is written after a step, so that it
 * can be compared. */
bool bench_looks(const struct model_step *step);

/* bench_compare -- whether the projections of generation 0 are what the model
 * says, after all its steps. */
bool bench_compare(struct bench *bench, const struct model *model,
    enum bench_scope scope, struct why *why);

/* bench_run -- a whole history from an empty journal, compared after each step
 * and at the end. */
bool bench_run(struct bench *bench, const struct model *model,
    struct why *why);

/* bench_rebuild -- whether bench_run, at its end, projects the record once more
 * into generation 1, as a rebuild does, and wants the very same rows. Not at
 * first. */
void bench_rebuild(struct bench *bench, bool rebuild);

/* bench_events -- deliveries put so far. */
uint64_t bench_events(const struct bench *bench);

/* bench_gaps -- the gap rows as text, in order of id: "26-26 open 2-;" with the
 * positions that opened and closed each (of an unobserved one, neither).
 * bench_verdict -- of a position. Valid until the next call. */
const char *bench_gaps(struct bench *bench);
const char *bench_verdict(struct bench *bench, size_t position);
/* bench_items -- "k0@2 live;" of each item, by name. */
const char *bench_items(struct bench *bench);

#endif
