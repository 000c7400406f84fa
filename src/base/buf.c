#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* First allocation: most texts of ours fit, so most buffers grow once. */
#define BUF_FIRST_SIZE 256

void
buf_init(struct buf *buf, size_t limit)
{
	*buf = (struct buf){ .limit = limit };
}

void
buf_clear(struct buf *buf)
{
	if (buf == NULL)
		return;
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->size);
	free(buf->data);
	buf_init(buf, buf->limit);
}

void
buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

/*
 * move -- the content into an allocation of size bytes. Not realloc(): it
 * may leave a copy of what was there, and buffers hold secrets.
 */
static bool
move(struct buf *buf, size_t size)
{
	char *data = malloc(size);

	if (data == NULL)
		return false;
	if (buf->data != NULL) {
		memcpy(data, buf->data, buf->len);
		explicit_bzero(buf->data, buf->size);
		free(buf->data);
	}
	data[buf->len] = '\0';
	buf->data = data;
	buf->size = size;
	return true;
}

bool
buf_reserve(struct buf *buf, size_t len)
{
	size_t need;
	size_t size = buf->size == 0 ? BUF_FIRST_SIZE : buf->size;

	if (buf->failed)
		return false;
	if (__builtin_add_overflow(buf->len, len, &need) ||
	    need >= PTRDIFF_MAX || (buf->limit != 0 && need > buf->limit)) {
		buf->failed = true;
		return false;
	}
	need++;		/* the NUL */
	if (need <= buf->size)
		return true;
	while (size < need)
		size *= 2;	/* need is at most half of what fits */
	if (!move(buf, size))
		buf->failed = true;
	return !buf->failed;
}

void
buf_add(struct buf *buf, const void *bytes, size_t len)
{
	if (!buf_reserve(buf, len))
		return;
	if (len > 0)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void
buf_add_slice(struct buf *buf, struct slice slice)
{
	buf_add(buf, slice.p, slice.len);
}

void
buf_add_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

/* room_of -- what can be written without growing, a NUL at the end included. */
static size_t
room_of(const struct buf *buf)
{
	if (buf->failed)
		return 0;
	if (buf->limit != 0 && buf->limit < buf->size)
		return buf->limit + 1 - buf->len;
	return buf->size - buf->len;
}

void
buf_printf(struct buf *buf, const char *fmt, ...)
{
	const size_t room = room_of(buf);
	va_list args;
	int len;

	/* Mostly it fits into the room that is there. */
	va_start(args, fmt);
	len = vsnprintf(room == 0 ? NULL : buf->data + buf->len, room, fmt,
	    args);
	va_end(args);
	if (len >= 0 && (size_t)len >= room) {
		if (room > 0)
			buf->data[buf->len] = '\0';
		if (!buf_reserve(buf, (size_t)len))
			return;
		va_start(args, fmt);
		len = vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt,
		    args);
		va_end(args);
	}
	if (len < 0)
		buf->failed = true;
	else
		buf->len += (size_t)len;
}

bool
buf_ok(const struct buf *buf)
{
	return !buf->failed;
}

struct slice
buf_slice(const struct buf *buf)
{
	return (struct slice){ buf->data == NULL ? "" : buf->data, buf->len };
}
