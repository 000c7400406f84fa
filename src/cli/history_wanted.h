/*
 * history_wanted -- which steps of a history are wanted.
 */
#ifndef CLI_HISTORY_WANTED_H
#define CLI_HISTORY_WANTED_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/past.h"
#include "base/clock.h"
#include "base/err.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/output.h"

struct history_wanted {
	enum output_format format;
	bool reverse;
	int64_t rows;			/* the newest of them; -1: all */
	char since[CLOCK_TEXT_SIZE];	/* empty: no bound */
	char until[CLOCK_TEXT_SIZE];
	struct slice identity;		/* p NULL: any */
	struct arguments_words verdicts;	/* n 0: any */
};

/* history_wanted_read -- from the command line, borrowed from it; RC_USAGE. */
enum rc history_wanted_read(struct history_wanted *wanted,
    const struct call *call, struct err *err);

/* history_wants -- whether a step is wanted. What is missing has the verdict
 * "missing", may be of any identity, and of any time between its bounds. */
bool history_wants(const struct history_wanted *wanted,
    const struct past_step *step);

#endif
