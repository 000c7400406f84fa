/* What json/diff.h, json/patch.h, json/align.h and json/blame.h promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "json/align.h"
#include "json/blame.h"
#include "json/diff.h"
#include "json/json.h"
#include "json/json_text.h"
#include "json/patch.h"

#define N_OF(list) (sizeof(list) / sizeof((list)[0]))

static struct json *
parse(const char *text)
{
	struct json *json = NULL;
	struct err err;

	if (json_parse(&json, slice_of(text), &err) != RC_OK)
		fail_msg("%.200s: %s", text, err.text);
	return json;
}

/* ------------------------------------------------------------------------
 * Tables
 */

static const struct row {
	const char *a, *b;
	const char *patch;
	const char *tree;	/* depth, a sign, the path; a line each */
} rows[] = {
	/* Equal */
	{ "1", "1", "[]", "" },
	{ "{\"a\":1,\"b\":[2,{}]}", " { \"b\" : [ 2, { } ], \"a\" : 1 } ",
	    "[]", "" },
	{ "\"A\\u00e9\"", "\"\\u0041\xc3\xa9\"", "[]", "" },
	{ "{\"a\":1,\"a\":2}", "{ \"\\u0061\":1,\"a\":2}", "[]", "" },
	/* The whole value */
	{ "1", "2", "[{\"op\":\"replace\",\"path\":\"\",\"value\":2}]",
	    "0 ~ $\n" },
	{ "1", "1.0", "[{\"op\":\"replace\",\"path\":\"\",\"value\":1.0}]",
	    "0 ~ $\n" },
	{ "0", "-0", "[{\"op\":\"replace\",\"path\":\"\",\"value\":-0}]",
	    "0 ~ $\n" },
	{ "[]", "{}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":{}}]",
	    "0 ~ $\n" },
	{ "\"1\"", "1", "[{\"op\":\"replace\",\"path\":\"\",\"value\":1}]",
	    "0 ~ $\n" },
	/* Objects */
	{ "{\"a\":1,\"b\":2,\"c\":3}", "{\"d\":4,\"c\":5,\"b\":2}",
	    "[{\"op\":\"remove\",\"path\":\"/a\"},"
	    "{\"op\":\"replace\",\"path\":\"/c\",\"value\":5},"
	    "{\"op\":\"add\",\"path\":\"/d\",\"value\":4}]",
	    "0 / $\n1 - $.a\n1 ~ $.c\n1 + $.d\n" },
	{ "{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{\"c\":2}}}",
	    "[{\"op\":\"replace\",\"path\":\"/a/b/c\",\"value\":2}]",
	    "0 / $\n1 / $.a\n2 / $.a.b\n3 ~ $.a.b.c\n" },
	{ "{}", "{\"a/b~\\u0000\\ud800\":[ 1, 2 ],\"\":null}",
	    "[{\"op\":\"add\",\"path\":\"/a~1b~0\\u0000\\ud800\","
	    "\"value\":[1,2]},"
	    "{\"op\":\"add\",\"path\":\"/\",\"value\":null}]",
	    "0 / $\n1 + $[\"a/b~\\u0000\\ud800\"]\n1 + $[\"\"]\n" },
	{ "{\"n\":12345678901234567890}", "{\"n\":12345678901234567891}",
	    "[{\"op\":\"replace\",\"path\":\"/n\","
	    "\"value\":12345678901234567891}]", "0 / $\n1 ~ $.n\n" },
	/* A name twice: an atom, on either side */
	{ "{\"a\":1,\"a\":2}", "{\"a\":2,\"a\":1}",
	    "[{\"op\":\"replace\",\"path\":\"\","
	    "\"value\":{\"a\":2,\"a\":1}}]", "0 ~ $\n" },
	{ "{\"b\":0,\"a\":1,\"a\":2}", "{\"a\":1,\"b\":0,\"a\":2}",
	    "[{\"op\":\"replace\",\"path\":\"\","
	    "\"value\":{\"a\":1,\"b\":0,\"a\":2}}]", "0 ~ $\n" },
	{ "[{\"a\":1,\"a\":2}]", "[{\"a\":2}]",
	    "[{\"op\":\"replace\",\"path\":\"/0\",\"value\":{\"a\":2}}]",
	    "0 / $\n1 ~ $[0]\n" },
	{ "{\"a\":2}", "{\"a\":1,\"a\":2}",
	    "[{\"op\":\"replace\",\"path\":\"\","
	    "\"value\":{\"a\":1,\"a\":2}}]", "0 ~ $\n" },
	/* Arrays: at the ends and in the middle */
	{ "[1,2,3]", "[0,1,2,3]",
	    "[{\"op\":\"add\",\"path\":\"/0\",\"value\":0}]",
	    "0 / $\n1 + $[0]\n" },
	{ "[1,2,3]", "[1,2,3,4]",
	    "[{\"op\":\"add\",\"path\":\"/3\",\"value\":4}]",
	    "0 / $\n1 + $[3]\n" },
	{ "[1,2,3,4]", "[3]",
	    "[{\"op\":\"remove\",\"path\":\"/0\"},"
	    "{\"op\":\"remove\",\"path\":\"/0\"},"
	    "{\"op\":\"remove\",\"path\":\"/1\"}]",
	    "0 / $\n1 - $[0]\n1 - $[1]\n1 - $[3]\n" },
	{ "[1,2,3,4,5]", "[1,9,3,5,6]",
	    "[{\"op\":\"replace\",\"path\":\"/1\",\"value\":9},"
	    "{\"op\":\"remove\",\"path\":\"/3\"},"
	    "{\"op\":\"add\",\"path\":\"/4\",\"value\":6}]",
	    "0 / $\n1 ~ $[1]\n1 - $[3]\n1 + $[4]\n" },
	{ "[1,2,1,2,1]", "[2,1,2]",
	    "[{\"op\":\"remove\",\"path\":\"/0\"},"
	    "{\"op\":\"remove\",\"path\":\"/3\"}]",
	    "0 / $\n1 - $[0]\n1 - $[4]\n" },
	{ "[]", "[[],{}]",
	    "[{\"op\":\"add\",\"path\":\"/0\",\"value\":[]},"
	    "{\"op\":\"add\",\"path\":\"/1\",\"value\":{}}]",
	    "0 / $\n1 + $[0]\n1 + $[1]\n" },
	/* A change in an element whose neighbours come and go */
	{ "[{\"id\":1,\"v\":1},{\"id\":2,\"v\":2}]",
	    "[{\"id\":0,\"v\":0},{\"id\":1,\"v\":9},{\"id\":2,\"v\":2}]",
	    "[{\"op\":\"add\",\"path\":\"/0\",\"value\":{\"id\":0,\"v\":0}},"
	    "{\"op\":\"replace\",\"path\":\"/1/v\",\"value\":9}]",
	    "0 / $\n1 + $[0]\n1 / $[1]\n2 ~ $[1].v\n" },
	{ "[{\"id\":1,\"v\":1},{\"id\":2,\"v\":2},{\"id\":3}]",
	    "[{\"id\":2,\"v\":3},{\"id\":3}]",
	    "[{\"op\":\"remove\",\"path\":\"/0\"},"
	    "{\"op\":\"replace\",\"path\":\"/0/v\",\"value\":3}]",
	    "0 / $\n1 - $[0]\n1 / $[0]\n2 ~ $[0].v\n" },
	{ "[\"x\",[1,2]]", "[[1,3],\"y\"]",
	    "[{\"op\":\"remove\",\"path\":\"/0\"},"
	    "{\"op\":\"replace\",\"path\":\"/0/1\",\"value\":3},"
	    "{\"op\":\"add\",\"path\":\"/1\",\"value\":\"y\"}]",
	    "0 / $\n1 - $[0]\n1 / $[0]\n2 ~ $[0][1]\n1 + $[1]\n" },
	{ "[{\"a\":1}]", "[{\"a\":2}]",
	    "[{\"op\":\"replace\",\"path\":\"/0/a\",\"value\":2}]",
	    "0 / $\n1 / $[0]\n2 ~ $[0].a\n" },
};

