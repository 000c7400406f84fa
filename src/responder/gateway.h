/*
 * gateway -- libfcgi, behind one door: the only file that sees fcgiapp.h.
 *
 * libfcgi blocks while it reads and closes what it likes to close. So it is
 * given only what holds a whole request (responder/record.h), never a
 * listening socket, and never a descriptor to close: docs/design.md section 3.
 */
#ifndef RESPONDER_GATEWAY_H
#define RESPONDER_GATEWAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "responder/request.h"

/* One request within libfcgi, used again for the next one. */
struct gateway;

/* gateway_start -- once in a process, after signal handlers are installed
 * (libfcgi leaves those alone that are there). */
enum rc gateway_start(struct err *err);

enum rc gateway_new(struct gateway **gateway, struct err *err);
void gateway_free(struct gateway *gateway);

/*
 * gateway_take -- read one request.
 *
 * *fd       a socket or file whose next bytes are a whole request that
 *           record_walk took for plain; -1 on return if libfcgi closed it
 * body_len  of its STDIN, as record_walk counted it
 * body_max  how much of it is wanted; the rest is read and dropped
 * *request  on RC_OK: envp, body, too_large and torn are set, cgi is false;
 *           the bytes are valid until gateway_drop
 *
 * RC_SYNTAX  libfcgi could not read it; nothing was set
 * RC_MEMORY  the same, and the stream was not read to its end
 */
enum rc gateway_take(struct gateway *gateway, int *fd, uint64_t body_len,
    size_t body_max, struct request *request, struct err *err);

/*
 * gateway_answer -- write the answer of the request that was taken.
 *
 * fd      the connection, non-blocking: where the peer does not take the
 *         answer at once it does not get it
 * answer  "Status: ..." to its last byte
 *
 * RC_SYSTEM  it was not written, or in part: the connection must be closed
 */
enum rc gateway_answer(struct gateway *gateway, int fd, struct slice answer);

/* gateway_drop -- forget the request; no descriptor is closed. */
void gateway_drop(struct gateway *gateway);

#endif
