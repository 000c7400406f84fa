/* What responder/connection.h promises, with the real libfcgi behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "responder/connection.h"
#include "responder/record.h"

#define BODY_MAX 1000

static struct connection_space *space;
static struct gateway *gateway;

/* Both ends of one connection. */
struct ends {
	int peer;
	struct connection *ours;
};

static struct ends
ends_open(void)
{
	struct ends ends;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    fds), 0);
	ends.peer = fds[0];
	assert_int_equal(connection_new(&ends.ours, fds[1], NULL), RC_OK);
	return ends;
}

static void
ends_close(struct ends *ends)
{
	gateway_drop(gateway);
	connection_free(ends->ours);
	close(ends->peer);
}

static void
say(const struct ends *ends, const void *bytes, size_t len)
{
	assert_int_equal(send(ends->peer, bytes, len, MSG_NOSIGNAL), len);
}

static enum arrival
look(const struct ends *ends, struct request *request)
{
	struct err err;

	return connection_look(ends->ours, space, gateway, BODY_MAX, request,
	    &err);
}

/* A request with one parameter and a body of len times 'x'. */
static void
make(struct buf *out, size_t len, bool keep)
{
	char *body = malloc(len + 1);

	assert_non_null(body);
	memset(body, 'x', len);
	buf_init(out, 0);
	record_add_begin(out, 1, keep);
	record_add(out, RECORD_TYPE_PARAMS, 1, (struct slice){ "\4\5NAMEvalue",
	    11 }, true);
	record_add(out, RECORD_TYPE_STDIN, 1, (struct slice){ body, len },
	    true);
	assert_true(buf_ok(out));
	free(body);
}

static void
check_request(const struct request *request, size_t body_len)
{
	assert_string_equal(request_param(request, "NAME"), "value");
	assert_false(request->torn);
	assert_false(request->cgi);
	assert_int_equal(request->too_large, body_len > BODY_MAX);
	assert_int_equal(request->body.len,
	    body_len > BODY_MAX ? BODY_MAX : body_len);
	for (size_t i = 0; i < request->body.len; i++)
		assert_int_equal(request->body.p[i], 'x');
}

/* The next bytes that the peer reads begin an answer with this text. */
static void
check_answer(const struct ends *ends)
{
	char bytes[4096];
	ssize_t n;

	assert_int_equal(gateway_answer(gateway, ends->ours->fd,
	    slice_of("Status: 204 No Content\r\n\r\n")), RC_OK);
	n = recv(ends->peer, bytes, sizeof(bytes), 0);
	assert_true(n > 34);
	assert_memory_equal(bytes + 8, "Status: 204", 11);
	/* FCGI_END_REQUEST, request complete. */
	assert_memory_equal(bytes + n - 16, "\1\3\0\1\0\10\0\0\0\0\0\0\0", 13);
}

static const size_t sizes[] = { 0, 1, BODY_MAX - 1, BODY_MAX, BODY_MAX + 1,
	5 * BODY_MAX, 9000 };
#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void
a_whole_request_is_read_at_the_first_look(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SIZES; i++) {
		struct ends ends = ends_open();
		struct request request;
		struct buf bytes;
		char left;

		make(&bytes, sizes[i], i % 2 == 0);
		say(&ends, bytes.data, bytes.len);
		assert_int_equal(look(&ends, &request), ARRIVAL_REQUEST);
		check_request(&request, sizes[i]);
		assert_int_equal(ends.ours->keep, i % 2 == 0);
		check_answer(&ends);
		/* Nothing is left unread for the next request to stumble
		 * over. */
		assert_int_equal(recv(ends.ours->fd, &left, 1, MSG_DONTWAIT),
		    -1);
		buf_clear(&bytes);
		ends_close(&ends);
	}
}

