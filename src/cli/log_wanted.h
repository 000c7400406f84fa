/*
 * log_wanted -- what the command line asks of log.
 */
#ifndef CLI_LOG_WANTED_H
#define CLI_LOG_WANTED_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/events.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/output.h"

/* Rows that log --follow begins with, as tail(1) and journalctl(1) do. */
#define LOG_FOLLOW_ROWS 10

struct log_wanted {
	enum output_format format;
	bool reverse, follow;
	int64_t after;		/* the position of --from, else 0 */
	int64_t rows;		/* the newest so many; -1: all */
	const char *cursor;	/* its file; NULL: none */
	struct events_filter filter;	/* subject is the caller's */
	/* What the filter points into. */
	char since[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
	struct buf verdicts;
};

/*
 * log_wanted_read -- understand the options.
 *
 * *wanted  set in any case, cleared with log_wanted_clear; borrows from call
 *
 * RC_USAGE   says what an option takes, or which exclude each other
 * RC_MEMORY
 */
enum rc log_wanted_read(struct log_wanted *wanted, const struct call *call,
    struct err *err);
void log_wanted_clear(struct log_wanted *wanted);

#endif
