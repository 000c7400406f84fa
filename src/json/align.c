#include "json/align.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* Of Myers' rows, that of d edits has d + 1 places. */
#define ROWS_PLACES \
	((ALIGN_EDITS_MOST + 1) * (ALIGN_EDITS_MOST + 2) / 2)

/* How often an element is there; more than twice is as twice. */
struct align_seen {
	uint32_t place_b;
	uint8_t in_a, in_b;
};

/* Elements from .. to - 1 of both sides; match is for the whole of a. */
struct piece {
	const uint32_t *a, *b;
	uint32_t a_from, a_to, b_from, b_to;
	uint32_t *match;
};

/* An element that is once in a and once in b. */
struct anchor {
	uint32_t a, b;
	uint32_t before;	/* the last of a shorter run, or ALIGN_NONE */
};

static enum rc
no_memory(struct err *err)
{
	return err_set(err, RC_MEMORY, "JSON: no memory to align an array");
}

void
align_init(struct align *align, uint32_t n_numbers)
{
	*align = (struct align){ .n_numbers = n_numbers };
}

void
align_clear(struct align *align)
{
	free(align->rows);
	free(align->seen);
	align_init(align, align->n_numbers);
}

/* trim -- match the head and the tail that both have. */
static void
trim(struct piece *p)
{
	while (p->a_from < p->a_to && p->b_from < p->b_to &&
	    p->a[p->a_from] == p->b[p->b_from])
		p->match[p->a_from++] = p->b_from++;
	while (p->a_from < p->a_to && p->b_from < p->b_to &&
	    p->a[p->a_to - 1] == p->b[p->b_to - 1])
		p->match[--p->a_to] = --p->b_to;
}

/* row -- of d edits: for each diagonal (the place in a less that in b) from -d
 * to d in steps of two, how far in a one comes, or -1. */
static size_t
row(int32_t d)
{
	return (size_t)d * ((size_t)d + 1) / 2;
}

/*
 * step -- where the d-th edit leads to on the i-th diagonal, or -1 when that
 * is nowhere in the piece; 0 with no edit. *left_out_a: the edit leaves out an
 * element of a, else of b.
 */
static int32_t
step(const int32_t *rows, int32_t d, int32_t i, int32_t n_a, int32_t n_b,
    bool *left_out_a)
{
	const int32_t *before;
	int32_t x_a, x_b;

	*left_out_a = false;
	if (d == 0)
		return 0;
	before = rows + row(d - 1);
	x_a = i > 0 ? before[i - 1] : -1;
	x_b = i < d ? before[i] : -1;
	x_a = x_a < 0 || x_a == n_a ? -1 : x_a + 1;
	if (x_b - (2 * i - d) > n_b)
		x_b = -1;
	*left_out_a = x_a > x_b;
	return *left_out_a ? x_a : x_b;
}

/* trace_back -- match along the way that came to the end with d edits. */
static void
trace_back(const int32_t *rows, const struct piece *p, int32_t d)
{
	const int32_t n_a = (int32_t)(p->a_to - p->a_from);
	const int32_t n_b = (int32_t)(p->b_to - p->b_from);
	int32_t x = n_a;
	int32_t k = n_a - n_b;

	for (; d >= 0; d--) {
		bool left_out_a;
		const int32_t begin = step(rows, d, (k + d) / 2, n_a, n_b,
		    &left_out_a);

		for (; x > begin; x--)
			p->match[p->a_from + (uint32_t)x - 1] =
			    p->b_from + (uint32_t)(x - k) - 1;
		if (left_out_a)
			x--;
		k += left_out_a ? -1 : 1;
	}
}

/* follow -- as far as both go on alike from x on diagonal k. */
static int32_t
follow(const struct piece *p, int32_t x, int32_t k)
{
	const uint32_t n_a = p->a_to - p->a_from;
	const uint32_t n_b = p->b_to - p->b_from;
	uint32_t i = (uint32_t)x;
	uint32_t j = (uint32_t)(x - k);

	while (i < n_a && j < n_b &&
	    p->a[p->a_from + i] == p->b[p->b_from + j]) {
		i++;
		j++;
	}
	return (int32_t)i;
}

/* myers -- false when it would take more edits than the bound: then nothing
 * is matched. */
static bool
myers(int32_t *rows, const struct piece *p)
{
	const int32_t n_a = (int32_t)(p->a_to - p->a_from);
	const int32_t n_b = (int32_t)(p->b_to - p->b_from);
	bool left_out_a;

	for (int32_t d = 0; d <= ALIGN_EDITS_MOST; d++) {
		int32_t *const reached = rows + row(d);

		for (int32_t i = 0; i <= d; i++) {
			const int32_t k = 2 * i - d;
			int32_t x = step(rows, d, i, n_a, n_b, &left_out_a);

			if (x >= 0)
				x = follow(p, x, k);
			reached[i] = x;
			if (x == n_a && k == n_a - n_b) {
				trace_back(rows, p, d);
				return true;
			}
		}
	}
	return false;
}

