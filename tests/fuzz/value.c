#include "value.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "json/json_text.h"

static struct value **all;
static size_t n_all, room;

static struct value *
value_new(enum json_kind type)
{
	struct value *const value = calloc(1, sizeof(*value));

	if (n_all == room) {
		room = room * 2 + 64;
		all = reallocarray(all, room, sizeof(struct value *));
	}
	MUST(value != NULL && all != NULL);
	all[n_all++] = value;
	value->type = type;
	return value;
}

void
value_free_all(void)
{
	while (n_all > 0) {
		free(all[--n_all]->kid);
		free(all[n_all]);
	}
	free(all);
	all = NULL;
	room = 0;
}

void
value_put(struct value *parent, size_t i, struct value *child)
{
	MUST(i <= parent->n);
	parent->kid = reallocarray(parent->kid, parent->n + 1,
	    sizeof(struct value *));
	MUST(parent->kid != NULL);
	memmove(parent->kid + i + 1, parent->kid + i,
	    (parent->n - i) * sizeof(struct value *));
	parent->kid[i] = child;
	parent->n++;
}

struct value *
value_take(struct value *parent, size_t i)
{
	struct value *child;

	MUST(i < parent->n);
	child = parent->kid[i];
	parent->n--;
	memmove(parent->kid + i, parent->kid + i + 1,
	    (parent->n - i) * sizeof(struct value *));
	return child;
}

struct value *
value_of(const struct json_node *node)
{
	struct value *const value = value_new(node->type);
	const struct json_node *child = node + 1;
	uint32_t i;

	value->text = node->text;
	value->string = node->value;
	value->name = node->name;
	for (i = 0; i < node->n; i++, child += child->span)
		value_put(value, value->n, value_of(child));
	return value;
}

static size_t
find(const struct value *object, struct slice name)
{
	size_t i;

	for (i = 0; i < object->n; i++) {
		if (slice_compare(object->kid[i]->name, name) == 0)
			return i;
	}
	return object->n;
}

bool
value_has_twice(const struct value *value)
{
	size_t i;

	for (i = 0; value->type == JSON_OBJECT && i < value->n; i++) {
		if (find(value, value->kid[i]->name) < i)
			return true;
	}
	return false;
}

bool
value_equal(const struct value *a, const struct value *b)
{
	const bool twice = value_has_twice(a);
	size_t i, at;

	if (a->type != b->type || a->n != b->n || twice != value_has_twice(b))
		return false;
	if (a->type == JSON_STRING)
		return slice_compare(a->string, b->string) == 0;
	if (a->type != JSON_ARRAY && a->type != JSON_OBJECT)
		return slice_compare(a->text, b->text) == 0;
	for (i = 0; i < a->n; i++) {
		at = i;
		if (a->type == JSON_OBJECT && !twice)
			at = find(b, a->kid[i]->name);
		if (at == b->n ||
		    (twice && slice_compare(a->kid[i]->name,
		    b->kid[i]->name) != 0) ||
		    !value_equal(a->kid[i], b->kid[at]))
			return false;
	}
	return true;
}

void
value_print(struct buf *out, const struct value *value)
{
	const bool object = value->type == JSON_OBJECT;
	size_t i;

	if (!object && value->type != JSON_ARRAY) {
		buf_add_slice(out, value->text);
		return;
	}
	buf_add_char(out, object ? '{' : '[');
	for (i = 0; i < value->n; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		if (object) {
			json_string(out, value->kid[i]->name.p == NULL ?
			    (struct slice){ "", 0 } : value->kid[i]->name);
			buf_add_char(out, ':');
		}
		value_print(out, value->kid[i]);
	}
	buf_add_char(out, object ? '}' : ']');
}

/* --- Places ------------------------------------------------------------- */

/* The next name of a pointer, resolved; false at its end. */
static bool
next_name(struct slice *pointer, struct buf *name)
{
	buf_reset(name);
	if (pointer->len == 0)
		return false;
	MUST(*pointer->p == '/');
	for (;;) {
		pointer->p++;
		if (--pointer->len == 0 || *pointer->p == '/')
			return true;
		if (*pointer->p != '~') {
			buf_add_char(name, *pointer->p);
			continue;
		}
		MUST(pointer->len > 1 &&
		    (pointer->p[1] == '0' || pointer->p[1] == '1'));
		buf_add_char(name, pointer->p[1] == '0' ? '~' : '/');
		pointer->p++;
		pointer->len--;
	}
}

