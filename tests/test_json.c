/* What json/json.h and json/json_text.h promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "json/json.h"
#include "json/json_text.h"

#define BYTES(s) { s, sizeof(s) - 1 }
#define N_OF(list) (sizeof(list) / sizeof((list)[0]))

/* exact -- a copy in an allocation of just its size, so that the sanitizers
 * and valgrind see a read too far. */
static struct slice
exact(struct slice s)
{
	char *copy = malloc(s.len + (s.len == 0));

	assert_non_null(copy);
	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	return (struct slice){ copy, s.len };
}

/* The text belongs to it: a copy. */
struct document {
	struct slice text;
	struct json *json;
};

static struct document
read_document(struct slice text)
{
	struct document made = { exact(text), NULL };
	struct err err = { "" };

	if (json_parse(&made.json, made.text, &err) != RC_OK)
		fail_msg("%.60s: %s", text.p, err.text);
	return made;
}

static void
drop(struct document *document)
{
	json_free(document->json);
	free((void *)(uintptr_t)document->text.p);
}

static const struct good {
	struct slice in;
	enum json_kind type;
	const char *compact;
	const char *pretty;
} good[] = {
	{ BYTES("null"), JSON_NULL, "null", "null" },
	{ BYTES("true"), JSON_TRUE, "true", "true" },
	{ BYTES(" \t\r\nfalse \t\r\n"), JSON_FALSE, "false", "false" },
	{ BYTES("0"), JSON_NUMBER, "0", "0" },
	{ BYTES("-0"), JSON_NUMBER, "-0", "-0" },
	{ BYTES("10"), JSON_NUMBER, "10", "10" },
	{ BYTES("1.0"), JSON_NUMBER, "1.0", "1.0" },
	{ BYTES("0.0e0"), JSON_NUMBER, "0.0e0", "0.0e0" },
	{ BYTES("-1E+09"), JSON_NUMBER, "-1E+09", "-1E+09" },
	{ BYTES("1e-999999999999"), JSON_NUMBER, "1e-999999999999",
	    "1e-999999999999" },
	{ BYTES("123456789012345678901234567890.10"), JSON_NUMBER,
	    "123456789012345678901234567890.10",
	    "123456789012345678901234567890.10" },
	{ BYTES("\"\""), JSON_STRING, "\"\"", "\"\"" },
	{ BYTES("\" a  b \""), JSON_STRING, "\" a  b \"", "\" a  b \"" },
	{ BYTES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\""), JSON_STRING,
	    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"",
	    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"" },
	{ BYTES("\" \x7f\xf4\x8f\xbf\xbf\""), JSON_STRING,
	    "\" \x7f\xf4\x8f\xbf\xbf\"", "\" \x7f\xf4\x8f\xbf\xbf\"" },
	{ BYTES("[ ]"), JSON_ARRAY, "[]", "[]" },
	{ BYTES("{ }"), JSON_OBJECT, "{}", "{}" },
	{ BYTES("[1 ,\t[ 2,{ } ] ]"), JSON_ARRAY, "[1,[2,{}]]",
	    "[\n  1,\n  [\n    2,\n    {}\n  ]\n]" },
	{ BYTES("{ \"b\" : 1.0,\"a\":[\"{ , }\"] }"), JSON_OBJECT,
	    "{\"b\":1.0,\"a\":[\"{ , }\"]}",
	    "{\n  \"b\": 1.0,\n  \"a\": [\n    \"{ , }\"\n  ]\n}" },
	{ BYTES("{\"a\":1, \"a\": 2}"), JSON_OBJECT, "{\"a\":1,\"a\":2}",
	    "{\n  \"a\": 1,\n  \"a\": 2\n}" },
};