/* match_piece -- head, tail, and Myers; false as myers. */
static bool
match_piece(const struct align *align, struct piece *p)
{
	trim(p);
	if (p->a_from == p->a_to || p->b_from == p->b_to)
		return true;
	return myers(align->rows, p);
}

/* count -- how often the elements of the piece are there. */
static void
count(struct align_seen *seen, const struct piece *p)
{
	for (uint32_t i = p->a_from; i < p->a_to; i++) {
		if (seen[p->a[i]].in_a < 2)
			seen[p->a[i]].in_a++;
	}
	for (uint32_t i = p->b_from; i < p->b_to; i++) {
		if (seen[p->b[i]].in_b < 2)
			seen[p->b[i]].in_b++;
		seen[p->b[i]].place_b = i;
	}
}

static void
forget(struct align_seen *seen, const struct piece *p)
{
	for (uint32_t i = p->a_from; i < p->a_to; i++)
		seen[p->a[i]] = (struct align_seen){ 0 };
	for (uint32_t i = p->b_from; i < p->b_to; i++)
		seen[p->b[i]] = (struct align_seen){ 0 };
}

/* find_anchors -- in the order of a; returns their number. */
static uint32_t
find_anchors(const struct align_seen *seen, const struct piece *p,
    struct anchor *anchors)
{
	uint32_t n = 0;

	for (uint32_t i = p->a_from; i < p->a_to; i++) {
		const struct align_seen *one = &seen[p->a[i]];

		if (one->in_a == 1 && one->in_b == 1)
			anchors[n++] = (struct anchor){ i, one->place_b,
			    ALIGN_NONE };
	}
	return n;
}

/*
 * longest_run -- the longest of the anchors that rises in b too, in n log n;
 * it is chained from its last, which is returned (or ALIGN_NONE).
 *
 * ends  n: for each length the run's end that is smallest in b
 */
static uint32_t
longest_run(struct anchor *anchors, uint32_t n, uint32_t *ends)
{
	uint32_t longest = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t low = 0;
		uint32_t high = longest;

		while (low < high) {
			const uint32_t middle = low + (high - low) / 2;

			if (anchors[ends[middle]].b < anchors[i].b)
				low = middle + 1;
			else
				high = middle;
		}
		if (low > 0)
			anchors[i].before = ends[low - 1];
		ends[low] = i;
		if (low == longest)
			longest++;
	}
	return longest == 0 ? ALIGN_NONE : ends[longest - 1];
}

/* match_between -- from the last anchor to the first: it, and the piece behind
 * it; at last the piece before the first. */
static void
match_between(const struct align *align, struct piece p,
    const struct anchor *anchors, uint32_t last)
{
	for (uint32_t i = last; i != ALIGN_NONE; i = anchors[i].before) {
		struct piece behind = p;

		behind.a_from = anchors[i].a;	/* trim matches the anchor */
		behind.b_from = anchors[i].b;
		(void)match_piece(align, &behind);
		p.a_to = anchors[i].a;
		p.b_to = anchors[i].b;
	}
	(void)match_piece(align, &p);
}

/* match_anchored -- a piece that is beyond Myers' bound. */
static enum rc
match_anchored(struct align *align, const struct piece *p, struct err *err)
{
	const size_t n = p->a_to - p->a_from;
	struct anchor *anchors = malloc(n * sizeof(*anchors));
	uint32_t *ends = malloc(n * sizeof(*ends));
	uint32_t last;
	enum rc rc;

	if (align->seen == NULL)
		align->seen = calloc(align->n_numbers, sizeof(*align->seen));
	if (anchors == NULL || ends == NULL || align->seen == NULL) {
		rc = no_memory(err);
		goto out;
	}
	count(align->seen, p);
	last = longest_run(anchors, find_anchors(align->seen, p, anchors),
	    ends);
	forget(align->seen, p);
	if (last != ALIGN_NONE)
		match_between(align, *p, anchors, last);
	rc = RC_OK;
out:
	free(anchors);
	free(ends);
	return rc;
}

enum rc
align_run(struct align *align, const uint32_t *a, uint32_t n_a,
    const uint32_t *b, uint32_t n_b, uint32_t *match, struct err *err)
{
	struct piece p = { a, b, 0, n_a, 0, n_b, match };

	for (uint32_t i = 0; i < n_a; i++)
		match[i] = ALIGN_NONE;
	if (align->rows == NULL)
		align->rows = malloc(ROWS_PLACES * sizeof(*align->rows));
	if (align->rows == NULL)
		return no_memory(err);
	if (match_piece(align, &p))
		return RC_OK;
	return match_anchored(align, &p, err);
}
