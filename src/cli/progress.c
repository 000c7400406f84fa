#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* Work that is done sooner needs no line. */
#define PROGRESS_AFTER_US 1000000
/* A person cannot read faster, and a terminal may be far away. */
#define PROGRESS_PAUSE_US 200000
/* Two numbers of 63 bits with their commas, and a word or two. */
#define PROGRESS_WORDS_SIZE 80
#define NUMBER_SIZE 27

void
progress_init(struct progress *progress, const char *what)
{
	progress->what = what;
	progress->is_wanted = isatty(STDERR_FILENO) == 1;
	progress->due_us = clock_mono_us() + PROGRESS_AFTER_US;
	progress->width = 0;
}

/* A number >= 0 with a comma before each three digits. */
static void
spell(int64_t number, char text[NUMBER_SIZE])
{
	char digits[NUMBER_SIZE];
	int len, i;

	len = snprintf(digits, sizeof(digits), "%lld", (long long)number);
	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*text++ = ',';
		*text++ = digits[i];
	}
	*text = '\0';
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
	char words[PROGRESS_WORDS_SIZE], n[NUMBER_SIZE], of[NUMBER_SIZE];
	int percent;

	if (!is_due(progress))
		return;
	spell(done, n);
	spell(total, of);
	percent = total > 0 ? (int)(100.0 * (double)done / (double)total) :
	    100;
	(void)snprintf(words, sizeof(words), "%s of %s (%d %%)", n, of,
	    percent);
	write_line(progress, words);
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
