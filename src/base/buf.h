/*
 * buf -- bytes that grow.
 *
 * A buffer that could not grow, or would have grown beyond its limit, is
 * failed: further additions do nothing, and buf_ok() says so once at the end,
 * so that building a text needs one check and not one a piece.
 * data is never NULL after the first addition and always ends in a NUL that
 * len does not count; the content may hold NULs too.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct buf {
	char *data;
	size_t len;	/* bytes used */
	size_t size;	/* bytes allocated */
	size_t limit;	/* largest len; 0: none but memory */
	bool failed;
};

/* buf_init -- an empty buffer that owns nothing yet; limit in bytes, or 0. */
void buf_init(struct buf *buf, size_t limit);

/* buf_clear -- wipe and free the content; the buffer is as after buf_init.
 * NULL is accepted. */
void buf_clear(struct buf *buf);

/* buf_reset -- empty and unfailed again, memory kept. */
void buf_reset(struct buf *buf);

/* Additions. A failed one leaves the content as it was and the buffer
 * failed. */
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_slice(struct buf *buf, struct slice slice);
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* buf_reserve -- room for len more bytes, then written by the caller at
 * data + len, who adds to len what was used; false when failed. */
bool buf_reserve(struct buf *buf, size_t len);

/* buf_ok -- false once anything could not be added since init or reset. */
bool buf_ok(const struct buf *buf);

/* buf_slice -- the content; valid until the next addition. An empty buffer
 * gives an empty value, not none. */
struct slice buf_slice(const struct buf *buf);

#endif
