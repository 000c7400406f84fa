#include "responder/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "responder/record.h"

/* What one look sees: any delivery of ordinary size (docs/twilio.md section 4:
 * data of 16 KiB percent-encode to 49 KB). Larger ones are drained. */
#define LOOK_SIZE 65536
/* Reads of that size in one look, so that one fast peer does not hold up the
 * others. */
#define LOOK_READS 4

struct connection_space {
	char *bytes;		/* LOOK_SIZE */
	int file;		/* of memory; -1: to be made */
};

/* A request that comes in pieces. */
struct drain {
	struct record_walk walk;
	struct record_keep keep;
};

enum rc
connection_space_new(struct connection_space **space, struct err *err)
{
	struct connection_space *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->bytes = malloc(LOOK_SIZE);
	if (s == NULL || s->bytes == NULL) {
		free(s);
		return err_set(err, RC_MEMORY, "no memory to read requests");
	}
	/* Made at once, so that it is there when descriptors run out. */
	s->file = memfd_create("request", MFD_CLOEXEC);
	if (s->file < 0) {
		connection_space_free(s);
		return err_set(err, RC_SYSTEM, "memfd_create: %s",
		    strerror(errno));
	}
	*space = s;
	return RC_OK;
}

void
connection_space_free(struct connection_space *space)
{
	if (space == NULL)
		return;
	if (space->file >= 0)
		close(space->file);
	free(space->bytes);
	free(space);
}

enum rc
connection_new(struct connection **connection, int fd, struct err *err)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		close(fd);
		return err_set(err, RC_MEMORY, "no memory for a connection");
	}
	c->fd = fd;
	*connection = c;
	return RC_OK;
}

static void
drain_free(struct drain *drain)
{
	if (drain == NULL)
		return;
	buf_clear(&drain->keep.params);
	buf_clear(&drain->keep.body);
	buf_clear(&drain->keep.management);
	free(drain);
}

