/* What the walker over FastCGI records promises: responder/record.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "responder/record.h"

/* Pieces of requests: a header is version, type, request (2 bytes), length
 * (2 bytes), padding, reserved. */
#define BEGIN(role, flags) "\1\1\0\1\0\10\0\0" "\0" role flags "\0\0\0\0\0"
#define BEGIN_OK BEGIN("\1", "\0")
#define PARAM "\1\4\0\1\0\4\0\0" "\1\1ab"
#define PARAMS_END "\1\4\0\1\0\0\0\0"
#define HEAD BEGIN_OK PARAM PARAMS_END
#define STDIN_END "\1\5\0\1\0\0\0\0"
#define GET_VALUES "\1\11\0\0\0\0\0\0"

struct vector {
	const char *name;
	const char *bytes;
	size_t len;
	enum record_state want;
	size_t used;		/* 0: all */
	bool plain;
};
#define V(text) text, sizeof(text) - 1

static const struct vector vectors[] = {
	{ "nothing", V(""), RECORD_MORE, 0, true },
	{ "half a header", V("\1\1\0\1"), RECORD_MORE, 0, true },
	{ "a BEGIN", V(BEGIN_OK), RECORD_MORE, 0, true },
	{ "a request", V(HEAD STDIN_END), RECORD_REQUEST, 0, true },
	{ "no parameters", V(BEGIN_OK PARAMS_END STDIN_END), RECORD_REQUEST,
	    0, true },
	{ "all but its last byte", HEAD STDIN_END,
	    sizeof(HEAD STDIN_END) - 2, RECORD_MORE, 0, true },
	{ "a body", V(HEAD "\1\5\0\1\0\3\0\0abc" STDIN_END), RECORD_REQUEST,
	    0, true },
	{ "padding behind content", V(HEAD "\1\5\0\1\0\3\5\0abc....."
	    STDIN_END), RECORD_REQUEST, 0, true },
	{ "padding behind BEGIN", V("\1\1\0\1\0\10\1\0" "\0\1\0\0\0\0\0\0."
	    PARAMS_END STDIN_END), RECORD_REQUEST, 0, false },
	{ "padding that ends PARAMS", V(BEGIN_OK "\1\4\0\1\0\0\2\0.."
	    STDIN_END), RECORD_REQUEST, 0, false },
	{ "padding that ends STDIN", V(HEAD "\1\5\0\1\0\0\1\0."),
	    RECORD_REQUEST, 0, false },
	{ "that padding not there yet", V(HEAD "\1\5\0\1\0\0\2\0."),
	    RECORD_MORE, 0, false },
	{ "a byte behind the request", V(HEAD STDIN_END "\1"), RECORD_REQUEST,
	    sizeof(HEAD STDIN_END) - 1, true },
	{ "two requests", V(HEAD STDIN_END HEAD STDIN_END), RECORD_REQUEST,
	    sizeof(HEAD STDIN_END) - 1, true },
	{ "an abort within PARAMS", V(BEGIN_OK "\1\2\0\1\0\0\0\0"),
	    RECORD_ABORTED, 0, false },
	{ "an abort within STDIN", V(HEAD "\1\2\0\1\0\0\0\0"),
	    RECORD_ABORTED, 0, false },
	{ "GET_VALUES", V(GET_VALUES), RECORD_MANAGEMENT, 0, false },
	{ "GET_VALUES before a request", V(GET_VALUES HEAD STDIN_END),
	    RECORD_MANAGEMENT, 8, false },
	{ "GET_VALUES within a request", V(HEAD GET_VALUES STDIN_END),
	    RECORD_MANAGEMENT, sizeof(HEAD) - 1 + 8, false },
	{ "an unknown management record", V("\1\377\0\0\0\1\1\0x."),
	    RECORD_MANAGEMENT, 0, false },
	{ "version 0", V("\0\1\0\1\0\10\0\0"), RECORD_BAD, 0, true },
	{ "version 2", V("\2\1\0\1\0\10\0\0"), RECORD_BAD, 0, true },
	{ "version 2 later", V(HEAD "\2\5\0\1\0\0\0\0"), RECORD_BAD, 0, true },
	{ "role 0", V(BEGIN("\0", "\0")), RECORD_BAD, 0, true },
	{ "role authorizer", V(BEGIN("\2", "\0")), RECORD_BAD, 0, true },
	{ "role filter", V(BEGIN("\3", "\0")), RECORD_BAD, 0, true },
	{ "role 257", V("\1\1\0\1\0\10\0\0" "\1\1\0\0\0\0\0\0"), RECORD_BAD,
	    0, true },
	{ "a BEGIN of 7", V("\1\1\0\1\0\7\0\0"), RECORD_BAD, 0, true },
	{ "a BEGIN of 9", V("\1\1\0\1\0\11\0\0"), RECORD_BAD, 0, true },
	{ "request 0", V("\1\1\0\0\0\10\0\0"), RECORD_BAD, 0, true },
	{ "STDIN of request 0", V(HEAD "\1\5\0\0\0\0\0\0"), RECORD_BAD, 0,
	    true },
	{ "PARAMS at the start", V(PARAM), RECORD_BAD, 8, true },
	{ "an abort at the start", V("\1\2\0\1\0\0\0\0"), RECORD_BAD, 0,
	    false },
	{ "STDIN before PARAMS end", V(BEGIN_OK STDIN_END), RECORD_BAD, 0,
	    false },
	{ "PARAMS after their end", V(HEAD PARAM), RECORD_BAD,
	    sizeof(HEAD) - 1 + 8, true },
	{ "a BEGIN in a request", V(HEAD BEGIN_OK), RECORD_BAD,
	    sizeof(HEAD) - 1 + 8, true },
	{ "another request's record", V(BEGIN_OK "\1\4\0\2\0\0\0\0"),
	    RECORD_BAD, 0, false },
	{ "DATA", V(HEAD "\1\10\0\1\0\0\0\0"), RECORD_BAD, 0, false },
	{ "GET_VALUES of a request", V(HEAD "\1\11\0\1\0\0\0\0"), RECORD_BAD,
	    0, false },
	{ "a pair across records", V(BEGIN_OK "\1\4\0\1\0\1\0\0\1"
	    "\1\4\0\1\0\2\0\0\1a" "\1\4\0\1\0\1\0\0b" PARAMS_END STDIN_END),
	    RECORD_REQUEST, 0, true },
	{ "long lengths", V(BEGIN_OK "\1\4\0\1\0\12\0\0\200\0\0\1\200\0\0\1ab"
	    PARAMS_END STDIN_END), RECORD_REQUEST, 0, true },
	{ "an empty name and value", V(BEGIN_OK "\1\4\0\1\0\2\0\0\0\0"
	    PARAMS_END STDIN_END), RECORD_REQUEST, 0, true },
	{ "a value one byte short", V(BEGIN_OK "\1\4\0\1\0\3\0\0\1\1a"
	    PARAMS_END), RECORD_BAD, 0, false },
	{ "a name alone", V(BEGIN_OK "\1\4\0\1\0\1\0\0\1" PARAMS_END),
	    RECORD_BAD, 0, false },
	{ "three of four bytes of length", V(BEGIN_OK
	    "\1\4\0\1\0\3\0\0\200\0\0" PARAMS_END), RECORD_BAD, 0, false },
	{ "a name of 2 GiB", V(BEGIN_OK "\1\4\0\1\0\6\0\0"
	    "\377\377\377\377\1a"), RECORD_BAD, 0, true },
	{ "a value of 2 GiB", V(BEGIN_OK "\1\4\0\1\0\6\0\0"
	    "\1\377\377\377\377a"), RECORD_BAD, 0, true },
	{ "both of 2 GiB", V(BEGIN_OK "\1\4\0\1\0\10\0\0"
	    "\377\377\377\377\377\377\377\377"), RECORD_BAD, 0, true },
};
#define N_VECTORS (sizeof(vectors) / sizeof(vectors[0]))

