#include "response.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* In the status line, "HTTP/1.1 204". */
#define STATUS_AT 9
#define STATUS_END 12

/* Beyond any answer that is read here: no sum of lengths overflows. */
#define LENGTH_MAX (1024 * 1024)

/* What the header lines say of the body. */
struct head {
	bool chunked;
	bool has_length;
	bool bad;
	size_t length;
	bool close;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether a header line begins with this name and its colon; *value is what
 * follows. Lines end in a CR or LF: nothing is read beyond. */
static bool
is_header(const char *line, const char *name, const char **value)
{
	const size_t len = strlen(name);

	if (strncasecmp(line, name, len) != 0)
		return false;
	*value = line + len + strspn(line + len, " \t");
	return true;
}

/* length_of -- digits of a base; false for none, or too large a number. */
static bool
length_of(const char *text, int base, size_t *length)
{
	char *end;
	const unsigned long value = strtoul(text, &end, base);

	*length = value;
	return end != text && value <= LENGTH_MAX;
}

static void
read_header(const char *line, struct head *head)
{
	const char *value;

	if (is_header(line, "Content-Length:", &value)) {
		head->has_length = true;
		head->bad = head->bad || !is_digit(*value) ||
		    !length_of(value, 10, &head->length);
	} else if (is_header(line, "Transfer-Encoding:", &value)) {
		head->chunked = strncasecmp(value, "chunked", 7) == 0;
		head->bad = head->bad || !head->chunked;
	} else if (is_header(line, "Connection:", &value)) {
		head->close = strncasecmp(value, "close", 5) == 0;
	}
}

/* read_head -- all header lines; the offset of the body, or 0: the empty line
 * is not there yet. */
static size_t
read_head(const char *bytes, size_t len, struct head *head)
{
	const char *const end = bytes + len;
	const char *line = memchr(bytes, '\n', len);
	const char *next;

	while (line != NULL) {
		line++;
		next = memchr(line, '\n', (size_t)(end - line));
		if (next == NULL)
			return 0;
		if (next == line || (next == line + 1 && *line == '\r'))
			return (size_t)(next + 1 - bytes);
		read_header(line, head);
		line = next;
	}
	return 0;
}

/* until -- what it means that a body should have so many bytes. */
static enum response_state
until(size_t want, size_t have)
{
	if (have < want)
		return RESPONSE_MORE;
	return have == want ? RESPONSE_WHOLE : RESPONSE_BAD;
}

/* read_chunks -- walk over them; trailers are not known here. */
static enum response_state
read_chunks(const char *bytes, size_t len)
{
	const char *line_end;
	size_t at = 0;
	size_t size;

	for (;;) {
		line_end = memchr(bytes + at, '\n', len - at);
		if (line_end == NULL)
			return RESPONSE_MORE;
		if (!length_of(bytes + at, 16, &size))
			return RESPONSE_BAD;
		at = (size_t)(line_end + 1 - bytes) + size + 2;
		if (size == 0)
			return until(at, len);
		if (at > len)
			return RESPONSE_MORE;
	}
}

/* Three digits; what is below 200 is no last answer, and we ask for none. */
static bool
read_status(const char *digits, int *status)
{
	*status = 0;
	for (int i = 0; i < STATUS_END - STATUS_AT; i++) {
		if (!is_digit(digits[i]))
			return false;
		*status = *status * 10 + digits[i] - '0';
	}
	return *status >= 200 && *status < RESPONSE_STATUSES;
}

enum response_state
response_read(const char *bytes, size_t len, struct response *response)
{
	struct head head = { .length = 0 };
	size_t body;

	if (len < STATUS_END + 1)
		return RESPONSE_MORE;
	body = read_head(bytes, len, &head);
	if (body == 0)
		return RESPONSE_MORE;
	if (memcmp(bytes, "HTTP/1.", 7) != 0 || head.bad ||
	    !read_status(bytes + STATUS_AT, &response->status))
		return RESPONSE_BAD;
	response->close = head.close;
	if (response->status == 204 || response->status == 304)
		return until(0, len - body);
	if (head.chunked)
		return read_chunks(bytes + body, len - body);
	if (head.has_length)
		return until(head.length, len - body);
	return RESPONSE_TO_END;
}