static void
a_text_survives_but_for_its_blanks(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	for (size_t i = 0; i < N_OF(good); i++) {
		struct document read = read_document(good[i].in);
		const struct json_node *root = json_root(read.json);

		assert_int_equal(root->type, good[i].type);
		json_compact(&out, root);
		assert_string_equal(out.data, good[i].compact);
		buf_reset(&out);
		json_pretty(&out, root, 0);
		assert_string_equal(out.data, good[i].pretty);
		buf_reset(&out);
		drop(&read);
	}
	buf_clear(&out);
}

static void
a_value_in_the_middle_is_written_alone_and_indented(void **state)
{
	struct document read = read_document(slice_of(
	    "[0, {\"a\": [1, 2], \"b\": []}, 3]"));
	const struct json_node *node = json_root(read.json) + 2;
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	json_compact(&out, node);
	assert_string_equal(out.data, "{\"a\":[1,2],\"b\":[]}");
	buf_reset(&out);
	json_pretty(&out, node, 1);
	assert_string_equal(out.data, "{\n    \"a\": [\n      1,\n      2\n"
	    "    ],\n    \"b\": []\n  }");
	buf_clear(&out);
	drop(&read);
}

static const struct bad {
	struct slice in;
	const char *message;
} bad[] = {
	{ { NULL, 0 }, "JSON ends at byte 0, expected a value" },
	{ BYTES(""), "JSON ends at byte 0, expected a value" },
	{ BYTES(" \n"), "JSON ends at byte 2, expected a value" },
	{ BYTES("\xef\xbb\xbf{}"), "JSON at byte 0: expected a value" },
	{ BYTES("nul"), "JSON at byte 0: expected a value" },
	{ BYTES("nullx"), "JSON at byte 4: expected nothing more" },
	{ BYTES("null null"), "JSON at byte 5: expected nothing more" },
	{ BYTES("null\0"), "JSON at byte 4: expected nothing more" },
	{ BYTES("\0"), "JSON at byte 0: expected a value" },
	{ BYTES("True"), "JSON at byte 0: expected a value" },
	{ BYTES("NaN"), "JSON at byte 0: expected a value" },
	{ BYTES("'a'"), "JSON at byte 0: expected a value" },
	{ BYTES("/**/1"), "JSON at byte 0: expected a value" },
	{ BYTES("\f1"), "JSON at byte 0: expected a value" },
	{ BYTES("\xc2\xa0" "1"), "JSON at byte 0: expected a value" },
	/* Numbers */
	{ BYTES("-"), "JSON ends at byte 1, expected a digit" },
	{ BYTES("+1"), "JSON at byte 0: expected a value" },
	{ BYTES("01"), "JSON at byte 1: expected nothing more" },
	{ BYTES("-01"), "JSON at byte 2: expected nothing more" },
	{ BYTES("1."), "JSON ends at byte 2, expected a digit" },
	{ BYTES(".1"), "JSON at byte 0: expected a value" },
	{ BYTES("1.e1"), "JSON at byte 2: expected a digit" },
	{ BYTES("1e"), "JSON ends at byte 2, expected a digit" },
	{ BYTES("1e+"), "JSON ends at byte 3, expected a digit" },
	{ BYTES("1e1.1"), "JSON at byte 3: expected nothing more" },
	{ BYTES("0x10"), "JSON at byte 1: expected nothing more" },
	/* Arrays and objects */
	{ BYTES("["), "JSON ends at byte 1, expected a value" },
	{ BYTES("[1"), "JSON ends at byte 2, expected a comma or ]" },
	{ BYTES("[1,"), "JSON ends at byte 3, expected a value" },
	{ BYTES("[1,]"), "JSON at byte 3: expected a value" },
	{ BYTES("[,1]"), "JSON at byte 1: expected a value" },
	{ BYTES("[1 2]"), "JSON at byte 3: expected a comma or ]" },
	{ BYTES("[1}"), "JSON at byte 2: expected a comma or ]" },
	{ BYTES("]"), "JSON at byte 0: expected a value" },
	{ BYTES("[]]"), "JSON at byte 2: expected nothing more" },
	{ BYTES("{"), "JSON ends at byte 1, expected a name in quotes" },
	{ BYTES("{1:2}"), "JSON at byte 1: expected a name in quotes" },
	{ BYTES("{a:2}"), "JSON at byte 1: expected a name in quotes" },
	{ BYTES("{\"a\"}"), "JSON at byte 4: expected a colon" },
	{ BYTES("{\"a\":}"), "JSON at byte 5: expected a value" },
	{ BYTES("{\"a\":1,}"), "JSON at byte 7: expected a name in quotes" },
	{ BYTES("{\"a\":1]"), "JSON at byte 6: expected a comma or }" },
	/* Strings */
	{ BYTES("\""), "JSON ends at byte 1, expected a quote" },
	{ BYTES("\"a"), "JSON ends at byte 2, expected a quote" },
	{ BYTES("\"\\\""), "JSON ends at byte 3, expected a quote" },
	{ BYTES("\"\\"), "JSON ends at byte 2, expected one of \"\\/bfnrtu "
	    "after a backslash" },
	{ BYTES("\"\\x41\""), "JSON at byte 2: expected one of \"\\/bfnrtu "
	    "after a backslash" },
	{ BYTES("\"\\\0\""), "JSON at byte 2: expected one of \"\\/bfnrtu "
	    "after a backslash" },
	{ BYTES("\"\\u004\""), "JSON at byte 3: expected four hexadecimal "
	    "digits after \\u" },
	{ BYTES("\"\\u00"), "JSON ends at byte 5, expected four hexadecimal "
	    "digits after \\u" },
	{ BYTES("\"\\u00g0\""), "JSON at byte 3: expected four hexadecimal "
	    "digits after \\u" },
	{ BYTES("\"a\nb\""), "JSON at byte 2: expected an escape instead of "
	    "a control character" },
	{ BYTES("\"\x1f\""), "JSON at byte 1: expected an escape instead of "
	    "a control character" },
	{ BYTES("\"\0\""), "JSON at byte 1: expected an escape instead of "
	    "a control character" },
	/* UTF-8: a lone tail, overlong, a surrogate, beyond U+10FFFF, cut */
	{ BYTES("\"a\x80\""), "JSON at byte 2: expected UTF-8" },
	{ BYTES("\"\xc3\xa9\xc0\x80\""), "JSON at byte 3: expected UTF-8" },
	{ BYTES("\"\xed\xa0\x80\""), "JSON at byte 1: expected UTF-8" },
	{ BYTES("\"\xf4\x90\x80\x80\""), "JSON at byte 1: expected UTF-8" },
	{ BYTES("\"\xe2\x82\""), "JSON at byte 1: expected UTF-8" },
	{ BYTES("\"\xe2\x82"), "JSON at byte 1: expected UTF-8" },
	{ BYTES("{\"\xff\":1}"), "JSON at byte 2: expected UTF-8" },
	/* What comes first is said */
	{ BYTES("[x,\"\xff\"]"), "JSON at byte 1: expected a value" },
};

