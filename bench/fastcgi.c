#include "fastcgi.h"

#include <stdio.h>
#include <string.h>

#include "responder/record.h"

#define REQUEST_ID 1

/* Types and sizes: sections 3.3 and 8 of the specification. */
#define PARAMS 4
#define STDIN 5
#define STDOUT 6
#define END_REQUEST 3
#define HEAD_SIZE 8
#define SHORT_MAX 127
#define LONG_BIT 0x80

static void
add_length(struct buf *out, size_t len)
{
	if (len > SHORT_MAX) {
		buf_add_char(out, (char)(len >> 24 | LONG_BIT));
		buf_add_char(out, (char)(len >> 16));
		buf_add_char(out, (char)(len >> 8));
	}
	buf_add_char(out, (char)len);
}

static void
add_pair(struct buf *out, const char *name, struct slice value)
{
	add_length(out, strlen(name));
	add_length(out, value.len);
	buf_add_text(out, name);
	buf_add_slice(out, value);
}

void
fastcgi_request(struct buf *out, const struct fastcgi_param *params, size_t n,
    struct slice body)
{
	struct buf pairs;
	char length[24];

	buf_init(&pairs, 0);
	(void)snprintf(length, sizeof(length), "%zu", body.len);
	add_pair(&pairs, "CONTENT_LENGTH", slice_of(length));
	for (size_t i = 0; i < n; i++)
		add_pair(&pairs, params[i].name, params[i].value);
	record_add_begin(out, REQUEST_ID, true);
	record_add(out, PARAMS, REQUEST_ID, buf_slice(&pairs), true);
	record_add(out, STDIN, REQUEST_ID, body, true);
	buf_clear(&pairs);
}

/* status_of -- what a CGI answer's first header says; 200 without it. */
static int
status_of(const char *text, size_t len)
{
	static const char name[] = "Status: ";
	const size_t at = sizeof(name) - 1;
	int status = 0;

	if (len < at + 3 || memcmp(text, name, at) != 0)
		return 200;
	for (size_t i = at; i < at + 3; i++)
		status = status * 10 + text[i] - '0';
	return status;
}

enum response_state
fastcgi_response(const char *bytes, size_t len, struct response *response)
{
	const unsigned char *head = (const unsigned char *)bytes;
	size_t at = 0;
	size_t size;

	*response = (struct response){ .status = 0 };
	while (len - at >= HEAD_SIZE) {
		size = (size_t)head[at + 4] << 8 | head[at + 5];
		if (len - at - HEAD_SIZE < size + head[at + 6])
			return RESPONSE_MORE;
		if (head[at + 1] == STDOUT && response->status == 0)
			response->status = status_of(bytes + at + HEAD_SIZE,
			    size);
		if (head[at + 1] == END_REQUEST) {
			at += HEAD_SIZE + size + head[at + 6];
			return at == len && response->status >= 200 &&
			    response->status < RESPONSE_STATUSES ?
			    RESPONSE_WHOLE : RESPONSE_BAD;
		}
		at += HEAD_SIZE + size + head[at + 6];
	}
	return RESPONSE_MORE;
}
