/*
 * connection -- one accepted FastCGI connection, from byte to request.
 *
 * Nothing here waits. A request that lies whole in the socket is read by
 * libfcgi from there. One that comes in pieces is drained into memory, because
 * a peer that polls before it writes never fills the socket further
 * (docs/design.md section 3), and is given to libfcgi in a file of memory.
 */
#ifndef RESPONDER_CONNECTION_H
#define RESPONDER_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/err.h"
#include "responder/gateway.h"
#include "responder/request.h"

/* From a request's first byte to its last, milliseconds: web servers hand over
 * what they have read, and give up after 10 s (nginx/syncjournal.conf). */
#define CONNECTION_WHOLE_MS 10000
/* How much of a body beyond the limit is read and dropped so that the peer
 * reads the 413: as much again as any limit that can be configured. */
#define CONNECTION_DROP_MAX CONF_MAX_BODY_MOST

enum connection_state {
	CONNECTION_IDLE,	/* no byte of a request is here */
	CONNECTION_PARTIAL,	/* some are */
	CONNECTION_BUSY,	/* a request is being answered */
	CONNECTION_DEAD,	/* closed; only its memory is left */
	N_CONNECTION_STATES
};

struct drain;

/* The fields belong to the caller but for those that are said to be ours. */
struct connection {
	int fd;			/* ours; -1 once it is closed */
	bool keep;		/* ours: this request's peer wants to go on */
	struct drain *drain;	/* ours: what of a request is here */

	enum connection_state state;
	bool used;		/* it has had an answer */
	bool watched;
	int64_t since_us;	/* when it was accepted, or became partial */
	struct connection *prev;
	struct connection *next;
};

/* What all connections of a process use in turn. */
struct connection_space;

enum rc connection_space_new(struct connection_space **space, struct err *err);
void connection_space_free(struct connection_space *space);

/* connection_new -- fd, non-blocking, is the connection's from now on; it is
 * closed if there is no memory. */
enum rc connection_new(struct connection **connection, int fd,
    struct err *err);

/* connection_close -- close the descriptor and forget what was read; for the
 * caller's lists' sake the memory stays. */
void connection_close(struct connection *connection);

/* connection_free -- NULL is accepted. */
void connection_free(struct connection *connection);

enum arrival {
	ARRIVAL_NOTHING,	/* no byte; wait until it is readable */
	ARRIVAL_PIECE,		/* part of a request; the same */
	ARRIVAL_REQUEST,	/* in gateway and *request */
	ARRIVAL_END,		/* close it: the peer left, or err says why */
	N_ARRIVALS
};

/*
 * connection_look -- see what is there.
 *
 * gateway    an unused one
 * body_max   the configured limit, bytes
 * *request   set by ARRIVAL_REQUEST alone, but for id and received_us;
 *            gateway_drop ends it
 * err        its text is empty where there is nothing to tell
 *
 * A request that ends in the middle (its peer closed or aborted) but whose
 * parameters are whole is an ARRIVAL_REQUEST that is torn. Bytes after a whole
 * request are dropped, and keep is then false: no web server sends them
 * (pipelining), and libfcgi would read them away.
 */
enum arrival connection_look(struct connection *connection,
    struct connection_space *space, struct gateway *gateway, size_t body_max,
    struct request *request, struct err *err);

/* connection_give_up -- the same for a partial connection whose time is over:
 * ARRIVAL_REQUEST, torn, or ARRIVAL_END. */
enum arrival connection_give_up(struct connection *connection,
    struct connection_space *space, struct gateway *gateway,
    struct request *request, struct err *err);

#endif