/* tree_text -- the changes as the table has them; their links are checked. */
static void
tree_text(struct buf *out, const struct diff *diff)
{
	static const char signs[N_DIFF_KINDS] = {
		[DIFF_INSIDE] = '/',
		[DIFF_ADDED] = '+',
		[DIFF_REMOVED] = '-',
		[DIFF_REPLACED] = '~',
	};
	size_t n;
	const struct diff_change *list = diff_changes(diff, &n);

	buf_add_text(out, "");
	for (size_t i = 0; i < n; i++) {
		const struct diff_change *one = &list[i];

		if (i == 0) {
			assert_int_equal(one->parent, DIFF_ROOT);
			assert_int_equal(one->depth, 0);
			assert_int_equal(one->span, n);
		} else {
			const struct diff_change *in = &list[one->parent];

			assert_int_equal(in->kind, DIFF_INSIDE);
			assert_int_equal(one->depth, in->depth + 1);
			assert_true(i + one->span <= one->parent + in->span);
		}
		assert_int_equal(one->a == NULL, one->kind == DIFF_ADDED);
		assert_int_equal(one->b == NULL, one->kind == DIFF_REMOVED);
		buf_printf(out, "%u %c ", (unsigned)one->depth,
		    signs[one->kind]);
		patch_path(out, diff, one);
		buf_add_char(out, '\n');
	}
}

