/* The journal's projections against a reference model that is written from
 * docs/design.md section 2 alone, over every order of some events and over
 * random histories.
 *
 * SYNCJOURNAL_MODEL  small (for valgrind and sanitizers), normal or long
 * SYNCJOURNAL_SEED   of the random histories; 0: from the clock
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model.h"
#include "model_bench.h"
#include "model_history.h"
#include "model_random.h"
#include "model_walk.h"
#include "model_words.h"

static const struct effort {
	const char *name;
	size_t depth;		/* of the walks */
	uint64_t histories;
	size_t shortest, longest;
} efforts[] = {
	{ "normal", 6, 40000, 4, 24 },
	{ "small", 3, 300, 4, 24 },
	{ "long", 7, 1000000, 8, 40 },
};

static const struct effort *
effort(void)
{
	const char *const name = getenv("SYNCJOURNAL_MODEL");
	size_t i;

	for (i = 0; name != NULL && i < sizeof(efforts) / sizeof(efforts[0]);
	    i++) {
		if (strcmp(efforts[i].name, name) == 0)
			return &efforts[i];
	}
	return &efforts[0];
}

/* The same histories in every run, unless somebody wants others. */
static uint64_t
seed(void)
{
	const char *const text = getenv("SYNCJOURNAL_SEED");
	uint64_t value = 1;

	if (text != NULL && *text != '\0')
		value = strtoull(text, NULL, 10);
	return value == 0 ? (uint64_t)time(NULL) : value;
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

/* --- Every order -------------------------------------------------------- */

static void
every_order_of_some_events_is_judged_as_the_model_says(void **state)
{
	struct bench *const bench = *state;
	uint64_t n, all = 0;
	size_t i, depth;

	for (i = 0; i < n_alphabets; i++) {
		depth = effort()->depth - alphabets[i].shorter;
		n = walk_all(bench, &alphabets[i], depth);
		assert_true(n > 0);
		print_message("# %s: %llu sequences of up to %zu events\n",
		    alphabets[i].name, (unsigned long long)n, depth);
		all += n;
	}
	print_message("# %llu sequences, %llu events\n",
	    (unsigned long long)all, (unsigned long long)bench_events(bench));
}

/* --- Random histories --------------------------------------------------- */

/* Random by number, so that one of many can be had again. */
static struct random
random_of(uint64_t number)
{
	struct random random = { seed() * 1000003 + number };

	random_below(&random, 2);
	return random;
}

static void
make_history(uint64_t number, struct model *model, struct model_step *steps)
{
	struct random random = random_of(number);
	const size_t span = effort()->longest - effort()->shortest + 1;

	/* Most are short: each step costs as much as all before it. */
	model->n = effort()->shortest + random_below(&random,
	    random_below(&random, span) + 1);
	model->steps = steps;
	random_history(&random, model->n, steps);
}

static void
check(struct bench *bench, const struct model *model, uint64_t number)
{
	struct why why = { "" };

	if (bench_run(bench, model, &why))
		return;
	print_error("history %llu of SYNCJOURNAL_SEED=%llu\n",
	    (unsigned long long)number, (unsigned long long)seed());
	history_fail(bench, model, &why);
}

static void
random_histories_are_judged_as_the_model_says(void **state)
{
	struct bench *const bench = *state;
	const uint64_t before = bench_events(bench);
	struct model_step steps[MODEL_STEPS];
	struct model model;
	uint64_t i;

	print_message("# SYNCJOURNAL_SEED=%llu\n",
	    (unsigned long long)seed());
	for (i = 0; i < effort()->histories; i++) {
		make_history(i, &model, steps);
		assert_true(history_valid(&model));
		check(bench, &model, i);
	}
	print_message("# %llu histories, %llu events\n",
	    (unsigned long long)i,
	    (unsigned long long)(bench_events(bench) - before));
}

/* Whether another removal of the document, that has no usable number either,
 * says something else: no verdict tells, and the first journaled is the
 * state. */
static bool
contradicts_removal(const struct model *model, size_t i)
{
	const struct model_step *const step = &model->steps[i];
	struct model_judged judged;
	size_t j;

	for (j = 0; j < i; j++) {
		if (model->steps[j].op != MODEL_DELIVERY ||
		    model->steps[j].type != EVENT_DOCUMENT_REMOVED ||
		    !model_same_stream(&model->steps[j], step) ||
		    model_same_content(&model->steps[j], step))
			continue;
		model_judge(model, j, &judged);
		if (judged.verdict == VERDICT_UNSEQUENCED)
			return true;
	}
	return false;
}

static bool
has_conflict(const struct model *model)
{
	struct model_judged judged;
	size_t i;

	for (i = 0; i < model->n; i++) {
		if (model->steps[i].op != MODEL_DELIVERY)
			continue;
		model_judge(model, i, &judged);
		if (judged.verdict == VERDICT_CONFLICT)
			return true;
		if (judged.verdict == VERDICT_UNSEQUENCED &&
		    model->steps[i].type == EVENT_DOCUMENT_REMOVED &&
		    contradicts_removal(model, i))
			return true;
	}
	return false;
}

static void
a_rebuild_gives_the_very_same_rows(void **state)
{
	struct bench *const bench = *state;
	struct model_step steps[MODEL_STEPS];
	struct model model;
	uint64_t i, n = 0;

	bench_rebuild(bench, true);
	for (i = 0; i < effort()->histories; i += 10) {
		make_history(i, &model, steps);
		check(bench, &model, i);
		n++;
	}
	bench_rebuild(bench, false);
	print_message("# %llu histories rebuilt\n", (unsigned long long)n);
}

/* Of every stream of two orders. */
static void
check_same_state(const struct model *a, const struct model *b)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		if (a->steps[i].op != MODEL_DELIVERY ||
		    model_key(&a->steps[i]) == NULL ||
		    model_same_state(a, b, &a->steps[i]))
			continue;
		print_error("these end in different states:\n");
		history_print(a);
		print_error("and\n");
		history_print(b);
		fail();
	}
}

static void
missing_numbers_and_state_do_not_depend_on_the_order(void **state)
{
	struct bench *const bench = *state;
	struct model_step steps[MODEL_STEPS], first[MODEL_STEPS],
	    second[MODEL_STEPS];
	struct model model, a = { first, 0 }, b = { second, 0 };
	struct random random;
	uint64_t i, n = 0;

	/* Every fifth: each costs two more. */
	for (i = 0; i < effort()->histories; i += 5) {
		make_history(i, &model, steps);
		random = random_of(i);
		a.n = random_order(&random, &model, first);
		b.n = random_order(&random, &a, second);
		if (has_conflict(&a))
			continue;
		check_same_state(&a, &b);
		check(bench, &b, i);
		n++;
	}
	assert_true(n > 0);
	print_message("# %llu histories without a conflict, in two orders\n",
	    (unsigned long long)n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_order_of_some_events_is_judged_as_the_model_says),
		cmocka_unit_test(random_histories_are_judged_as_the_model_says),
		cmocka_unit_test(
		    missing_numbers_and_state_do_not_depend_on_the_order),
		cmocka_unit_test(a_rebuild_gives_the_very_same_rows),
	};

	return words_run() + cmocka_run_group_tests(tests, setup, teardown);
}
