/* JSON: what is read is what a plain reader of RFC 8259 takes, within the
 * bounds; printed, close or over lines, it is read as the same. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "json/json.h"
#include "json/json_text.h"

/* --- A plain reader ----------------------------------------------------- */

struct plain {
	const char *p, *end;
	unsigned int depth, deepest;
};

static bool
eat(struct plain *in, const char *text)
{
	const size_t len = strlen(text);

	if ((size_t)(in->end - in->p) < len || memcmp(in->p, text, len) != 0)
		return false;
	in->p += len;
	return true;
}

static bool
eat_one_of(struct plain *in, const char *set)
{
	if (in->p == in->end || *in->p == '\0' || strchr(set, *in->p) == NULL)
		return false;
	in->p++;
	return true;
}

static void
skip(struct plain *in)
{
	while (eat_one_of(in, " \t\r\n"))
		continue;
}

static bool
digits(struct plain *in)
{
	if (!eat_one_of(in, "0123456789"))
		return false;
	while (eat_one_of(in, "0123456789"))
		continue;
	return true;
}

static bool
plain_number(struct plain *in)
{
	(void)eat(in, "-");
	if (!eat(in, "0") && !digits(in))
		return false;
	if (eat(in, ".") && !digits(in))
		return false;
	if (!eat_one_of(in, "eE"))
		return true;
	(void)eat_one_of(in, "+-");
	return digits(in);
}

/* That it is UTF-8 was looked at before. */
static bool
plain_string(struct plain *in)
{
	int i;

	if (!eat(in, "\""))
		return false;
	while (in->p < in->end && *in->p != '"') {
		if ((unsigned char)*in->p < 0x20)
			return false;
		if (*in->p++ != '\\')
			continue;
		if (eat_one_of(in, "\"\\/bfnrt"))
			continue;
		if (!eat(in, "u"))
			return false;
		for (i = 0; i < 4; i++) {
			if (!eat_one_of(in, "0123456789abcdefABCDEF"))
				return false;
		}
	}
	return eat(in, "\"");
}

static bool plain_value(struct plain *in);

static bool
plain_list(struct plain *in, bool object)
{
	const char *const close = object ? "}" : "]";

	if (++in->depth > in->deepest)
		in->deepest = in->depth;
	skip(in);
	if (!eat(in, close)) {
		do {
			skip(in);
			if (object && !plain_string(in))
				return false;
			skip(in);
			if ((object && !eat(in, ":")) || !plain_value(in))
				return false;
			skip(in);
		} while (eat(in, ","));
		if (!eat(in, close))
			return false;
	}
	in->depth--;
	return true;
}

static bool
plain_value(struct plain *in)
{
	skip(in);
	/* So that this reader's own stack is bounded; json.h's is less. */
	if (in->depth > 2 * JSON_DEPTH_MOST)
		return true;
	if (eat(in, "{"))
		return plain_list(in, true);
	if (eat(in, "["))
		return plain_list(in, false);
	if (in->p < in->end && *in->p == '"')
		return plain_string(in);
	return eat(in, "null") || eat(in, "true") || eat(in, "false") ||
	    plain_number(in);
}

/* --- Read again --------------------------------------------------------- */

static void
same_tree(const struct json *a, const struct json *b)
{
	const struct json_node *x = json_root(a), *y = json_root(b);
	uint32_t n = x->span, i;

	MUST(n == y->span);
	for (i = 0; i < n; i++, x++, y++) {
		MUST(x->type == y->type && x->n == y->n && x->span == y->span);
		MUST(x->duplicates == y->duplicates);
		MUST(fuzz_same(x->value, y->value));
		MUST(fuzz_same(x->name, y->name));
		if (x->n == 0 && x->type != JSON_ARRAY &&
		    x->type != JSON_OBJECT)
			MUST(fuzz_same(x->text, y->text));
	}
}

