/*
 * text -- bytes from outside as text that SQL and people can read.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

/* text_is_clean -- whether the bytes are UTF-8 (RFC 3629: no overlong form,
 * no surrogate, at most U+10FFFF) without a NUL. */
bool text_is_clean(struct slice bytes);

/* text_control -- how many bytes at i, below len, steer what shows them: 1 for
 * U+0000 to U+001F and U+007F, 2 for U+0080 to U+009F, 3 for what turns the line
 * round (U+202A to U+202E, U+2066 to U+2069), in UTF-8; else 0. */
size_t text_control(struct slice bytes, size_t i);

/*
 * text_escape -- append bytes to out, with every NUL and every byte that is
 * not part of valid UTF-8 as \xHH (upper-case hex). Nothing else is changed
 * (a backslash stays one), as docs/design.md section 4 has it for the text
 * columns: the exact bytes are in the delivery's body.
 */
void text_escape(struct buf *out, struct slice bytes);

/*
 * text_json -- append bytes to out as a JSON string with its quotes (RFC 8259
 * section 7): '"', '\' and control characters escaped, valid UTF-8 as it is,
 * NUL and invalid bytes first turned to \xHH as by text_escape (so "\\x00").
 */
void text_json(struct buf *out, struct slice bytes);

/* text_is_media -- whether a Content-Type is this media type, whatever its case
 * and parameters (RFC 9110 section 8.3.1). */
bool text_is_media(struct slice type, const char *want);

#endif