void
connection_close(struct connection *c)
{
	drain_free(c->drain);
	c->drain = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void
connection_free(struct connection *c)
{
	if (c == NULL)
		return;
	connection_close(c);
	free(c);
}

/* ------------------------------------------------------------------------
 * A request that is whole in the socket */

/* take -- let libfcgi read the request from the socket, or from a file. */
static enum arrival
take(struct connection *c, int *fd, struct gateway *gateway,
    uint64_t body_len, size_t body_max, struct request *request,
    struct err *err)
{
	if (gateway_take(gateway, fd, body_len, body_max, request, err) !=
	    RC_OK) {
		c->keep = false;
		return ARRIVAL_END;
	}
	return ARRIVAL_REQUEST;
}

/* nothing_read -- what a read that gave no byte means. */
static enum arrival
nothing_read(ssize_t n)
{
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return ARRIVAL_NOTHING;
	return ARRIVAL_END;
}

/* drain_new -- from now on, what comes is read into memory. */
static enum rc
drain_new(struct connection *c, size_t body_max, struct err *err)
{
	struct drain *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return err_set(err, RC_MEMORY, "no memory for a request");
	record_init(&d->walk);
	buf_init(&d->keep.params, RECORD_PARAMS_MAX);
	buf_init(&d->keep.body, 0);
	buf_init(&d->keep.management, 0);
	/* One more byte shows that there was more than the limit. */
	d->keep.body_max = body_max + 1;
	c->drain = d;
	return RC_OK;
}

/*
 * look_whole -- peek; a plain request that is whole, with nothing behind it,
 * is taken. ARRIVAL_PIECE: it has to be drained.
 */
static enum arrival
look_whole(struct connection *c, struct connection_space *space,
    struct gateway *gateway, size_t body_max, struct request *request,
    struct err *err)
{
	struct record_walk walk;
	enum record_state state;
	size_t used;
	ssize_t n = recv(c->fd, space->bytes, LOOK_SIZE, MSG_PEEK);

	if (n <= 0)
		return nothing_read(n);
	record_init(&walk);
	state = record_walk(&walk, space->bytes, (size_t)n, NULL, &used);
	if (state == RECORD_BAD) {
		err_set(err, RC_SYNTAX, "FastCGI: %s", walk.bad);
		return ARRIVAL_END;
	}
	if (state != RECORD_REQUEST || used < (size_t)n || !walk.plain)
		return ARRIVAL_PIECE;
	c->keep = walk.keep;
	return take(c, &c->fd, gateway, walk.stdin_len, body_max, request,
	    err);
}

/* ------------------------------------------------------------------------
 * A request that comes in pieces */

/* write_all -- all of it from the file's start; the file is then at its
 * start. */
static bool
write_all(int fd, struct slice bytes)
{
	size_t at = 0;

	if (ftruncate(fd, 0) != 0)
		return false;
	while (at < bytes.len) {
		ssize_t n = pwrite(fd, bytes.p + at, bytes.len - at,
		    (off_t)at);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			at += (size_t)n;
	}
	return lseek(fd, 0, SEEK_SET) == 0;
}

/* frame -- the drained request as records that libfcgi can read. Of a torn
 * one the end of STDIN is left out. */
static bool
frame(const struct drain *drain, bool torn, struct buf *out)
{
	const struct record_walk *walk = &drain->walk;

	record_add_begin(out, walk->id, walk->keep);
	record_add(out, RECORD_TYPE_PARAMS, walk->id,
	    buf_slice(&drain->keep.params), true);
	record_add(out, RECORD_TYPE_STDIN, walk->id,
	    buf_slice(&drain->keep.body), !torn);
	return buf_ok(&drain->keep.params) && buf_ok(&drain->keep.body) &&
	    buf_ok(out);
}

/* fill -- put the drained request into the file of memory. */
static enum rc
fill(struct connection_space *space, const struct drain *drain, bool torn,
    struct err *err)
{
	struct buf records;
	enum rc rc;

	buf_init(&records, 0);
	if (space->file < 0)
		space->file = memfd_create("request", MFD_CLOEXEC);
	if (space->file < 0)
		rc = err_set(err, RC_SYSTEM, "memfd_create: %s",
		    strerror(errno));
	else if (!frame(drain, torn, &records))
		rc = err_set(err, RC_MEMORY, "no memory for a request");
	else if (!write_all(space->file, buf_slice(&records)))
		rc = err_set(err, RC_SYSTEM, "a file in memory: %s",
		    strerror(errno));
	else
		rc = RC_OK;
	buf_clear(&records);
	return rc;
}

/* take_drained -- let libfcgi read the request from memory. The limit is the
 * one that the drain began with: a new configuration may have come since. */
static enum arrival
take_drained(struct connection *c, struct connection_space *space,
    struct gateway *gateway, bool torn, struct request *request,
    struct err *err)
{
	const uint64_t body_len = c->drain->keep.body.len;
	const size_t body_max = c->drain->keep.body_max - 1;
	enum arrival arrival = ARRIVAL_END;

	c->keep = c->drain->walk.keep && !torn;
	if (fill(space, c->drain, torn, err) == RC_OK) {
		arrival = take(c, &space->file, gateway, body_len, body_max,
		    request, err);
		if (space->file >= 0 && ftruncate(space->file, 0) != 0)
			c->keep = false;	/* memory is short */
	}
	drain_free(c->drain);
	c->drain = NULL;
	return arrival;
}

/* give_up -- what there is of a request will not become whole. */
static enum arrival
give_up(struct connection *c, struct connection_space *space,
    struct gateway *gateway, struct request *request, struct err *err)
{
	if (c->drain->walk.phase != RECORD_PHASE_STDIN)
		return ARRIVAL_END;
	return take_drained(c, space, gateway, true, request, err);
}

/* answer_management -- false when the peer does not take the answer. */
static bool
answer_management(struct connection *c)
{
	struct drain *d = c->drain;
	struct buf out;
	ssize_t sent;
	bool done;

	buf_init(&out, 0);
	record_answer(&out, record_type(&d->walk),
	    buf_slice(&d->keep.management));
	done = buf_ok(&d->keep.management) && buf_ok(&out);
	if (done) {
		sent = send(c->fd, out.data, out.len, MSG_NOSIGNAL);
		done = sent >= 0 && (size_t)sent == out.len;
	}
	buf_reset(&d->keep.management);
	buf_clear(&out);
	return done;
}

/*
 * drain_add -- go over n bytes that were read.
 *
 * RECORD_MORE is the only state after which the drain can go on; bytes that
 * follow a request are dropped, and the connection is then not kept.
 */
static enum record_state
drain_add(struct connection *c, const char *bytes, size_t n, struct err *err)
{
	struct drain *d = c->drain;
	enum record_state state;
	size_t used;

	do {
		state = record_walk(&d->walk, bytes, n, &d->keep, &used);
		bytes += used;
		n -= used;
		if (state == RECORD_MANAGEMENT && !answer_management(c)) {
			err_set(err, RC_SYSTEM, "FastCGI: the peer does not "
			    "read its answers");
			return RECORD_BAD;
		}
	} while (state == RECORD_MANAGEMENT);
	if (state == RECORD_BAD)
		err_set(err, RC_SYNTAX, "FastCGI: %s", d->walk.bad);
	if (n > 0)
		d->walk.keep = false;
	return state;
}

/* piece -- what has been drained so far, when no more is there. */
static enum arrival
piece(struct connection *c)
{
	const struct record_walk *walk = &c->drain->walk;

	if (walk->phase != RECORD_PHASE_BEGIN || walk->header_len > 0)
		return ARRIVAL_PIECE;
	drain_free(c->drain);
	c->drain = NULL;
	return ARRIVAL_NOTHING;
}

/* overflows -- whether so much was dropped of the body that its end is not
 * waited for; the connection is then not kept. */
static bool
overflows(struct drain *drain)
{
	if (drain->walk.stdin_len < drain->keep.body_max ||
	    drain->walk.stdin_len - drain->keep.body_max <=
	    CONNECTION_DROP_MAX)
		return false;
	drain->walk.keep = false;
	return true;
}

/* drain_look -- read what is there; ARRIVAL_PIECE also when there may be
 * more, but others should have their turn. */
static enum arrival
drain_look(struct connection *c, struct connection_space *space,
    struct gateway *gateway, struct request *request, struct err *err)
{
	enum record_state state = RECORD_MORE;

	for (int i = 0; i < LOOK_READS && state == RECORD_MORE; i++) {
		ssize_t n = recv(c->fd, space->bytes, LOOK_SIZE, 0);

		if (n <= 0 && nothing_read(n) == ARRIVAL_NOTHING)
			return piece(c);
		if (n <= 0)
			return give_up(c, space, gateway, request, err);
		state = drain_add(c, space->bytes, (size_t)n, err);
		if (state == RECORD_MORE && overflows(c->drain))
			state = RECORD_REQUEST;
	}
	switch (state) {
	case RECORD_REQUEST:
		return take_drained(c, space, gateway, false, request, err);
	case RECORD_ABORTED:
		return give_up(c, space, gateway, request, err);
	case RECORD_BAD:
		return ARRIVAL_END;
	case RECORD_MORE:
	case RECORD_MANAGEMENT:
	case N_RECORD_STATES:
		break;
	}
	return ARRIVAL_PIECE;
}

enum arrival
connection_look(struct connection *c, struct connection_space *space,
    struct gateway *gateway, size_t body_max, struct request *request,
    struct err *err)
{
	enum arrival arrival = ARRIVAL_PIECE;

	err->text[0] = '\0';
	if (c->drain == NULL) {
		arrival = look_whole(c, space, gateway, body_max, request,
		    err);
		if (arrival != ARRIVAL_PIECE)
			return arrival;
		if (drain_new(c, body_max, err) != RC_OK)
			return ARRIVAL_END;
	}
	return drain_look(c, space, gateway, request, err);
}

enum arrival
connection_give_up(struct connection *c, struct connection_space *space,
    struct gateway *gateway, struct request *request, struct err *err)
{
	err_set(err, RC_SYNTAX, "FastCGI: a request that was not whole "
	    "within %d s", CONNECTION_WHOLE_MS / 1000);
	return give_up(c, space, gateway, request, err);
}
