/* What twilio/event.h promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/text.h"
#include "twilio/event.h"

#define HEX32 "0123456789abcdef0123456789abcdef"
#define COMMON "AccountSid=AC" HEX32 "&ServiceSid=IS" HEX32 \
	"&Identity=alice&EndpointId=e1"
#define DATE "&DateCreated=2023-11-07T11:57:43.715Z"
#define DOCUMENT "&DocumentSid=ET" HEX32 "&DocumentUniqueName=doc" \
	"&DocumentRevision=7"
#define LIST "&ListSid=ES" HEX32 "&ListUniqueName=list&ListRevision=8"
#define MAP "&MapSid=MP" HEX32 "&MapUniqueName=map&MapRevision=9"
#define ITEM "&EventId=431"
#define CONTENT "&ItemData={}&ItemRevision=5"
#define ENDPOINT "&EventId=12&IsIdentityOnline=true"

#define UPDATED "EventType=document_updated&" COMMON DATE DOCUMENT \
	"&DocumentData={}"
#define ADDED "EventType=map_item_added&" COMMON DATE MAP ITEM CONTENT \
	"&ItemKey=k"

static struct event event;
static struct params params;

static void
decode(const char *form)
{
	assert_int_equal(params_from_form(&params, slice_of(form), NULL),
	    RC_OK);
	params_sort(&params);
	assert_int_equal(event_decode(&event, &params, NULL, NULL), RC_OK);
}

static int
set_up(void **state)
{
	(void)state;
	event_init(&event);
	params_init(&params);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	event_clear(&event);
	event_clear(NULL);
	params_clear(&params);
	return 0;
}

static const char *
problem(void)
{
	return event.problem.len == 0 ? "" : event.problem.data;
}

static const char *
extra(void)
{
	return event.extra.len == 0 ? "" : event.extra.data;
}

/* The user's document, row by row: what each type sends. */
static const struct type_row {
	const char *name;
	const char *rest;	/* after EventType and COMMON */
	enum event_type type;
	enum stream_kind kind;
	enum life life;
	int64_t seq;		/* -1: none */
} type_rows[] = {
	{ "document_created", DATE DOCUMENT "&DocumentData={}",
	    EVENT_DOCUMENT_CREATED, STREAM_DOCUMENT, LIFE_CREATED, 7 },
	{ "document_updated", DATE DOCUMENT "&DocumentData={}",
	    EVENT_DOCUMENT_UPDATED, STREAM_DOCUMENT, LIFE_UPDATED, 7 },
	{ "document_removed", DATE DOCUMENT,
	    EVENT_DOCUMENT_REMOVED, STREAM_DOCUMENT, LIFE_REMOVED, 7 },
	{ "list_created", DATE LIST,
	    EVENT_LIST_CREATED, STREAM_LIST, LIFE_CREATED, -1 },
	{ "list_removed", DATE LIST,
	    EVENT_LIST_REMOVED, STREAM_LIST, LIFE_REMOVED, -1 },
	{ "list_item_added", DATE LIST ITEM CONTENT "&ItemIndex=3",
	    EVENT_LIST_ITEM_ADDED, STREAM_LIST, LIFE_ITEM_ADDED, 431 },
	{ "list_item_updated", DATE LIST ITEM CONTENT "&ItemIndex=3",
	    EVENT_LIST_ITEM_UPDATED, STREAM_LIST, LIFE_ITEM_UPDATED, 431 },
	{ "list_item_removed", DATE LIST ITEM "&ItemIndex=3",
	    EVENT_LIST_ITEM_REMOVED, STREAM_LIST, LIFE_ITEM_REMOVED, 431 },
	{ "map_created", DATE MAP,
	    EVENT_MAP_CREATED, STREAM_MAP, LIFE_CREATED, -1 },
	{ "map_removed", DATE MAP,
	    EVENT_MAP_REMOVED, STREAM_MAP, LIFE_REMOVED, -1 },
	{ "map_item_added", DATE MAP ITEM CONTENT "&ItemKey=3",
	    EVENT_MAP_ITEM_ADDED, STREAM_MAP, LIFE_ITEM_ADDED, 431 },
	{ "map_item_updated", DATE MAP ITEM CONTENT "&ItemKey=3",
	    EVENT_MAP_ITEM_UPDATED, STREAM_MAP, LIFE_ITEM_UPDATED, 431 },
	{ "map_item_removed", DATE MAP ITEM "&ItemKey=3",
	    EVENT_MAP_ITEM_REMOVED, STREAM_MAP, LIFE_ITEM_REMOVED, 431 },
	{ "endpoint_connected", ENDPOINT,
	    EVENT_ENDPOINT_CONNECTED, STREAM_IDENTITY, LIFE_NONE, 12 },
	{ "endpoint_disconnected", ENDPOINT,
	    EVENT_ENDPOINT_DISCONNECTED, STREAM_IDENTITY, LIFE_NONE, 12 },
};
#define N_TYPE_ROWS (sizeof(type_rows) / sizeof(type_rows[0]))

