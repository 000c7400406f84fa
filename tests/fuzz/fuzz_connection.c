/* Connections: any bytes, in pieces, to the end of the peer; libfcgi reads the
 * request that the walker saw, and no other.
 *
 * An input is: a letter for how the bytes are cut to pieces, one for how they
 * end (c closed, a aborted, l late), and the bytes: of records; or, with a
 * capital first letter, a parameter a line up to an empty one, and a body, of
 * which records are made. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "responder/connection.h"
#include "responder/gateway.h"
#include "responder/record.h"

#define BODY_MAX 300
#define BYTES_MOST 16384	/* that a socket takes without a reader */

static struct connection_space *space;
static struct gateway *gateway;

/* What the first request of some bytes is. */
struct first {
	enum record_state state;
	struct record_walk walk;
	struct record_keep keep;
	size_t used;
	bool managed;
};

static void
walk_first(struct slice bytes, struct first *first)
{
	size_t used;

	*first = (struct first){ .keep = { .body_max = BODY_MAX } };
	buf_init(&first->keep.params, 0);
	buf_init(&first->keep.body, 0);
	buf_init(&first->keep.management, 0);
	record_init(&first->walk);
	do {
		first->state = record_walk(&first->walk, bytes.p + first->used,
		    bytes.len - first->used, &first->keep, &used);
		first->used += used;
		first->managed |= first->state == RECORD_MANAGEMENT;
	} while (first->state == RECORD_MANAGEMENT);
}

static void
first_clear(struct first *first)
{
	buf_clear(&first->keep.params);
	buf_clear(&first->keep.body);
	buf_clear(&first->keep.management);
}

static size_t
take_length(struct slice *pairs)
{
	const unsigned char *const p = (const unsigned char *)pairs->p;
	const size_t n = p[0] < 128 ? 1 : 4;
	size_t len = p[0];

	MUST(pairs->len >= n);
	if (n == 4)
		len = (size_t)(p[0] & 127) << 24 | (size_t)p[1] << 16 |
		    (size_t)p[2] << 8 | p[3];
	pairs->p += n;
	pairs->len -= n;
	return len;
}

/* The variables are the pairs, each up to its first NUL, after one of
 * libfcgi's own. */
static void
check_variables(const struct request *request, struct slice pairs)
{
	size_t i, name, value;
	struct buf want;

	buf_init(&want, 0);
	MUST(request->envp[0] != NULL &&
	    strcmp(request->envp[0], "FCGI_ROLE=RESPONDER") == 0);
	for (i = 1; pairs.len > 0; i++) {
		name = take_length(&pairs);
		value = take_length(&pairs);
		MUST(name + value <= pairs.len && request->envp[i] != NULL);
		buf_reset(&want);
		buf_add(&want, pairs.p, name);
		buf_add_char(&want, '=');
		buf_add(&want, pairs.p + name, value);
		MUST(strcmp(want.data, request->envp[i]) == 0);
		pairs.p += name + value;
		pairs.len -= name + value;
	}
	MUST(request->envp[i] == NULL);
	buf_clear(&want);
}

static void
check_request(const struct request *request, const struct first *first)
{
	const struct slice body = buf_slice(&first->keep.body);

	MUST(!request->cgi);
	if (first->state != RECORD_REQUEST) {
		MUST(request->torn);
		MUST(first->walk.phase == RECORD_PHASE_STDIN);
	} else {
		MUST(!request->torn);
		MUST(request->too_large ==
		    (first->walk.stdin_len > BODY_MAX));
		MUST(slice_compare(request->body, body) == 0);
	}
	check_variables(request, buf_slice(&first->keep.params));
}

/* --- Both ends ---------------------------------------------------------- */

static void
drain(int peer)
{
	char bytes[4096];

	while (recv(peer, bytes, sizeof(bytes), 0) > 0)
		continue;
}

static void
answer(struct connection *connection, int peer)
{
	const enum rc rc = gateway_answer(gateway, connection->fd,
	    slice_of("Status: 204 No Content\r\n\r\n"));

	MUST(rc == RC_OK || rc == RC_SYSTEM);
	gateway_drop(gateway);
	drain(peer);
}

/* Look until nothing more comes of it: ARRIVAL_NOTHING, _PIECE or _END. */
static enum arrival
look(struct connection *connection, int peer, const struct first *first,
    size_t *requests)
{
	struct request request;
	enum arrival arrival;
	struct err err;

	do {
		request = (struct request){ 0 };
		arrival = connection_look(connection, space, gateway,
		    BODY_MAX, &request, &err);
		MUST(arrival < N_ARRIVALS);
		if (arrival != ARRIVAL_REQUEST)
			continue;
		MUST(request.body.len <= BODY_MAX);
		if ((*requests)++ == 0)
			check_request(&request, first);
		answer(connection, peer);
		if (!connection->keep)
			return ARRIVAL_END;
	} while (arrival == ARRIVAL_REQUEST);
	return arrival;
}

