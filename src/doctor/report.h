/*
 * report -- what an examination of an installation came to, line by line.
 */
#ifndef DOCTOR_REPORT_H
#define DOCTOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum report_state {
	REPORT_OK,
	REPORT_WARNING,		/* works, but may not tomorrow */
	REPORT_FAILURE,		/* deliveries are lost, or secrets are open */
	N_REPORT_STATES
};

struct report_line {
	enum report_state state;
	const char *check;	/* its name, one word: for programs too */
	char *seen;		/* what is so; may hold any bytes */
	char *mend;		/* what to do, in one sentence; NULL: nothing */
};

struct report {
	struct report_line *line;
	size_t n;
	bool is_out_of_memory;	/* a line is missing */
};

/* report_clear -- free all; it is empty then, as one of zeros is. */
void report_clear(struct report *report);

/*
 * report_add -- one more line.
 *
 * check  a literal
 * fmt    what is so; cut at REPORT_TEXT_MAX bytes
 */
void report_add(struct report *report, enum report_state state,
    const char *check, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* report_mend -- what to do about the line that was added last. */
void report_mend(struct report *report, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Two paths of PATH_MAX are cut; a line is for a person. */
#define REPORT_TEXT_MAX 2048

/* report_state_name -- "ok", "warning", "failure". */
const char *report_state_name(enum report_state state);

/* report_worst -- REPORT_OK also of an empty one. */
enum report_state report_worst(const struct report *report);

#endif
