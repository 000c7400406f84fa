/* The ledger's rules over every arrival order, against the sets of numbers
 * that docs/design.md section 2 says in words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "journal/ledger.h"

/* Small numbers, so that sets are arrays and rules are loops. */
#define NUMBERS 16
#define GAPS 32
#define EVENTS 6

struct step {
	int64_t s;	/* NO_NUMBER: a lifecycle event */
	enum life life;
	int content;
};

#define NO_NUMBER (-1)

/* A stream as the store keeps it. */
struct world {
	struct ledger_stream stream;
	struct ledger_gap gaps[GAPS];
	bool live[GAPS];
	size_t n_gaps;
	struct step seen[EVENTS];
	size_t n_seen;
	struct ledger_result last;
};

static void
world_init(struct world *world, enum stream_kind kind)
{
	memset(world, 0, sizeof(*world));
	world->stream.kind = kind;
}

static size_t
add_gap(struct world *world, int64_t first, int64_t last,
    enum gap_state state)
{
	assert_true(first <= last);
	assert_true(world->n_gaps < GAPS);
	world->gaps[world->n_gaps] = (struct ledger_gap){ first, last, state };
	world->live[world->n_gaps] = true;
	return world->n_gaps++;
}

static bool
is_missing(const struct world *world, size_t i)
{
	return world->live[i] && world->gaps[i].state != GAP_FILLED;
}

static void
apply(struct world *world, size_t around, const struct ledger_change *change)
{
	size_t i;

	switch (change->op) {
	case LEDGER_RESIZE:
		world->gaps[around].first = change->first;
		world->gaps[around].last = change->last;
		break;
	case LEDGER_FILL:
		world->gaps[around].state = GAP_FILLED;
		break;
	case LEDGER_REMOVE:
		world->live[around] = false;
		break;
	case LEDGER_ADD:
		add_gap(world, change->first, change->last, change->state);
		break;
	case LEDGER_SPLIT:
		add_gap(world, change->first, change->last,
		    world->gaps[around].state);
		break;
	case LEDGER_SPLIT_FILLED:
		add_gap(world, change->first, change->last, GAP_FILLED);
		break;
	case LEDGER_OPEN_UNOBSERVED:
		for (i = 0; i < world->n_gaps; i++) {
			if (world->live[i] && world->gaps[i].first >=
			    change->first && world->gaps[i].state ==
			    GAP_UNOBSERVED)
				world->gaps[i].state = GAP_OPEN;
		}
		break;
	case LEDGER_CLEAR_BELOW:
		for (i = 0; i < world->n_gaps; i++) {
			if (is_missing(world, i) &&
			    world->gaps[i].first < change->first) {
				assert_true(world->gaps[i].last <
				    change->first);
				world->live[i] = false;
			}
		}
		break;
	case N_LEDGER_OPS:
		fail();
	}
}

static enum ledger_seen
seen_before(const struct world *world, const struct step *step)
{
	enum ledger_seen seen = LEDGER_UNSEEN, by;
	const struct step *other;
	bool document = world->stream.kind == STREAM_DOCUMENT;
	size_t i;

	for (i = 0; i < world->n_seen; i++) {
		other = &world->seen[i];
		if (other->s != step->s)
			continue;
		if (step->s == NO_NUMBER && other->life != step->life)
			continue;
		if (document && (other->life == LIFE_REMOVED) !=
		    (step->life == LIFE_REMOVED))
			by = LEDGER_OTHER_ROLE;
		else if (other->content != step->content)
			by = LEDGER_OTHER_CONTENT;
		else
			by = LEDGER_SAME_CONTENT;
		if (by > seen)
			seen = by;
	}
	return seen;
}

static void
arrive(struct world *world, const struct step *step)
{
	const struct ledger_gap *gap = NULL;
	size_t around = 0, i;

	for (i = 0; i < world->n_gaps; i++) {
		if (is_missing(world, i) && world->gaps[i].first <= step->s &&
		    step->s <= world->gaps[i].last) {
			assert_null(gap);
			gap = &world->gaps[i];
			around = i;
		}
	}
	if (step->s == NO_NUMBER)
		ledger_lifecycle(&world->stream, step->life,
		    seen_before(world, step), &world->last);
	else
		ledger_judge(&world->stream, gap, step->s, step->life,
		    seen_before(world, step), &world->last);
	for (i = 0; i < world->last.n_changes; i++)
		apply(world, around, &world->last.changes[i]);
	world->stream = world->last.stream;
	world->seen[world->n_seen++] = *step;
}