static void
differences_are_those_of_the_table(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct json *a = parse(rows[i].a);
		struct json *b = parse(rows[i].b);
		struct diff *diff;

		assert_int_equal(diff_new(&diff, a, b, NULL), RC_OK);
		patch_write(&out, diff);
		assert_string_equal(out.data, rows[i].patch);
		buf_reset(&out);
		tree_text(&out, diff);
		assert_string_equal(out.data, rows[i].tree);
		buf_reset(&out);
		diff_free(diff);
		json_free(a);
		json_free(b);
	}
	buf_clear(&out);
	diff_free(NULL);
}

static void
a_patch_stops_at_its_limit(void **state)
{
	struct json *a = parse("[1,2,3]");
	struct json *b = parse("[4,5,6]");
	struct diff *diff;
	struct buf out;

	(void)state;
	buf_init(&out, 60);
	assert_int_equal(diff_new(&diff, a, b, NULL), RC_OK);
	patch_write(&out, diff);
	assert_false(buf_ok(&out));
	assert_true(out.len <= 60);
	buf_clear(&out);
	diff_free(diff);
	json_free(a);
	json_free(b);
}

static void
origins_say_where_values_came_from(void **state)
{
	struct json *a = parse("{\"x\":[1,{\"k\":2,\"l\":3}],\"y\":[4]}");
	struct json *b = parse("{\"y\":{\"z\":4},\"x\":[0,1,"
	    "{\"l\":3,\"k\":5}]}");
	/* By index of b; -1: none. */
	static const struct {
		int from;
		bool equal;
	} want[] = { { 0, false }, { 6, false }, { -1, false }, { 1, false },
		{ -1, false }, { 2, true }, { 3, false }, { 5, true },
		{ 4, false } };
	struct diff *diff;

	(void)state;
	assert_int_equal(diff_new(&diff, a, b, NULL), RC_OK);
	assert_int_equal(json_root(b)->span, N_OF(want));
	for (size_t i = 0; i < N_OF(want); i++) {
		bool equal;
		const struct json_node *origin = diff_origin(diff,
		    json_root(b) + i, &equal);

		assert_int_equal(origin == NULL ? -1 : origin - json_root(a),
		    want[i].from);
		assert_int_equal(equal, want[i].equal);
	}
	diff_free(diff);
	json_free(a);
	json_free(b);
}

/* ------------------------------------------------------------------------
 * Random documents, and a patch's application of our own
 */

static uint64_t chance;

/* below -- a random number below n (xorshift64*). */
static unsigned
below(unsigned n)
{
	chance ^= chance >> 12;
	chance ^= chance << 25;
	chance ^= chance >> 27;
	return (unsigned)(chance * UINT64_C(0x2545f4914f6cdd1d) >> 40) % n;
}

static const char *const names[] = { "a", "b", "c", "\\u0064", "e/~",
	"\\ud800", "", "\xc3\xa9\\n" };

static void
random_scalar(struct buf *out)
{
	static const char *const scalars[] = { "0", "1", "1.0", "2", "true",
		"null", "\"\"", "\"x\"", "\"\\u0078\"", "[]", "{}",
		"12345678901234567890", "{\"a\":1,\"a\":1}" };

	buf_add_text(out, scalars[below(N_OF(scalars))]);
}

static void
random_value(struct buf *out, unsigned depth)
{
	const bool object = below(2) == 0;
	const unsigned n = below(6);

	if (depth == 0 || below(4) == 0) {
		random_scalar(out);
		return;
	}
	buf_add_char(out, object ? '{' : '[');
	for (unsigned i = 0, name = below(3); i < n && name < N_OF(names);
	    i++, name += 1 + below(2)) {
		if (i > 0)
			buf_add_char(out, ',');
		if (object)
			buf_printf(out, "\"%s\":", names[name]);
		random_value(out, depth - 1);
	}
	buf_add_char(out, object ? '}' : ']');
}

static void
add_name(struct buf *out, const struct json_node *node)
{
	if (node->name.p == NULL)
		return;
	json_string(out, node->name);
	buf_add_char(out, ':');
}

/* random_other -- a value with some changes: members and elements that are
 * gone, others, changed ones; elements that are new. */
static void
random_other(struct buf *out, const struct json_node *node, unsigned depth)
{
	const struct json_node *child = node + 1;
	const bool array = node->type == JSON_ARRAY;
	bool comma = false;

	if (node->n == 0 || depth == 0 || node->duplicates) {
		if (below(6) == 0)
			random_value(out, 2);
		else
			json_compact(out, node);
		return;
	}
	buf_add_char(out, array ? '[' : '{');
	for (uint32_t i = 0; i < node->n; i++, child += child->span) {
		if (below(8) == 0)
			continue;
		if (comma)
			buf_add_char(out, ',');
		comma = true;
		if (array && below(8) == 0) {
			random_value(out, 2);
			buf_add_char(out, ',');
		}
		add_name(out, child);
		random_other(out, child, depth - 1);
	}
	buf_add_char(out, array ? ']' : '}');
}

