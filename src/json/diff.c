#include "json/diff.h"

#include <stdlib.h>

#include "json/align.h"
#include "json/classes.h"
#include "json/pair.h"

#define NO_ORIGIN UINT32_MAX
/* Changes at first: most revisions change little. */
#define CHANGES_FIRST 16

struct diff {
	const struct json *a, *b;
	struct classes classes;
	uint32_t *origin;	/* by index of B: index of A, or NO_ORIGIN */
	struct diff_change *list;
	uint32_t n, size;
	struct align align;
};

/* Where a pair of values is. */
struct spot {
	uint32_t parent;
	uint32_t depth;
	bool element;
	uint32_t index_a, index_b;
};

/* Two arrays that are compared. */
struct arrays {
	uint32_t *kids_a, *kids_b;	/* the elements' nodes */
	uint32_t *numbers_a, *numbers_b;	/* their classes */
	uint32_t *match;		/* align_run's */
	uint32_t n_a, n_b;
	struct spot spot;		/* of the next element */
};

static enum rc
no_memory(struct err *err)
{
	return err_set(err, RC_MEMORY, "JSON: no memory for differences");
}

static uint32_t
index_a(const struct diff *diff, const struct json_node *a)
{
	return (uint32_t)(a - json_root(diff->a));
}

static uint32_t
index_b(const struct diff *diff, const struct json_node *b)
{
	return (uint32_t)(b - json_root(diff->b));
}

static bool
are_equal(const struct diff *diff, const struct json_node *a,
    const struct json_node *b)
{
	return diff->classes.a[index_a(diff, a)] ==
	    diff->classes.b[index_b(diff, b)];
}

static bool
is_plain_object(const struct json_node *node)
{
	return node->type == JSON_OBJECT && !node->duplicates;
}

static enum rc
add_change(struct diff *diff, enum diff_kind kind, const struct spot *spot,
    const struct json_node *a, const struct json_node *b, struct err *err)
{
	if (diff->n == diff->size) {
		/* At most one change a node of either. */
		const uint32_t size = diff->size == 0 ? CHANGES_FIRST :
		    2 * diff->size;
		struct diff_change *list = realloc(diff->list,
		    size * sizeof(*list));

		if (list == NULL)
			return no_memory(err);
		diff->list = list;
		diff->size = size;
	}
	diff->list[diff->n++] = (struct diff_change){ .kind = kind,
	    .element = spot->element, .parent = spot->parent,
	    .depth = spot->depth, .span = 1, .index_a = spot->index_a,
	    .index_b = spot->index_b, .a = a, .b = b };
	return RC_OK;
}

/* note_equal -- that all of b comes from a. */
static void
note_equal(struct diff *diff, const struct json_node *a,
    const struct json_node *b)
{
	const struct json_node *in_a = a + 1;
	const struct json_node *in_b = b + 1;

	diff->origin[index_b(diff, b)] = index_a(diff, a);
	for (uint32_t i = 0; i < b->n; i++) {
		if (is_plain_object(b))
			note_equal(diff, json_ranked(diff->a, a, i),
			    json_ranked(diff->b, b, i));
		else
			note_equal(diff, in_a, in_b);
		in_a += in_a->span;
		in_b += in_b->span;
	}
}

static enum rc compare(struct diff *diff, const struct spot *spot,
    const struct json_node *a, const struct json_node *b, struct err *err);

static enum rc
compare_objects(struct diff *diff, const struct spot *spot,
    const struct json_node *a, const struct json_node *b, struct err *err)
{
	const struct json_node *member = a + 1;
	enum rc rc = RC_OK;

	for (uint32_t i = 0; rc == RC_OK && i < a->n; i++) {
		const struct json_node *now = json_member(diff->b, b,
		    member->name);

		if (now == NULL)
			rc = add_change(diff, DIFF_REMOVED, spot, member, NULL,
			    err);
		else
			rc = compare(diff, spot, member, now, err);
		member += member->span;
	}
	member = b + 1;
	for (uint32_t i = 0; rc == RC_OK && i < b->n; i++) {
		if (diff->origin[index_b(diff, member)] == NO_ORIGIN)
			rc = add_change(diff, DIFF_ADDED, spot, NULL, member,
			    err);
		member += member->span;
	}
	return rc;
}