/* How far the whole walk went, in pieces of a size. */
struct run {
	enum record_state state;
	size_t used;
	struct record_walk walk;
};

static struct run
run(const char *bytes, size_t len, size_t piece, struct record_keep *keep)
{
	struct run r = { .state = RECORD_MORE };
	size_t used;

	record_init(&r.walk);
	while (r.used < len && r.state == RECORD_MORE) {
		size_t n = len - r.used < piece ? len - r.used : piece;
		char *copy = malloc(n);	/* so that an overrun is seen */

		assert_non_null(copy);
		memcpy(copy, bytes + r.used, n);
		r.state = record_walk(&r.walk, copy, n, keep, &used);
		free(copy);
		if (r.state == RECORD_MORE)
			assert_int_equal(used, n);
		r.used += used;
	}
	return r;
}

static void
each_vector_is_judged_the_same_in_pieces_of_any_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		const struct vector *v = &vectors[i];

		for (size_t piece = 1; piece <= v->len + 1; piece++) {
			struct run r = run(v->bytes, v->len, piece, NULL);

			if (r.state != v->want)
				fail_msg("%s, in %zu: state %d, want %d",
				    v->name, piece, r.state, v->want);
			if ((r.state == RECORD_BAD) != (r.walk.bad != NULL))
				fail_msg("%s: no reason", v->name);
			if (r.state == RECORD_REQUEST &&
			    r.walk.plain != v->plain)
				fail_msg("%s: plain is %d", v->name,
				    r.walk.plain);
			if (r.state != RECORD_BAD &&
			    r.used != (v->used == 0 ? v->len : v->used))
				fail_msg("%s, in %zu: used %zu", v->name,
				    piece, r.used);
		}
	}
}

