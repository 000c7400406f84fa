#include "cli/changes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "cli/plain.h"
#include "cli/terminal.h"
#include "json/json_text.h"
#include "json/patch.h"

/* A patch has a whole path for each operation; of two documents of 16 KiB it
 * comes to some MiB at most. */
#define PATCH_MOST (64 * 1024 * 1024)

/* --------------------------------------------------------------------------
 * A tree
 */

struct tree {
	struct output *output;
	const struct terminal *terminal;
	struct buf line, plain, value;
};

/* The last step of the path to a change: "$", ".name" or "[3]". */
static void
add_step(struct buf *out, const struct diff_change *change)
{
	if (change->parent == DIFF_ROOT)
		buf_add_char(out, '$');
	else if (change->element)
		json_path_index(out, change->b == NULL ? change->index_a :
		    change->index_b);
	else
		json_path_name(out, change->b == NULL ? change->a->name :
		    change->b->name);
}

/* What is in value, as one line. */
static void
print_line(struct tree *tree, enum colour colour)
{
	buf_reset(&tree->plain);
	plain_add(&tree->plain, buf_slice(&tree->value));
	if (tree->terminal->is_terminal) {
		buf_reset(&tree->value);
		plain_cut(&tree->value, buf_slice(&tree->plain),
		    tree->terminal->width < 2 ? 2 : tree->terminal->width);
	}
	if (tree->line.failed)
		return;
	buf_reset(&tree->line);
	terminal_paint(&tree->line, tree->terminal, colour,
	    buf_slice(tree->terminal->is_terminal ? &tree->value :
	    &tree->plain));
	buf_add_char(&tree->line, '\n');
	output_text(tree->output, buf_slice(&tree->line));
}

static void
add_head(struct tree *tree, const char *mark, struct slice what)
{
	buf_reset(&tree->value);
	buf_add_text(&tree->value, mark);
	buf_add_slice(&tree->value, what);
	print_line(tree, COLOUR_BOLD);
}

/* One line: a mark, where it is, and the value if there is one. */
static void
add_line(struct tree *tree, uint32_t depth, char mark, struct slice path,
    const struct json_node *value, enum colour colour)
{
	uint32_t i;

	buf_reset(&tree->value);
	for (i = 0; i < depth; i++)
		buf_add_text(&tree->value, "  ");
	if (mark != ' ')
		buf_printf(&tree->value, "%c ", mark);
	buf_add_slice(&tree->value, path);
	if (value != NULL) {
		buf_add_text(&tree->value, ": ");
		json_compact(&tree->value, value);
	}
	print_line(tree, colour);
}

/* Where something changed, or what; what has a single change in it is one line
 * with that. Returns the change whose line it is. */
static const struct diff_change *
add_change(struct tree *tree, const struct diff_change *change,
    uint32_t depth)
{
	struct buf path;

	buf_init(&path, 0);
	add_step(&path, change);
	while (change->kind == DIFF_INSIDE &&
	    change[1].span == change->span - 1) {
		change++;
		add_step(&path, change);
	}
	if (change->kind == DIFF_INSIDE)
		add_line(tree, depth, ' ', buf_slice(&path), NULL,
		    COLOUR_NONE);
	if (change->kind == DIFF_REMOVED || change->kind == DIFF_REPLACED)
		add_line(tree, depth, '-', buf_slice(&path), change->a,
		    COLOUR_RED);
	if (change->kind == DIFF_ADDED || change->kind == DIFF_REPLACED)
		add_line(tree, depth, '+', buf_slice(&path), change->b,
		    COLOUR_GREEN);
	if (!buf_ok(&path))
		tree->line.failed = true;
	buf_clear(&path);
	return change;
}

/* A change and all in it; as deep as the values are (JSON_DEPTH_MOST). */
static void
add_tree(struct tree *tree, const struct diff_change *change, uint32_t depth)
{
	const struct diff_change *const line = add_change(tree, change,
	    depth);
	const struct diff_change *const end = line + line->span;
	const struct diff_change *child;

	for (child = line + 1; child < end; child += child->span)
		add_tree(tree, child, depth + 1);
}

