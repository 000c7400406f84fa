/*
 * progress -- how far some work is, for a person who waits.
 *
 * One line on standard error, written over itself; only when that is a
 * terminal, and only once the work has taken a second.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what;	/* begins the line; borrowed */
	bool is_wanted;		/* standard error is a terminal */
	int64_t due_us;		/* of clock_mono_us: not before */
	int width;		/* of the line that stands there; 0: none */
};

/* progress_init -- the work begins now. */
void progress_init(struct progress *progress, const char *what);

/* progress_show -- "what: 123,456 of 1,000,000 (12 %)", unless a line was
 * written less than a fifth of a second ago. */
void progress_show(struct progress *progress, int64_t done, int64_t total);

/* progress_say -- the same with words where nothing can be counted. */
void progress_say(struct progress *progress, const char *words);

/* progress_clear -- take the line away: at the end, and before anything else
 * is written. The work may go on. */
void progress_clear(struct progress *progress);

#endif