static void
read_again(const struct json *json, const struct buf *text)
{
	struct json *again = NULL;

	if (!buf_ok(text))
		return;
	MUST(json_parse(&again, buf_slice(text), NULL) == RC_OK);
	same_tree(json, again);
	json_free(again);
}

static void
check_printed(const struct json *json)
{
	const struct json_node *const root = json_root(json);
	struct buf text, twice;

	buf_init(&text, JSON_TEXT_MOST);
	buf_init(&twice, JSON_TEXT_MOST);
	json_compact(&text, root);
	MUST(buf_ok(&text) && text.len <= root->text.len);
	read_again(json, &text);
	json_compact(&twice, root);
	MUST(fuzz_same(buf_slice(&text), buf_slice(&twice)));
	buf_reset(&text);
	json_pretty(&text, root, 0);
	read_again(json, &text);
	buf_clear(&text);
	buf_clear(&twice);
}

/* --- The tree ----------------------------------------------------------- */

static void
check_members(const struct json *json, const struct json_node *object)
{
	const struct json_node *child = object + 1, *last = NULL, *ranked;
	bool duplicates = false;
	uint32_t i;

	for (i = 0; i < object->n; i++, child += child->span) {
		ranked = json_member(json, object, child->name);
		MUST(ranked != NULL && fuzz_same(ranked->name, child->name));
		MUST(ranked <= child);
	}
	for (i = 0; i < object->n; i++) {
		ranked = json_ranked(json, object, i);
		if (last != NULL) {
			const int by = slice_compare(last->name, ranked->name);

			MUST(by < 0 || (by == 0 && last < ranked));
			duplicates = duplicates || by == 0;
		}
		last = ranked;
	}
	MUST(object->duplicates == duplicates);
}

/* A string written anew is the same string. */
static void
check_string(struct slice decoded)
{
	struct json *json = NULL;
	struct buf text;

	buf_init(&text, JSON_TEXT_MOST);
	json_string(&text, decoded);
	if (buf_ok(&text)) {
		MUST(json_parse(&json, buf_slice(&text), NULL) == RC_OK);
		MUST(fuzz_same(json_root(json)->value, decoded));
		json_free(json);
	}
	buf_clear(&text);
}

static void
check_nodes(const struct json *json, struct slice text)
{
	const struct json_node *const root = json_root(json);
	uint32_t i, n;

	for (i = 0; i < root->span; i++) {
		const struct json_node *const node = root + i;

		MUST(node->text.p >= text.p &&
		    node->text.p + node->text.len <= text.p + text.len);
		MUST(node->span >= 1 && i + node->span <= root->span);
		for (n = 1; n < node->span; n += node[n].span)
			MUST(node->type == JSON_ARRAY ||
			    node->type == JSON_OBJECT);
		MUST(n == node->span);
		if (node->type == JSON_OBJECT)
			check_members(json, node);
		if (node->type == JSON_STRING)
			check_string(node->value);
		if (node->name.p != NULL)
			check_string(node->name);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const struct slice rest = input_rest(&input);
	char *const copy = fuzz_copy(rest);
	const struct slice text = { copy, rest.len };
	struct plain plain = { text.p, text.p + text.len, 0, 0 };
	struct err err = { "" };
	struct json *json = NULL;
	enum rc rc;
	bool good;

	good = plain_value(&plain);
	skip(&plain);
	good = good && plain.p == plain.end && text_is_clean(text);
	rc = json_parse(&json, text, &err);
	if (rc == RC_OK) {
		MUST(good && plain.deepest <= JSON_DEPTH_MOST);
		check_nodes(json, text);
		check_printed(json);
	} else {
		MUST(err.text[0] != '\0' && json == NULL);
		MUST(rc == RC_LIMIT ? plain.deepest > JSON_DEPTH_MOST :
		    rc == RC_SYNTAX && !good);
	}
	json_free(json);
	free(copy);
	return 0;
}
