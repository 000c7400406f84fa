#include "json/json.h"

#include <stdlib.h>
#include <string.h>

#include "json/json_parts.h"

enum rc
json_no_memory(struct err *err)
{
	return err_set(err, RC_MEMORY, "JSON: no memory");
}

/* merge -- two sorted runs, from[0 .. half - 1] and from[half .. n - 1]. */
static void
merge(const struct json_node *nodes, const uint32_t *from, uint32_t half,
    uint32_t n, uint32_t *to)
{
	uint32_t left = 0;
	uint32_t right = half;

	for (uint32_t i = 0; i < n; i++) {
		const bool take_left = left < half && (right == n ||
		    slice_compare(nodes[from[left]].name,
		    nodes[from[right]].name) <= 0);

		to[i] = from[take_left ? left++ : right++];
	}
}

/* sort -- by name, those of one name in the order they have. Not qsort, which
 * promises no bound. */
static void
sort(const struct json_node *nodes, uint32_t *list, uint32_t n,
    uint32_t *room)
{
	for (uint32_t run = 1; run < n; run *= 2) {
		for (uint32_t at = 0; at < n; at += 2 * run) {
			const uint32_t left = n - at;

			merge(nodes, list + at, run < left ? run : left,
			    2 * run < left ? 2 * run : left, room + at);
		}
		memcpy(list, room, n * sizeof(*list));
	}
}

static bool
has_duplicates(const struct json_node *nodes, const uint32_t *list, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		if (slice_compare(nodes[list[i - 1]].name,
		    nodes[list[i]].name) == 0)
			return true;
	}
	return false;
}

/* rank -- sort the members of all objects. */
static enum rc
rank(struct json *json, struct err *err)
{
	uint32_t *room = malloc(json->n * sizeof(*room));
	uint32_t used = 0;

	/* All members of all objects are fewer than the nodes. */
	json->order = malloc(json->n * sizeof(*json->order));
	if (room == NULL || json->order == NULL) {
		free(room);
		return json_no_memory(err);
	}
	for (uint32_t i = 0; i < json->n; i++) {
		struct json_node *node = &json->nodes[i];
		uint32_t *const list = json->order + used;
		uint32_t child = i + 1;

		if (node->type != JSON_OBJECT)
			continue;
		for (uint32_t k = 0; k < node->n; k++) {
			list[k] = child;
			child += json->nodes[child].span;
		}
		sort(json->nodes, list, node->n, room);
		node->order = used;
		node->duplicates = has_duplicates(json->nodes, list, node->n);
		used += node->n;
	}
	free(room);
	return RC_OK;
}

enum rc
json_parse(struct json **json, struct slice text, struct err *err)
{
	struct json *made;
	enum rc rc;

	if (text.len > JSON_TEXT_MOST)
		return err_set(err, RC_LIMIT, "JSON of %zu bytes, at most %d",
		    text.len, JSON_TEXT_MOST);
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return json_no_memory(err);
	made->text = text;
	rc = json_read(made, err);
	if (rc == RC_OK)
		rc = rank(made, err);
	if (rc == RC_OK)
		*json = made;
	else
		json_free(made);
	return rc;
}

void
json_free(struct json *json)
{
	if (json == NULL)
		return;
	free(json->nodes);
	free(json->order);
	free(json->decoded);
	free(json);
}

const struct json_node *
json_root(const struct json *json)
{
	return json->nodes;
}

const struct json_node *
json_ranked(const struct json *json, const struct json_node *object,
    uint32_t rank)
{
	return &json->nodes[json->order[object->order + rank]];
}

const struct json_node *
json_member(const struct json *json, const struct json_node *object,
    struct slice name)
{
	uint32_t low = 0;
	uint32_t high = object->n;
	const struct json_node *found;

	if (object->type != JSON_OBJECT)
		return NULL;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (slice_compare(json_ranked(json, object, middle)->name,
		    name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == object->n)
		return NULL;
	found = json_ranked(json, object, low);
	return slice_compare(found->name, name) == 0 ? found : NULL;
}