/* canonical -- the same text for equal values, by another way than diff's. */
static void
canonical(struct buf *out, const struct json *json,
    const struct json_node *node)
{
	const struct json_node *child = node + 1;
	const bool object = node->type == JSON_OBJECT;

	if (node->type == JSON_STRING)
		json_string(out, node->value);
	else if (node->type != JSON_ARRAY && !object)
		buf_add_slice(out, node->text);
	if (node->type != JSON_ARRAY && !object)
		return;
	buf_add_char(out, object ? '{' : '[');
	for (uint32_t i = 0; i < node->n; i++) {
		const struct json_node *one = !object || node->duplicates ?
		    child : json_ranked(json, node, i);

		add_name(out, one);
		canonical(out, json, one);
		buf_add_char(out, ',');
		child += child->span;
	}
	buf_add_char(out, object ? '}' : ']');
}

/* An operation that is being applied. */
struct operation {
	const struct json_node *op, *value;
	const struct json_node *parent;	/* in the document */
	struct buf last;		/* the pointer's last token */
	unsigned long index;		/* the same in an array */
};

/* next_token -- take the first token off a pointer. */
static void
next_token(struct slice *pointer, struct buf *token)
{
	size_t at = 1;

	assert_true(pointer->len > 0 && pointer->p[0] == '/');
	buf_reset(token);
	for (; at < pointer->len && pointer->p[at] != '/'; at++) {
		if (pointer->p[at] == '~')
			buf_add_char(token, pointer->p[++at] == '0' ? '~' :
			    '/');
		else
			buf_add_char(token, pointer->p[at]);
	}
	*pointer = (struct slice){ pointer->p + at, pointer->len - at };
}

static const struct json_node *
inside(const struct json *json, const struct json_node *node,
    const struct buf *token)
{
	const struct json_node *child = node + 1;
	unsigned long i;

	if (node->type == JSON_OBJECT)
		return json_member(json, node, buf_slice(token));
	i = strtoul(token->data, NULL, 10);
	assert_true(i < node->n);
	for (; i > 0; i--)
		child += child->span;
	return child;
}

static void
find(struct operation *operation, const struct json *json,
    struct slice pointer)
{
	operation->parent = json_root(json);
	next_token(&pointer, &operation->last);
	while (pointer.len > 0) {
		operation->parent = inside(json, operation->parent,
		    &operation->last);
		assert_non_null(operation->parent);
		next_token(&pointer, &operation->last);
	}
	operation->index = UINT32_MAX;
	if (operation->parent->type == JSON_ARRAY)
		operation->index = strtoul(operation->last.data, NULL, 10);
}

static void rewrite(struct buf *out, const struct json_node *node,
    const struct operation *operation);

static bool
is_meant(const struct operation *operation, const struct json_node *parent,
    const struct json_node *child, uint32_t i)
{
	if (parent->type == JSON_ARRAY)
		return i == operation->index;
	return slice_compare(child->name, buf_slice(&operation->last)) == 0;
}

/* rewrite_parent -- the array or object that the operation is about. */
static void
rewrite_parent(struct buf *out, const struct json_node *node,
    const struct operation *operation)
{
	const bool array = node->type == JSON_ARRAY;
	const bool add = slice_is(operation->op->value, "add");
	const bool remove = slice_is(operation->op->value, "remove");
	const struct json_node *child = node + 1;
	bool met = false;

	for (uint32_t i = 0; i < node->n; i++, child += child->span) {
		const bool meant = is_meant(operation, node, child, i);

		met = met || meant;
		if (meant && array && add) {
			json_compact(out, operation->value);
			buf_add_char(out, ',');
		}
		assert_false(meant && !array && add);
		if (meant && remove)
			continue;
		add_name(out, child);
		json_compact(out, meant && !add ? operation->value : child);
		buf_add_char(out, ',');
	}
	assert_true(met || add);
	if (met)
		return;
	assert_true(!array || operation->index == node->n);
	if (!array) {
		json_string(out, buf_slice(&operation->last));
		buf_add_char(out, ':');
	}
	json_compact(out, operation->value);
	buf_add_char(out, ',');
}

