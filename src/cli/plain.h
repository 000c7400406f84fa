/*
 * plain -- text that cannot steer a terminal, and how wide it is there.
 *
 * Plain text is UTF-8 without control characters: those (U+0000 to U+001F,
 * U+007F to U+009F) and bytes that are not UTF-8 are written as \xHH. Bidi
 * controls are text and stay.
 */
#ifndef CLI_PLAIN_H
#define CLI_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/slice.h"

/* plain_add -- append any bytes, made plain. */
void plain_add(struct buf *out, struct slice text);

/* plain_is -- whether a text is plain. */
bool plain_is(const char *text);

/* plain_line -- write any text, made plain, and a line's end. A failure is one
 * of the file (ferror). */
void plain_line(FILE *file, const char *text);

/*
 * plain_width -- the columns a plain text takes on a terminal: wide characters
 * two, combining ones none, and one each where the C library knows no widths
 * (no locale C.UTF-8).
 */
size_t plain_width(struct slice text);

/* plain_cut -- append as much of a plain text as fits into width columns, with
 * ".." for its end if that does not fit; a \xHH is kept whole. */
void plain_cut(struct buf *out, struct slice text, size_t width);

#endif