static enum rc
print_tree(const struct diff *diff, struct slice from, struct slice to,
    FILE *file, struct err *err)
{
	struct tree tree = { .output = NULL };
	const struct diff_change *changes;
	size_t n;
	bool ok;
	enum rc rc;

	rc = output_begin(&tree.output, OUTPUT_TABLE, file, NULL, 0, err);
	if (rc != RC_OK)
		return rc;
	tree.terminal = output_terminal(tree.output);
	buf_init(&tree.line, 0);
	buf_init(&tree.plain, 0);
	buf_init(&tree.value, 0);
	changes = diff_changes(diff, &n);
	if (n > 0) {
		add_head(&tree, "--- ", from);
		add_head(&tree, "+++ ", to);
	}
	if (n > 0)
		add_tree(&tree, changes, 0);
	ok = buf_ok(&tree.line) && buf_ok(&tree.plain) && buf_ok(&tree.value);
	if (ok)
		rc = output_finish(tree.output, err);
	else
		rc = err_set(err, RC_MEMORY, "diff: no memory");
	buf_clear(&tree.line);
	buf_clear(&tree.plain);
	buf_clear(&tree.value);
	output_free(tree.output);
	return rc;
}

/* --------------------------------------------------------------------------
 * For programs
 */

static enum rc
print_patch(const struct diff *diff, FILE *file, struct err *err)
{
	struct output *output = NULL;
	struct buf patch;
	enum rc rc;

	buf_init(&patch, PATCH_MOST);
	patch_write(&patch, diff);
	buf_add_char(&patch, '\n');
	if (!buf_ok(&patch)) {
		rc = err_set(err, RC_LIMIT, "diff: the patch is larger than "
		    "%d MiB, or there is no memory", PATCH_MOST / 1048576);
		goto out;
	}
	rc = output_begin(&output, OUTPUT_JSON, file, NULL, 0, err);
	if (rc != RC_OK)
		goto out;
	output_json(output, buf_slice(&patch));
	rc = output_finish(output, err);
out:
	output_free(output);
	buf_clear(&patch);
	return rc;
}

static struct db_value
node_value(const struct json_node *node)
{
	if (node == NULL)
		return (struct db_value){ .type = DB_NULL };
	return (struct db_value){ .type = DB_TEXT, .bytes = node->text };
}

static void
add_row(struct output *output, const struct diff *diff,
    const struct diff_change *change, struct buf *path)
{
	static const char *const words[N_DIFF_KINDS] = {
		[DIFF_INSIDE] = NULL,
		[DIFF_ADDED] = "added",
		[DIFF_REMOVED] = "removed",
		[DIFF_REPLACED] = "replaced",
	};
	struct db_value values[4];

	if (words[change->kind] == NULL)
		return;
	buf_reset(path);
	patch_path(path, diff, change);
	values[0] = (struct db_value){ .type = DB_TEXT,
	    .bytes = buf_slice(path) };
	values[1] = (struct db_value){ .type = DB_TEXT,
	    .bytes = slice_of(words[change->kind]) };
	values[2] = node_value(change->a);
	values[3] = node_value(change->b);
	output_row(output, values);
}

static enum rc
print_rows(const struct diff *diff, FILE *file, struct err *err)
{
	static const struct output_column columns[] = {
		{ .name = "path" },
		{ .name = "change" },
		{ .name = "before" },
		{ .name = "after" },
	};
	struct output *output = NULL;
	const struct diff_change *changes;
	struct buf path;
	size_t i, n;
	enum rc rc;

	rc = output_begin(&output, OUTPUT_CSV, file, columns, 4, err);
	if (rc != RC_OK)
		return rc;
	buf_init(&path, 0);
	changes = diff_changes(diff, &n);
	for (i = 0; i < n; i++)
		add_row(output, diff, &changes[i], &path);
	rc = buf_ok(&path) ? output_finish(output, err) :
	    err_set(err, RC_MEMORY, "diff: no memory");
	buf_clear(&path);
	output_free(output);
	return rc;
}

enum rc
changes_print(const struct diff *diff, struct slice from, struct slice to,
    enum output_format format, FILE *file, struct err *err)
{
	switch (format) {
	case OUTPUT_TABLE:
		return print_tree(diff, from, to, file, err);
	case OUTPUT_JSON:
		return print_patch(diff, file, err);
	case OUTPUT_CSV:
	case N_OUTPUT_FORMATS:
		break;
	}
	return print_rows(diff, file, err);
}
