#include "responder/gateway.h"

#include <errno.h>
#include <fcgiapp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* Beyond this a body's memory is given back with its request, so that a few
 * large ones do not stay for ever: nearly all are smaller. */
#define BODY_KEPT 16384

struct gateway {
	FCGX_Request fcgi;
	struct buf body;
};

enum rc
gateway_start(struct err *err)
{
	/* libfcgi waits that long, in ms, for its peer when it closes; it
	 * reads the variable in FCGX_Init. */
	if (setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1) != 0)
		return err_set(err, RC_MEMORY, "libfcgi: no memory");
	if (FCGX_Init() != 0)
		return err_set(err, RC_SYSTEM, "libfcgi: cannot be started");
	return RC_OK;
}

enum rc
gateway_new(struct gateway **gateway, struct err *err)
{
	struct gateway *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return err_set(err, RC_MEMORY, "no memory for a request");
	FCGX_InitRequest(&g->fcgi, -1, 0);
	buf_init(&g->body, 0);
	*gateway = g;
	return RC_OK;
}

void
gateway_free(struct gateway *gateway)
{
	if (gateway == NULL)
		return;
	gateway_drop(gateway);
	buf_clear(&gateway->body);
	free(gateway);
}

/* read_body -- as much as is wanted, then the rest to its end: what is left
 * unread on a kept connection would be taken for the next request. */
static enum rc
read_body(struct gateway *g, size_t len, struct err *err)
{
	char rest[4096];
	int got;

	buf_reset(&g->body);
	if (len >= INT_MAX || !buf_reserve(&g->body, len + 1))
		return err_set(err, RC_MEMORY, "no memory for a body of %zu "
		    "bytes", len);
	got = FCGX_GetStr(g->body.data, (int)len, g->fcgi.in);
	g->body.len = got > 0 ? (size_t)got : 0;
	while (FCGX_GetStr(rest, sizeof(rest), g->fcgi.in) > 0)
		;
	return RC_OK;
}

enum rc
gateway_take(struct gateway *g, int *fd, uint64_t body_len, size_t body_max,
    struct request *request, struct err *err)
{
	const bool too_large = body_len > body_max;
	const size_t len = too_large ? body_max : (size_t)body_len;
	enum rc rc;

	FCGX_InitRequest(&g->fcgi, -1, 0);
	g->fcgi.ipcFd = *fd;
	/* Else libfcgi would close it before it begins. */
	g->fcgi.keepConnection = 1;
	if (FCGX_Accept_r(&g->fcgi) < 0) {
		*fd = -1;
		gateway_drop(g);
		return err_set(err, RC_SYNTAX, "libfcgi cannot read the "
		    "request");
	}
	rc = read_body(g, len, err);
	if (rc != RC_OK) {
		gateway_drop(g);
		return rc;
	}
	request->envp = g->fcgi.envp;
	request->body = buf_slice(&g->body);
	request->too_large = too_large;
	request->torn = FCGX_GetError(g->fcgi.in) != 0 || g->body.len < len;
	request->cgi = false;
	return RC_OK;
}

enum rc
gateway_answer(struct gateway *g, int fd, struct slice answer)
{
	bool failed;

	g->fcgi.ipcFd = fd;
	failed = answer.len > INT_MAX ||
	    FCGX_PutStr(answer.p, (int)answer.len, g->fcgi.out) < 0;
	/* Standard error first: the last to be closed writes the end of the
	 * request, together with what is buffered. */
	failed |= FCGX_FClose(g->fcgi.err) != 0;
	failed |= FCGX_FClose(g->fcgi.out) != 0;
	return failed ? RC_SYSTEM : RC_OK;
}

void
gateway_drop(struct gateway *g)
{
	FCGX_Free(&g->fcgi, 0);
	g->fcgi.ipcFd = -1;
	if (g->body.size > BODY_KEPT)
		buf_clear(&g->body);
	else
		buf_reset(&g->body);
}