static void
a_request_in_pieces_is_a_request_with_its_last_byte(void **state)
{
	static const size_t pieces[] = { 1, 3, 8, 100, 4000 };

	(void)state;
	for (size_t i = 0; i < N_SIZES; i++) {
		for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]);
		    j++) {
			struct ends ends = ends_open();
			struct request request;
			enum arrival arrival = ARRIVAL_NOTHING;
			struct buf bytes;
			size_t at = 0;

			make(&bytes, sizes[i], true);
			while (at < bytes.len) {
				size_t n = bytes.len - at < pieces[j] ?
				    bytes.len - at : pieces[j];

				say(&ends, bytes.data + at, n);
				at += n;
				arrival = look(&ends, &request);
				if (at < bytes.len)
					assert_int_equal(arrival,
					    ARRIVAL_PIECE);
			}
			assert_int_equal(arrival, ARRIVAL_REQUEST);
			check_request(&request, sizes[i]);
			assert_true(ends.ours->keep);
			check_answer(&ends);
			buf_clear(&bytes);
			ends_close(&ends);
		}
	}
}

static void
a_look_at_nothing_and_at_an_end_say_so(void **state)
{
	struct ends ends = ends_open();
	struct request request;

	(void)state;
	assert_int_equal(look(&ends, &request), ARRIVAL_NOTHING);
	shutdown(ends.peer, SHUT_WR);
	assert_int_equal(look(&ends, &request), ARRIVAL_END);
	ends_close(&ends);
}

static void
what_is_not_fastcgi_ends_with_a_reason(void **state)
{
	struct ends ends = ends_open();
	struct request request;
	struct err err;

	(void)state;
	say(&ends, "GET / HTTP/1.1\r\n\r\n", 18);
	assert_int_equal(connection_look(ends.ours, space, gateway, BODY_MAX,
	    &request, &err), ARRIVAL_END);
	assert_non_null(strstr(err.text, "version"));
	ends_close(&ends);
}

/* How a request may end in the middle. */
enum ending {
	ENDING_CLOSED,
	ENDING_ABORTED,
	ENDING_LATE,
	N_ENDINGS
};

static enum arrival
finish(const struct ends *ends, enum ending ending, struct request *request)
{
	enum arrival arrival = ARRIVAL_NOTHING;
	struct err err;

	switch (ending) {
	case ENDING_CLOSED:
		shutdown(ends->peer, SHUT_WR);
		arrival = look(ends, request);
		break;
	case ENDING_ABORTED:
		say(ends, "\1\2\0\1\0\0\0\0", 8);
		arrival = look(ends, request);
		break;
	case ENDING_LATE:
		arrival = connection_give_up(ends->ours, space, gateway,
		    request, &err);
		break;
	case N_ENDINGS:
		break;
	}
	return arrival;
}

static void
a_torn_request_with_its_parameters_is_a_torn_one(void **state)
{
	(void)state;
	for (int i = 0; i < N_ENDINGS; i++) {
		struct ends ends = ends_open();
		struct request request;
		struct buf bytes;

		make(&bytes, 10, true);
		say(&ends, bytes.data, bytes.len - 8);
		assert_int_equal(look(&ends, &request), ARRIVAL_PIECE);
		assert_int_equal(finish(&ends, (enum ending)i, &request),
		    ARRIVAL_REQUEST);
		assert_true(request.torn);
		assert_string_equal(request_param(&request, "NAME"), "value");
		assert_false(ends.ours->keep);
		check_answer(&ends);
		buf_clear(&bytes);
		ends_close(&ends);
	}
}

static void
a_torn_request_without_its_parameters_is_an_end(void **state)
{
	(void)state;
	for (int i = 0; i < N_ENDINGS; i++) {
		struct ends ends = ends_open();
		struct request request;
		struct buf bytes;

		make(&bytes, 10, true);
		say(&ends, bytes.data, 16);	/* BEGIN alone */
		assert_int_equal(look(&ends, &request), ARRIVAL_PIECE);
		assert_int_equal(finish(&ends, (enum ending)i, &request),
		    ARRIVAL_END);
		buf_clear(&bytes);
		ends_close(&ends);
	}
}