static const struct json_node *
element_a(const struct diff *diff, const struct arrays *arrays, uint32_t i)
{
	return json_root(diff->a) + arrays->kids_a[i];
}

static const struct json_node *
element_b(const struct diff *diff, const struct arrays *arrays, uint32_t i)
{
	return json_root(diff->b) + arrays->kids_b[i];
}

/* go_to -- from where both arrays are to these places: what is before them is
 * not paired. */
static enum rc
go_to(struct diff *diff, struct arrays *arrays, uint32_t to_a, uint32_t to_b,
    struct err *err)
{
	struct spot *spot = &arrays->spot;
	enum rc rc = RC_OK;

	for (; rc == RC_OK && spot->index_a < to_a; spot->index_a++)
		rc = add_change(diff, DIFF_REMOVED, spot,
		    element_a(diff, arrays, spot->index_a), NULL, err);
	for (; rc == RC_OK && spot->index_b < to_b; spot->index_b++)
		rc = add_change(diff, DIFF_ADDED, spot, NULL,
		    element_b(diff, arrays, spot->index_b), err);
	return rc;
}

/* compare_run -- what is between two elements that stay: up to these
 * places. */
static enum rc
compare_run(struct diff *diff, struct arrays *arrays, uint32_t to_a,
    uint32_t to_b, struct err *err)
{
	struct spot *spot = &arrays->spot;
	const uint32_t from_a = spot->index_a;
	const uint32_t from_b = spot->index_b;
	const struct pair_side a = { diff->a, diff->classes.a,
	    arrays->kids_a + from_a, to_a - from_a };
	const struct pair_side b = { diff->b, diff->classes.b,
	    arrays->kids_b + from_b, to_b - from_b };
	/* None of them has a match: its place serves for the partner. */
	uint32_t *const partner = arrays->match + from_a;
	enum rc rc;

	if (a.n == 0 || b.n == 0)
		return go_to(diff, arrays, to_a, to_b, err);
	rc = pair_run(&a, &b, partner, err);
	for (uint32_t i = 0; rc == RC_OK && i < a.n; i++) {
		if (partner[i] == PAIR_NONE)
			continue;
		rc = go_to(diff, arrays, from_a + i, from_b + partner[i], err);
		if (rc == RC_OK)
			rc = compare(diff, spot,
			    element_a(diff, arrays, spot->index_a),
			    element_b(diff, arrays, spot->index_b), err);
		spot->index_a++;
		spot->index_b++;
	}
	return rc == RC_OK ? go_to(diff, arrays, to_a, to_b, err) : rc;
}

static enum rc
compare_elements(struct diff *diff, struct arrays *arrays, struct err *err)
{
	struct spot *spot = &arrays->spot;
	enum rc rc = align_run(&diff->align, arrays->numbers_a, arrays->n_a,
	    arrays->numbers_b, arrays->n_b, arrays->match, err);

	for (uint32_t i = 0; rc == RC_OK && i < arrays->n_a; i++) {
		if (arrays->match[i] == ALIGN_NONE)
			continue;
		rc = compare_run(diff, arrays, i, arrays->match[i], err);
		if (rc != RC_OK)
			break;
		note_equal(diff, element_a(diff, arrays, spot->index_a++),
		    element_b(diff, arrays, spot->index_b++));
	}
	if (rc == RC_OK)
		rc = compare_run(diff, arrays, arrays->n_a, arrays->n_b, err);
	return rc;
}

/* list_elements -- their nodes and classes. */
static void
list_elements(const struct json *json, const struct json_node *array,
    const uint32_t *class_of, uint32_t *kids, uint32_t *numbers)
{
	uint32_t kid = (uint32_t)(array - json_root(json)) + 1;

	for (uint32_t i = 0; i < array->n; i++) {
		kids[i] = kid;
		numbers[i] = class_of[kid];
		kid += json_root(json)[kid].span;
	}
}

