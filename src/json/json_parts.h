/*
 * json_parts -- what the files of json share; only they include it.
 *
 *     json.c       the tree: making, freeing, names in order
 *     json_read.c  the grammar
 */
#ifndef JSON_JSON_PARTS_H
#define JSON_JSON_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "json/json.h"

struct json {
	struct slice text;
	struct json_node *nodes;
	uint32_t n;
	uint32_t size;		/* of nodes, allocated */
	uint32_t *order;	/* of each object its members, by name */
	char *decoded;		/* the strings that had escapes; as large as
				 * the text, as no escape is shorter than what
				 * it stands for */
	size_t decoded_len;
};

/* json_no_memory -- RC_MEMORY, with its message. */
enum rc json_no_memory(struct err *err);

/* json_read -- fill the nodes of a tree that has its text alone; what
 * json_parse says, but for the order of members. */
enum rc json_read(struct json *json, struct err *err);

#endif
