/*
 * slice -- some bytes that somebody else owns.
 *
 * p is NULL when there is no value at all, which is not the same as an empty
 * one (p set, len 0). Bytes may be anything, NUL included; no NUL follows.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *p;
	size_t len;	/* bytes */
};

/* slice_of -- the text of a NUL-terminated string, or no value for NULL. */
static inline struct slice
slice_of(const char *text)
{
	return (struct slice){ text, text == NULL ? 0 : strlen(text) };
}

/* slice_is -- whether these are exactly the bytes of text. */
static inline bool
slice_is(struct slice s, const char *text)
{
	size_t len = strlen(text);

	return s.p != NULL && s.len == len && memcmp(s.p, text, len) == 0;
}

/*
 * slice_compare -- bytewise order, a prefix before what it begins, no value
 * as an empty one; < 0, 0, > 0 as memcmp.
 */
static inline int
slice_compare(struct slice a, struct slice b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len == 0 ? 0 : memcmp(a.p, b.p, len);

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

#endif
