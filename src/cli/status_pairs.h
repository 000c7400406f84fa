/*
 * status_pairs -- what "status" says, line by line.
 */
#ifndef CLI_STATUS_PAIRS_H
#define CLI_STATUS_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "audit/overview.h"
#include "base/buf.h"
#include "base/err.h"
#include "cli/output.h"

/* There are no more of either kind. */
#define STATUS_PAIRS_MAX 64

struct status_pairs {
	struct output_pair pair[STATUS_PAIRS_MAX];
	size_t n;
	struct buf text;	/* what their values point into */
	size_t begin[STATUS_PAIRS_MAX];	/* of a text; its pair's value is made
					 * by the end */
};

struct status_of {
	const struct overview *overview;
	const char *path;
	int64_t now_us;
};

/*
 * status_pairs_people -- in sentences, times as what they are ago.
 * status_pairs_programs -- a value each, under names that stay; sizes in bytes,
 * times as the views have them.
 *
 * *pairs  set in any case, cleared with status_pairs_clear
 *
 * RC_MEMORY
 */
enum rc status_pairs_people(struct status_pairs *pairs,
    const struct status_of *of, struct err *err);
enum rc status_pairs_programs(struct status_pairs *pairs,
    const struct status_of *of, struct err *err);
void status_pairs_clear(struct status_pairs *pairs);

#endif