/* What the words of the design say of each number. */
static char
expected(const struct world *world, int64_t n)
{
	bool observed[NUMBERS] = { false }, collection, created = false;
	int64_t first = NUMBERS, head = -1, birth = -1;
	size_t i;

	collection = world->stream.kind == STREAM_LIST ||
	    world->stream.kind == STREAM_MAP;
	for (i = 0; i < world->n_seen; i++) {
		if (world->seen[i].life == LIFE_CREATED)
			created = true;
		if (world->seen[i].s == NO_NUMBER)
			continue;
		observed[world->seen[i].s] = true;
		if (world->seen[i].s < first)
			first = world->seen[i].s;
		if (world->seen[i].s > head)
			head = world->seen[i].s;
		if (world->seen[i].life == LIFE_CREATED &&
		    world->seen[i].s > birth)
			birth = world->seen[i].s;
	}
	if (head < 0 || n > head)
		return ' ';
	if (observed[n])
		return 'x';
	if (world->stream.kind == STREAM_IDENTITY)
		return ' ';
	if (world->stream.kind == STREAM_DOCUMENT && n < birth)
		return ' ';
	if (n > first)
		return 'o';
	return collection && created && n >= 1 ? 'o' : 'u';
}

static void
assert_world(const struct world *world)
{
	static const char state_letter[N_GAP_STATES] = {
		[GAP_UNOBSERVED] = 'u', [GAP_OPEN] = 'o',
		[GAP_FILLED] = 'f', [GAP_EXPLAINED] = 'e', [GAP_LOST] = 'l',
	};
	char got[NUMBERS + 1] = "", want[NUMBERS + 1] = "";
	int64_t n, distinct = 0;
	size_t i;

	for (n = 0; n < NUMBERS; n++) {
		got[n] = ' ';
		want[n] = expected(world, n);
		distinct += want[n] == 'x';
	}
	for (i = 0; i < world->n_gaps; i++) {
		if (!is_missing(world, i))
			continue;
		for (n = world->gaps[i].first; n <= world->gaps[i].last; n++) {
			/* Intervals never overlap. */
			assert_int_equal(got[n], ' ');
			got[n] = state_letter[world->gaps[i].state];
		}
		if (world->stream.kind == STREAM_LIST ||
		    world->stream.kind == STREAM_MAP)
			assert_true(world->gaps[i].first > 0 ||
			    world->gaps[i].last == 0);
	}
	for (n = 0; n < NUMBERS; n++) {
		if (want[n] == 'x') {
			/* An observed number is never missing. */
			assert_int_equal(got[n], ' ');
			got[n] = 'x';
		}
	}
	assert_string_equal(got, want);
	assert_int_equal(world->stream.observed, distinct);
}

/* Every order of the steps, checked after every arrival. */
static void
all_orders(enum stream_kind kind, const struct step *steps, size_t n,
    size_t *order, bool *used, size_t depth)
{
	struct world world;
	size_t i;

	if (depth == n) {
		world_init(&world, kind);
		for (i = 0; i < n; i++) {
			arrive(&world, &steps[order[i]]);
			assert_world(&world);
		}
		return;
	}
	for (i = 0; i < n; i++) {
		if (used[i])
			continue;
		used[i] = true;
		order[depth] = i;
		all_orders(kind, steps, n, order, used, depth + 1);
		used[i] = false;
	}
}

static void
check_orders(enum stream_kind kind, const struct step *steps, size_t n)
{
	size_t order[EVENTS];
	bool used[EVENTS] = { false };

	assert_true(n <= EVENTS);
	all_orders(kind, steps, n, order, used, 0);
}

static const enum stream_kind kinds[] = {
	STREAM_DOCUMENT, STREAM_LIST, STREAM_MAP, STREAM_IDENTITY
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static enum life
plain_life(enum stream_kind kind)
{
	switch (kind) {
	case STREAM_DOCUMENT:
		return LIFE_UPDATED;
	case STREAM_LIST:
	case STREAM_MAP:
		return LIFE_ITEM_UPDATED;
	case STREAM_IDENTITY:
	case STREAM_NONE:
	case N_STREAM_KINDS:
		break;
	}
	return LIFE_NONE;
}

static void
missing_numbers_depend_on_the_set_and_not_on_the_order(void **state)
{
	static const int64_t sets[][5] = {
		{ 2, 5, 7, -1 }, { 5, 6, 7, -1 }, { 0, 1, 2, 3, 4 },
		{ 0, 2, 4, 6, 8 }, { 1, 9, 4, -1 }, { 5, 1, 5, 9, 3 },
		{ 15, 0, -1 }, { 1, 2, -1 }, { 0, -1 }, { 14, 14, 3, 3, -1 },
	};
	struct step steps[EVENTS];
	size_t i, k, n;

	(void)state;
	for (k = 0; k < N_KINDS; k++) {
		for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
			for (n = 0; n < 5 && sets[i][n] >= 0; n++)
				steps[n] = (struct step){ sets[i][n],
				    plain_life(kinds[k]), (int)n % 2 };
			check_orders(kinds[k], steps, n);
		}
	}
}