static void
decode_type(const struct type_row *row)
{
	struct buf form;

	buf_init(&form, 0);
	buf_printf(&form, "EventType=%s&%s%s", row->name, COMMON, row->rest);
	decode(form.data);
	buf_clear(&form);
}

static void
each_of_the_15_types_is_decoded_without_a_problem(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(N_TYPE_ROWS, EVENT_TEST - 1);
	for (i = 0; i < N_TYPE_ROWS; i++) {
		const struct type_row *row = &type_rows[i];

		decode_type(row);
		if (event.type != row->type || event.rule->kind != row->kind ||
		    event.rule->life != row->life)
			fail_msg("%s: type %d", row->name, (int)event.type);
		if (strcmp(problem(), "") != 0 || strcmp(extra(), "") != 0)
			fail_msg("%s: %s %s", row->name, problem(), extra());
		if (event.has_seq != (row->seq >= 0) ||
		    event.seq != (row->seq >= 0 ? row->seq : 0))
			fail_msg("%s: number %lld", row->name,
			    (long long)event.seq);
		assert_string_equal(event_rule(row->type)->name, row->name);
		assert_int_equal(event_type_of(slice_of(row->name)),
		    row->type);
	}
}

static void
each_type_has_its_stream(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_TYPE_ROWS; i++) {
		const char *key = type_rows[i].kind == STREAM_DOCUMENT ?
		    "ET" HEX32 : type_rows[i].kind == STREAM_LIST ?
		    "ES" HEX32 : type_rows[i].kind == STREAM_MAP ?
		    "MP" HEX32 : "alice";

		decode_type(&type_rows[i]);
		if (!slice_is(event.stream_key, key))
			fail_msg("%s", type_rows[i].name);
	}
	assert_string_equal(stream_kind_name(STREAM_DOCUMENT), "document");
	assert_string_equal(stream_kind_name(STREAM_IDENTITY), "identity");
	assert_null(stream_kind_name(STREAM_NONE));
	assert_true(stream_kind_contiguous(STREAM_MAP));
	assert_false(stream_kind_contiguous(STREAM_IDENTITY));
	assert_false(stream_kind_contiguous(STREAM_NONE));
}

/* One parameter left out at a time: a problem says its name, if and only if
 * the table has it as required. */
static void
each_required_parameter_is_missed(void **state)
{
	size_t i, left_out, n;
	enum field field;

	(void)state;
	for (i = 0; i < N_TYPE_ROWS; i++) {
		const struct event_rule *rule =
		    event_rule(type_rows[i].type);

		for (field = 1; field < N_FIELDS; field++) {
			if (rule->param[field] == NULL)
				continue;
			decode_type(&type_rows[i]);
			for (n = 0, left_out = 0; n < params.n; n++)
				if (slice_is(params.list[n].name,
				    rule->param[field]))
					left_out++;
				else
					params.list[n - left_out] =
					    params.list[n];
			params.n -= left_out;
			assert_int_equal(event_decode(&event, &params, NULL,
			    NULL), RC_OK);
			if ((strstr(problem(), ": missing") != NULL) !=
			    ((rule->required & EVENT_FIELD(field)) != 0) ||
			    (event.problem.len > 0 && strstr(problem(),
			    rule->param[field]) != problem()))
				fail_msg("%s without %s: %s", rule->name,
				    rule->param[field], problem());
		}
	}
}

