#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "model.h"
#include "model_bench.h"
#include "model_history.h"
#include "model_words.h"

#define NAMES [FIELD_ACCOUNT_SID] = "AC1", [FIELD_SERVICE_SID] = "IS1", \
	[FIELD_IDENTITY] = "ada"
#define MAP_ITEM(kind_, id_, data_) (struct model_step){ \
	.type = EVENT_MAP_ITEM_##kind_, \
	.field = { NAMES, [FIELD_OBJECT_SID] = "MP0", \
	    [FIELD_EVENT_ID] = id_, [FIELD_ITEM] = "k0", \
	    [FIELD_REVISION] = id_, [FIELD_DATA] = data_ } }
#define REVISED(kind_, id_, revision_, item_revision_) (struct model_step){ \
	.type = EVENT_MAP_ITEM_##kind_, \
	.field = { NAMES, [FIELD_OBJECT_SID] = "MP0", \
	    [FIELD_EVENT_ID] = id_, [FIELD_ITEM] = "k0", \
	    [FIELD_REVISION] = revision_, \
	    [FIELD_ITEM_REVISION] = item_revision_ } }
#define CREATED (struct model_step){ .type = EVENT_MAP_CREATED, \
	.field = { NAMES, [FIELD_OBJECT_SID] = "MP0", \
	    [FIELD_REVISION] = "0" } }
#define DOCUMENT(kind_, revision_) (struct model_step){ \
	.type = EVENT_DOCUMENT_##kind_, \
	.field = { NAMES, [FIELD_OBJECT_SID] = "ET0", \
	    [FIELD_REVISION] = revision_ } }
#define ENDPOINT(kind_, id_, endpoint_, online_) (struct model_step){ \
	.type = EVENT_ENDPOINT_##kind_, \
	.field = { NAMES, [FIELD_EVENT_ID] = id_, \
	    [FIELD_ENDPOINT_ID] = endpoint_, [FIELD_IS_ONLINE] = online_ } }
#define CLOSE(state_, first_, last_, base_) (struct model_step){ \
	.op = MODEL_CLOSE, .kind = STREAM_DOCUMENT, .state = state_, \
	.field = { NAMES, [FIELD_OBJECT_SID] = "ET0" }, \
	.first = first_, .last = last_, .base = base_ }
#define BASE(value_) (struct model_step){ .op = MODEL_SETTING, \
	.field = { [FIELD_SERVICE_SID] = "IS1" }, .value = value_ }

/* --- Twilio's misorderings ---------------------------------------------- */

/* Deliver, with the verdict and the gaps that must be there afterwards. */
struct told {
	struct model_step step;
	const char *verdict;
	const char *gaps;
	const char *items;
};

static void
check_told(struct bench *bench, const struct told *told, size_t n)
{
	struct model_step steps[MODEL_STEPS];
	struct model model = { steps, 0 };
	struct why why = { "" };
	size_t i;

	bench_begin(bench);
	for (i = 0; i < n; i++) {
		steps[i] = told[i].step;
		model.n = i + 1;
		assert_true(bench_step(bench, &steps[i], i + 1, &why));
		assert_string_equal(bench_verdict(bench, i + 1),
		    told[i].verdict);
		assert_string_equal(bench_gaps(bench), told[i].gaps);
		assert_string_equal(bench_items(bench), told[i].items);
		/* The model is told by its own words as well. */
		if (!bench_compare(bench, &model, BENCH_ALL, &why))
			fail_msg("%s", why.text);
	}
	bench_rollback(bench);
}

#define CHECK_TOLD(bench, ...) check_told(bench, (const struct told[]){ \
	__VA_ARGS__ }, sizeof((const struct told[]){ __VA_ARGS__ }) / \
	sizeof(struct told))

