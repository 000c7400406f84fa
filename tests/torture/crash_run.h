/*
 * crash_run -- a history, done by processes that can be killed, and its
 * trace.
 *
 * Each worker is a process; this one tells them in turn what to do, and
 * looks at a copy of the journal after each step. One that is killed, or
 * gives up since a sync has failed, is followed by another, which begins
 * with the step that was not finished, as Twilio delivers again what was
 * not acknowledged.
 */
#ifndef TESTS_TORTURE_CRASH_RUN_H
#define TESTS_TORTURE_CRASH_RUN_H

#include <stdbool.h>

#include "base/conf.h"
#include "crash_history.h"
#include "crash_vfs.h"

struct plan {
	const struct history *history;
	enum conf_mode mode;
	bool brief;		/* each step is a process of its own */
	bool brief_after;	/* .. from the fault on */
	struct fault fault;
	enum broken broken;
};

/* run -- in an empty directory; the journal is what the last step left. */
void run(struct trace *trace, const struct plan *plan, const char *directory);

#endif
