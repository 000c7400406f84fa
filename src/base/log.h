/*
 * log -- one line an occurrence, on standard error.
 *
 *     2026-11-23T09:15:02.123Z warning r1042 what happened
 *
 * The time is UTC; the word after the level is the request's id, "-" where
 * there is none. The whole message is escaped: every byte but printable ASCII
 * is written as \xHH and a backslash as \\, so that nothing that came from
 * outside can forge a line or reach a terminal. Never log a secret or a body.
 * A line is written with one write(2), and is at most LOG_LINE_MAX bytes, so
 * that it fits a pipe whole or not at all; while a pipe is full, lines are
 * dropped.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

#define LOG_LINE_MAX 2048

enum log_level {
	LOG_ERROR,	/* a person must act */
	LOG_WARNING,	/* something was refused, or works less well */
	LOG_INFO,	/* start, stop, and changes of state */
	N_LOG_LEVELS
};

/*
 * log_line -- write one line.
 *
 * request   the request's id, or 0 for none
 */
void log_line(enum log_level level, uint64_t request, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
