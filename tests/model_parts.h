/*
 * model_parts -- what the files of model_bench.h share.
 */
#ifndef TESTS_MODEL_PARTS_H
#define TESTS_MODEL_PARTS_H

#include "base/buf.h"
#include "journal/db.h"
#include "journal/project.h"
#include "model_bench.h"
#include "twilio/params.h"

struct bench {
	struct db *db;
	struct projector *projector;
	struct params params;
	struct event event;
	struct buf body;
	struct buf text;	/* of bench_gaps and the like */
	struct buf rows;	/* of bench_rebuilt */
	uint64_t events;
	bool learned;		/* of a base, by the last delivery */
	bool rebuild;		/* as bench_rebuild says */
};

/* bench_received_us -- when what is at a position was received, or done. */
int64_t bench_received_us(size_t position);

/* bench_take -- project a step that is in the record. */
enum rc bench_take(struct bench *bench, const struct model_step *step,
    size_t position, struct err *err);

/* bench_differs -- write why; always false. */
bool bench_differs(struct why *why, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* bench_row -- the next row, if there is one; fails the test when it cannot be
 * read. */
bool bench_row(struct db *db, enum statement statement);

/* bench_int -- a column; -1 for NULL: no number here is negative. */
int64_t bench_int(struct db *db, enum statement statement, int column);

/*
 * bench_compare_gaps -- the gap rows of one stream.
 *
 * born  its row knows a creation, below which nothing is missing
 */
bool bench_compare_gaps(struct bench *bench, const struct model *model,
    const struct model_stream *want, bool born, struct why *why);

/* bench_rebuilt -- compare the rows of generation 0 with those of a rebuild of
 * all steps. */
bool bench_rebuilt(struct bench *bench, const struct model *model,
    struct why *why);

#endif