/* rewrite -- a document with the operation applied. */
static void
rewrite(struct buf *out, const struct json_node *node,
    const struct operation *operation)
{
	const bool array = node->type == JSON_ARRAY;
	const struct json_node *child = node + 1;

	if (node != operation->parent && (node->n == 0 || node->duplicates)) {
		json_compact(out, node);
		return;
	}
	buf_add_char(out, array ? '[' : '{');
	if (node == operation->parent)
		rewrite_parent(out, node, operation);
	for (uint32_t i = 0; node != operation->parent && i < node->n; i++) {
		add_name(out, child);
		rewrite(out, child, operation);
		buf_add_char(out, ',');
		child += child->span;
	}
	if (out->data[out->len - 1] == ',')
		out->len--;
	buf_add_char(out, array ? ']' : '}');
}

/* apply -- one operation to the text of a document. */
static void
apply(struct buf *text, const struct json *patch,
    const struct json_node *node)
{
	struct json *json = parse(text->data);
	struct operation operation = {
		.op = json_member(patch, node, slice_of("op")),
		.value = json_member(patch, node, slice_of("value")),
	};
	const struct slice path = json_member(patch, node,
	    slice_of("path"))->value;
	struct buf out;

	buf_init(&out, 0);
	buf_init(&operation.last, 0);
	if (path.len == 0) {
		json_compact(&out, operation.value);
	} else {
		find(&operation, json, path);
		rewrite(&out, json_root(json), &operation);
	}
	json_free(json);
	buf_reset(text);
	buf_add_slice(text, buf_slice(&out));
	buf_clear(&out);
	buf_clear(&operation.last);
}

/* check_patch -- that A's text becomes B by the patch between them. */
static void
check_patch(const char *text_a, const char *text_b)
{
	struct json *a = parse(text_a);
	struct json *b = parse(text_b);
	struct json *patch, *is;
	struct diff *diff;
	struct buf text, written, got, want;

	buf_init(&text, 0);
	buf_init(&written, 0);
	buf_init(&got, 0);
	buf_init(&want, 0);
	assert_int_equal(diff_new(&diff, a, b, NULL), RC_OK);
	patch_write(&written, diff);
	tree_text(&got, diff);
	buf_reset(&got);
	patch = parse(written.data);
	buf_add_text(&text, text_a);
	for (const struct json_node *node = json_root(patch) + 1;
	    node < json_root(patch) + json_root(patch)->span;
	    node += node->span)
		apply(&text, patch, node);
	is = parse(text.data);
	canonical(&got, is, json_root(is));
	canonical(&want, b, json_root(b));
	if (slice_compare(buf_slice(&got), buf_slice(&want)) != 0)
		fail_msg("A %s\nB %s\npatch %s\ngot %s", text_a, text_b,
		    written.data, text.data);
	diff_free(diff);
	json_free(is);
	json_free(patch);
	json_free(b);
	json_free(a);
	buf_clear(&want);
	buf_clear(&got);
	buf_clear(&written);
	buf_clear(&text);
}

static void
patches_of_random_documents_give_b(void **state)
{
	struct buf a, b;

	(void)state;
	buf_init(&a, 0);
	buf_init(&b, 0);
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		struct json *json;

		chance = seed * UINT64_C(0x9e3779b97f4a7c15);
		buf_reset(&a);
		buf_reset(&b);
		random_value(&a, 5);
		json = parse(a.data);
		random_other(&b, json_root(json), 9);
		json_free(json);
		check_patch(a.data, b.data);
	}
	buf_clear(&a);
	buf_clear(&b);
}

/* operations -- how many the patch has. */
static size_t
operations(const char *text_a, const char *text_b)
{
	struct json *a = parse(text_a);
	struct json *b = parse(text_b);
	struct diff *diff;
	size_t n, count = 0;
	const struct diff_change *list;

	assert_int_equal(diff_new(&diff, a, b, NULL), RC_OK);
	list = diff_changes(diff, &n);
	for (size_t i = 0; i < n; i++)
		count += list[i].kind != DIFF_INSIDE;
	diff_free(diff);
	json_free(a);
	json_free(b);
	return count;
}

/* add_numbers -- from .. to - 1, but those that skip divides (0: none). */
static void
add_numbers(struct buf *out, unsigned from, unsigned to, unsigned skip)
{
	for (unsigned i = from; i < to; i++) {
		if (skip == 0 || i % skip != 0)
			buf_printf(out, "%s%u", out->len > 1 ? "," : "", i);
	}
}