static void
a_collections_creation_opens_what_came_before_in_any_order(void **state)
{
	static const int64_t sets[][4] = {
		{ 5, 2, -1 }, { 5, 7, 9, -1 }, { 1, -1 }, { 0, 3, -1 },
		{ 2, 0, 6, 4 }, { 8, 1, 0, -1 },
	};
	struct step steps[EVENTS];
	size_t i, n, m;

	(void)state;
	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		for (n = 0; n < 4 && sets[i][n] >= 0; n++)
			steps[n] = (struct step){ sets[i][n], LIFE_ITEM_UPDATED,
			    0 };
		for (m = 0; m < 3; m++) {
			steps[n] = (struct step){ NO_NUMBER, LIFE_CREATED, 0 };
			steps[n + 1] = (struct step){ NO_NUMBER,
			    m == 1 ? LIFE_REMOVED : LIFE_CREATED, m == 2 };
			check_orders(STREAM_LIST, steps, n + (m == 0 ? 1 : 2));
			check_orders(STREAM_MAP, steps, n + (m == 0 ? 1 : 2));
		}
	}
}

static void
a_documents_creation_clears_what_is_below_in_any_order(void **state)
{
	static const int64_t births[] = { 0, 1, 4, 9 };
	struct step steps[EVENTS];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(births) / sizeof(births[0]); i++) {
		steps[0] = (struct step){ 5, LIFE_UPDATED, 0 };
		steps[1] = (struct step){ births[i], LIFE_CREATED, 1 };
		steps[2] = (struct step){ 2, LIFE_UPDATED, 0 };
		check_orders(STREAM_DOCUMENT, steps, 3);
		steps[3] = (struct step){ 8, LIFE_REMOVED, 0 };
		steps[4] = (struct step){ births[i], LIFE_UPDATED, 0 };
		check_orders(STREAM_DOCUMENT, steps, 5);
		steps[5] = (struct step){ 8, LIFE_UPDATED, 3 };
		check_orders(STREAM_DOCUMENT, steps, 6);
	}
}

/* One arrival after the other, with what each must be told. */
struct told {
	int64_t s;
	enum life life;
	int content;
	enum verdict verdict;
	int64_t behind;
};

static void
check_told(enum stream_kind kind, const struct told *told, size_t n)
{
	struct world world;
	struct step step;
	size_t i;

	world_init(&world, kind);
	for (i = 0; i < n; i++) {
		step = (struct step){ told[i].s, told[i].life,
		    told[i].content };
		arrive(&world, &step);
		assert_string_equal(verdict_name(world.last.verdict),
		    verdict_name(told[i].verdict));
		assert_int_equal(world.last.behind, told[i].behind);
	}
}

#define CHECK_TOLD(kind, ...) check_told(kind, (const struct told[]){ \
	__VA_ARGS__ }, sizeof((const struct told[]){ __VA_ARGS__ }) / \
	sizeof(struct told))

static void
a_contiguous_stream_tells_every_verdict(void **state)
{
	(void)state;
	CHECK_TOLD(STREAM_LIST,
	    { 10, LIFE_ITEM_UPDATED, 0, VERDICT_BASELINE, 0 },
	    { 11, LIFE_ITEM_UPDATED, 0, VERDICT_IN_ORDER, 0 },
	    { 13, LIFE_ITEM_UPDATED, 0, VERDICT_AHEAD, 0 },
	    { 12, LIFE_ITEM_UPDATED, 0, VERDICT_LATE, 1 },
	    { 12, LIFE_ITEM_UPDATED, 0, VERDICT_DUPLICATE, 1 });
	CHECK_TOLD(STREAM_MAP,
	    { 10, LIFE_ITEM_UPDATED, 0, VERDICT_BASELINE, 0 },
	    { 10, LIFE_ITEM_UPDATED, 1, VERDICT_CONFLICT, 0 },
	    { 10, LIFE_ITEM_UPDATED, 1, VERDICT_DUPLICATE, 0 },
	    { 10, LIFE_ITEM_REMOVED, 2, VERDICT_CONFLICT, 0 },
	    { NO_NUMBER, LIFE_CREATED, 0, VERDICT_LIFECYCLE, 0 },
	    { NO_NUMBER, LIFE_CREATED, 0, VERDICT_DUPLICATE, 0 });
	CHECK_TOLD(STREAM_LIST,
	    { NO_NUMBER, LIFE_REMOVED, 0, VERDICT_LIFECYCLE, 0 },
	    { NO_NUMBER, LIFE_CREATED, 0, VERDICT_LIFECYCLE, 0 },
	    { NO_NUMBER, LIFE_CREATED, 1, VERDICT_CONFLICT, 0 },
	    { 7, LIFE_ITEM_UPDATED, 0, VERDICT_BASELINE, 0 });
}

