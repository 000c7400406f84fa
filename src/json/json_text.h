/*
 * json_text -- JSON as text: values, strings, and the names of places.
 *
 * All append to out. Values and strings may hold any character but the
 * controls below U+0020, so DEL, C1 controls and direction marks too: what
 * goes to a terminal goes through the usual care for that.
 */
#ifndef JSON_JSON_TEXT_H
#define JSON_JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "json/json.h"

/* json_compact -- a value without the white space outside of its strings,
 * else byte for byte. Never longer than node->text. */
void json_compact(struct buf *out, const struct json_node *node);

/*
 * json_pretty -- a value over lines, two blanks deeper for each array or
 * object, ": " after a name, empty ones as [] and {}; no newline at the end.
 * Names keep their order, numbers and strings all their bytes.
 *
 * indent  levels (of two blanks) that all lines but the first get in addition
 *
 * A deep text of many values becomes far longer than it was (2 * depth bytes a
 * value): give out a limit.
 */
void json_pretty(struct buf *out, const struct json_node *node,
    unsigned indent);

/* json_string -- a decoded string or name (json.h) as a JSON string with its
 * quotes: '"', '\', what is below U+0020 and lone surrogates escaped. */
void json_string(struct buf *out, struct slice decoded);

/*
 * A place as JSON Pointer (RFC 6901), written as it stands between the quotes
 * of a JSON string: "~" and "/" of a name as ~0 and ~1, then escaped as by
 * json_string. So the text is complete and printable, and in JSON it only
 * needs the quotes. The whole value's pointer is the empty text.
 *
 *     /items/3/a~1b
 */
void json_pointer_name(struct buf *out, struct slice decoded);
void json_pointer_index(struct buf *out, uint32_t index);

/*
 * A place as people write it: a JSONPath (RFC 9535), a name in brackets and
 * quotes unless it is letters, digits and "_" and begins with no digit; the
 * caller begins with "$".
 *
 *     $.items[3]["a/b"]
 */
void json_path_name(struct buf *out, struct slice decoded);
void json_path_index(struct buf *out, uint32_t index);

#endif
