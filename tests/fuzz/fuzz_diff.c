/* Differences of JSON: the patch applied to A is B, equal values have no
 * change, what is said to have been there was there, and the leaves of a blame
 * are the document's, each with the tag of a version that has it.
 *
 * An input is a line of JSON, then another text: JSON, or '!' and bytes that
 * say what is done to the first (enum move). */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "json/blame.h"
#include "json/diff.h"
#include "json/patch.h"
#include "value.h"

/* Larger ones are the time's waste: who compares here compares all with all. */
#define TEXT_MOST 8192
#define PATCH_MOST 1048576

/* --- The second value from the first ------------------------------------ */

/* The n-th array or object of a value, n less for each; NULL: none. */
static struct value *
find_list(struct value *value, unsigned int *n)
{
	struct value *found = NULL;
	size_t i;

	if (value->type != JSON_ARRAY && value->type != JSON_OBJECT)
		return NULL;
	if (value->n > 0 && (*n)-- == 0)
		return value;
	for (i = 0; i < value->n && found == NULL; i++)
		found = find_list(value->kid[i], n);
	return found;
}

enum move {
	MOVE_REMOVE,
	MOVE_MOVE,		/* within its array or object */
	MOVE_COPY,
	MOVE_CHANGE,
	MOVE_SWAP,
	N_MOVES
};

static void
move(struct value *list, struct input *input)
{
	static const char *const numbers[] = { "0", "1", "1.0", "-7", "1e3" };
	const size_t from = input_byte(input) % list->n;
	const size_t to = input_byte(input) % list->n;
	struct value *kid = list->kid[from];

	switch ((enum move)input_below(input, N_MOVES)) {
	case MOVE_REMOVE:
		(void)value_take(list, from);
		break;
	case MOVE_MOVE:
		value_put(list, to, value_take(list, from));
		break;
	case MOVE_COPY:
		if (list->type == JSON_ARRAY && list->n < 64)
			value_put(list, to, kid);
		break;
	case MOVE_CHANGE:
		if (kid->type == JSON_NUMBER)
			kid->text = slice_of(numbers[input_below(input, 5)]);
		break;
	case MOVE_SWAP:
		list->kid[from] = list->kid[to];
		list->kid[to] = kid;
		if (list->type == JSON_OBJECT) {
			const struct slice name = kid->name;

			kid->name = list->kid[from]->name;
			list->kid[from]->name = name;
		}
		break;
	case N_MOVES:
		break;
	}
}

static void
make_second(const struct json *first, struct slice moves, struct buf *out)
{
	struct input input = { (const uint8_t *)moves.p, moves.len };
	struct value *const root = value_of(json_root(first));
	struct value *list;
	unsigned int n;
	int i;

	for (i = 0; i < 8 && input.left > 0; i++) {
		n = input_below(&input, 16);
		list = find_list(root, &n);
		if (list != NULL)
			move(list, &input);
	}
	value_print(out, root);
}

/* --- The difference ----------------------------------------------------- */

static void
check_tree(const struct diff *diff, const struct json *a,
    const struct json *b)
{
	size_t n, i;
	const struct diff_change *const list = diff_changes(diff, &n);

	for (i = 0; i < n; i++) {
		const struct diff_change *const c = &list[i];

		MUST(c->kind < N_DIFF_KINDS && c->span >= 1 &&
		    i + c->span <= n);
		MUST((c->a == NULL) == (c->kind == DIFF_ADDED));
		MUST((c->b == NULL) == (c->kind == DIFF_REMOVED));
		MUST((c->span > 1) == (c->kind == DIFF_INSIDE));
		MUST(c->a == NULL || (c->a >= json_root(a) &&
		    c->a < json_root(a) + json_root(a)->span));
		MUST(c->b == NULL || (c->b >= json_root(b) &&
		    c->b < json_root(b) + json_root(b)->span));
		if (c->parent == DIFF_ROOT)
			MUST(i == 0 && c->depth == 0);
		else
			MUST(c->parent < i &&
			    list[c->parent].kind == DIFF_INSIDE &&
			    i < c->parent + list[c->parent].span &&
			    c->depth == list[c->parent].depth + 1);
	}
}

static void
check_origins(const struct diff *diff, const struct json *b)
{
	const struct json_node *const root = json_root(b), *origin;
	uint32_t i;
	bool equal;

	for (i = 0; i < root->span; i++) {
		origin = diff_origin(diff, root + i, &equal);
		if (origin != NULL && root->span < 300)
			MUST(equal == value_equal(value_of(origin),
			    value_of(root + i)));
	}
}

static void
check_patch(const struct diff *diff, struct value *a, const struct value *b)
{
	struct json *patch = NULL;
	struct buf text;
	size_t n, i, operations = 0;
	const struct diff_change *const list = diff_changes(diff, &n);

	for (i = 0; i < n; i++)
		operations += list[i].kind != DIFF_INSIDE;
	buf_init(&text, PATCH_MOST);
	patch_write(&text, diff);
	if (buf_ok(&text)) {
		MUST(json_parse(&patch, buf_slice(&text), NULL) == RC_OK);
		MUST(json_root(patch)->n == operations);
		MUST(value_equal(value_patch(a, patch), b));
		json_free(patch);
	}
	buf_clear(&text);
}