static void
a_test_delivery_is_of_no_stream_and_no_problem(void **state)
{
	(void)state;
	decode("EventType=" EVENT_TEST_NAME "&AccountSid=AC" HEX32
	    "&TestName=small&TestRun=1&TestData=x");
	assert_int_equal(event.type, EVENT_TEST);
	assert_string_equal(problem(), "");
	assert_null(event.stream_key.p);
	assert_false(event.has_seq);
	assert_true(slice_is(event.field[FIELD_DATA], "x"));
	assert_string_equal(extra(), "{\"TestName\":\"small\","
	    "\"TestRun\":\"1\"}");
	assert_false(event_is_rest(&event));
}

static void
the_table_is_closed(void **state)
{
	enum event_type type;
	enum field field;

	(void)state;
	for (type = 0; type < N_EVENT_TYPES; type++) {
		const struct event_rule *rule = event_rule(type);

		assert_non_null(rule->name);
		assert_int_equal(rule->required & rule->absent, 0);
		for (field = 0; field < N_FIELDS; field++)
			if (((rule->required | rule->absent) &
			    EVENT_FIELD(field)) != 0)
				assert_non_null(rule->param[field]);
		assert_int_equal(rule->kind == STREAM_NONE,
		    type == EVENT_UNKNOWN || type == EVENT_TEST);
		assert_int_equal(rule->key == N_FIELDS,
		    type == EVENT_UNKNOWN || type == EVENT_TEST);
	}
	assert_int_equal(event_type_of(slice_of("")), EVENT_UNKNOWN);
	assert_int_equal(event_type_of((struct slice){ NULL, 0 }),
	    EVENT_UNKNOWN);
	assert_int_equal(event_type_of(slice_of("Document_created")),
	    EVENT_UNKNOWN);
	assert_int_equal(event_type_of(slice_of("document_create")),
	    EVENT_UNKNOWN);
}

static const struct problem_row {
	const char *name;
	const char *form;
	const char *want;
} problem_rows[] = {
	{ "nothing at all", "", "EventType: missing" },
	{ "empty type", "EventType=", "EventType: missing" },
	{ "unknown type", "EventType=stream_message_published",
	    "EventType: unknown: \"stream_message_published\"" },
	{ "hostile type", "EventType=%0a%00%22%ff",
	    "EventType: unknown: \"\\n\\\\x00\\\"\\\\xFF\"" },
	{ "long type, cut", "EventType="
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "4", "EventType: unknown: \""
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "\"..." },
	{ "cut between characters", "EventType="
	    "012345678901234567890123456789012345678901234567890123456789012"
	    "\xc3\xa4" "5", "EventType: unknown: \""
	    "012345678901234567890123456789012345678901234567890123456789012"
	    "\"..." },
	{ "no name, no endpoint, no date", "EventType=map_created&AccountSid=AC"
	    HEX32 "&ServiceSid=IS" HEX32 "&Identity=system&MapSid=MP" HEX32
	    "&MapRevision=0", "" },
	{ "empty name and endpoint", "EventType=map_created&AccountSid=AC"
	    HEX32 "&ServiceSid=IS" HEX32 "&Identity=a&EndpointId=&MapSid=MP"
	    HEX32 "&MapUniqueName=&MapRevision=0", "" },
	{ "empty identity", "EventType=endpoint_connected&AccountSid=AC" HEX32
	    "&ServiceSid=IS" HEX32 "&Identity=" ENDPOINT,
	    "Identity: missing" },
	{ "SIDs of other things", "EventType=map_created&AccountSid=IS" HEX32
	    "&ServiceSid=AC" HEX32 "&Identity=a&MapSid=ES" HEX32
	    "&MapRevision=0", "AccountSid: not a SID: \"IS" HEX32 "\"; "
	    "ServiceSid: not a SID: \"AC" HEX32 "\"; "
	    "MapSid: not a SID: \"ES" HEX32 "\"" },
	{ "empty SID", UPDATED "&DocumentSid=", "DocumentSid: given more than"
	    " once; DocumentSid: missing" },
	{ "data on removal", "EventType=document_removed&" COMMON DOCUMENT
	    "&DocumentData={}", "DocumentData: should be absent" },
	{ "empty data on removal", "EventType=document_removed&" COMMON
	    DOCUMENT "&DocumentData=", "" },
	{ "empty data", "EventType=document_updated&" COMMON DOCUMENT
	    "&DocumentData=", "" },
	{ "item's content on removal", "EventType=list_item_removed&" COMMON
	    LIST ITEM CONTENT "&ItemIndex=0", "ItemData: should be absent; "
	    "ItemRevision: should be absent" },
	{ "date of a reachability event", "EventType=endpoint_connected&"
	    COMMON DATE ENDPOINT, "DateCreated: should be absent" },
	{ "empty ItemIndex", "EventType=list_item_removed&" COMMON LIST ITEM
	    "&ItemIndex=", "ItemIndex: missing" },
	{ "empty ItemKey", "EventType=map_item_removed&" COMMON MAP ITEM
	    "&ItemKey=", "" },
	{ "negative number", "EventType=map_item_removed&" COMMON MAP
	    "&ItemKey=k&EventId=-1",
	    "EventId: not a usable number: \"-1\"" },
	{ "empty number", "EventType=map_item_removed&" COMMON MAP
	    "&ItemKey=k&EventId=", "EventId: missing" },
	{ "letters in revisions", "EventType=map_item_added&" COMMON ITEM
	    "&MapSid=MP" HEX32 "&MapRevision=1b0&ItemKey=k&ItemData=1"
	    "&ItemRevision=1af", "MapRevision: not a usable number: \"1b0\"; "
	    "ItemRevision: not a usable number: \"1af\"" },
	{ "neither true nor false", "EventType=endpoint_connected&" COMMON
	    "&EventId=1&IsIdentityOnline=yes",
	    "IsIdentityOnline: neither true nor false: \"yes\"" },
	{ "no date", "EventType=document_removed&" COMMON DOCUMENT
	    "&DateCreated=yesterday",
	    "DateCreated: not a date that can be read: \"yesterday\"" },
	{ "given twice", UPDATED "&Identity=bob&Identity=carol",
	    "Identity: given more than once" },
	{ "unknown one given twice", UPDATED "&a%0ab=1&a%0ab=2",
	    "\"a\\nb\": given more than once" },
	{ "bytes that are no text", "EventType=map_item_removed&" COMMON MAP
	    ITEM "&ItemKey=a%00b%ff",
	    "ItemKey: not UTF-8 text: \"a\\\\x00b\\\\xFF\"" },
	{ "extra that is no text", UPDATED "&X=%ff", "X: not UTF-8 text" },
	{ "extra name that is no text", UPDATED "&%ff=X",
	    "\"\\\\xFF\": not UTF-8 text" },
	{ "damaged escape", "X=%4&" UPDATED,
	    "body: damaged escape at byte 2" },
};

