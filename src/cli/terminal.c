#include "cli/terminal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "twilio/number.h"

/* As wide as the first ones, and what most still begin with. */
#define USUAL_WIDTH 80
/* What TIOCGWINSZ could say at most. */
#define WIDTH_MAX UINT16_MAX

/* ECMA-48 section 8.3.117. */
static const char *const codes[N_COLOURS] = {
	[COLOUR_NONE] = "",
	[COLOUR_BOLD] = "\x1b[1m",
	[COLOUR_DIM] = "\x1b[2m",
	[COLOUR_RED] = "\x1b[31m",
	[COLOUR_YELLOW] = "\x1b[33m",
	[COLOUR_GREEN] = "\x1b[32m",
	[COLOUR_CYAN] = "\x1b[36m",
};
#define CODE_END "\x1b[0m"

static const char *const painted_columns[] = {
	"verdict", "revision_verdict", "severity", "state",
};

static const struct {
	const char *word;
	enum colour colour;
} painted_words[] = {
	{ "error", COLOUR_RED },
	{ "failure", COLOUR_RED },
	{ "open", COLOUR_RED },
	{ "conflict", COLOUR_RED },
	{ "lost", COLOUR_RED },
	{ "warning", COLOUR_YELLOW },
	{ "late", COLOUR_YELLOW },
	{ "ahead", COLOUR_YELLOW },
	{ "regressed", COLOUR_YELLOW },
	{ "unreadable", COLOUR_YELLOW },
	{ "unsequenced", COLOUR_YELLOW },
	{ "ok", COLOUR_GREEN },
	{ "in_order", COLOUR_GREEN },
	{ "filled", COLOUR_GREEN },
};

static size_t
width_of(int fd)
{
	struct winsize size = { .ws_col = 0 };
	int64_t width;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	if (number_parse(slice_of(getenv("COLUMNS")), 10, &width) &&
	    width > 0 && width <= WIDTH_MAX)
		return (size_t)width;
	return USUAL_WIDTH;
}

static bool
is_set(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0';
}

static bool
is_colour_wanted(void)
{
	return !is_set("NO_COLOR") && is_set("TERM") &&
	    strcmp(getenv("TERM"), "dumb") != 0;
}

struct terminal
terminal_look(FILE *file)
{
	struct terminal terminal = { .width = 0 };

	terminal.is_terminal = isatty(fileno(file)) == 1;
	if (terminal.is_terminal) {
		terminal.is_coloured = is_colour_wanted();
		terminal.width = width_of(fileno(file));
	}
	return terminal;
}

void
terminal_paint(struct buf *out, const struct terminal *terminal,
    enum colour colour, struct slice text)
{
	const bool is_painted = terminal->is_coloured &&
	    colour != COLOUR_NONE && text.len > 0;

	if (is_painted)
		buf_add_text(out, codes[colour]);
	buf_add_slice(out, text);
	if (is_painted)
		buf_add_text(out, CODE_END);
}

static bool
is_painted_column(const char *column)
{
	size_t i;

	for (i = 0; i < sizeof(painted_columns) / sizeof(painted_columns[0]);
	    i++) {
		if (strcmp(painted_columns[i], column) == 0)
			return true;
	}
	return false;
}

enum colour
terminal_colour_of(const char *column, struct slice word)
{
	size_t i;

	if (!is_painted_column(column))
		return COLOUR_NONE;
	for (i = 0; i < sizeof(painted_words) / sizeof(painted_words[0]);
	    i++) {
		if (slice_is(word, painted_words[i].word))
			return painted_words[i].colour;
	}
	return COLOUR_NONE;
}
