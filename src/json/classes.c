#include "json/classes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One tree, and the classes of its nodes. */
struct tree {
	const struct json *json;
	const struct json_node *nodes;
	uint32_t *of;
};

/* The first node found of each class. */
struct first {
	uint64_t hash;
	const struct tree *tree;
	const struct json_node *node;
};

struct table {
	uint64_t seed;
	uint32_t *slots;	/* a class and 1, or 0 */
	size_t mask;		/* slots - 1; half of them stay empty */
	struct first *firsts;
	uint32_t n;
};

/* mix -- each bit of the value reaches each of the result (the end of
 * MurmurHash3). */
static uint64_t
mix(uint64_t hash, uint64_t value)
{
	hash ^= value;
	hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
	hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return hash ^ hash >> 33;
}

/* hash_bytes -- eight at a time: most names and numbers are one step. */
static uint64_t
hash_bytes(uint64_t hash, struct slice bytes)
{
	uint64_t eight;

	hash += bytes.len;
	for (; bytes.len >= sizeof(eight); bytes.len -= sizeof(eight)) {
		memcpy(&eight, bytes.p, sizeof(eight));
		bytes.p += sizeof(eight);
		hash = mix(hash, eight);
	}
	if (bytes.len == 0)
		return hash;
	eight = 0;
	memcpy(&eight, bytes.p, bytes.len);
	return mix(hash, eight);
}

/* member -- in the order in which members are compared: of an atom that of
 * the text, which the caller goes along in *next. */
static const struct json_node *
member(const struct tree *tree, const struct json_node *node, uint32_t i,
    const struct json_node **next)
{
	const struct json_node *child = *next;

	*next += child->span;
	if (node->type == JSON_OBJECT && !node->duplicates)
		return json_ranked(tree->json, node, i);
	return child;
}

/* content -- what makes a scalar, apart from its type. */
static struct slice
content(const struct json_node *node)
{
	if (node->type == JSON_STRING)
		return node->value;
	if (node->type == JSON_NUMBER)
		return node->text;
	return (struct slice){ "", 0 };
}

static uint64_t
hash_node(const struct table *table, const struct tree *tree,
    const struct json_node *node)
{
	const struct json_node *next = node + 1;
	uint64_t hash = mix(table->seed, (uint64_t)node->type << 1 |
	    (uint64_t)node->duplicates);

	hash = hash_bytes(hash, content(node));
	for (uint32_t i = 0; i < node->n; i++) {
		const struct json_node *child = member(tree, node, i, &next);

		hash = hash_bytes(hash, child->name);
		hash = mix(hash, tree->of[child - tree->nodes]);
	}
	return mix(hash, node->n);
}

/* equal -- given the classes of what is in the two. */
static bool
equal(const struct first *first, const struct tree *tree,
    const struct json_node *node)
{
	const struct json_node *const other = first->node;
	const struct json_node *next = node + 1;
	const struct json_node *other_next = other + 1;

	if (node->type != other->type || node->n != other->n ||
	    node->duplicates != other->duplicates ||
	    slice_compare(content(node), content(other)) != 0)
		return false;
	for (uint32_t i = 0; i < node->n; i++) {
		const struct json_node *child = member(tree, node, i, &next);
		const struct json_node *twin = member(first->tree, other, i,
		    &other_next);

		if (tree->of[child - tree->nodes] !=
		    first->tree->of[twin - first->tree->nodes] ||
		    slice_compare(child->name, twin->name) != 0)
			return false;
	}
	return true;
}

static uint32_t
class_of(struct table *table, const struct tree *tree,
    const struct json_node *node)
{
	const uint64_t hash = hash_node(table, tree, node);
	size_t at = (size_t)hash & table->mask;

	for (; table->slots[at] != 0; at = (at + 1) & table->mask) {
		const uint32_t known = table->slots[at] - 1;

		if (table->firsts[known].hash == hash &&
		    equal(&table->firsts[known], tree, node))
			return known;
	}
	table->firsts[table->n] = (struct first){ hash, tree, node };
	table->slots[at] = ++table->n;
	return table->n - 1;
}

/* number -- from the last node to the first: what is in a node comes after
 * it. */
static void
number(struct table *table, const struct tree *tree)
{
	for (uint32_t i = tree->nodes->span; i-- > 0;)
		tree->of[i] = class_of(table, tree, &tree->nodes[i]);
}

/* seed -- what a document's author cannot know, lest he choose values that all
 * have one slot. Nothing but the time it takes depends on it. */
static uint64_t
seed(const struct table *table)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return mix((uint64_t)(uintptr_t)table->firsts,
	    (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
}

static bool
make_table(struct table *table, size_t n)
{
	size_t size = 4;

	while (size < 2 * n)
		size *= 2;
	*table = (struct table){ .mask = size - 1 };
	table->slots = calloc(size, sizeof(*table->slots));
	table->firsts = malloc(n * sizeof(*table->firsts));
	table->seed = seed(table);
	return table->slots != NULL && table->firsts != NULL;
}

enum rc
classes_init(struct classes *classes, const struct json *a,
    const struct json *b, struct err *err)
{
	const size_t n_a = json_root(a)->span;
	const size_t n_b = json_root(b)->span;
	struct tree tree_a = { a, json_root(a), NULL };
	struct tree tree_b = { b, json_root(b), NULL };
	struct table table;
	enum rc rc;

	tree_a.of = malloc(n_a * sizeof(*tree_a.of));
	tree_b.of = malloc(n_b * sizeof(*tree_b.of));
	*classes = (struct classes){ tree_a.of, tree_b.of, 0 };
	if (!make_table(&table, n_a + n_b) || tree_a.of == NULL ||
	    tree_b.of == NULL) {
		classes_clear(classes);
		rc = err_set(err, RC_MEMORY, "JSON: no memory to compare");
	} else {
		number(&table, &tree_a);
		number(&table, &tree_b);
		classes->n = table.n;
		rc = RC_OK;
	}
	free(table.slots);
	free(table.firsts);
	return rc;
}

void
classes_clear(struct classes *classes)
{
	free(classes->a);
	free(classes->b);
	*classes = (struct classes){ NULL, NULL, 0 };
}
