#include "json/blame.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "json/diff.h"
#include "json/json_text.h"

struct version {
	char *copy;
	struct slice text;	/* of copy; p NULL: no value */
	struct json *json;	/* NULL: it is not JSON */
	int64_t *tags;		/* by node; one when it is not JSON */
};

struct blame {
	struct version last;
};

static enum rc
no_memory(struct err *err)
{
	return err_set(err, RC_MEMORY, "JSON: no memory for versions");
}

static void
version_clear(struct version *version)
{
	json_free(version->json);
	free(version->tags);
	free(version->copy);
	*version = (struct version){ 0 };
}

/* version_init -- all of its nodes have this tag; after a failure too it is to
 * be cleared. */
static enum rc
version_init(struct version *version, struct slice text, int64_t tag,
    struct err *err)
{
	size_t n = 1;
	enum rc rc;

	*version = (struct version){ 0 };
	if (text.p == NULL)
		return RC_OK;
	version->copy = malloc(text.len + 1);
	if (version->copy == NULL)
		return no_memory(err);
	memcpy(version->copy, text.p, text.len);
	version->text = (struct slice){ version->copy, text.len };
	rc = json_parse(&version->json, version->text, NULL);
	if (rc == RC_MEMORY)
		return no_memory(err);
	if (rc == RC_OK)
		n = json_root(version->json)->span;
	version->tags = malloc(n * sizeof(*version->tags));
	if (version->tags == NULL)
		return no_memory(err);
	for (size_t i = 0; i < n; i++)
		version->tags[i] = tag;
	return RC_OK;
}

/* carry -- the tags of what both have. */
static enum rc
carry(const struct version *from, struct version *to, struct err *err)
{
	const struct json_node *nodes = json_root(to->json);
	struct diff *diff;
	enum rc rc = diff_new(&diff, from->json, to->json, err);

	if (rc != RC_OK)
		return rc;
	for (uint32_t i = 0; i < nodes->span; i++) {
		bool equal;
		const struct json_node *origin = diff_origin(diff, &nodes[i],
		    &equal);

		if (equal)
			to->tags[i] = from->tags[origin -
			    json_root(from->json)];
	}
	diff_free(diff);
	return RC_OK;
}

enum rc
blame_new(struct blame **blame, struct err *err)
{
	struct blame *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return no_memory(err);
	*blame = made;
	return RC_OK;
}

void
blame_free(struct blame *blame)
{
	if (blame == NULL)
		return;
	version_clear(&blame->last);
	free(blame);
}

enum rc
blame_next(struct blame *blame, struct slice text, int64_t tag,
    struct err *err)
{
	struct version next;
	enum rc rc;

	if ((text.p == NULL) == (blame->last.text.p == NULL) &&
	    slice_compare(text, blame->last.text) == 0)
		return RC_OK;
	rc = version_init(&next, text, tag, err);
	if (rc == RC_OK && blame->last.json != NULL && next.json != NULL)
		rc = carry(&blame->last, &next, err);
	if (rc == RC_OK) {
		version_clear(&blame->last);
		blame->last = next;
	} else {
		version_clear(&next);
	}
	return rc;
}

/* Who walks over the leaves. */
struct walk {
	const struct blame *blame;
	enum rc (*leaf)(void *to, const struct blame_leaf *leaf,
	    struct err *err);
	void *to;
	struct buf pointer;
	struct err *err;
};

static enum rc
give(struct walk *walk, const struct json_node *node)
{
	const struct version *last = &walk->blame->last;
	const struct blame_leaf leaf = {
		.pointer = buf_slice(&walk->pointer),
		.value = node == NULL ? last->text : node->text,
		.node = node,
		.tag = last->tags[node == NULL ? 0 :
		    node - json_root(last->json)],
	};

	if (!buf_ok(&walk->pointer))
		return no_memory(walk->err);
	return walk->leaf(walk->to, &leaf, walk->err);
}

static enum rc
walk_node(struct walk *walk, const struct json_node *node)
{
	const size_t len = walk->pointer.len;
	const struct json_node *child = node + 1;
	enum rc rc = RC_OK;

	if (node->n == 0 || node->duplicates)
		return give(walk, node);
	for (uint32_t i = 0; rc == RC_OK && i < node->n; i++) {
		if (node->type == JSON_OBJECT)
			json_pointer_name(&walk->pointer, child->name);
		else
			json_pointer_index(&walk->pointer, i);
		rc = walk_node(walk, child);
		walk->pointer.len = len;
		child += child->span;
	}
	return rc;
}

enum rc
blame_each(const struct blame *blame,
    enum rc (*leaf)(void *to, const struct blame_leaf *leaf, struct err *err),
    void *to, struct err *err)
{
	struct walk walk = { .blame = blame, .leaf = leaf, .to = to,
	    .err = err };
	enum rc rc = RC_OK;

	buf_init(&walk.pointer, 0);
	if (blame->last.json != NULL)
		rc = walk_node(&walk, json_root(blame->last.json));
	else if (blame->last.text.p != NULL)
		rc = give(&walk, NULL);
	buf_clear(&walk.pointer);
	return rc;
}