static void
an_update_may_come_before_its_addition(void **state)
{
	CHECK_TOLD(*state,
	    { MAP_ITEM(UPDATED, "2", "b"), "baseline",
	    "0-0 unobserved;1-1 unobserved;", "k0@1 live;" },
	    { MAP_ITEM(ADDED, "1", "a"), "late",
	    "0-0 unobserved;", "k0@1 live;" });
	CHECK_TOLD(*state,
	    { CREATED, "lifecycle", "", "" },
	    { MAP_ITEM(UPDATED, "2", "b"), "baseline",
	    "0-0 unobserved;1-1 open 2-;", "k0@2 live;" },
	    { MAP_ITEM(ADDED, "1", "a"), "late",
	    "0-0 unobserved;1-1 filled 2-3;", "k0@2 live;" });
}

static void
an_addition_then_its_removal_leaves_a_tombstone(void **state)
{
	CHECK_TOLD(*state,
	    { MAP_ITEM(ADDED, "1", "a"), "baseline",
	    "0-0 unobserved;", "k0@1 live;" },
	    { MAP_ITEM(REMOVED, "2", NULL), "in_order",
	    "0-0 unobserved;", "k0@2 gone;" });
}

static void
a_late_addition_does_not_bring_a_removed_item_back(void **state)
{
	CHECK_TOLD(*state,
	    { MAP_ITEM(REMOVED, "2", NULL), "baseline",
	    "0-0 unobserved;1-1 unobserved;", "k0@1 gone;" },
	    { MAP_ITEM(ADDED, "1", "a"), "late",
	    "0-0 unobserved;", "k0@1 gone;" },
	    { MAP_ITEM(ADDED, "1", "a"), "duplicate",
	    "0-0 unobserved;", "k0@1 gone;" },
	    { MAP_ITEM(ADDED, "3", "c"), "in_order",
	    "0-0 unobserved;", "k0@4 live;" });
}

static void
what_comes_as_25_27_26_is_whole(void **state)
{
	CHECK_TOLD(*state,
	    { MAP_ITEM(ADDED, "25", "a"), "baseline",
	    "0-0 unobserved;1-24 unobserved;", "k0@1 live;" },
	    { MAP_ITEM(UPDATED, "27", "c"), "ahead",
	    "0-0 unobserved;1-24 unobserved;26-26 open 2-;", "k0@2 live;" },
	    { MAP_ITEM(UPDATED, "26", "b"), "late",
	    "0-0 unobserved;1-24 unobserved;26-26 filled 2-3;",
	    "k0@2 live;" });
	CHECK_TOLD(*state,
	    { MAP_ITEM(UPDATED, "27", "c"), "baseline",
	    "0-0 unobserved;1-26 unobserved;", "k0@1 live;" },
	    { MAP_ITEM(ADDED, "25", "a"), "late",
	    "0-0 unobserved;1-24 unobserved;26-26 open 2-;", "k0@1 live;" });
}

/* --- The model itself --------------------------------------------------- */

/* What is known after a history: each verdict; of the first step's stream a
 * letter a number up to the head, and what says its state. */
static void
tell(const struct model *model, char *text, size_t size)
{
	struct model_stream stream;
	struct model_judged judged;
	size_t i, len = 0;
	int64_t s;

	for (i = 0; i < model->n; i++) {
		if (model->steps[i].op != MODEL_DELIVERY)
			continue;
		model_judge(model, i, &judged);
		len += (size_t)snprintf(text + len, size - len, "%s ",
		    verdict_name(judged.verdict));
		if (judged.revision_verdict != REVISION_NONE)
			len += (size_t)snprintf(text + len, size - len, "%s ",
			    revision_verdict_name(judged.revision_verdict));
	}
	model_stream(model, &model->steps[0], &stream);
	for (s = 0; stream.has_head && s <= stream.head; s++)
		text[len++] = model_letter(stream.number[s].state);
	snprintf(text + len, size - len, " @%zu%s", stream.state_position,
	    stream.removed ? " removed" : "");
}

