/*
 * classes -- which values of two trees are equal (as diff.h has it).
 *
 * All values get a number; equal values, of one tree or of both, get the same
 * one, and others another. So any two are compared in one step, however large
 * they are. It takes as many steps as there are bytes in both texts.
 */
#ifndef JSON_CLASSES_H
#define JSON_CLASSES_H

#include <stdint.h>

#include "base/err.h"
#include "json/json.h"

struct classes {
	uint32_t *a, *b;	/* by the node's index in its tree */
	uint32_t n;		/* numbers are below this */
};

/* classes_init, classes_clear -- RC_MEMORY: classes is clear. */
enum rc classes_init(struct classes *classes, const struct json *a,
    const struct json *b, struct err *err);
void classes_clear(struct classes *classes);

#endif