static void
long_arrays_lose_no_alignment_beyond_the_bound(void **state)
{
	struct buf a, b;

	(void)state;
	buf_init(&a, 0);
	buf_init(&b, 0);
	/* 600 fewer, spread out: beyond Myers' bound, once each. */
	buf_add_text(&a, "[");
	add_numbers(&a, 1, 6001, 0);
	buf_add_text(&a, "]");
	buf_add_text(&b, "[");
	add_numbers(&b, 1, 6001, 10);
	buf_add_text(&b, "]");
	assert_int_equal(operations(a.data, b.data), 600);
	assert_int_equal(operations(b.data, a.data), 600);
	/* The first thousand moved to the end. */
	buf_reset(&b);
	buf_add_text(&b, "[");
	add_numbers(&b, 1001, 6001, 0);
	add_numbers(&b, 1, 1001, 0);
	buf_add_text(&b, "]");
	assert_int_equal(operations(a.data, b.data), 2000);
	/* Nothing in common: element by element. */
	buf_reset(&b);
	buf_add_text(&b, "[");
	add_numbers(&b, 7001, 9001, 0);
	buf_add_text(&b, "]");
	assert_int_equal(operations(a.data, b.data), 6000);
	buf_clear(&a);
	buf_clear(&b);
}

/* add_items -- n objects, with v in each, after a new one if there is one. */
static void
add_items(struct buf *out, const char *first, unsigned n, unsigned v)
{
	buf_printf(out, "[%s", first);
	for (unsigned i = 0; i < n; i++)
		buf_printf(out, "%s{\"v\":%u,\"id\":%u}",
		    i > 0 || *first != '\0' ? "," : "", v, i);
	buf_add_char(out, ']');
}

static void
elements_that_all_changed_are_paired_with_themselves(void **state)
{
	struct buf a, b;

	(void)state;
	for (unsigned n = 127; n <= 128; n++) {
		buf_init(&a, 0);
		buf_init(&b, 0);
		add_items(&a, "", n, 1);
		add_items(&b, "{\"id\":\"new\"}", n, 2);
		/* Beyond the bound each is compared with the one before. */
		assert_int_equal(operations(a.data, b.data), n == 127 ?
		    n + 1 : 2 * n + 1);
		check_patch(a.data, b.data);
		buf_clear(&a);
		buf_clear(&b);
	}
}

static void
wide_objects_and_deep_ones_are_compared(void **state)
{
	struct buf a, b;

	(void)state;
	buf_init(&a, 0);
	buf_init(&b, 0);
	for (unsigned i = 0; i < 5000; i++) {
		buf_printf(&a, "%s\"k%u\":%u", i == 0 ? "{" : ",", i, i);
		buf_printf(&b, "%s\"k%u\":%u", i == 0 ? "{" : ",",
		    4999 - i, i == 7 ? 0 : 4999 - i);
	}
	buf_add_text(&a, "}");
	buf_add_text(&b, ",\"new\":1}");
	assert_int_equal(operations(a.data, b.data), 2);
	buf_reset(&a);
	buf_reset(&b);
	for (unsigned i = 0; i < JSON_DEPTH_MOST; i++)
		buf_add_text(&a, i % 2 == 0 ? "{\"a\":" : "[");
	buf_add_slice(&b, buf_slice(&a));
	buf_add_text(&a, "1");
	buf_add_text(&b, "2");
	for (unsigned i = JSON_DEPTH_MOST; i-- > 0;) {
		buf_add_text(&a, i % 2 == 0 ? "}" : "]");
		buf_add_text(&b, i % 2 == 0 ? "}" : "]");
	}
	assert_int_equal(operations(a.data, b.data), 1);
	check_patch(a.data, b.data);
	buf_clear(&a);
	buf_clear(&b);
}

/* lcs -- the length, by the whole table. */
static unsigned
lcs(const uint32_t *a, unsigned n_a, const uint32_t *b, unsigned n_b)
{
	static unsigned most[65][65];

	for (unsigned i = 1; i <= n_a; i++) {
		for (unsigned j = 1; j <= n_b; j++) {
			const unsigned up = most[i - 1][j];
			const unsigned left = most[i][j - 1];

			most[i][j] = a[i - 1] == b[j - 1] ?
			    most[i - 1][j - 1] + 1 : up > left ? up : left;
		}
	}
	return most[n_a][n_b];
}

static void
a_common_subsequence_is_the_longest(void **state)
{
	uint32_t a[64], b[64], match[64];
	struct align align;

	(void)state;
	align_init(&align, 8);
	chance = 42;
	for (unsigned round = 0; round < 5000; round++) {
		const unsigned n_a = below(65);
		const unsigned n_b = below(65);
		const unsigned kinds = 1 + below(8);
		unsigned matched = 0;
		int64_t last = -1;

		for (unsigned i = 0; i < n_a; i++)
			a[i] = below(kinds);
		for (unsigned i = 0; i < n_b; i++)
			b[i] = below(kinds);
		assert_int_equal(align_run(&align, a, n_a, b, n_b, match,
		    NULL), RC_OK);
		for (unsigned i = 0; i < n_a; i++) {
			if (match[i] == ALIGN_NONE)
				continue;
			assert_true(match[i] < n_b && match[i] > last);
			assert_int_equal(a[i], b[match[i]]);
			last = match[i];
			matched++;
		}
		assert_int_equal(matched, lcs(a, n_a, b, n_b));
	}
	align_clear(&align);
}

