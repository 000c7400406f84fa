#include "json/pair.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define WORTH_KIND 1	/* both are arrays, or both are objects */
#define WORTH_NAME 1
#define WORTH_EQUAL 4

static const struct json_node *
node_of(const struct pair_side *side, uint32_t i)
{
	return json_root(side->json) + side->kids[i];
}

static uint32_t
class_of(const struct pair_side *side, const struct json_node *node)
{
	return side->class_of[node - json_root(side->json)];
}

/* worth_members -- of two objects. */
static uint32_t
worth_members(const struct pair_side *side_a, const struct json_node *a,
    const struct pair_side *side_b, const struct json_node *b)
{
	uint32_t worth = 0;
	uint32_t i = 0;
	uint32_t j = 0;

	while (i < a->n && j < b->n && i + j < PAIR_MEMBERS_MOST) {
		const struct json_node *of_a = json_ranked(side_a->json, a, i);
		const struct json_node *of_b = json_ranked(side_b->json, b, j);
		const int order = slice_compare(of_a->name, of_b->name);

		if (order == 0)
			worth += class_of(side_a, of_a) ==
			    class_of(side_b, of_b) ? WORTH_EQUAL : WORTH_NAME;
		i += order <= 0;
		j += order >= 0;
	}
	return worth;
}

/* worth_elements -- of two arrays. */
static uint32_t
worth_elements(const struct pair_side *side_a, const struct json_node *a,
    const struct pair_side *side_b, const struct json_node *b)
{
	const struct json_node *of_a = a + 1;
	const struct json_node *of_b = b + 1;
	uint32_t worth = 0;

	for (uint32_t i = 0; i < a->n && i < b->n && i < PAIR_MEMBERS_MOST;
	    i++) {
		if (class_of(side_a, of_a) == class_of(side_b, of_b))
			worth += WORTH_EQUAL;
		of_a += of_a->span;
		of_b += of_b->span;
	}
	return worth;
}

static uint32_t
worth(const struct pair_side *side_a, uint32_t i,
    const struct pair_side *side_b, uint32_t j)
{
	const struct json_node *a = node_of(side_a, i);
	const struct json_node *b = node_of(side_b, j);

	if (a->type != b->type || a->duplicates || b->duplicates)
		return 0;
	if (a->type == JSON_OBJECT)
		return WORTH_KIND + worth_members(side_a, a, side_b, b);
	if (a->type == JSON_ARRAY)
		return WORTH_KIND + worth_elements(side_a, a, side_b, b);
	return 0;
}

/*
 * fill -- best: of the runs from i and j on, the most that pairs can be worth,
 * one row of n_b + 1 for each i from 0 to n_a. worths: what each pair is worth,
 * in rows of n_b.
 */
static void
fill(const struct pair_side *a, const struct pair_side *b, uint32_t *best,
    uint32_t *worths)
{
	const size_t row = (size_t)b->n + 1;

	for (size_t j = 0; j < row; j++)
		best[a->n * row + j] = 0;
	for (uint32_t i = a->n; i-- > 0;) {
		uint32_t *const here = best + i * row;
		const uint32_t *const after = here + row;

		here[b->n] = 0;
		for (uint32_t j = b->n; j-- > 0;) {
			const uint32_t one = worth(a, i, b, j);
			uint32_t most = after[j] > here[j + 1] ? after[j] :
			    here[j + 1];

			worths[i * (size_t)b->n + j] = one;
			if (one > 0 && one + after[j + 1] > most)
				most = one + after[j + 1];
			here[j] = most;
		}
	}
}

/* choose -- the pairs that are worth best[0]. */
static void
choose(const struct pair_side *a, const struct pair_side *b,
    const uint32_t *best, const uint32_t *worths, uint32_t *partner)
{
	const size_t row = (size_t)b->n + 1;
	uint32_t i = 0;
	uint32_t j = 0;

	while (i < a->n && j < b->n) {
		const uint32_t *const here = best + i * row + j;
		const uint32_t one = worths[i * (size_t)b->n + j];

		if (one > 0 && here[0] == one + here[row + 1]) {
			partner[i++] = j++;
		} else if (here[0] == here[row]) {
			i++;
		} else {
			j++;
		}
	}
}

/* fill_up -- pair what is left before each pair, and at last at the end, as it
 * comes. */
static void
fill_up(uint32_t n_a, uint32_t n_b, uint32_t *partner)
{
	uint32_t j = 0;		/* not paired yet, as all behind it */

	for (uint32_t i = 0; i < n_a;) {
		uint32_t end = i;
		uint32_t end_b;

		while (end < n_a && partner[end] == PAIR_NONE)
			end++;
		end_b = end < n_a ? partner[end] : n_b;
		for (; i < end && j < end_b; i++, j++)
			partner[i] = j;
		i = end + 1;
		j = end_b + 1;
	}
}

enum rc
pair_run(const struct pair_side *a, const struct pair_side *b,
    uint32_t *partner, struct err *err)
{
	const size_t pairs = (size_t)a->n * b->n;
	uint32_t *best = NULL;
	uint32_t *worths = NULL;
	enum rc rc;

	for (uint32_t i = 0; i < a->n; i++)
		partner[i] = PAIR_NONE;
	if (pairs > 1 && pairs <= PAIR_LOOKED_MOST) {
		best = malloc(((size_t)a->n + 1) * ((size_t)b->n + 1) *
		    sizeof(*best));
		worths = malloc(pairs * sizeof(*worths));
		if (best == NULL || worths == NULL) {
			rc = err_set(err, RC_MEMORY,
			    "JSON: no memory to pair elements");
			goto out;
		}
		fill(a, b, best, worths);
		choose(a, b, best, worths, partner);
	}
	fill_up(a->n, b->n, partner);
	rc = RC_OK;
out:
	free(best);
	free(worths);
	return rc;
}