static void
what_is_not_json_is_refused_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		struct slice text = bad[i].in.p == NULL ? bad[i].in :
		    exact(bad[i].in);
		struct json *json = NULL;
		struct err err = { "" };

		if (json_parse(&json, text, &err) != RC_SYNTAX)
			fail_msg("%s: not refused", bad[i].in.p);
		assert_null(json);
		assert_string_equal(err.text, bad[i].message);
		free((void *)(uintptr_t)text.p);
	}
}

static void
each_text_that_is_cut_is_refused(void **state)
{
	static const char text[] = "{\"a\\u00e9\\ud83d\\ude00\": [1.5e+3, "
	    "true, {\"\xe2\x82\xac\": null}], \"b\": false}";

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		struct slice cut = exact((struct slice){ text, len });
		struct json *json;

		assert_int_equal(json_parse(&json, cut, NULL), RC_SYNTAX);
		free((void *)(uintptr_t)cut.p);
	}
}

static const struct string {
	struct slice in;
	struct slice decoded;
	const char *written;
	const char *pointer;
} strings[] = {
	{ BYTES("\"\""), BYTES(""), "\"\"", "/" },
	{ BYTES("\"a/b~c~1\""), BYTES("a/b~c~1"), "\"a/b~c~1\"",
	    "/a~1b~0c~01" },
	{ BYTES("\"\\u0041\\u00E9\\u20ac\""), BYTES("A\xc3\xa9\xe2\x82\xac"),
	    "\"A\xc3\xa9\xe2\x82\xac\"", "/A\xc3\xa9\xe2\x82\xac" },
	{ BYTES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), BYTES("\"\\/\b\f\n\r\t"),
	    "\"\\\"\\\\/\\b\\f\\n\\r\\t\"",
	    "/\\\"\\\\~1\\b\\f\\n\\r\\t" },
	{ BYTES("\"a\\u0000\\u001f\""), BYTES("a\0\x1f"),
	    "\"a\\u0000\\u001f\"", "/a\\u0000\\u001f" },
	/* A pair; its two edges; halves that are alone */
	{ BYTES("\"\\ud83d\\uDE00\""), BYTES("\xf0\x9f\x98\x80"),
	    "\"\xf0\x9f\x98\x80\"", "/\xf0\x9f\x98\x80" },
	{ BYTES("\"\\ud800\\udc00\\udbff\\udfff\""),
	    BYTES("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
	    "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",
	    "/\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
	{ BYTES("\"\\ud800\""), BYTES("\xed\xa0\x80"), "\"\\ud800\"",
	    "/\\ud800" },
	{ BYTES("\"\\udfff\\ud800\""), BYTES("\xed\xbf\xbf\xed\xa0\x80"),
	    "\"\\udfff\\ud800\"", "/\\udfff\\ud800" },
	{ BYTES("\"\\ud800\\ud83d\\ude00x\""),
	    BYTES("\xed\xa0\x80\xf0\x9f\x98\x80x"),
	    "\"\\ud800\xf0\x9f\x98\x80x\"", "/\\ud800\xf0\x9f\x98\x80x" },
	{ BYTES("\"\\udc00\\udc00\""), BYTES("\xed\xb0\x80\xed\xb0\x80"),
	    "\"\\udc00\\udc00\"", "/\\udc00\\udc00" },
	{ BYTES("\"\\ud800\\ue000\""), BYTES("\xed\xa0\x80\xee\x80\x80"),
	    "\"\\ud800\xee\x80\x80\"", "/\\ud800\xee\x80\x80" },
	{ BYTES("\"\\udbff\\u0041\""), BYTES("\xed\xaf\xbf" "A"),
	    "\"\\udbffA\"", "/\\udbffA" },
	{ BYTES("\"\\ud7ff\\ue000\""), BYTES("\xed\x9f\xbf\xee\x80\x80"),
	    "\"\xed\x9f\xbf\xee\x80\x80\"", "/\xed\x9f\xbf\xee\x80\x80" },
};

static void
strings_are_decoded_and_written_again(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	for (size_t i = 0; i < N_OF(strings); i++) {
		struct document read = read_document(strings[i].in);
		const struct slice value = json_root(read.json)->value;

		assert_non_null(value.p);
		assert_int_equal(slice_compare(value, strings[i].decoded), 0);
		json_string(&out, value);
		assert_string_equal(out.data, strings[i].written);
		buf_reset(&out);
		json_pointer_name(&out, value);
		assert_string_equal(out.data, strings[i].pointer);
		buf_reset(&out);
		drop(&read);
	}
	buf_clear(&out);
}

static void
a_path_has_brackets_for_what_is_no_word(void **state)
{
	static const struct {
		struct slice name;
		const char *want;
	} rows[] = {
		{ BYTES("a_Z9"), ".a_Z9" },
		{ BYTES("_"), "._" },
		{ BYTES("9a"), "[\"9a\"]" },
		{ BYTES(""), "[\"\"]" },
		{ BYTES("a.b"), "[\"a.b\"]" },
		{ BYTES("a\0"), "[\"a\\u0000\"]" },
		{ BYTES("\"]"), "[\"\\\"]\"]" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 0);
	for (size_t i = 0; i < N_OF(rows); i++) {
		json_path_name(&out, rows[i].name);
		assert_string_equal(out.data, rows[i].want);
		buf_reset(&out);
	}
	json_path_index(&out, 0);
	json_pointer_index(&out, UINT32_MAX);
	assert_string_equal(out.data, "[0]/4294967295");
	buf_clear(&out);
}

static void
a_tree_is_walked_by_its_spans(void **state)
{
	struct document read = read_document(slice_of(
	    "{\"a\":[1,[2,3]],\"b\":{},\"c\":\"d\"}"));
	static const struct {
		uint32_t n, span;
		const char *name, *text;
	} want[] = {
		{ 3, 8, NULL, "{\"a\":[1,[2,3]],\"b\":{},\"c\":\"d\"}" },
		{ 2, 5, "a", "[1,[2,3]]" },
		{ 0, 1, NULL, "1" },
		{ 2, 3, NULL, "[2,3]" },
		{ 0, 1, NULL, "2" },
		{ 0, 1, NULL, "3" },
		{ 0, 1, "b", "{}" },
		{ 0, 1, "c", "\"d\"" },
	};
	const struct json_node *nodes = json_root(read.json);

	(void)state;
	for (size_t i = 0; i < N_OF(want); i++) {
		assert_int_equal(nodes[i].n, want[i].n);
		assert_int_equal(nodes[i].span, want[i].span);
		assert_true(want[i].name == NULL ? nodes[i].name.p == NULL :
		    slice_is(nodes[i].name, want[i].name));
		assert_true(slice_is(nodes[i].text, want[i].text));
	}
	drop(&read);
}

static void
members_are_found_by_their_decoded_names(void **state)
{
	struct document read = read_document(slice_of("{\"b\":0,\"\\u0061\":1,"
	    "\"\":2,\"ab\":3,\"\\u0000\":4,\"\xc3\xa9\":5}"));
	const struct json_node *root = json_root(read.json);
	static const struct slice ranked[] = { BYTES(""), BYTES("\0"),
	    BYTES("a"), BYTES("ab"), BYTES("b"), BYTES("\xc3\xa9") };
	static const struct slice absent[] = { BYTES("A"), BYTES("aa"),
	    BYTES("\0\0"), BYTES("c"), BYTES("\xff") };

	(void)state;
	assert_false(root->duplicates);
	for (uint32_t i = 0; i < N_OF(ranked); i++) {
		const struct json_node *node = json_ranked(read.json, root, i);

		assert_int_equal(slice_compare(node->name, ranked[i]), 0);
		assert_ptr_equal(json_member(read.json, root, ranked[i]),
		    node);
	}
	for (size_t i = 0; i < N_OF(absent); i++)
		assert_null(json_member(read.json, root, absent[i]));
	assert_null(json_member(read.json, root + 1, ranked[0]));
	drop(&read);
}

static void
names_that_come_twice_are_known_and_keep_their_order(void **state)
{
	static const struct {
		const char *in;
		bool duplicates;
	} rows[] = {
		{ "{}", false },
		{ "{\"a\":1}", false },
		{ "{\"a\":1,\"A\":1}", false },
		{ "{\"a\":1,\"a\":1}", true },
		{ "{\"a\":1,\"b\":1,\"\\u0061\":2}", true },
		{ "{\"a\":{\"b\":1,\"b\":1}}", false },
		{ "{\"a\":1,\"\":{},\"b\":0,\"c\":0,\"\":1}", true },
		{ "[1,1]", false },
	};
	struct document read = read_document(slice_of(
	    "{\"b\":1,\"a\":2,\"b\":3,\"a\":4}"));
	const struct json_node *root = json_root(read.json);

	(void)state;
	assert_ptr_equal(json_member(read.json, root, slice_of("a")),
	    root + 2);
	assert_ptr_equal(json_ranked(read.json, root, 1), root + 4);
	assert_ptr_equal(json_ranked(read.json, root, 2), root + 1);
	drop(&read);
	for (size_t i = 0; i < N_OF(rows); i++) {
		read = read_document(slice_of(rows[i].in));
		assert_int_equal(json_root(read.json)->duplicates,
		    rows[i].duplicates);
		drop(&read);
	}
}

/* nested -- depth arrays (or objects) in each other. */
static struct buf
nested(size_t depth, const char *open, const char *close)
{
	struct buf text;

	buf_init(&text, 0);
	for (size_t i = 0; i < depth; i++)
		buf_add_text(&text, open);
	buf_add_text(&text, "1");
	for (size_t i = 0; i < depth; i++)
		buf_add_text(&text, close);
	assert_true(buf_ok(&text));
	return text;
}

static void
the_depth_has_its_bound(void **state)
{
	static const char *const opens[] = { "[", "{\"a\":" };
	static const char *const closes[] = { "]", "}" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buf fits = nested(JSON_DEPTH_MOST, opens[i], closes[i]);
		struct buf deep = nested(JSON_DEPTH_MOST + 1, opens[i],
		    closes[i]);
		struct document read = read_document(buf_slice(&fits));
		struct json *json;
		struct err err;
		struct buf out;

		buf_init(&out, 0);
		json_compact(&out, json_root(read.json));
		assert_string_equal(out.data, fits.data);
		assert_int_equal(json_parse(&json, buf_slice(&deep), &err),
		    RC_LIMIT);
		assert_string_equal(err.text, i == 0 ?
		    "JSON at byte 1000: deeper than 1000" :
		    "JSON at byte 5000: deeper than 1000");
		buf_clear(&out);
		drop(&read);
		buf_clear(&fits);
		buf_clear(&deep);
	}
}

static void
the_size_has_its_bound(void **state)
{
	struct buf text;
	struct json *json = NULL;
	struct err err;

	(void)state;
	buf_init(&text, 0);
	buf_add_text(&text, "[0");
	while (text.len < JSON_TEXT_MOST - 2)
		buf_add_text(&text, ",0");
	buf_add_text(&text, " ]");
	assert_int_equal(text.len, JSON_TEXT_MOST);
	assert_int_equal(json_parse(&json, buf_slice(&text), &err), RC_OK);
	assert_int_equal(json_root(json)->n, JSON_TEXT_MOST / 2 - 1);
	json_free(json);
	buf_add_char(&text, ' ');
	assert_int_equal(json_parse(&json, buf_slice(&text), &err), RC_LIMIT);
	assert_string_equal(err.text,
	    "JSON of 1048577 bytes, at most 1048576");
	buf_clear(&text);
	json_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_survives_but_for_its_blanks),
		cmocka_unit_test(
		    a_value_in_the_middle_is_written_alone_and_indented),
		cmocka_unit_test(what_is_not_json_is_refused_with_its_place),
		cmocka_unit_test(each_text_that_is_cut_is_refused),
		cmocka_unit_test(strings_are_decoded_and_written_again),
		cmocka_unit_test(a_path_has_brackets_for_what_is_no_word),
		cmocka_unit_test(a_tree_is_walked_by_its_spans),
		cmocka_unit_test(members_are_found_by_their_decoded_names),
		cmocka_unit_test(
		    names_that_come_twice_are_known_and_keep_their_order),
		cmocka_unit_test(the_depth_has_its_bound),
		cmocka_unit_test(the_size_has_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