/* ------------------------------------------------------------------------
 * Blame
 */

#define VERSIONS_MOST 5

static const struct story {
	const char *versions[VERSIONS_MOST];	/* tags 1, 2, ...; an empty
						 * text stands for no value */
	const char *want;	/* of the last: pointer=value@tag, a line
				 * each */
} stories[] = {
	{ { "1" }, "=1@1\n" },
	{ { "1", "1", " 1 " }, "=1@1\n" },
	{ { "1", "2", "1" }, "=1@3\n" },
	{ { "1", "1.0" }, "=1.0@2\n" },
	{ { "{\"a\":1,\"b\":[]}", "{\"a\":1,\"b\":{}}",
	    "{\"b\":{},\"a\":2,\"c\":{\"d\":null}}" },
	    "/b={}@2\n/a=2@3\n/c/d=null@3\n" },
	/* Neighbours of an insertion, and of a removal, keep theirs */
	{ { "[1,2,3]", "[0,1,2,3]", "[0,1,3,4]" },
	    "/0=0@2\n/1=1@1\n/2=3@1\n/3=4@3\n" },
	{ { "[{\"id\":1,\"v\":1},{\"id\":2,\"v\":2}]",
	    "[{\"id\":0,\"v\":0},{\"id\":1,\"v\":9},{\"id\":2,\"v\":2}]" },
	    "/0/id=0@2\n/0/v=0@2\n/1/id=1@1\n/1/v=9@2\n/2/id=2@1\n"
	    "/2/v=2@1\n" },
	/* What comes back is new */
	{ { "{\"a\":1}", "{}", "{\"a\":1}" }, "/a=1@3\n" },
	{ { "{\"a\":{\"b\":1}}", "{\"a\":{}}" }, "/a={}@2\n" },
	{ { "{\"a\":{}}", "{\"a\":{\"b\":1}}" }, "/a/b=1@2\n" },
	/* The order of names, and how a string is spelled, is no change */
	{ { "{\"a\":\"A\",\"b\":{\"c\":1,\"d\":2}}",
	    "{\"b\":{\"d\":2,\"c\":1},\"a\":\"\\u0041\"}" },
	    "/b/d=2@1\n/b/c=1@1\n/a=\"\\u0041\"@1\n" },
	/* Names that come twice: one leaf */
	{ { "{\"x\":{\"a\":1,\"a\":2},\"y\":1}",
	    "{\"y\":2,\"x\":{\"a\":1,\"a\":2}}",
	    "{\"y\":2,\"x\":{\"a\":1,\"a\":3},\"z\":0}" },
	    "/y=2@2\n/x={\"a\":1,\"a\":3}@3\n/z=0@3\n" },
	{ { "{\"x\":{\"a\":1,\"a\":2},\"y\":1}",
	    "{\"y\":2,\"x\":{\"a\":1,\"a\":2}}" },
	    "/y=2@2\n/x={\"a\":1,\"a\":2}@1\n" },
	/* Not JSON: an atom */
	{ { "{\"a\":1}", "oops" }, "=oops@2\n" },
	{ { "{\"a\":1}", "oops", "oops" }, "=oops@2\n" },
	{ { "{\"a\":1}", "oops", "ouch" }, "=ouch@3\n" },
	{ { "{\"a\":1}", "oops", "{\"a\":1}" }, "/a=1@3\n" },
	/* Missing */
	{ { "1", "" }, "" },
	{ { "1", "", "1" }, "=1@3\n" },
	{ { "{\"a/~\\n\\ud800\":[[0]]}" }, "/a~1~0\\n\\ud800/0/0=0@1\n" },
};

static enum rc
add_leaf(void *to, const struct blame_leaf *leaf, struct err *err)
{
	struct buf *out = to;

	(void)err;
	assert_int_equal(leaf->pointer.p[leaf->pointer.len], '\0');
	buf_printf(out, "%s=%.*s@%d\n", leaf->pointer.p, (int)leaf->value.len,
	    leaf->value.p, (int)leaf->tag);
	return RC_OK;
}

static void
next(struct blame *blame, const char *text, int64_t tag)
{
	assert_int_equal(blame_next(blame, *text == '\0' ?
	    (struct slice){ NULL, 0 } : slice_of(text), tag, NULL), RC_OK);
}

static void
each_leaf_is_its_last_changes(void **state)
{
	struct blame *blame;
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	for (size_t i = 0; i < N_OF(stories); i++) {
		assert_int_equal(blame_new(&blame, NULL), RC_OK);
		for (int64_t v = 0; v < VERSIONS_MOST &&
		    stories[i].versions[v] != NULL; v++)
			next(blame, stories[i].versions[v], v + 1);
		buf_add_text(&out, "");
		assert_int_equal(blame_each(blame, add_leaf, &out, NULL),
		    RC_OK);
		assert_string_equal(out.data, stories[i].want);
		buf_reset(&out);
		blame_free(blame);
	}
	buf_clear(&out);
	blame_free(NULL);
}

