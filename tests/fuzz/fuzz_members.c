/* JSON deliveries: SQLite reads the members of every object that our own reader
 * takes, as the same names and strings; what is made of them is an event as any
 * other. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "event_check.h"
#include "fuzz.h"
#include "journal/decode.h"
#include "journal/members.h"
#include "json/json.h"

/* SQLite's own limit is 2000; a value far below ours is enough here. */
#define DEPTH_MOST 500

static struct db *db;
static struct decoder *decoder;

static bool
is_deep(struct slice text)
{
	size_t n = 0, i;

	for (i = 0; i < text.len; i++)
		n += text.p[i] == '[' || text.p[i] == '{';
	return n > DEPTH_MOST;
}

/* Whether a decoded text was written with an escape that is no character. */
static bool
is_odd(struct slice decoded)
{
	return !text_is_clean(decoded);
}

static void
compare(const struct json *json, const struct params *params)
{
	const struct json_node *const root = json_root(json);
	const struct json_node *child = root + 1;
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < root->n; i++, child += child->span) {
		if (child->type == JSON_NULL)
			continue;
		MUST(n < params->n);
		if (!is_odd(child->name))
			MUST(slice_compare(params->list[n].name,
			    child->name) == 0);
		if (child->type == JSON_STRING && !is_odd(child->value))
			MUST(slice_compare(params->list[n].value,
			    child->value) == 0);
		n++;
	}
	MUST(n == params->n);
}

static void
check_event(struct slice body, enum rc read, struct params *params)
{
	struct event *event = NULL;
	struct event again;

	MUST(decoder_read(decoder, slice_of("application/json"), body, &event,
	    NULL) == RC_OK);
	if (read != RC_OK)
		params_reset(params);
	params_sort(params);
	event_init(&again);
	MUST(event_decode(&again, params, decode_problem(read), NULL) ==
	    RC_OK);
	MUST(event_same(event, &again));
	if (read == RC_OK)
		event_check(&again, params);
	else
		MUST(again.type == EVENT_UNKNOWN && again.problem.len > 0);
	event_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const struct slice rest = input_rest(&input);
	char *const copy = fuzz_copy(rest);
	const struct slice body = { copy, rest.len };
	struct json *json = NULL;
	struct params params;
	struct err err;
	enum rc rc;

	if (db == NULL) {
		MUST(db_open(&db, ":memory:", DB_WRITE, &err) == RC_OK);
		MUST(decoder_new(&decoder, &err) == RC_OK);
	}
	params_init(&params);
	rc = members_read(db, body, &params, &err);
	MUST(rc == RC_OK || rc == RC_SYNTAX);
	if (json_parse(&json, body, NULL) == RC_OK && !is_deep(body)) {
		MUST((rc == RC_OK) == (json_root(json)->type == JSON_OBJECT));
		if (rc == RC_OK)
			compare(json, &params);
	}
	check_event(body, rc, &params);
	json_free(json);
	params_clear(&params);
	free(copy);
	return 0;
}
