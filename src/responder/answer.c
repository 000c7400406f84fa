#include "responder/answer.h"

#include <inttypes.h>

/* Twilio's retries come within its total time of 15 s (docs/twilio.md section
 * 4); a lock that another program holds is free again in 50 ms. */
#define RETRY_AFTER "Retry-After: 1\r\n"
#define NOT_KEPT "Cache-Control: no-store\r\n"

static void
begin(struct buf *out, const char *status)
{
	buf_reset(out);
	buf_add_text(out, "Status: ");
	buf_add_text(out, status);
	buf_add_text(out, "\r\n");
}

void
answer_write(struct buf *out, const char *status, const char *headers,
    const char *line)
{
	begin(out, status);
	buf_add_text(out, headers);
	buf_add_text(out, NOT_KEPT "Content-Type: text/plain\r\n\r\n");
	buf_add_text(out, line);
	buf_add_char(out, '\n');
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

	begin(out, "204 No Content");
	buf_printf(out, "Sync-Journal-Position: %" PRId64, position);
	buf_add_text(out, "\r\nSync-Journal-Verdict: ");
	buf_add_text(out, name == NULL ? "none" : name);
	buf_add_text(out, "\r\n" NOT_KEPT "\r\n");
}
