#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "sink.h"

/* More than any test prints. */
#define PRINTED_SIZE (4U * 1024 * 1024)

struct db_value
text_of(const char *text)
{
	return (struct db_value){ .type = DB_TEXT, .bytes = slice_of(text) };
}

struct db_value
number_of(int64_t number)
{
	return (struct db_value){ .type = DB_INTEGER, .number = number };
}

struct db_value
real_of(const char *text)
{
	return (struct db_value){ .type = DB_REAL, .bytes = slice_of(text) };
}

const struct db_value null_value = { .type = DB_NULL };

char *
long_text(size_t len)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, 'w', len);
	text[len] = '\0';
	return text;
}

static FILE *
open_terminal(int master, int width)
{
	struct winsize size = { .ws_row = 24, .ws_col = (unsigned short)width };
	struct termios mode;
	int fd;

	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	fd = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(fd >= 0);
	/* What is written comes out as it is. */
	assert_int_equal(tcgetattr(fd, &mode), 0);
	cfmakeraw(&mode);
	assert_int_equal(tcsetattr(fd, TCSANOW, &mode), 0);
	assert_int_equal(ioctl(fd, TIOCSWINSZ, &size), 0);
	return fdopen(fd, "w");
}

struct sink
sink_open(int width)
{
	struct sink sink = { .master = -1 };

	if (width == SINK_FILE) {
		sink.file = tmpfile();
	} else {
		sink.master = posix_openpt(O_RDWR | O_NOCTTY);
		assert_true(sink.master >= 0);
		sink.file = open_terminal(sink.master, width);
	}
	assert_non_null(sink.file);
	return sink;
}

char *
sink_close(struct sink *sink)
{
	char *text = calloc(1, PRINTED_SIZE);
	size_t len = 0;
	ssize_t n;

	assert_non_null(text);
	if (sink->master < 0)
		rewind(sink->file);
	else
		(void)fclose(sink->file);
	do {
		n = read(sink->master < 0 ? fileno(sink->file) : sink->master,
		    text + len, PRINTED_SIZE - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	if (sink->master < 0)
		(void)fclose(sink->file);
	else
		(void)close(sink->master);
	return text;
}

char *
print_listing(const struct listing *listing, enum output_format format,
    int width)
{
	struct sink sink = sink_open(width);
	struct output *output = NULL;
	struct err err;
	size_t i;

	assert_int_equal(output_begin(&output, format, sink.file,
	    listing->columns, listing->n, &err), RC_OK);
	for (i = 0; i < listing->rows; i++) {
		if (listing->note != NULL && i + 1 == listing->rows)
			output_note(output, listing->note);
		output_row(output, &listing->values[i * listing->n]);
	}
	assert_int_equal(output_finish(output, &err), RC_OK);
	output_free(output);
	return sink_close(&sink);
}

void
prints(const struct listing *listing, enum output_format format, int width,
    const char *want)
{
	char *got = print_listing(listing, format, width);

	assert_string_equal(got, want);
	free(got);
}

void
set_colours(bool is_wanted)
{
	assert_int_equal(setenv("TERM", is_wanted ? "xterm" : "dumb", 1), 0);
	assert_int_equal(unsetenv("NO_COLOR"), 0);
}
