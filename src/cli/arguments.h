/*
 * arguments -- what the options that several commands take are given.
 *
 * Each reads one option of a call, and leaves its output as it is when the
 * option was not given, or on another code than RC_OK: RC_USAGE says what the
 * option takes.
 */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/output.h"

/* arguments_format -- --format: table, json or csv. */
enum rc arguments_format(const struct call *call, enum output_format *format,
    struct err *err);

/*
 * arguments_number -- a number of 0 or more.
 *
 * name  the option's
 * what  it takes, for the message: "a number of rows"
 */
enum rc arguments_number(const struct call *call, enum option_id option,
    const char *name, const char *what, int64_t *number, struct err *err);

/* arguments_rows -- -n. */
enum rc arguments_rows(const struct call *call, int64_t *rows,
    struct err *err);

/* arguments_rev -- --rev: the number of a version. */
enum rc arguments_rev(const struct call *call, int64_t *rev,
    struct err *err);

/* arguments_time -- a moment (base/when.h), as the views have times. */
enum rc arguments_time(const struct call *call, enum option_id option,
    const char *name, char time[CLOCK_TEXT_SIZE], struct err *err);

/* Words of one option, each once. */
#define ARGUMENTS_WORDS 10

struct arguments_words {
	const char *word[ARGUMENTS_WORDS];	/* as known has them */
	size_t n;	/* 0: the option was not given */
};

/*
 * arguments_words -- one or several of a list, with commas between them.
 *
 * known   the list: its words from 1 on, at most ARGUMENTS_WORDS; NULL: there
 *         are no more
 * *words  those that were given, in the list's order
 */
enum rc arguments_words(const struct call *call, enum option_id option,
    const char *name, const char *(*known)(int code),
    struct arguments_words *words, struct err *err);

/* arguments_verdict -- the list of verdicts. */
const char *arguments_verdict(int code);

#endif