static void
assert_told(const char *want, const struct model_step *steps, size_t n)
{
	const struct model model = { steps, n };
	char text[1024];

	tell(&model, text, sizeof(text));
	assert_string_equal(text, want);
}

#define STEPS(...) (const struct model_step[]){ __VA_ARGS__ }, \
	sizeof((const struct model_step[]){ __VA_ARGS__ }) / \
	sizeof(struct model_step)

static void
the_model_tells_a_documents_numbers(void **state)
{
	(void)state;
	assert_told("baseline ahead late duplicate uuxxoox @2", STEPS(
	    DOCUMENT(UPDATED, "2"), DOCUMENT(UPDATED, "6"),
	    DOCUMENT(UPDATED, "3"), DOCUMENT(UPDATED, "3")));
	/* Nothing is missing below a creation. */
	assert_told("baseline late late .x...xx @1", STEPS(
	    DOCUMENT(UPDATED, "6"), DOCUMENT(CREATED, "5"),
	    DOCUMENT(UPDATED, "1")));
	assert_told("baseline in_order late uuuuuxx @2 removed", STEPS(
	    DOCUMENT(UPDATED, "5"), DOCUMENT(REMOVED, "6"),
	    DOCUMENT(UPDATED, "6")));
	assert_told("baseline in_order conflict unsequenced .....x "
	    "@2 removed", STEPS(
	    DOCUMENT(UPDATED, "5"), DOCUMENT(REMOVED, "5"),
	    DOCUMENT(CREATED, "5"), DOCUMENT(UPDATED, "x")));
}

static void
the_model_reads_all_again_in_another_base(void **state)
{
	(void)state;
	assert_told("baseline ahead uuuuuuuuuxoooooox @2", STEPS(
	    DOCUMENT(UPDATED, "9"), DOCUMENT(UPDATED, "16")));
	assert_told("baseline ahead late uuuuuuuuuxxooooox @2", STEPS(
	    DOCUMENT(UPDATED, "9"), DOCUMENT(UPDATED, "10"),
	    DOCUMENT(UPDATED, "a")));
	assert_told("baseline unsequenced uuuuuuuuux @1", STEPS(
	    DOCUMENT(UPDATED, "9"), DOCUMENT(UPDATED, "a"),
	    BASE("decimal")));
	/* An explanation holds in its base, and is void in another. */
	assert_told("baseline ahead uuuuuuuuuxlox @2", STEPS(
	    DOCUMENT(UPDATED, "9"), DOCUMENT(UPDATED, "12"),
	    CLOSE(GAP_LOST, 10, 10, 10)));
	assert_told("baseline ahead late uuuuuuuuuxxooooooox @2", STEPS(
	    DOCUMENT(UPDATED, "9"), DOCUMENT(UPDATED, "12"),
	    CLOSE(GAP_LOST, 10, 10, 10), DOCUMENT(UPDATED, "a")));
}

static void
the_model_compares_revisions_with_their_neighbours(void **state)
{
	(void)state;
	assert_told("baseline ok ahead regressed ahead ok late ok "
	    "in_order unreadable uuuxoxxxx @5", STEPS(
	    REVISED(ADDED, "3", "4", "3"),
	    REVISED(UPDATED, "5", "4", "5"),	/* equal is not rising */
	    REVISED(ADDED, "7", "8", "1"),	/* another life */
	    REVISED(UPDATED, "6", "7", "6"),
	    REVISED(REMOVED, "8", "x", NULL)));
	assert_told("baseline ok in_order regressed in_order "
	    "duplicate regressed uuuxxx @3", STEPS(
	    REVISED(UPDATED, "3", "4", "3"),
	    REVISED(UPDATED, "4", "5", "3"),	/* its item's alone */
	    REVISED(REMOVED, "5", NULL, NULL),
	    REVISED(UPDATED, "4", "5", "3")));
}