static void
check_diff(const struct json *a, const struct json *b)
{
	struct value *const x = value_of(json_root(a));
	const struct value *const y = value_of(json_root(b));
	struct diff *diff = NULL;
	size_t n;

	MUST(diff_new(&diff, a, b, NULL) == RC_OK);
	(void)diff_changes(diff, &n);
	MUST((n == 0) == value_equal(x, y));
	check_tree(diff, a, b);
	check_origins(diff, b);
	check_patch(diff, x, y);
	diff_free(diff);
}

/* --- Blame -------------------------------------------------------------- */

#define VERSIONS 4

struct walk {
	const struct json *const *versions;
	size_t n;		/* versions so far */
	struct value *root;	/* of the last */
	uint32_t next;		/* node of it that is looked at next */
	bool same;		/* the last is the one before, too */
};

static bool
is_leaf(const struct json_node *node)
{
	return node->n == 0 || node->duplicates;
}

static bool
has_leaf(const struct json *json, const struct value *leaf)
{
	const struct json_node *const root = json_root(json);
	uint32_t i;

	for (i = 0; i < root->span; i++) {
		if (root[i].type == leaf->type &&
		    value_equal(value_of(root + i), leaf))
			return true;
	}
	return false;
}

/* A pointer between a JSON string's quotes, decoded; freed with *json. */
static struct slice
decode_pointer(struct slice pointer, struct json **json, struct buf *text)
{
	buf_reset(text);
	buf_add_char(text, '"');
	buf_add_slice(text, pointer);
	buf_add_char(text, '"');
	MUST(json_parse(json, buf_slice(text), NULL) == RC_OK);
	return json_root(*json)->value;
}

static void
check_pointer(struct walk *walk, const struct blame_leaf *leaf,
    const struct value *want)
{
	struct json *json = NULL;
	struct value *found;
	struct buf text;

	buf_init(&text, 0);
	found = value_at(walk->root,
	    decode_pointer(leaf->pointer, &json, &text));
	MUST(found != NULL && value_equal(found, want));
	json_free(json);
	buf_clear(&text);
}

static enum rc
check_leaf(void *to, const struct blame_leaf *leaf, struct err *err)
{
	struct walk *const walk = to;
	const struct json_node *const root =
	    json_root(walk->versions[walk->n - 1]);
	const struct value *want;
	size_t i;

	(void)err;
	while (walk->next < root->span && !is_leaf(root + walk->next))
		walk->next++;
	MUST(walk->next < root->span && leaf->node != NULL);
	MUST(fuzz_same(leaf->value, root[walk->next].text));
	want = value_of(root + walk->next);
	walk->next += root[walk->next].span;
	check_pointer(walk, leaf, want);
	MUST(leaf->tag >= 1 && leaf->tag <= (int64_t)walk->n);
	MUST(!walk->same || leaf->tag < (int64_t)walk->n);
	for (i = (size_t)leaf->tag; i < walk->n && root->span < 200; i++)
		MUST(has_leaf(walk->versions[i - 1], want));
	return RC_OK;
}

static void
check_blame(const struct json *a, const struct json *b)
{
	const struct json *const versions[VERSIONS] = { a, b, b, a };
	struct walk walk = { .versions = versions };
	struct blame *blame = NULL;

	MUST(blame_new(&blame, NULL) == RC_OK);
	for (walk.n = 1; walk.n <= VERSIONS; walk.n++) {
		const struct json *const json = versions[walk.n - 1];

		MUST(blame_next(blame, json_root(json)->text,
		    (int64_t)walk.n, NULL) == RC_OK);
		walk.root = value_of(json_root(json));
		walk.next = 0;
		walk.same = walk.n == 3;
		MUST(blame_each(blame, check_leaf, &walk, NULL) == RC_OK);
		while (walk.next < json_root(json)->span &&
		    !is_leaf(json_root(json) + walk.next))
			walk.next++;
		MUST(walk.next == json_root(json)->span);
	}
	blame_free(blame);
}

/* A version need not be JSON. */
static void
blame_any(struct slice a, struct slice b)
{
	struct blame *blame = NULL;

	MUST(blame_new(&blame, NULL) == RC_OK);
	MUST(blame_next(blame, a, 1, NULL) == RC_OK);
	MUST(blame_next(blame, b, 2, NULL) == RC_OK);
	blame_free(blame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct slice first = input_line(&input);
	struct slice second = input_rest(&input);
	struct json *a = NULL, *b = NULL;
	struct buf made;

	if (size > TEXT_MOST)
		return 0;
	buf_init(&made, TEXT_MOST);
	if (json_parse(&a, first, NULL) == RC_OK && second.len > 0 &&
	    second.p[0] == '!') {
		second.p++;
		second.len--;
		make_second(a, second, &made);
		if (buf_ok(&made))
			second = buf_slice(&made);
	}
	blame_any(first, second);
	if (a != NULL && json_parse(&b, second, NULL) == RC_OK) {
		check_diff(a, b);
		check_diff(b, a);
		check_diff(a, a);
		check_blame(a, b);
	}
	value_free_all();
	json_free(a);
	json_free(b);
	buf_clear(&made);
	return 0;
}
