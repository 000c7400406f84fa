#include "event_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/sha2.h>

#include "base/text.h"
#include "fuzz.h"
#include "journal/event_row.h"
#include "json/json.h"

static bool
is_delivery_param(struct slice name)
{
	return slice_is(name, "DateCreated") || slice_is(name, "RetryCount");
}

static void
hash_part(struct sha256_ctx *sha, struct slice s)
{
	uint8_t len[8];
	size_t i;

	for (i = 0; i < 8; i++)
		len[i] = (uint8_t)((uint64_t)s.len >> (8 * (7 - i)));
	sha256_update(sha, sizeof(len), len);
	sha256_update(sha, s.len, (const uint8_t *)s.p);
}

/* docs/design.md section 2: all parameters, sorted, length-prefixed. */
static void
check_content(const struct event *event, const struct params *params)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;
	size_t i;

	sha256_init(&sha);
	for (i = 0; i < params->n; i++) {
		if (is_delivery_param(params->list[i].name))
			continue;
		hash_part(&sha, params->list[i].name);
		hash_part(&sha, params->list[i].value);
	}
	sha256_digest(&sha, sizeof(digest), digest);
	MUST(memcmp(digest, event->content, sizeof(digest)) == 0);
}

static bool
has_column(const struct event *event, struct slice name)
{
	enum field field;

	for (field = 0; field < N_FIELDS; field++) {
		if (event->rule->param[field] != NULL &&
		    slice_is(name, event->rule->param[field]))
			return true;
	}
	return false;
}

/* Each parameter has a column or is in extra, once a name. */
static void
check_extra(const struct event *event, const struct params *params)
{
	struct json *json = NULL;
	size_t names = 0, i;

	for (i = 0; i < params->n; i++) {
		if (!has_column(event, params->list[i].name) &&
		    (i == 0 || slice_compare(params->list[i - 1].name,
		    params->list[i].name) != 0))
			names++;
	}
	MUST((names == 0) == (event->extra.len == 0));
	if (names == 0 || event->extra.len > JSON_TEXT_MOST)
		return;
	MUST(json_parse(&json, buf_slice(&event->extra), NULL) == RC_OK);
	MUST(json_root(json)->type == JSON_OBJECT);
	MUST(json_root(json)->n == names);
	json_free(json);
}

static void
check_fields(const struct event *event, const struct params *params)
{
	const char *name;
	enum field field;
	struct slice found;

	for (field = 0; field < N_FIELDS; field++) {
		name = event->rule->param[field];
		found = name == NULL ? (struct slice){ NULL, 0 } :
		    params_find(params, name);
		if (event->field[field].p == NULL) {
			MUST(found.len == 0 || found.p == NULL);
			MUST(event->problem.len > 0 ||
			    !(event->rule->required & EVENT_FIELD(field)));
		} else {
			MUST(fuzz_same(event->field[field], found));
		}
	}
	MUST(event->stream_key.p == NULL ||
	    (event->rule->kind != STREAM_NONE && event->stream_key.len > 0));
	MUST(event->has_seq ? event->seq >= 0 : event->seq == 0);
	MUST(!event->has_event_id || event->event_id >= 0);
}

static void
check_problem(const struct event *event)
{
	const struct slice problem = buf_slice(&event->problem);
	size_t i;

	MUST(event->type != EVENT_UNKNOWN || problem.len > 0);
	MUST(problem.len <= EVENT_PROBLEM_MAX && text_is_clean(problem));
	for (i = 0; i < problem.len; i++)
		MUST((unsigned char)problem.p[i] >= 0x20);
}

/* What is stored is text, whatever came. */
static void
check_row(const struct event *event)
{
	const struct judged judged = { .position = 1 };
	struct event_row row;
	struct slice text;
	enum field field;
	size_t i;

	event_row_init(&row);
	event_row_begin(&row);
	for (field = 0; field < N_FIELDS; field++) {
		text = event_row_text(&row, event, field);
		MUST((text.p == NULL) == (event->field[field].p == NULL));
		MUST(text.p == NULL || text_is_clean(text));
	}
	event_row_begin(&row);
	event_row_fill(&row, &judged, event);
	for (i = 0; i < EVENT_ROW_COLUMNS; i++) {
		MUST(row.column[i].type != DB_TEXT ||
		    text_is_clean(row.column[i].bytes));
	}
	event_row_clear(&row);
}

bool
event_same(const struct event *a, const struct event *b)
{
	enum field field;

	for (field = 0; field < N_FIELDS; field++) {
		if (!fuzz_same(a->field[field], b->field[field]))
			return false;
	}
	return a->type == b->type && fuzz_same(a->stream_key, b->stream_key) &&
	    a->has_seq == b->has_seq && a->seq == b->seq &&
	    a->has_event_id == b->has_event_id && a->event_id == b->event_id &&
	    a->has_revision == b->has_revision &&
	    a->has_item_revision == b->has_item_revision &&
	    (!a->has_revision || a->revision == b->revision) &&
	    (!a->has_item_revision || a->item_revision == b->item_revision) &&
	    a->revision_unreadable == b->revision_unreadable &&
	    a->is_online == b->is_online &&
	    a->has_created_us == b->has_created_us &&
	    (!a->has_created_us || a->created_us == b->created_us) &&
	    memcmp(a->content, b->content, sizeof(a->content)) == 0 &&
	    fuzz_same(buf_slice(&a->problem), buf_slice(&b->problem)) &&
	    fuzz_same(buf_slice(&a->extra), buf_slice(&b->extra));
}

/* Read in another base and back, it is what it was. */
static void
check_bases(struct event *event, const struct params *params)
{
	struct event again;
	bool cut;

	event_init(&again);
	MUST(event_decode(&again, params, NULL, NULL) == RC_OK);
	/* A problem that was cut for its length has lost what came after. */
	cut = event->problem.len + 128 > EVENT_PROBLEM_MAX;
	event_read_revisions(&again, 16);
	check_problem(&again);
	check_row(&again);
	event_read_revisions(&again, 10);
	MUST(cut || event->problem.len != again.problem.len ||
	    event_same(event, &again));
	event_clear(&again);
}

void
event_check(struct event *event, const struct params *params)
{
	check_content(event, params);
	check_extra(event, params);
	check_fields(event, params);
	check_problem(event);
	check_row(event);
	check_bases(event, params);
}