static void
assert_base(int base, enum base_reason reason, const struct model_step *steps,
    size_t n)
{
	const struct model model = { steps, n };

	assert_int_equal(model_base(&model, &steps[0]).base, base);
	assert_int_equal(model_base(&model, &steps[0]).reason, reason);
}

#define SAYS(id_, item_revision_) REVISED(UPDATED, id_, NULL, item_revision_)

static void
the_model_learns_a_base_from_evidence(void **state)
{
	(void)state;
	assert_base(10, BASE_ASSUMED, STEPS(SAYS("16", "10"),
	    SAYS("17", "11"), SAYS("17", "11"), DOCUMENT(UPDATED, "10")));
	assert_base(16, BASE_BY_EVENT_IDS, STEPS(SAYS("16", "10"),
	    SAYS("17", "11"), SAYS("18", "12"), SAYS("9", "9")));
	assert_base(10, BASE_BY_EVENT_IDS, STEPS(SAYS("16", "16"),
	    SAYS("17", "17"), SAYS("18", "18")));
	/* To the contrary: in the other base, or in neither. */
	assert_base(10, BASE_ASSUMED, STEPS(SAYS("16", "10"),
	    SAYS("17", "11"), SAYS("18", "12"), SAYS("19", "19")));
	assert_base(10, BASE_ASSUMED, STEPS(SAYS("16", "10"),
	    SAYS("17", "11"), SAYS("18", "12"), SAYS("3", "1")));
	/* A letter is conclusive, in a number alone. */
	assert_base(16, BASE_BY_LETTER, STEPS(SAYS("19", "19"),
	    DOCUMENT(REMOVED, "a")));
	assert_base(10, BASE_ASSUMED, STEPS(SAYS("19", "19"),
	    DOCUMENT(REMOVED, "ax")));
	assert_base(10, BASE_CONFIGURED, STEPS(DOCUMENT(UPDATED, "a"),
	    BASE("hex"), BASE("decimal")));
	assert_base(16, BASE_BY_LETTER, STEPS(DOCUMENT(UPDATED, "a"),
	    BASE("decimal"), BASE("auto")));
}

static void
the_model_knows_who_is_online(void **state)
{
	const struct model_step steps[] = {
		ENDPOINT(CONNECTED, "5", "e0", "True"),
		ENDPOINT(DISCONNECTED, "3", "e0", "false"),
		ENDPOINT(DISCONNECTED, "4", "e1", "true"),
	};
	const struct model model = { steps, 3 };
	struct model_stream stream;

	(void)state;
	assert_told("baseline late late ...xxx @1", steps, 3);
	model_stream(&model, &steps[0], &stream);
	assert_int_equal(stream.online, 1);
	assert_int_equal(stream.n_items, 2);
	assert_string_equal(stream.items[0].item, "e0");
	assert_int_equal(stream.items[0].position, 1);
	assert_false(stream.items[0].removed);
	assert_true(stream.items[1].removed);
}

static void
the_model_tells_a_gap_that_can_be_closed(void **state)
{
	const struct model_step steps[] = {
		DOCUMENT(UPDATED, "2"), DOCUMENT(UPDATED, "6"),
		CLOSE(GAP_EXPLAINED, 4, 4, 10),
	};
	const struct model before = { steps, 2 }, after = { steps, 3 };

	(void)state;
	assert_true(model_may_close(&before, &CLOSE(GAP_LOST, 3, 5, 10)));
	assert_false(model_may_close(&after, &CLOSE(GAP_LOST, 3, 5, 10)));
	assert_true(model_may_close(&after, &CLOSE(GAP_LOST, 4, 4, 10)));
	assert_false(model_may_close(&before, &CLOSE(GAP_LOST, 1, 1, 10)));
	assert_false(model_may_close(&before, &CLOSE(GAP_LOST, 5, 6, 10)));
}

/* --- The comparison ----------------------------------------------------- */