static void
the_wish_to_keep_the_connection_is_its_flag(void **state)
{
	static const char keep[] = BEGIN("\1", "\1") PARAMS_END STDIN_END;
	static const char other[] = BEGIN("\1", "\376") PARAMS_END STDIN_END;

	(void)state;
	assert_true(run(keep, sizeof(keep) - 1, 99, NULL).walk.keep);
	assert_false(run(other, sizeof(other) - 1, 99, NULL).walk.keep);
}

static void
keep_init(struct record_keep *keep, size_t body_max)
{
	buf_init(&keep->params, RECORD_PARAMS_MAX);
	buf_init(&keep->body, 0);
	buf_init(&keep->management, 0);
	keep->body_max = body_max;
}

static void
keep_clear(struct record_keep *keep)
{
	buf_clear(&keep->params);
	buf_clear(&keep->body);
	buf_clear(&keep->management);
}

static void
contents_are_kept_and_a_body_only_to_its_limit(void **state)
{
	static const char bytes[] = HEAD "\1\5\0\1\0\3\1\0abc."
	    "\1\5\0\1\0\3\0\0def" STDIN_END;
	static const struct {
		size_t max;
		const char *want;
	} cases[] = { { 0, "" }, { 2, "ab" }, { 3, "abc" }, { 4, "abcd" },
		{ 6, "abcdef" }, { 7, "abcdef" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t piece = 1; piece < sizeof(bytes); piece++) {
			struct record_keep keep;
			struct run r;

			keep_init(&keep, cases[i].max);
			r = run(bytes, sizeof(bytes) - 1, piece, &keep);
			assert_int_equal(r.state, RECORD_REQUEST);
			assert_int_equal(r.walk.stdin_len, 6);
			assert_int_equal(r.walk.params_len, 4);
			assert_true(slice_is(buf_slice(&keep.params),
			    "\1\1ab"));
			assert_int_equal(keep.body.len,
			    strlen(cases[i].want));
			assert_memory_equal(keep.body.len == 0 ? "" :
			    keep.body.data, cases[i].want, keep.body.len);
			keep_clear(&keep);
		}
	}
}

/* A request whose PARAMS are one pair of this many bytes in all, in records. */
static void
add_params(struct buf *out, size_t len)
{
	char *pair = calloc(1, len);
	const size_t value = len - 5;

	assert_non_null(pair);
	pair[1] = (char)(0x80 | value >> 24);
	pair[2] = (char)(value >> 16);
	pair[3] = (char)(value >> 8);
	pair[4] = (char)value;
	record_add_begin(out, 7, true);
	record_add(out, RECORD_TYPE_PARAMS, 7, (struct slice){ pair, len },
	    true);
	free(pair);
}

static void
params_of_256_kib_pass_and_one_byte_more_does_not(void **state)
{
	static const struct {
		size_t len;
		enum record_state want;
	} cases[] = {
		{ RECORD_PARAMS_MAX - 1, RECORD_REQUEST },
		{ RECORD_PARAMS_MAX, RECORD_REQUEST },
		{ RECORD_PARAMS_MAX + 1, RECORD_BAD },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct buf out;
		struct run r;

		buf_init(&out, 0);
		add_params(&out, cases[i].len);
		record_add(&out, RECORD_TYPE_STDIN, 7, (struct slice){ "", 0 },
		    true);
		assert_true(buf_ok(&out));
		r = run(out.data, out.len, 4096, NULL);
		assert_int_equal(r.state, cases[i].want);
		buf_clear(&out);
	}
}

static void
what_is_written_walks_as_the_same_request(void **state)
{
	char *body = malloc(200000);
	struct record_keep keep;
	struct buf out;
	struct run r;

	(void)state;
	assert_non_null(body);
	for (size_t i = 0; i < 200000; i++)
		body[i] = (char)(i * 7);
	buf_init(&out, 0);
	record_add_begin(&out, 0x1234, true);
	record_add(&out, RECORD_TYPE_PARAMS, 0x1234,
	    (struct slice){ "\1\1ab", 4 }, true);
	record_add(&out, RECORD_TYPE_STDIN, 0x1234,
	    (struct slice){ body, 200000 }, true);
	keep_init(&keep, 1000000);
	r = run(out.data, out.len, 65536, &keep);
	assert_int_equal(r.state, RECORD_REQUEST);
	assert_int_equal(r.used, out.len);
	assert_int_equal(r.walk.id, 0x1234);
	assert_true(r.walk.keep && r.walk.plain);
	assert_int_equal(keep.body.len, 200000);
	assert_memory_equal(keep.body.data, body, 200000);
	keep_clear(&keep);
	buf_clear(&out);
	free(body);
}

