/*
 * listen -- the listening socket: handed to us, or bound by ourselves.
 */
#ifndef RESPONDER_LISTEN_H
#define RESPONDER_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/err.h"

/* As many as the kernel allows (net.core.somaxconn) may wait in it: nginx
 * answers 502 at once when a unix socket's backlog is full. */
#define LISTEN_BACKLOG 4096

struct listener {
	int fd;			/* -1: none */
	bool bound;		/* by ourselves: nobody else accepts from it */
	char name[128];		/* for the log; may be cut */
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
				/* of our own unix socket, else empty */
	dev_t dev;		/* what path was when it was bound */
	ino_t ino;
};

/* listen_init -- no socket. */
void listen_init(struct listener *listener);

/*
 * listen_inherited -- take the socket that the parent has for us.
 *
 * Descriptor 0 where it is a listening socket (spawn-fcgi, mod_fcgid), else
 * descriptor 3 where LISTEN_PID is this process (systemd); both variables are
 * then removed from the environment. fd is left at -1 where there is neither.
 *
 * RC_USAGE   LISTEN_FDS is not 1, or descriptor 3 is not a listening stream
 *            socket
 * RC_SYSTEM  it cannot be made non-blocking
 */
enum rc listen_inherited(struct listener *listener, struct err *err);

/*
 * listen_bind -- bind a socket.
 *
 * where  "unix:PATH", or "HOST:PORT", "[IPV6]:PORT"
 *
 * A unix socket has mode 0660. One that is there already is removed only when
 * nobody answers on it; anything else at that path is left alone.
 *
 * RC_USAGE   where is not one of these; a host must be named, so that no
 *            socket is open to the world by accident
 * RC_SYSTEM  it cannot be bound; says why
 */
enum rc listen_bind(struct listener *listener, const char *where,
    struct err *err);

/*
 * listen_unblock -- see that accept() does not wait. Whether it does is common
 * to all processes that were handed the socket, and others may change it at
 * any time (libfcgi does in FCGX_IsCGI); until it is mended an accept() that
 * finds nothing takes 10 ms. false: it cannot be mended.
 */
bool listen_unblock(const struct listener *listener);

/* listen_withdraw -- remove the path of our own unix socket, if it is still
 * ours; who has connected can still be accepted. */
void listen_withdraw(struct listener *listener);

/* listen_close -- withdraw and close. Never shuts the socket down: other
 * processes may serve it. */
void listen_close(struct listener *listener);

#endif
