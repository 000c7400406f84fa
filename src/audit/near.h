/*
 * near -- whether a name may be what a person meant by a word.
 */
#ifndef AUDIT_NEAR_H
#define AUDIT_NEAR_H

#include "base/slice.h"

/* The nearest first. */
enum near {
	NEAR_SAME,	/* the same bytes */
	NEAR_CASE,	/* but for the case of A to Z */
	NEAR_ONE,	/* one byte more, less or other, or two exchanged */
	NEAR_BEGINS,	/* the name begins with the word */
	NEAR_TWO,	/* two such edits */
	NEAR_NOT,
	N_NEARS
};

/* Longer words and names are near only by their beginning. */
#define NEAR_LEN 64

/*
 * near_of -- how near a name is to a word, all but NEAR_SAME whatever the case.
 * One edit needs a word of three bytes, two need one of six: else all short
 * names were near each other. Costs no more than a few times NEAR_LEN.
 */
enum near near_of(struct slice word, struct slice name);

#endif