struct answer {
	const char *name;
	const char *asked;
	size_t asked_len;
	const char *want;
	size_t want_len;
};

#define CONNS "\16\4FCGI_MAX_CONNS1024"
#define MPXS "\17\1FCGI_MPXS_CONNS0"

static const struct answer answers[] = {
	{ "nothing", V(""), V("\1\12\0\0\0\0\0\0") },
	{ "one", V("\16\0FCGI_MAX_CONNS"),
	    V("\1\12\0\0\0\24\0\0" CONNS) },
	{ "two, and one unknown, in our order",
	    V("\17\0FCGI_MPXS_CONNS" "\1\0x" "\16\0FCGI_MAX_CONNS"),
	    V("\1\12\0\0\0\46\0\0" CONNS MPXS) },
	{ "the same twice", V("\16\0FCGI_MAX_CONNS" "\16\0FCGI_MAX_CONNS"),
	    V("\1\12\0\0\0\24\0\0" CONNS) },
	{ "one with a value", V("\16\3FCGI_MAX_CONNSxyz"),
	    V("\1\12\0\0\0\24\0\0" CONNS) },
	{ "one that is cut", V("\16\0FCGI_MAX_CONN"),
	    V("\1\12\0\0\0\0\0\0") },
	{ "one before a cut length", V("\16\0FCGI_MAX_CONNS\200\0"),
	    V("\1\12\0\0\0\24\0\0" CONNS) },
	{ "one of 2 GiB", V("\377\377\377\377\377\377\377\377"),
	    V("\1\12\0\0\0\0\0\0") },
};

static void
each_value_is_answered_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct answer *a = &answers[i];
		char *asked = malloc(a->asked_len + 1);
		struct buf out;

		assert_non_null(asked);
		memcpy(asked, a->asked, a->asked_len);
		buf_init(&out, 0);
		record_answer(&out, RECORD_TYPE_GET_VALUES,
		    (struct slice){ asked, a->asked_len });
		if (out.len != a->want_len ||
		    memcmp(out.data, a->want, out.len) != 0)
			fail_msg("%s: another answer of %zu bytes", a->name,
			    out.len);
		buf_clear(&out);
		free(asked);
	}
}

static void
any_other_management_record_is_unknown(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	record_answer(&out, 200, (struct slice){ "x", 1 });
	assert_int_equal(out.len, 16);
	assert_memory_equal(out.data, "\1\13\0\0\0\10\0\0\310\0\0\0\0\0\0\0",
	    16);
	buf_clear(&out);
}

/* Damage of any kind leads to some state, with its promises, and no further:
 * the sanitizers watch. */
static void
damaged_requests_end_in_a_state(void **state)
{
	static const char whole[] = GET_VALUES HEAD "\1\5\0\1\0\3\5\0abc....."
	    STDIN_END;
	unsigned int seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char bytes[sizeof(whole) - 1];
		struct record_keep keep;
		struct run r;

		memcpy(bytes, whole, sizeof(bytes));
		for (int j = 0; j < 1 + i % 4; j++) {
			seed = seed * 1103515245 + 12345;
			bytes[seed / 65536 % sizeof(bytes)] =
			    (char)(seed >> 8);
		}
		keep_init(&keep, 2);
		r = run(bytes, sizeof(bytes), 1 + (size_t)(i % 40), &keep);
		assert_true(r.used <= sizeof(bytes));
		assert_true(r.walk.params_len <= RECORD_PARAMS_MAX);
		assert_true(keep.body.len <= 2);
		assert_true((r.state == RECORD_BAD) == (r.walk.bad != NULL));
		keep_clear(&keep);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_vector_is_judged_the_same_in_pieces_of_any_size),
		cmocka_unit_test(the_wish_to_keep_the_connection_is_its_flag),
		cmocka_unit_test(
		    contents_are_kept_and_a_body_only_to_its_limit),
		cmocka_unit_test(
		    params_of_256_kib_pass_and_one_byte_more_does_not),
		cmocka_unit_test(what_is_written_walks_as_the_same_request),
		cmocka_unit_test(each_value_is_answered_once),
		cmocka_unit_test(any_other_management_record_is_unknown),
		cmocka_unit_test(damaged_requests_end_in_a_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
