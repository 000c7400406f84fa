#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* Longest form of one byte: \xHH. */
#define ESCAPE_MAX 4

static const char *const level_name[N_LOG_LEVELS] = {
	[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_INFO] = "info",
};

/* What ends a line that was cut. */
static const char cut_mark[] = "...";

/* head -- time, level and request; the number of bytes written. */
static size_t
head(char *line, size_t size, enum log_level level, uint64_t request)
{
	char now[CLOCK_TEXT_SIZE];
	int len;

	clock_text(clock_now_us(), now);
	now[10] = 'T';
	if (request == 0)
		len = snprintf(line, size, "%sZ %s - ", now,
		    level_name[level]);
	else
		len = snprintf(line, size, "%sZ %s r%" PRIu64 " ", now,
		    level_name[level], request);
	return len < 0 ? 0 : (size_t)len;
}

/* escape -- one byte, written at most ESCAPE_MAX long; its length. */
static size_t
escape(char *out, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";

	if (c == '\\') {
		memcpy(out, "\\\\", 2);
		return 2;
	}
	if (c >= 0x20 && c <= 0x7e) {
		*out = (char)c;
		return 1;
	}
	memcpy(out, "\\x", 2);
	out[2] = digits[c >> 4];
	out[3] = digits[c & 0x0f];
	return ESCAPE_MAX;
}

/*
 * body -- the message, escaped, from len on; the new length. A message that
 * does not fit is cut between two escapes, never within one.
 */
static size_t
body(char *line, size_t len, const char *message, size_t message_len)
{
	const size_t most = LOG_LINE_MAX - 1 - (sizeof(cut_mark) - 1);
	char one[ESCAPE_MAX];
	size_t one_len;

	for (size_t i = 0; i < message_len; i++) {
		one_len = escape(one, (unsigned char)message[i]);
		if (len + one_len > most) {
			memcpy(line + len, cut_mark, sizeof(cut_mark) - 1);
			return len + sizeof(cut_mark) - 1;
		}
		memcpy(line + len, one, one_len);
		len += one_len;
	}
	return len;
}

/* A line that nobody reads is dropped: a full pipe must not stop deliveries.
 * Where standard error is gone there is nobody left to tell. */
static void
write_line(const char *line, size_t len)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&out, 1, 0) == 0)
		return;
	while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
		;
}

void
log_line(enum log_level level, uint64_t request, const char *fmt, ...)
{
	char message[LOG_LINE_MAX];
	char line[LOG_LINE_MAX];
	const int saved = errno;
	size_t len;
	va_list args;
	int message_len;

	va_start(args, fmt);
	message_len = vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	if (message_len < 0)
		message_len = snprintf(message, sizeof(message),
		    "(a message that could not be formatted)");
	if ((size_t)message_len >= sizeof(message))
		message_len = sizeof(message) - 1;
	len = head(line, sizeof(line), level, request);
	len = body(line, len, message, (size_t)message_len);
	line[len++] = '\n';
	write_line(line, len);
	errno = saved;
}