static void
what_is_wrong_is_said(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(problem_rows) / sizeof(problem_rows[0]); i++) {
		decode(problem_rows[i].form);
		if (strcmp(problem(), problem_rows[i].want) != 0)
			fail_msg("%s: %s", problem_rows[i].name, problem());
	}
}

/* A form with one value of n times the same piece. */
static void
decode_long(const char *before, const char *piece, size_t n)
{
	struct buf form;

	buf_init(&form, 0);
	buf_add_text(&form, before);
	while (n-- > 0)
		buf_add_text(&form, piece);
	decode(form.data);
	buf_clear(&form);
}

static void
names_and_data_have_their_bounds(void **state)
{
	static const char key[] = "EventType=map_item_removed&" COMMON MAP ITEM
	    "&ItemKey=";
	static const char name[] = "EventType=map_created&" COMMON "&MapSid=MP"
	    HEX32 "&MapRevision=0&MapUniqueName=";
	static const char data[] = "EventType=document_updated&" COMMON DOCUMENT
	    "&DocumentData=";

	(void)state;
	decode_long(key, "\xc3\xa4", 320);
	assert_string_equal(problem(), "");
	assert_int_equal(event.field[FIELD_ITEM].len, 640);
	decode_long(key, "k", 321);
	assert_non_null(strstr(problem(), "ItemKey: longer than 320"));
	decode_long(name, "n", 320);
	assert_string_equal(problem(), "");
	decode_long(name, "\xc3\xa4", 321);
	assert_non_null(strstr(problem(), "MapUniqueName: longer than 320"));
	decode_long(data, "d", 16384);
	assert_string_equal(problem(), "");
	decode_long(data, "d", 16385);
	assert_string_equal(problem(), "DocumentData: longer than 16 KiB");
	assert_int_equal(event.field[FIELD_DATA].len, 16385);
}

