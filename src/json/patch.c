#include "json/patch.h"

#include <stdbool.h>

#include "json/json_text.h"

/* add_place -- the names and indices from the whole value down to the
 * change. */
static void
add_place(struct buf *out, const struct diff *diff,
    const struct diff_change *change, bool pointer)
{
	const struct diff_change *way[JSON_DEPTH_MOST + 1];
	size_t n_changes;
	const struct diff_change *list = diff_changes(diff, &n_changes);
	size_t n = 0;

	for (; change->parent != DIFF_ROOT; change = &list[change->parent])
		way[n++] = change;
	while (n > 0) {
		const struct diff_change *one = way[--n];
		const struct json_node *node = one->b == NULL ? one->a :
		    one->b;

		if (one->element && pointer)
			json_pointer_index(out, one->index_b);
		else if (one->element)
			json_path_index(out, one->b == NULL ? one->index_a :
			    one->index_b);
		else if (pointer)
			json_pointer_name(out, node->name);
		else
			json_path_name(out, node->name);
	}
}

void
patch_pointer(struct buf *out, const struct diff *diff,
    const struct diff_change *change)
{
	add_place(out, diff, change, true);
}

void
patch_path(struct buf *out, const struct diff *diff,
    const struct diff_change *change)
{
	buf_add_char(out, '$');
	add_place(out, diff, change, false);
}

void
patch_operation(struct buf *out, const struct diff *diff,
    const struct diff_change *change)
{
	static const char *const words[N_DIFF_KINDS] = {
		[DIFF_INSIDE] = NULL,
		[DIFF_ADDED] = "add",
		[DIFF_REMOVED] = "remove",
		[DIFF_REPLACED] = "replace",
	};

	if (words[change->kind] == NULL)
		return;
	buf_printf(out, "{\"op\":\"%s\",\"path\":\"", words[change->kind]);
	patch_pointer(out, diff, change);
	buf_add_char(out, '"');
	if (change->b != NULL) {
		buf_add_text(out, ",\"value\":");
		json_compact(out, change->b);
	}
	buf_add_char(out, '}');
}

void
patch_write(struct buf *out, const struct diff *diff)
{
	size_t n;
	const struct diff_change *list = diff_changes(diff, &n);
	bool first = true;

	buf_add_char(out, '[');
	for (size_t i = 0; i < n && buf_ok(out); i++) {
		if (list[i].kind == DIFF_INSIDE)
			continue;
		if (!first)
			buf_add_char(out, ',');
		first = false;
		patch_operation(out, diff, &list[i]);
	}
	buf_add_char(out, ']');
}
