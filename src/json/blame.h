/*
 * blame -- for each leaf of a document, which of its versions last changed it.
 *
 * Versions are given one by one, oldest first, each with a tag that means
 * something to the caller only. A leaf is a value with nothing in it: a scalar,
 * an empty array or object, or an object with a name twice (json.h). It keeps
 * its tag while diff.h finds it, equal, in the next version; elements may move
 * along when others come or go before them. A version that cannot be read as
 * JSON (not its grammar, or beyond json.h's bounds) is an atom: one leaf, and
 * nothing of the next has been there before, unless that is the same bytes.
 *
 * Holds the last version and, during blame_next, one more.
 */
#ifndef JSON_BLAME_H
#define JSON_BLAME_H

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "json/json.h"

struct blame;

struct blame_leaf {
	struct slice pointer;		/* json_pointer_name (json_text.h) has
					 * it; empty: the whole value. Ends in
					 * a NUL that is not counted */
	struct slice value;		/* as written; of a version that is not
					 * JSON all its bytes, which may be
					 * any */
	const struct json_node *node;	/* NULL: the version is not JSON */
	int64_t tag;
};

/* blame_new -- no version yet. *blame is set only on RC_OK; RC_MEMORY. */
enum rc blame_new(struct blame **blame, struct err *err);

/* blame_free -- NULL is accepted. */
void blame_free(struct blame *blame);

/*
 * blame_next -- the next version of the document.
 *
 * text   copied; may be anything. No value at all (p NULL) is a version that
 *        has no leaf, such as one that is missing: all of the next is new
 *
 * RC_MEMORY  blame is as it was before
 * n log n in the length of the text, apart from the diff's aligning of arrays.
 */
enum rc blame_next(struct blame *blame, struct slice text, int64_t tag,
    struct err *err);

/*
 * blame_each -- all leaves of the last version, in the order of its text.
 *
 * leaf   called for each; what it is given is valid until it returns. What it
 *        returns other than RC_OK ends the walk and is returned
 * to     handed to leaf
 *
 * RC_MEMORY  or what leaf returned
 */
enum rc blame_each(const struct blame *blame,
    enum rc (*leaf)(void *to, const struct blame_leaf *leaf, struct err *err),
    void *to, struct err *err);

#endif
