#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "model_history.h"

static void
print_delivery(const struct model_step *step)
{
	const struct event_rule *const rule = event_rule(step->type);
	enum field field;

	print_error("%s", step->type == EVENT_UNKNOWN ? "(unknown type)" :
	    rule->name);
	for (field = FIELD_EVENT_TYPE + 1; field < N_FIELDS; field++) {
		if (rule->param[field] != NULL && step->field[field] != NULL)
			print_error(" %s=%s", rule->param[field],
			    step->field[field]);
	}
	if (step->retry != NULL)
		print_error(" RetryCount=%s", step->retry);
}

static void
print_step(const struct model_step *step)
{
	switch (step->op) {
	case MODEL_DELIVERY:
		print_delivery(step);
		break;
	case MODEL_CLOSE:
		print_error("operator: %s %lld-%lld of %s %s, in base %d, "
		    "AccountSid=%s ServiceSid=%s",
		    gap_state_name(step->state), (long long)step->first,
		    (long long)step->last, stream_kind_name(step->kind),
		    step->field[FIELD_OBJECT_SID], step->base,
		    step->field[FIELD_ACCOUNT_SID],
		    step->field[FIELD_SERVICE_SID]);
		break;
	case MODEL_SETTING:
		print_error("setting: revision_base = %s, ServiceSid=%s",
		    step->value, step->field[FIELD_SERVICE_SID]);
		break;
	case N_MODEL_OPS:
		break;
	}
	print_error("%s%s%s\n", step->begins ? " [begins a transaction]" : "",
	    bench_looks(step) ? "" : " [held]",
	    step->swept ? " [then swept]" : "");
}

void
history_print(const struct model *model)
{
	size_t i;

	for (i = 0; i < model->n; i++) {
		print_error("%4zu  ", i + 1);
		print_step(&model->steps[i]);
	}
}

bool
history_valid(const struct model *model)
{
	struct model part = *model;

	for (part.n = 0; part.n < model->n; part.n++) {
		if (model->steps[part.n].op == MODEL_CLOSE &&
		    !model_may_close(&part, &model->steps[part.n]))
			return false;
	}
	return true;
}

static bool
still_fails(struct bench *bench, const struct model_step *steps, size_t n,
    struct why *why)
{
	const struct model model = { steps, n };
	struct why found = { "" };

	if (n == 0 || !history_valid(&model) ||
	    bench_run(bench, &model, &found))
		return false;
	*why = found;
	return true;
}

/* Take steps at .. at + n_out - 1 out, if it fails without them too. */
static bool
drop(struct bench *bench, struct model_step *steps, size_t *n, size_t at,
    size_t n_out, struct why *why)
{
	struct model_step fewer[MODEL_STEPS];

	if (at + n_out > *n)
		return false;
	memcpy(fewer, steps, at * sizeof(*steps));
	memcpy(fewer + at, steps + at + n_out,
	    (*n - at - n_out) * sizeof(*steps));
	if (!still_fails(bench, fewer, *n - n_out, why))
		return false;
	*n -= n_out;
	memcpy(steps, fewer, *n * sizeof(*steps));
	return true;
}

/* The same steps, driven more plainly: one transaction, swept at the end. */
static void
plainer(struct bench *bench, struct model_step *steps, size_t n,
    struct why *why)
{
	struct model_step before;
	size_t i;

	for (i = 0; i < n; i++) {
		before = steps[i];
		steps[i].begins = false;
		if (before.begins && !still_fails(bench, steps, n, why))
			steps[i] = before;
		before = steps[i];
		steps[i].held = false;
		if (before.held && !still_fails(bench, steps, n, why))
			steps[i] = before;
		before = steps[i];
		steps[i].swept = false;
		if (before.swept && !still_fails(bench, steps, n, why))
			steps[i] = before;
	}
}

void
history_shrink(struct bench *bench, struct model_step *steps, size_t *n,
    struct why *why)
{
	bool smaller;
	size_t at, n_out;

	do {
		smaller = false;
		for (n_out = (*n + 1) / 2; n_out > 0; n_out /= 2)
			for (at = *n; at-- > 0;)
				smaller |= drop(bench, steps, n, at, n_out,
				    why);
	} while (smaller);
	plainer(bench, steps, *n, why);
}

void
history_fail(struct bench *bench, const struct model *model,
    const struct why *why)
{
	struct model_step steps[MODEL_STEPS];
	struct model shortest = { steps, model->n };
	struct why reason = *why;

	assert_true(model->n <= MODEL_STEPS);
	memcpy(steps, model->steps, model->n * sizeof(*steps));
	if (still_fails(bench, steps, model->n, &reason))
		history_shrink(bench, steps, &shortest.n, &reason);
	else
		print_error("from an empty journal this does not fail:\n");
	print_error("the shortest history that fails:\n");
	history_print(&shortest);
	print_error("  %s\n", reason.text);
	fail();
}
