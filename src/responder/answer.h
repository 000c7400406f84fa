/*
 * answer -- what is sent back: CGI's header lines and a body (RFC 3875 section
 * 6), each with an explicit Status, since without one a web server says 200.
 */
#ifndef RESPONDER_ANSWER_H
#define RESPONDER_ANSWER_H

#include <stdint.h>

#include "base/buf.h"
#include "journal/ledger.h"

/* Longest answer, well rounded up: with this reserved none fails. */
#define ANSWER_SIZE 512

/*
 * answer_write -- replace what is in out by an answer.
 *
 * status    "403 Forbidden"
 * headers   more header lines, each whole with its CRLF; or ""
 * line      the body, plain text without its line's end
 */
void answer_write(struct buf *out, const char *status, const char *headers,
    const char *line);

/* answer_unavailable -- 503, with Retry-After. */
void answer_unavailable(struct buf *out, const char *line);

/* answer_appended -- 204, with position and verdict. */
void answer_appended(struct buf *out, int64_t position,
    enum verdict verdict);

#endif
