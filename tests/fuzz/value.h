/*
 * value -- a JSON value that can be changed, and RFC 6902 applied to it as it
 * is written: slow, and of no code that it is to check but json_parse.
 */
#ifndef TESTS_FUZZ_VALUE_H
#define TESTS_FUZZ_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "json/json.h"

struct value {
	enum json_kind type;
	struct slice text;	/* of a scalar, as written */
	struct slice string;	/* of a string, decoded */
	struct slice name;	/* of a member, decoded; else none */
	struct value **kid;
	size_t n;
};

/* value_of -- of a node; its slices are the node's. Freed with value_free_all:
 * all that there are. */
struct value *value_of(const struct json_node *node);
void value_free_all(void);

/* value_equal -- by json/diff.h's words. */
bool value_equal(const struct value *a, const struct value *b);

/* value_has_twice -- whether two members of an object have one name. */
bool value_has_twice(const struct value *value);

/* value_put, value_take -- a child put before the one at i (n: at the end), or
 * taken out. */
void value_put(struct value *parent, size_t i, struct value *child);
struct value *value_take(struct value *parent, size_t i);

/* value_print -- as JSON text. */
void value_print(struct buf *out, const struct value *value);

/* value_at -- the value that a JSON Pointer (RFC 6901, decoded) names, or
 * NULL. */
struct value *value_at(struct value *root, struct slice pointer);

/* value_patch -- apply a JSON Patch; what cannot be applied is a broken
 * promise. */
struct value *value_patch(struct value *root, const struct json *patch);

#endif