static void
a_monotonic_stream_has_no_gap(void **state)
{
	(void)state;
	CHECK_TOLD(STREAM_IDENTITY,
	    { 10, LIFE_NONE, 0, VERDICT_BASELINE, 0 },
	    { 14, LIFE_NONE, 0, VERDICT_IN_ORDER, 0 },
	    { 12, LIFE_NONE, 0, VERDICT_LATE, 2 },
	    { 12, LIFE_NONE, 0, VERDICT_DUPLICATE, 2 },
	    { 14, LIFE_NONE, 1, VERDICT_CONFLICT, 0 });
}

static void
a_removal_may_carry_the_head_or_the_next_number(void **state)
{
	(void)state;
	CHECK_TOLD(STREAM_DOCUMENT,
	    { 5, LIFE_UPDATED, 0, VERDICT_BASELINE, 0 },
	    { 5, LIFE_REMOVED, 1, VERDICT_IN_ORDER, 0 },
	    { 5, LIFE_REMOVED, 1, VERDICT_DUPLICATE, 0 });
	CHECK_TOLD(STREAM_DOCUMENT,
	    { 5, LIFE_UPDATED, 0, VERDICT_BASELINE, 0 },
	    { 6, LIFE_REMOVED, 1, VERDICT_IN_ORDER, 0 },
	    { 6, LIFE_UPDATED, 0, VERDICT_LATE, 0 },
	    { 6, LIFE_UPDATED, 1, VERDICT_CONFLICT, 0 },
	    { 7, LIFE_UPDATED, 1, VERDICT_IN_ORDER, 0 },
	    { 5, LIFE_REMOVED, 1, VERDICT_LATE, 2 });
}

static void
the_largest_numbers_do_not_overflow(void **state)
{
	struct ledger_stream stream = { .kind = STREAM_LIST };
	struct ledger_result result;
	struct ledger_gap gap;

	(void)state;
	ledger_judge(&stream, NULL, 0, LIFE_ITEM_UPDATED, LEDGER_UNSEEN, &result);
	stream = result.stream;
	ledger_judge(&stream, NULL, INT64_MAX, LIFE_ITEM_UPDATED, LEDGER_UNSEEN,
	    &result);
	assert_int_equal(result.verdict, VERDICT_AHEAD);
	assert_int_equal(result.n_changes, 1);
	assert_true(result.changes[0].first == 1);
	assert_true(result.changes[0].last == INT64_MAX - 1);
	stream = result.stream;
	gap = (struct ledger_gap){ 1, INT64_MAX - 1, GAP_OPEN };
	ledger_judge(&stream, &gap, INT64_MAX - 1, LIFE_ITEM_UPDATED,
	    LEDGER_UNSEEN, &result);
	assert_int_equal(result.verdict, VERDICT_LATE);
	assert_true(result.changes[0].last == INT64_MAX - 2);
	assert_true(result.behind == 1);
}

static void
an_explanation_survives_what_arrives_beside_it(void **state)
{
	struct ledger_stream stream = { .kind = STREAM_MAP, .has_head = true,
	    .first = 1, .head = 9, .observed = 2 };
	const struct ledger_gap gap = { 2, 8, GAP_EXPLAINED };
	struct ledger_result result;

	(void)state;
	ledger_judge(&stream, &gap, 5, LIFE_ITEM_UPDATED, LEDGER_UNSEEN, &result);
	assert_int_equal(result.verdict, VERDICT_LATE);
	assert_int_equal(result.n_changes, 3);
	assert_int_equal(result.changes[0].op, LEDGER_RESIZE);
	assert_int_equal(result.changes[1].op, LEDGER_SPLIT);
	assert_int_equal(result.changes[2].op, LEDGER_SPLIT_FILLED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    missing_numbers_depend_on_the_set_and_not_on_the_order),
		cmocka_unit_test(
		    a_collections_creation_opens_what_came_before_in_any_order),
		cmocka_unit_test(
		    a_documents_creation_clears_what_is_below_in_any_order),
		cmocka_unit_test(a_contiguous_stream_tells_every_verdict),
		cmocka_unit_test(a_monotonic_stream_has_no_gap),
		cmocka_unit_test(
		    a_removal_may_carry_the_head_or_the_next_number),
		cmocka_unit_test(the_largest_numbers_do_not_overflow),
		cmocka_unit_test(
		    an_explanation_survives_what_arrives_beside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
