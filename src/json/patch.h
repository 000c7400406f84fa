/*
 * patch -- the changes of a diff as JSON Patch (RFC 6902), and their places.
 *
 * Operations are add, remove and replace, in the order in which they are to be
 * applied: applied to A in this order they give exactly B (numbers to the last
 * digit). Where an array shrinks or grows, an index counts what the operations
 * before it left.
 * A patch may be longer than both values (each operation has a whole path):
 * give out a limit.
 */
#ifndef JSON_PATCH_H
#define JSON_PATCH_H

#include "base/buf.h"
#include "json/diff.h"

/* patch_write -- the whole patch as one JSON array on one line, without a
 * newline; [] when nothing changed. */
void patch_write(struct buf *out, const struct diff *diff);

/*
 * patch_operation -- one operation as a JSON object on one line, such as
 * {"op":"replace","path":"/a/0","value":1}; nothing for DIFF_INSIDE.
 *
 * change  of diff_changes
 */
void patch_operation(struct buf *out, const struct diff *diff,
    const struct diff_change *change);

/* patch_pointer -- where a change is, as json_pointer_name has it, with the
 * indices of B. */
void patch_pointer(struct buf *out, const struct diff *diff,
    const struct diff_change *change);

/* patch_path -- the same for people: "$", then as json_path_name. An element
 * that was removed has its index in A. */
void patch_path(struct buf *out, const struct diff *diff,
    const struct diff_change *change);

#endif