/* What is in the journal is not what this model says. */
static void
assert_seen(struct bench *bench, const struct model_step *steps, size_t n,
    const char *what)
{
	const struct model model = { steps, n };
	struct why why = { "" };

	assert_false(bench_compare(bench, &model, BENCH_ALL, &why));
	if (strstr(why.text, what) == NULL)
		fail_msg("\"%s\" does not name \"%s\"", why.text, what);
}

static void
a_difference_of_one_word_is_seen(void **state)
{
	struct model_step steps[] = {
		REVISED(UPDATED, "2", "3", "2"),
		REVISED(ADDED, "7", "8", "7"),
		REVISED(UPDATED, "4", "5", "4"),
	};
	const struct model model = { steps, 3 };
	struct bench *const bench = *state;
	struct why why;
	size_t i;

	bench_begin(bench);
	for (i = 0; i < 3; i++)
		assert_true(bench_step(bench, &steps[i], i + 1, &why));
	assert_true(bench_compare(bench, &model, BENCH_ALL, &why));
	steps[2].field[FIELD_EVENT_ID] = "5";
	assert_seen(bench, steps, 3, "seq of 3");
	steps[2].field[FIELD_EVENT_ID] = "4";
	steps[2].field[FIELD_REVISION] = "8";
	assert_seen(bench, steps, 3, "revision_verdict of 3");
	steps[2].field[FIELD_REVISION] = "5";
	steps[2].field[FIELD_ITEM] = "k1";
	assert_seen(bench, steps, 3, "items");
	steps[2].field[FIELD_ITEM] = "k0";
	steps[2].field[FIELD_UNIQUE_NAME] = "name";
	assert_seen(bench, steps, 3, "unique_name");
	steps[2].field[FIELD_UNIQUE_NAME] = NULL;
	steps[1].type = EVENT_MAP_ITEM_REMOVED;
	assert_seen(bench, steps, 3, "removed");
	steps[1].type = EVENT_MAP_ITEM_ADDED;
	assert_seen(bench, steps, 2, "");
	bench_rollback(bench);
}

/* What fails for one step's sake is cut down to it: here the journal cannot
 * take an empty gap. */
static void
a_history_that_fails_is_made_short(void **state)
{
	struct model_step steps[] = {
		DOCUMENT(UPDATED, "1"), DOCUMENT(UPDATED, "2"),
		DOCUMENT(UPDATED, "8"), CLOSE(N_GAP_STATES, 4, 5, 10),
		DOCUMENT(UPDATED, "9"), DOCUMENT(UPDATED, "10"),
	};
	struct why why = { "" };
	size_t n = 6;

	history_shrink(*state, steps, &n, &why);
	assert_int_equal(n, 3);
	assert_int_equal(steps[2].op, MODEL_CLOSE);
}

static int
setup(void **state)
{
	*state = bench_new();
	return 0;
}

static int
teardown(void **state)
{
	bench_free(*state);
	return 0;
}

int
words_run(void)
{
	const struct CMUnitTest words[] = {
		cmocka_unit_test(the_model_tells_a_documents_numbers),
		cmocka_unit_test(the_model_reads_all_again_in_another_base),
		cmocka_unit_test(
		    the_model_compares_revisions_with_their_neighbours),
		cmocka_unit_test(the_model_learns_a_base_from_evidence),
		cmocka_unit_test(the_model_knows_who_is_online),
		cmocka_unit_test(the_model_tells_a_gap_that_can_be_closed),
		cmocka_unit_test(a_difference_of_one_word_is_seen),
		cmocka_unit_test(a_history_that_fails_is_made_short),
		cmocka_unit_test(an_update_may_come_before_its_addition),
		cmocka_unit_test(
		    an_addition_then_its_removal_leaves_a_tombstone),
		cmocka_unit_test(
		    a_late_addition_does_not_bring_a_removed_item_back),
		cmocka_unit_test(what_comes_as_25_27_26_is_whole),
	};

	return cmocka_run_group_tests(words, setup, teardown);
}
