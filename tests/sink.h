/*
 * sink -- what the tests of the output print to, and what they print.
 */
#ifndef TESTS_SINK_H
#define TESTS_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/output.h"

struct db_value text_of(const char *text);
struct db_value number_of(int64_t number);
struct db_value real_of(const char *text);
extern const struct db_value null_value;

/* A text of this length, on the heap. */
char *long_text(size_t len);

/* A file, or a terminal whose other end is read. */
struct sink {
	FILE *file;
	int master;	/* -1: a file */
};

/* sink_open -- a terminal of this width (0: it does not know), a file for
 * SINK_FILE. */
#define SINK_FILE (-1)
struct sink sink_open(int width);

/* sink_close -- what was printed, on a terminal at most 4 KiB; freed by the
 * caller. */
char *sink_close(struct sink *sink);

struct listing {
	const struct output_column *columns;
	size_t n;
	const struct db_value *values;	/* rows * n */
	size_t rows;
	const char *note;		/* before the last row, or NULL */
};

/* print_listing -- what is printed of it; freed by the caller. */
char *print_listing(const struct listing *listing,
    enum output_format format, int width);

/* prints -- fails the test unless exactly that is printed. */
void prints(const struct listing *listing, enum output_format format,
    int width, const char *want);

/* set_colours -- whether the environment wants any. */
void set_colours(bool is_wanted);

#endif