static void
finish(struct connection *connection, int peer, char how,
    const struct first *first, size_t *requests)
{
	struct request request;
	enum arrival arrival;
	struct err err;

	if (how == 'l') {
		arrival = connection_give_up(connection, space, gateway,
		    &request, &err);
		MUST(arrival == ARRIVAL_REQUEST || arrival == ARRIVAL_END);
		if (arrival == ARRIVAL_END)
			return;
		MUST(request.torn);
		if ((*requests)++ == 0)
			check_request(&request, first);
		answer(connection, peer);
		return;
	}
	MUST(shutdown(peer, SHUT_WR) == 0);
	MUST(look(connection, peer, first, requests) == ARRIVAL_END);
}

static void
run(struct slice bytes, size_t piece, char how)
{
	struct connection *connection = NULL;
	size_t at = 0, n, requests = 0;
	struct first first;
	enum arrival arrival = ARRIVAL_NOTHING;
	int fds[2];

	walk_first(bytes, &first);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	MUST(connection_new(&connection, fds[1], NULL) == RC_OK);
	while (arrival != ARRIVAL_END && at < bytes.len) {
		n = bytes.len - at < piece ? bytes.len - at : piece;
		if (send(fds[0], bytes.p + at, n, MSG_NOSIGNAL) != (ssize_t)n)
			break;
		at += n;
		arrival = look(connection, fds[0], &first, &requests);
	}
	/* Only a part of a request can be late. */
	if (arrival == ARRIVAL_NOTHING && how == 'l')
		how = 'c';
	if (arrival != ARRIVAL_END)
		finish(connection, fds[0], how, &first, &requests);
	if (first.state == RECORD_REQUEST)
		MUST(requests >= 1);
	if (first.state != RECORD_REQUEST &&
	    first.walk.phase != RECORD_PHASE_STDIN)
		MUST(requests == 0);
	gateway_drop(gateway);
	connection_free(connection);
	MUST(close(fds[0]) == 0);
	first_clear(&first);
}

/* --- Records of lines --------------------------------------------------- */

static void
add_pair(struct buf *pairs, struct slice line)
{
	const char *const mark = line.len == 0 ? NULL :
	    memchr(line.p, '=', line.len);
	const size_t name = mark == NULL ? line.len : (size_t)(mark - line.p);
	const size_t value = mark == NULL ? 0 : line.len - name - 1;

	buf_add_char(pairs, (char)(name % 128));
	if (value < 128)
		buf_add_char(pairs, (char)value);
	else
		buf_printf(pairs, "\x80%c%c%c", 1, 1, 1);
	buf_add(pairs, line.p, name % 128);
	if (value < 128)
		buf_add(pairs, line.p + line.len - value, value);
}

static void
make(struct input *input, struct buf *out)
{
	const bool keep = input->left % 2 == 0;
	struct slice line;
	struct buf pairs;

	buf_init(&pairs, 0);
	for (line = input_line(input); line.len > 0; line = input_line(input))
		add_pair(&pairs, line);
	record_add_begin(out, 1, keep);
	record_add(out, RECORD_TYPE_PARAMS, 1, buf_slice(&pairs), true);
	record_add(out, RECORD_TYPE_STDIN, 1, input_rest(input), true);
	buf_clear(&pairs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = { BYTES_MOST, 1, 7, 8, 9, 40, 100 };
	struct input input = { data, size };
	const unsigned int first = input_byte(&input);
	const char how = (char)input_byte(&input);
	const size_t piece = pieces[first % (sizeof(pieces) /
	    sizeof(pieces[0]))];
	struct slice bytes;
	struct buf made;

	if (size > BYTES_MOST)
		return 0;
	if (gateway == NULL) {
		MUST(gateway_start(NULL) == RC_OK);
		MUST(connection_space_new(&space, NULL) == RC_OK);
		MUST(gateway_new(&gateway, NULL) == RC_OK);
	}
	buf_init(&made, 0);
	if (first >= 'A' && first <= 'Z') {
		make(&input, &made);
		if (how == 'a')
			made.data[made.len - 7] = 2;	/* FCGI_ABORT_REQUEST */
		bytes = buf_slice(&made);
	} else {
		bytes = input_rest(&input);
	}
	run(bytes, piece, how);
	buf_clear(&made);
	return 0;
}