static void
bytes_behind_a_request_cost_the_connection_and_no_more(void **state)
{
	struct ends ends = ends_open();
	struct request request;
	struct buf bytes;

	(void)state;
	make(&bytes, 10, true);
	buf_add(&bytes, bytes.data, bytes.len / 2);
	say(&ends, bytes.data, bytes.len);
	assert_int_equal(look(&ends, &request), ARRIVAL_REQUEST);
	check_request(&request, 10);
	assert_false(ends.ours->keep);
	check_answer(&ends);
	buf_clear(&bytes);
	ends_close(&ends);
}

static void
a_body_without_end_becomes_a_request_that_is_too_large(void **state)
{
	struct ends ends = ends_open();
	enum arrival arrival = ARRIVAL_PIECE;
	struct request request;
	struct buf piece;
	size_t sent = 0;

	(void)state;
	make(&piece, 10, true);
	say(&ends, piece.data, piece.len - 8);
	buf_reset(&piece);
	buf_reserve(&piece, 60000);
	memset(piece.data, 'x', 60000);
	while (arrival == ARRIVAL_PIECE) {
		say(&ends, "\1\5\0\1\352\140\0\0", 8);	/* 60,000 */
		say(&ends, piece.data, 60000);
		sent += 60000;
		arrival = look(&ends, &request);
		assert_true(sent < 2 * (size_t)CONNECTION_DROP_MAX);
	}
	assert_int_equal(arrival, ARRIVAL_REQUEST);
	assert_true(sent > CONNECTION_DROP_MAX);
	check_request(&request, BODY_MAX + 1);
	assert_false(ends.ours->keep);
	buf_clear(&piece);
	ends_close(&ends);
}

static void
the_limit_is_the_one_a_request_began_with(void **state)
{
	struct ends ends = ends_open();
	struct request request;
	struct buf bytes;
	struct err err;

	(void)state;
	make(&bytes, 20, true);
	say(&ends, bytes.data, bytes.len - 4);
	assert_int_equal(connection_look(ends.ours, space, gateway, 10,
	    &request, &err), ARRIVAL_PIECE);
	say(&ends, bytes.data + bytes.len - 4, 4);
	assert_int_equal(connection_look(ends.ours, space, gateway, 100,
	    &request, &err), ARRIVAL_REQUEST);
	assert_true(request.too_large);
	assert_int_equal(request.body.len, 10);
	buf_clear(&bytes);
	ends_close(&ends);
}

static void
an_answer_that_is_not_taken_is_an_error(void **state)
{
	struct ends ends = ends_open();
	struct request request;
	enum rc rc = RC_OK;
	struct buf bytes;

	(void)state;
	make(&bytes, 0, true);
	for (int i = 0; i < 10000 && rc == RC_OK; i++) {
		say(&ends, bytes.data, bytes.len);
		assert_int_equal(look(&ends, &request), ARRIVAL_REQUEST);
		rc = gateway_answer(gateway, ends.ours->fd,
		    slice_of("Status: 200 OK\r\n\r\n"));
		gateway_drop(gateway);
	}
	assert_int_equal(rc, RC_SYSTEM);
	buf_clear(&bytes);
	ends_close(&ends);
}

static int
set_up(void **state)
{
	(void)state;
	return gateway_start(NULL) != RC_OK ||
	    connection_space_new(&space, NULL) != RC_OK ||
	    gateway_new(&gateway, NULL) != RC_OK;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_free(gateway);
	connection_space_free(space);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_request_is_read_at_the_first_look),
		cmocka_unit_test(
		    a_request_in_pieces_is_a_request_with_its_last_byte),
		cmocka_unit_test(a_look_at_nothing_and_at_an_end_say_so),
		cmocka_unit_test(what_is_not_fastcgi_ends_with_a_reason),
		cmocka_unit_test(
		    a_torn_request_with_its_parameters_is_a_torn_one),
		cmocka_unit_test(
		    a_torn_request_without_its_parameters_is_an_end),
		cmocka_unit_test(
		    bytes_behind_a_request_cost_the_connection_and_no_more),
		cmocka_unit_test(
		    a_body_without_end_becomes_a_request_that_is_too_large),
		cmocka_unit_test(the_limit_is_the_one_a_request_began_with),
		cmocka_unit_test(an_answer_that_is_not_taken_is_an_error),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
