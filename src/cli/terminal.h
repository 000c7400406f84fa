/*
 * terminal -- what a file that is printed to is: a terminal, how wide, in
 * colour or not.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/slice.h"

struct terminal {
	bool is_terminal;
	bool is_coloured;	/* only of a terminal */
	size_t width;		/* columns, at least 1; 0: no terminal */
};

/*
 * terminal_look -- what this file is now.
 *
 * The width is the terminal's own, else COLUMNS, else 80; a COLUMNS that is
 * not 1 to 65535 is none. Without colour when NO_COLOR is not empty
 * (https://no-color.org), or TERM is dumb, empty or not set.
 */
struct terminal terminal_look(FILE *file);

enum colour {
	COLOUR_NONE,
	COLOUR_BOLD,
	COLOUR_DIM,
	COLOUR_RED,
	COLOUR_YELLOW,
	COLOUR_GREEN,
	COLOUR_CYAN,
	N_COLOURS
};

/*
 * terminal_paint -- append a text in a colour, and end the colour after it.
 *
 * text  plain already (cli/plain.h); on a terminal without colour, and on any
 *       other file, it is appended as it is. Colour takes no columns.
 */
void terminal_paint(struct buf *out, const struct terminal *terminal,
    enum colour colour, struct slice text);

/*
 * terminal_colour_of -- what a word in a column of this name is painted in:
 * red what is wrong, yellow what may be, green what is as it should be.
 *
 * COLOUR_NONE for other words, and in columns other than verdict,
 * revision_verdict, severity and state.
 */
enum colour terminal_colour_of(const char *column, struct slice word);

#endif