/* The place of a name in an array or object; its n: there is none, or '-'. */
static size_t
place(const struct value *parent, struct slice name)
{
	size_t at = 0, i;

	if (parent->type == JSON_OBJECT)
		return find(parent, name);
	if (slice_is(name, "-"))
		return parent->n;
	MUST(parent->type == JSON_ARRAY && name.len > 0 && name.len < 10);
	MUST(name.len == 1 || name.p[0] != '0');
	for (i = 0; i < name.len; i++) {
		MUST(name.p[i] >= '0' && name.p[i] <= '9');
		at = at * 10 + (size_t)(name.p[i] - '0');
	}
	return at;
}

/* The value that the last name is in; NULL for the whole value. */
static struct value *
walk(struct value *root, struct slice pointer, struct buf *name)
{
	struct value *at = NULL;
	size_t i;

	while (next_name(&pointer, name)) {
		if (at == NULL)
			at = root;
		if (pointer.len == 0)
			return at;
		i = place(at, buf_slice(name));
		MUST(i < at->n);
		at = at->kid[i];
	}
	return at;
}

struct value *
value_at(struct value *root, struct slice pointer)
{
	struct value *parent, *at = root;
	struct buf name;
	size_t i;

	buf_init(&name, 0);
	parent = walk(root, pointer, &name);
	if (parent != NULL) {
		i = place(parent, buf_slice(&name));
		at = i < parent->n ? parent->kid[i] : NULL;
	}
	buf_clear(&name);
	return at;
}

/* --- RFC 6902 ----------------------------------------------------------- */

static struct slice
string_member(const struct json *patch, const struct json_node *operation,
    const char *name)
{
	const struct json_node *const node = json_member(patch, operation,
	    slice_of(name));

	MUST(node != NULL && node->type == JSON_STRING);
	return node->value;
}

/* A member's name lives as long as the values do. */
static struct slice
keep_name(const struct buf *name)
{
	struct value *const holder = value_new(JSON_NULL);
	const struct slice bytes = buf_slice(name);

	/* Freed as if it were the holder's children. */
	holder->kid = malloc(bytes.len + 1);
	MUST(holder->kid != NULL);
	memcpy(holder->kid, bytes.p, bytes.len);
	return (struct slice){ (const char *)holder->kid, bytes.len };
}

static void
change(struct value *parent, const struct buf *name, struct slice op,
    struct value *new)
{
	const bool object = parent->type == JSON_OBJECT;
	size_t at = place(parent, buf_slice(name));

	if (slice_is(op, "remove") || slice_is(op, "replace")) {
		MUST(at < parent->n);
		(void)value_take(parent, at);
	} else {
		MUST(slice_is(op, "add"));
		MUST(at <= parent->n && (!object || at == parent->n));
	}
	if (new == NULL)
		return;
	if (object)
		new->name = keep_name(name);
	value_put(parent, at, new);
}

struct value *
value_patch(struct value *root, const struct json *patch)
{
	const struct json_node *operation = json_root(patch) + 1, *value;
	struct value *parent, *new;
	struct slice op, path;
	struct buf name;
	uint32_t i;

	MUST(json_root(patch)->type == JSON_ARRAY);
	buf_init(&name, 0);
	for (i = 0; i < json_root(patch)->n; i++) {
		op = string_member(patch, operation, "op");
		path = string_member(patch, operation, "path");
		value = json_member(patch, operation, slice_of("value"));
		MUST((value == NULL) == slice_is(op, "remove"));
		new = value == NULL ? NULL : value_of(value);
		if (new != NULL)
			new->name = (struct slice){ NULL, 0 };
		parent = walk(root, path, &name);
		if (parent != NULL) {
			change(parent, &name, op, new);
		} else {
			MUST(slice_is(op, "replace"));
			root = new;
		}
		operation += operation->span;
	}
	buf_clear(&name);
	return root;
}