static void
ten_thousand_parameters_are_decoded_and_told(void **state)
{
	(void)state;
	decode_long(UPDATED, "&x", 64 - 10);
	assert_int_equal(params.n, EVENT_PARAMS_USUAL);
	assert_string_equal(problem(), "x: given more than once");
	decode_long(UPDATED, "&x", 10000 - 10);
	assert_int_equal(strncmp(problem(), "body: 10000 parameters", 22), 0);
	assert_int_equal(event.type, EVENT_DOCUMENT_UPDATED);
	assert_int_equal(event.seq, 7);
}

static void
a_problem_has_its_bound(void **state)
{
	struct buf form;
	int i;

	(void)state;
	buf_init(&form, 0);
	buf_add_text(&form, UPDATED);
	for (i = 0; i < 500; i++)
		buf_printf(&form, "&n%d&n%d", i, i);
	decode(form.data);
	assert_true(event.problem.len <= EVENT_PROBLEM_MAX);
	assert_true(event.problem.len > EVENT_PROBLEM_MAX - 40);
	assert_string_equal(problem() + event.problem.len - 6, "; more");
	buf_clear(&form);
}

static void
what_was_wrong_before_comes_first(void **state)
{
	(void)state;
	params_reset(&params);
	assert_int_equal(event_decode(&event, &params,
	    "body: not a JSON object", NULL), RC_OK);
	assert_string_equal(problem(),
	    "body: not a JSON object; EventType: missing");
}

static void
columns_hold_what_was_received(void **state)
{
	(void)state;
	decode(ADDED "&AccountSid=AA");
	assert_true(slice_is(event.field[FIELD_EVENT_TYPE], "map_item_added"));
	/* The first in the order of params_sort */
	assert_true(slice_is(event.field[FIELD_ACCOUNT_SID], "AA"));
	assert_true(slice_is(event.field[FIELD_SERVICE_SID], "IS" HEX32));
	assert_true(slice_is(event.field[FIELD_IDENTITY], "alice"));
	assert_true(slice_is(event.field[FIELD_ENDPOINT_ID], "e1"));
	assert_true(slice_is(event.field[FIELD_OBJECT_SID], "MP" HEX32));
	assert_true(slice_is(event.field[FIELD_UNIQUE_NAME], "map"));
	assert_true(slice_is(event.field[FIELD_REVISION], "9"));
	assert_true(slice_is(event.field[FIELD_DATA], "{}"));
	assert_true(slice_is(event.field[FIELD_ITEM], "k"));
	assert_true(slice_is(event.field[FIELD_ITEM_REVISION], "5"));
	assert_null(event.field[FIELD_IS_ONLINE].p);
	assert_true(event.has_event_id && event.event_id == 431);
	assert_true(event.has_revision && event.revision == 9);
	assert_int_equal(event.is_online, -1);
	assert_true(event.has_created_us);
	assert_true(event.created_us == INT64_C(1699358263715000));
}

static void
an_empty_name_is_absent_and_an_empty_key_is_no_stream(void **state)
{
	(void)state;
	decode("EventType=map_created&MapUniqueName=&EndpointId=&Identity="
	    "&MapSid=");
	assert_null(event.field[FIELD_UNIQUE_NAME].p);
	assert_null(event.field[FIELD_ENDPOINT_ID].p);
	assert_null(event.field[FIELD_IDENTITY].p);
	assert_null(event.stream_key.p);
	decode("EventType=map_created&MapSid=x");
	assert_true(slice_is(event.stream_key, "x"));
	decode("EventType=new_thing&MapSid=x&EventId=3");
	assert_null(event.stream_key.p);
	assert_false(event.has_seq);
}

static void
is_online_is_read_without_regard_to_case(void **state)
{
	static const struct { const char *text; int want; } rows[] = {
		{ "true", 1 }, { "True", 1 }, { "TRUE", 1 }, { "false", 0 },
		{ "FALSE", 0 }, { "1", -1 }, { "", -1 }, { "true%20", -1 },
		{ "falsetrue", -1 },
	};
	char form[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(form, sizeof(form), "EventType=endpoint_connected&"
		    COMMON "&EventId=3&IsIdentityOnline=%s", rows[i].text);
		decode(form);
		if (event.is_online != rows[i].want ||
		    (event.problem.len > 0) != (rows[i].want < 0))
			fail_msg("'%s': %s", rows[i].text, problem());
	}
}

