/*
 * show_parts -- what the two halves of the command show share.
 */
#ifndef CLI_SHOW_PARTS_H
#define CLI_SHOW_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/past.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/object.h"
#include "cli/output.h"
#include "cli/reading.h"

struct show {
	struct reading reading;
	struct object object;
	struct slice item;	/* p NULL: not asked for */
	bool has_format;
	enum output_format format;
	bool has_rev;
	int64_t rev;
	const int64_t *at;	/* NULL: now */
	int64_t at_us;
	bool raw, partial;
};

/* show_whole -- a list or map, an item a row. *status is set on RC_OK. */
enum rc show_whole(struct show *show, enum status *status, struct err *err);

/*
 * show_explain -- say on standard error why not all is known, and what can be
 * done.
 *
 * some     something is known that --partial shows
 * version  PAST_REMOVED: the last data, or NULL
 */
void show_explain(const struct show *show, enum past_answer answer, bool some,
    const struct version *version, const struct buf *why,
    const struct buf *note);

#endif
