/*
 * pair -- which elements of two short runs are one element that changed.
 *
 * Between equal elements of two arrays some are left on either side. Those of
 * the same kind are paired, in order, so that the pairs have most in common:
 * an equal member counts four, one of the same name alone one, an equal element
 * at the same place four. What is left then is paired as it comes.
 */
#ifndef JSON_PAIR_H
#define JSON_PAIR_H

#include <stdint.h>

#include "base/err.h"
#include "json/classes.h"
#include "json/json.h"

/* Pairs of a run that are looked at, at most: 128 objects with 128 others, of
 * 128 bytes each a document of 16 KiB. Beyond, elements are paired as they
 * come. Of each pair at most PAIR_MEMBERS_MOST members or elements are looked
 * at. Documents of 16 KiB full of such runs take some 30 ms. */
#define PAIR_LOOKED_MOST 16384
#define PAIR_MEMBERS_MOST 64

#define PAIR_NONE UINT32_MAX

/* A run of elements: the indices of their nodes. */
struct pair_side {
	const struct json *json;
	const uint32_t *class_of;	/* by index of node */
	const uint32_t *kids;
	uint32_t n;
};

/*
 * pair_run -- pair two runs.
 *
 * partner  a->n: for each of a its place in b, rising, or PAIR_NONE
 *
 * RC_MEMORY
 */
enum rc pair_run(const struct pair_side *a, const struct pair_side *b,
    uint32_t *partner, struct err *err);

#endif