static const struct extra_row {
	const char *form;
	const char *want;
} extra_rows[] = {
	{ UPDATED, "" },
	{ UPDATED "&RetryCount=1", "{\"RetryCount\":\"1\"}" },
	{ UPDATED "&z=1&A=%22%0a", "{\"A\":\"\\\"\\n\",\"z\":\"1\"}" },
	{ UPDATED "&z=2&z=1&z=2&y", "{\"y\":\"\",\"z\":[\"1\",\"2\",\"2\"]}" },
	{ UPDATED "&=%00", "{\"\":\"\\\\x00\"}" },
	{ UPDATED "&Identity=bob", "" },
	{ "EventType=new_thing&Identity=i&MapSid=x",
	    "{\"MapSid\":\"x\"}" },
};

static void
parameters_without_a_column_are_a_json_object(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(extra_rows) / sizeof(extra_rows[0]); i++) {
		struct json_object *object;

		decode(extra_rows[i].form);
		assert_string_equal(extra(), extra_rows[i].want);
		if (event.extra.len == 0)
			continue;
		object = json_tokener_parse(extra());
		assert_true(json_object_is_type(object, json_type_object));
		json_object_put(object);
	}
}

static const struct content_row {
	const char *name;
	const char *a, *b;
	bool same;
} content_rows[] = {
	{ "other order", "a=1&b=2", "b=2&a=1", true },
	{ "other escapes", "a=b+c", "%61=b%20c", true },
	{ "date and retry aside", "a=1&DateCreated=1&RetryCount=0",
	    "a=1&DateCreated=2", true },
	{ "value", "a=1", "a=2", false },
	{ "name", "a=1", "b=1", false },
	{ "boundary of name and value", "ab=c", "a=bc", false },
	{ "boundary of parameters", "a=1&b=2", "a=1b2", false },
	{ "given twice", "a=1", "a=1&a=1", false },
	{ "empty and absent", "a=", "", false },
	{ "other case of a name", "a=1&datecreated=1", "a=1", false },
	{ "endpoint", "EndpointId=1", "EndpointId=2", false },
};

static void
content_is_all_that_makes_two_deliveries_one_event(void **state)
{
	uint8_t a[DIGEST_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(content_rows) / sizeof(content_rows[0]); i++) {
		decode(content_rows[i].a);
		memcpy(a, event.content, sizeof(a));
		decode(content_rows[i].b);
		if ((memcmp(a, event.content, sizeof(a)) == 0) !=
		    content_rows[i].same)
			fail_msg("%s", content_rows[i].name);
	}
}

/* The content is kept in journals for years: its form must never change.
 * SHA-256 of the lengths (8 bytes, largest first) and the bytes of "a", "1",
 * computed elsewhere. */
static void
content_is_hashed_as_ever(void **state)
{
	char hex[DIGEST_HEX_SIZE];

	(void)state;
	decode("a=1&DateCreated=now");
	digest_hex(event.content, sizeof(event.content), hex);
	assert_string_equal(hex, "0e9c3156ac694b081269e7631db910df"
	    "955a4df29e20086134d7aa57f4e54795");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_of_the_15_types_is_decoded_without_a_problem),
		cmocka_unit_test(each_type_has_its_stream),
		cmocka_unit_test(each_required_parameter_is_missed),
		cmocka_unit_test(
		    a_test_delivery_is_of_no_stream_and_no_problem),
		cmocka_unit_test(the_table_is_closed),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(names_and_data_have_their_bounds),
		cmocka_unit_test(ten_thousand_parameters_are_decoded_and_told),
		cmocka_unit_test(a_problem_has_its_bound),
		cmocka_unit_test(what_was_wrong_before_comes_first),
		cmocka_unit_test(columns_hold_what_was_received),
		cmocka_unit_test(
		    an_empty_name_is_absent_and_an_empty_key_is_no_stream),
		cmocka_unit_test(is_online_is_read_without_regard_to_case),
		cmocka_unit_test(parameters_without_a_column_are_a_json_object),
		cmocka_unit_test(
		    content_is_all_that_makes_two_deliveries_one_event),
		cmocka_unit_test(content_is_hashed_as_ever),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