static enum rc
refuse(void *to, const struct blame_leaf *leaf, struct err *err)
{
	(void)leaf;
	++*(int *)to;
	return err_set(err, RC_FULL, "full");
}

static void
a_walk_ends_with_what_its_reader_returns(void **state)
{
	struct blame *blame;
	struct err err = { "" };
	int calls = 0;

	(void)state;
	assert_int_equal(blame_new(&blame, NULL), RC_OK);
	assert_int_equal(blame_each(blame, refuse, &calls, &err), RC_OK);
	assert_int_equal(calls, 0);
	next(blame, "[[1,2],[3]]", 1);
	assert_int_equal(blame_each(blame, refuse, &calls, &err), RC_FULL);
	assert_int_equal(calls, 1);
	assert_string_equal(err.text, "full");
	blame_free(blame);
}

/* nested_objects -- no arrays: there each leaf's history is that of its
 * pointer. */
static void
nested_objects(struct buf *out, unsigned depth)
{
	const char *comma = "";

	buf_add_char(out, '{');
	for (size_t i = 0; i < N_OF(names); i++) {
		if (below(3) == 0)
			continue;
		buf_printf(out, "%s\"%s\":", comma, names[i]);
		comma = ",";
		if (depth > 0 && below(3) == 0)
			nested_objects(out, depth - 1);
		else
			buf_printf(out, "%u", below(2));
	}
	buf_add_char(out, '}');
}

/* alone -- the leaves of one version, their tags all 0. */
static struct buf
alone(const char *text)
{
	struct blame *blame;
	struct buf out;

	buf_init(&out, 0);
	buf_add_text(&out, "\n");
	assert_int_equal(blame_new(&blame, NULL), RC_OK);
	next(blame, text, 0);
	assert_int_equal(blame_each(blame, add_leaf, &out, NULL), RC_OK);
	blame_free(blame);
	return out;
}

#define N_RANDOM_VERSIONS 6

/* The leaves of all versions, and which of them is looked at. */
struct past {
	struct buf leaves[N_RANDOM_VERSIONS];
	int last;
	int seen;
};

/* check_leaf -- the tag is that of the first version from which on the leaf
 * was there as it is. */
static enum rc
check_leaf(void *to, const struct blame_leaf *leaf, struct err *err)
{
	struct past *past = to;
	struct buf line;
	int since = past->last;

	(void)err;
	buf_init(&line, 0);
	buf_printf(&line, "\n%s=%.*s@0\n", leaf->pointer.p,
	    (int)leaf->value.len, leaf->value.p);
	while (since > 0 && strstr(past->leaves[since - 1].data, line.data) !=
	    NULL)
		since--;
	assert_int_equal(leaf->tag, since);
	past->seen += since < past->last;
	buf_clear(&line);
	return RC_OK;
}

static void
random_objects_are_blamed_as_their_pointers_say(void **state)
{
	struct past past = { .seen = 0 };
	struct blame *blame;
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	chance = 7;
	for (int round = 0; round < 200; round++) {
		assert_int_equal(blame_new(&blame, NULL), RC_OK);
		for (int v = 0; v < N_RANDOM_VERSIONS; v++) {
			buf_reset(&text);
			nested_objects(&text, 2);
			past.leaves[v] = alone(text.data);
			past.last = v;
			next(blame, text.data, v);
			assert_int_equal(blame_each(blame, check_leaf, &past,
			    NULL), RC_OK);
		}
		for (int v = 0; v < N_RANDOM_VERSIONS; v++)
			buf_clear(&past.leaves[v]);
		blame_free(blame);
	}
	assert_true(past.seen > 1000);
	buf_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(differences_are_those_of_the_table),
		cmocka_unit_test(a_patch_stops_at_its_limit),
		cmocka_unit_test(origins_say_where_values_came_from),
		cmocka_unit_test(patches_of_random_documents_give_b),
		cmocka_unit_test(
		    long_arrays_lose_no_alignment_beyond_the_bound),
		cmocka_unit_test(
		    elements_that_all_changed_are_paired_with_themselves),
		cmocka_unit_test(wide_objects_and_deep_ones_are_compared),
		cmocka_unit_test(a_common_subsequence_is_the_longest),
		cmocka_unit_test(each_leaf_is_its_last_changes),
		cmocka_unit_test(a_walk_ends_with_what_its_reader_returns),
		cmocka_unit_test(
		    random_objects_are_blamed_as_their_pointers_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
