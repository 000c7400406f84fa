/*
 * diff -- what changed from one JSON value (A) to another (B).
 *
 * The changes are a tree, held as json.h holds its nodes: one array, each
 * change before those that are in it. DIFF_INSIDE is an array or object that
 * is still there and has changes in it; the others are the changes themselves
 * and have nothing in them. Equal values have no change at all. Both faces use
 * it: people read the tree, and patch.h writes it as RFC 6902.
 *
 *     const struct diff_change *list = diff_changes(diff, &n);
 *
 *     for (size_t i = 0; i < n; i++)
 *             ... list[i].depth says how deep; list[i].kind what it is
 *
 * Equal is: strings by their decoded characters, numbers by their text (1.0
 * is not 1), arrays by element, objects by name whatever the order. An object
 * with a name twice is an atom: equal when its members are, in their order,
 * and else replaced as a whole.
 *
 * Elements of arrays are aligned: common head and tail, then the longest
 * common subsequence of what remains (align.h says what bounds its cost and
 * what comes beyond). What remains between equal elements is paired, the most
 * alike objects (and arrays) with each other (up to pair.h's bound), so that a
 * change within an element is DIFF_INSIDE, and an insertion leaves its
 * neighbours alone.
 */
#ifndef JSON_DIFF_H
#define JSON_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "json/json.h"

enum diff_kind {
	DIFF_INSIDE,	/* a and b, both arrays or both objects */
	DIFF_ADDED,	/* b alone */
	DIFF_REMOVED,	/* a alone */
	DIFF_REPLACED,	/* a by b */
	N_DIFF_KINDS
};

#define DIFF_ROOT UINT32_MAX	/* as parent: this is the whole value */

/*
 * Where a change is: the whole value (parent DIFF_ROOT); else a member, whose
 * name is (a or b)->name; or an element (element true).
 */
struct diff_change {
	enum diff_kind kind;
	bool element;			/* of an array */
	uint32_t parent;		/* index of the DIFF_INSIDE it is in */
	uint32_t depth;			/* 0: the whole value */
	uint32_t span;			/* changes: itself and those in it */
	uint32_t index_a, index_b;	/* element: place in A's and in B's
					 * array; where it is not, the place
					 * at which it would come */
	const struct json_node *a;	/* NULL when added */
	const struct json_node *b;	/* NULL when removed */
};

struct diff;

/*
 * diff_new -- compare two values.
 *
 * a, b   borrowed until diff_free
 * *diff  set only on RC_OK
 *
 * Members: those of A in their order (removed, replaced, inside), then those
 * that only B has, in theirs. Elements: in order, from the first; between two
 * that stay, what was paired comes at its place among the rest.
 *
 * RC_MEMORY
 */
enum rc diff_new(struct diff **diff, const struct json *a,
    const struct json *b, struct err *err);

/* diff_free -- NULL is accepted. */
void diff_free(struct diff *diff);

/* diff_changes -- all changes; *n is 0 when the values are equal. */
const struct diff_change *diff_changes(const struct diff *diff, size_t *n);

/*
 * diff_origin -- the node of A that a node of B was aligned with, or NULL when
 * it is new.
 *
 * *equal  whether the two are equal
 *
 * What replaced a value was aligned with it; what is in the two is new. What is
 * in an equal array or object is equal.
 */
const struct json_node *diff_origin(const struct diff *diff,
    const struct json_node *b, bool *equal);

#endif
