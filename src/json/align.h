/*
 * align -- a longest common subsequence of two sequences, at a bounded cost.
 *
 * Numbers stand for the elements; equal ones are the same element.
 *
 * Common head and tail are matched first. Of what remains, the longest common
 * subsequence (Myers 1986) as long as it leaves out at most ALIGN_EDITS_MOST
 * elements of both. Beyond that, what is there once on either side is matched
 * along the longest run that rises on both (exact when no element comes
 * twice), and each piece between two of those by Myers again within the same
 * bound; beyond it nothing of the piece is matched but its head and tail.
 */
#ifndef JSON_ALIGN_H
#define JSON_ALIGN_H

#include <stdint.h>

#include "base/err.h"

/* A piece of that many elements takes half its square in steps; two documents
 * of 16 KiB at most some 6 million, 20 ms. Memory: half its square in int32_t,
 * 300 KiB. */
#define ALIGN_EDITS_MOST 384

#define ALIGN_NONE UINT32_MAX

/* Memory that is kept from one use to the next. */
struct align {
	int32_t *rows;			/* Myers': how far each edit led */
	struct align_seen *seen;	/* by element's number, all 0 */
	uint32_t n_numbers;
};

/* align_init -- numbers will be below n_numbers. Owns nothing yet. */
void align_init(struct align *align, uint32_t n_numbers);
void align_clear(struct align *align);

/*
 * align_run -- match two sequences.
 *
 * match  n_a: for each of a its place in b, rising, or ALIGN_NONE
 *
 * RC_MEMORY
 */
enum rc align_run(struct align *align, const uint32_t *a, uint32_t n_a,
    const uint32_t *b, uint32_t n_b, uint32_t *match, struct err *err);

#endif
