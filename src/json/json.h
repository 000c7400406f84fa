/*
 * json -- a JSON text as a tree, byte for byte.
 *
 * Read strictly (RFC 8259). Values are slices of the text, so that numbers
 * and strings survive as they were written: digits beyond a double's
 * precision, 1.0 that is not 1, members in their order, names that come
 * twice. (Our own, as json-c loses the digits of large integers and all but
 * the last of equal names, and yajl is no longer maintained.)
 *
 * The tree is one array of nodes in the order of the text, each before what
 * is in it, and does not change once it is read:
 *
 *     const struct json_node *child = node + 1;
 *
 *     for (uint32_t i = 0; i < node->n; i++, child += child->span)
 *             ... the members of an object, or the elements of an array
 *
 * node - json_root(json) is a node's index, json_root(json)->span their
 * number; who keeps something for each node keeps an array of that size.
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/* Bytes: 64 times the largest document of Sync (16 KiB). */
#define JSON_TEXT_MOST 1048576
/* Arrays and objects in each other; recursion over a tree is no deeper, which
 * is less than 1 MiB of stack. */
#define JSON_DEPTH_MOST 1000

enum json_kind {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
	N_JSON_KINDS
};

/*
 * Decoded is UTF-8 with all escapes resolved (so it may hold NUL and control
 * characters), where an escape of a surrogate that is not one of a pair
 * (RFC 8259 section 8.2) has the three bytes that UTF-8 would have for it:
 * ED A0..BF 80..BF. Decoded strings are the same bytes if and only if they
 * are the same characters.
 */
struct json_node {
	enum json_kind type;
	bool duplicates;	/* object: two of its members have one name;
				 * such an object is compared as a whole */
	uint32_t n;		/* members or elements; else 0 */
	uint32_t span;		/* nodes: itself and all that are in it */
	uint32_t order;		/* json.c's own */
	struct slice text;	/* as written, from its first byte to its last,
				 * quotes or brackets included */
	struct slice value;	/* string: decoded; else none (p NULL) */
	struct slice name;	/* member: its name, decoded; else none */
};

struct json;

/*
 * json_parse -- read one JSON text.
 *
 * text   borrowed until json_free; anything: NUL and invalid UTF-8 are refused
 * *json  set only on RC_OK
 *
 * RC_SYNTAX  the message says where, in bytes from 0, and what was expected
 *            there: not RFC 8259, a byte order mark, something after the
 *            value, a control character or invalid UTF-8 in a string
 * RC_LIMIT   more than JSON_TEXT_MOST bytes, or deeper than JSON_DEPTH_MOST
 * RC_MEMORY  at most some 110 bytes are needed for a byte of the text
 * n log n in the length of the text, for any text.
 */
enum rc json_parse(struct json **json, struct slice text, struct err *err);

/* json_free -- NULL is accepted. */
void json_free(struct json *json);

/* json_root -- the whole value: the first of all nodes. */
const struct json_node *json_root(const struct json *json);

/* json_member -- the first member of this (decoded) name, or NULL; object may
 * be any node. log n. */
const struct json_node *json_member(const struct json *json,
    const struct json_node *object, struct slice name);

/* json_ranked -- the member at this place (from 0, below n) in the bytewise
 * order of the decoded names; members of one name in the text's order. */
const struct json_node *json_ranked(const struct json *json,
    const struct json_node *object, uint32_t rank);

#endif
