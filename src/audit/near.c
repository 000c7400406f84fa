#include "audit/near.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOST_EDITS 2

/* Lengths of a word that allow one edit, and two. */
#define LEN_ONE 3
#define LEN_TWO 6

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
begins(struct slice name, struct slice word)
{
	for (size_t i = 0; i < word.len; i++) {
		if (i == name.len || lower(name.p[i]) != lower(word.p[i]))
			return false;
	}
	return true;
}

static uint8_t
least(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

/* strip -- leave out what both begin and end with: it is never edited. */
static void
strip(struct slice *a, struct slice *b)
{
	while (a->len > 0 && b->len > 0 && lower(*a->p) == lower(*b->p)) {
		a->p++;
		b->p++;
		a->len--;
		b->len--;
	}
	while (a->len > 0 && b->len > 0 &&
	    lower(a->p[a->len - 1]) == lower(b->p[b->len - 1])) {
		a->len--;
		b->len--;
	}
}

/*
 * edits -- the optimal string alignment distance, or something above most. row
 * has the distances of the word's first i bytes to each beginning of the name;
 * only those within most of the diagonal can count, and beside them a row has
 * a value that is too large.
 */
static unsigned int
edits(struct slice a, struct slice b, size_t most)
{
	uint8_t row[3][NEAR_LEN + 2];
	uint8_t *before = row[0], *last = row[1], *now = row[2], *spare;
	uint8_t best, d;
	size_t i, j, from, to;

	strip(&a, &b);
	for (j = 0; j <= b.len; j++)
		last[j] = (uint8_t)j;
	for (i = 1; i <= a.len; i++) {
		from = i > most ? i - most : 1;
		to = i + most < b.len ? i + most : b.len;
		now[from - 1] = from == 1 ? (uint8_t)i : MOST_EDITS + 1;
		best = now[from - 1];
		for (j = from; j <= to; j++) {
			const char x = lower(a.p[i - 1]);
			const char y = lower(b.p[j - 1]);

			d = (uint8_t)(last[j - 1] + (x != y));
			d = least(d, (uint8_t)(now[j - 1] + 1));
			if (j < i + most)
				d = least(d, (uint8_t)(last[j] + 1));
			if (i > 1 && j > 1 && x == lower(b.p[j - 2]) &&
			    y == lower(a.p[i - 2]))
				d = least(d, (uint8_t)(before[j - 2] + 1));
			now[j] = d;
			best = least(best, d);
		}
		if (best > most)
			return best;
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[b.len];
}

enum near
near_of(struct slice word, struct slice name)
{
	const size_t most = word.len < LEN_ONE ? 0 : word.len < LEN_TWO ? 1 :
	    MOST_EDITS;
	const size_t more = word.len > name.len ? word.len - name.len :
	    name.len - word.len;
	unsigned int n = MOST_EDITS + 1;

	if (slice_compare(word, name) == 0)
		return NEAR_SAME;
	if (more == 0 && begins(name, word))
		return NEAR_CASE;
	if (more <= most && word.len <= NEAR_LEN && name.len <= NEAR_LEN)
		n = edits(word, name, most);
	if (n == 1 && most >= 1)
		return NEAR_ONE;
	if (word.len > 0 && begins(name, word))
		return NEAR_BEGINS;
	return n <= most ? NEAR_TWO : NEAR_NOT;
}
