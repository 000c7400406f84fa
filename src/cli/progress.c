#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/words.h"

/* Work that is done sooner needs no line. */
#define PROGRESS_AFTER_US 1000000
/* A person cannot read faster, and a terminal may be far away. */
#define PROGRESS_PAUSE_US 200000
/* Of a line; two numbers of 63 bits fit, with their commas and some words. */
#define PROGRESS_WORDS_SIZE 80

void
progress_init(struct progress *progress, const char *what)
{
	progress->what = what;
	progress->is_wanted = isatty(STDERR_FILENO) == 1;
	progress->due_us = clock_mono_us() + PROGRESS_AFTER_US;
	progress->width = 0;
}

static bool
is_due(const struct progress *progress)
{
	return progress->is_wanted && clock_mono_us() >= progress->due_us;
}

/* Standard error is not buffered: one line, one write. */
static void
write_line(struct progress *progress, const char *words)
{
	char line[2 * PROGRESS_WORDS_SIZE];
	int width;

	width = snprintf(line, sizeof(line), "%s: %s", progress->what, words);
	(void)fprintf(stderr, "\r%-*s", progress->width, line);
	progress->width = width;
	progress->due_us = clock_mono_us() + PROGRESS_PAUSE_US;
}

void
progress_show(struct progress *progress, int64_t done, int64_t total)
{
	struct buf words;
	int percent;

	if (!is_due(progress))
		return;
	percent = total > 0 ? (int)(100.0 * (double)done / (double)total) :
	    100;
	buf_init(&words, 0);
	words_number(&words, done);
	buf_add_text(&words, " of ");
	words_number(&words, total);
	buf_printf(&words, " (%d %%)", percent);
	if (buf_ok(&words))
		write_line(progress, words.data);
	buf_clear(&words);
}

void
progress_say(struct progress *progress, const char *words)
{
	if (is_due(progress))
		write_line(progress, words);
}

void
progress_clear(struct progress *progress)
{
	if (progress->width > 0)
		(void)fprintf(stderr, "\r%*s\r", progress->width, "");
	progress->width = 0;
}
