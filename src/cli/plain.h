/*
 * plain -- text that cannot steer a terminal.
 */
#ifndef CLI_PLAIN_H
#define CLI_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/slice.h"

/* plain_control -- how many bytes at i are a control character: 0, 1, or 2 for
 * U+0080 to U+009F, which are some as well. */
size_t plain_control(struct slice text, size_t i);

/* plain_add -- append the byte at i, or the control character there, its bytes
 * as \xHH; returns how many bytes of the text that were. */
size_t plain_add(struct buf *out, struct slice text, size_t i);

/* plain_is -- whether a text is UTF-8 without control characters. */
bool plain_is(const char *text);

/* plain_line -- write any text and a line's end; what is not plain as \xHH.
 * A failure is one of the file (ferror). */
void plain_line(FILE *file, const char *text);

#endif