static enum rc
compare_arrays(struct diff *diff, const struct spot *spot,
    const struct json_node *a, const struct json_node *b, struct err *err)
{
	const size_t n = 3 * (size_t)a->n + 2 * (size_t)b->n;
	uint32_t *room = malloc((n + 1) * sizeof(*room));
	struct arrays arrays = { .n_a = a->n, .n_b = b->n, .spot = *spot };
	enum rc rc;

	if (room == NULL)
		return no_memory(err);
	arrays.spot.element = true;
	arrays.kids_a = room;
	arrays.numbers_a = arrays.kids_a + a->n;
	arrays.match = arrays.numbers_a + a->n;
	arrays.kids_b = arrays.match + a->n;
	arrays.numbers_b = arrays.kids_b + b->n;
	list_elements(diff->a, a, diff->classes.a, arrays.kids_a,
	    arrays.numbers_a);
	list_elements(diff->b, b, diff->classes.b, arrays.kids_b,
	    arrays.numbers_b);
	rc = compare_elements(diff, &arrays, err);
	free(room);
	return rc;
}

/* compare -- two values that were aligned with each other. */
static enum rc
compare(struct diff *diff, const struct spot *spot, const struct json_node *a,
    const struct json_node *b, struct err *err)
{
	const struct spot inside = { .parent = diff->n,
	    .depth = spot->depth + 1 };
	const bool objects = is_plain_object(a) && is_plain_object(b);
	const bool arrays = a->type == JSON_ARRAY && b->type == JSON_ARRAY;
	enum rc rc;

	if (are_equal(diff, a, b)) {
		note_equal(diff, a, b);
		return RC_OK;
	}
	diff->origin[index_b(diff, b)] = index_a(diff, a);
	rc = add_change(diff, objects || arrays ? DIFF_INSIDE : DIFF_REPLACED,
	    spot, a, b, err);
	if (rc == RC_OK && objects)
		rc = compare_objects(diff, &inside, a, b, err);
	else if (rc == RC_OK && arrays)
		rc = compare_arrays(diff, &inside, a, b, err);
	if (rc == RC_OK)
		diff->list[inside.parent].span = diff->n - inside.parent;
	return rc;
}

static enum rc
compare_all(struct diff *diff, struct err *err)
{
	const struct spot whole = { .parent = DIFF_ROOT };
	const uint32_t n_b = json_root(diff->b)->span;
	enum rc rc = classes_init(&diff->classes, diff->a, diff->b, err);

	if (rc != RC_OK)
		return rc;
	diff->origin = malloc(n_b * sizeof(*diff->origin));
	if (diff->origin == NULL)
		return no_memory(err);
	for (uint32_t i = 0; i < n_b; i++)
		diff->origin[i] = NO_ORIGIN;
	align_init(&diff->align, diff->classes.n);
	rc = compare(diff, &whole, json_root(diff->a), json_root(diff->b),
	    err);
	align_clear(&diff->align);
	return rc;
}

enum rc
diff_new(struct diff **diff, const struct json *a, const struct json *b,
    struct err *err)
{
	struct diff *made = calloc(1, sizeof(*made));
	enum rc rc;

	if (made == NULL)
		return no_memory(err);
	made->a = a;
	made->b = b;
	rc = compare_all(made, err);
	if (rc == RC_OK)
		*diff = made;
	else
		diff_free(made);
	return rc;
}

void
diff_free(struct diff *diff)
{
	if (diff == NULL)
		return;
	classes_clear(&diff->classes);
	free(diff->origin);
	free(diff->list);
	free(diff);
}

const struct diff_change *
diff_changes(const struct diff *diff, size_t *n)
{
	*n = diff->n;
	return diff->list;
}

const struct json_node *
diff_origin(const struct diff *diff, const struct json_node *b, bool *equal)
{
	const uint32_t origin = diff->origin[index_b(diff, b)];
	const struct json_node *a = json_root(diff->a) + origin;

	*equal = origin != NO_ORIGIN && are_equal(diff, a, b);
	return origin == NO_ORIGIN ? NULL : a;
}
