#include "responder/answer.h"

#include <inttypes.h>
#include <stdio.h>

/* Twilio's retries come within its total time of 15 s (docs/twilio.md section
 * 4); a lock that another program holds is free again in 50 ms. */
#define RETRY_AFTER "Retry-After: 1\r\n"

void
answer_write(struct buf *out, const char *status, const char *headers,
    const char *line)
{
	buf_reset(out);
	buf_printf(out, "Status: %s\r\n%sCache-Control: no-store\r\n", status,
	    headers);
	if (line != NULL)
		buf_printf(out, "Content-Type: text/plain\r\n\r\n%s\n", line);
	else
		buf_add_text(out, "\r\n");
}

void
answer_unavailable(struct buf *out, const char *line)
{
	answer_write(out, "503 Service Unavailable", RETRY_AFTER, line);
}

void
answer_appended(struct buf *out, int64_t position, enum verdict verdict)
{
	const char *name = verdict_name(verdict);
	char headers[128];

	snprintf(headers, sizeof(headers), "Sync-Journal-Position: %" PRId64
	    "\r\nSync-Journal-Verdict: %s\r\n", position,
	    name == NULL ? "none" : name);
	answer_write(out, "204 No Content", headers, NULL);
}
