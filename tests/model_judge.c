/* What one delivery was judged to be when it arrived. */
#include "model.h"

#include <string.h>

/* What was journaled before steps[i] on its stream. */
struct before {
	bool any_number;
	int64_t head;
	bool seen;		/* the number, in this role (or the type, of
				 * what carries no number) */
	bool seen_content;	/* with this very content */
};

static bool
is_before(const struct model *model, size_t j, size_t i)
{
	return j < i && model->steps[j].op == MODEL_DELIVERY &&
	    model_same_stream(&model->steps[j], &model->steps[i]);
}

static bool
same_role(const struct model_step *a, const struct model_step *b)
{
	if (model_kind(a->type) != STREAM_DOCUMENT)
		return true;
	return model_is_removal(a->type) == model_is_removal(b->type);
}

static bool
carries_no_number(enum event_type type)
{
	return type == EVENT_LIST_CREATED || type == EVENT_LIST_REMOVED ||
	    type == EVENT_MAP_CREATED || type == EVENT_MAP_REMOVED;
}

static void
look_before(const struct model *model, size_t i, int base,
    struct before *before)
{
	const struct model_step *const step = &model->steps[i];
	int64_t number = 0, s = 0;
	bool same;
	size_t j;

	memset(before, 0, sizeof(*before));
	model_number_of(step, base, &s);
	for (j = 0; j < i; j++) {
		const struct model_step *const other = &model->steps[j];

		if (!is_before(model, j, i))
			continue;
		if (carries_no_number(step->type)) {
			same = other->type == step->type;
		} else {
			if (!model_number_of(other, base, &number))
				continue;
			same = number == s && same_role(other, step);
			if (!before->any_number || number > before->head)
				before->head = number;
			before->any_number = true;
		}
		before->seen |= same;
		before->seen_content |= same &&
		    model_same_content(other, step);
	}
}

static enum verdict
verdict_of(const struct model_step *step, const struct before *before,
    int64_t s)
{
	const bool monotonic = model_kind(step->type) == STREAM_IDENTITY;

	if (before->seen)
		return before->seen_content ? VERDICT_DUPLICATE :
		    VERDICT_CONFLICT;
	if (carries_no_number(step->type))
		return VERDICT_LIFECYCLE;
	if (!before->any_number)
		return VERDICT_BASELINE;
	if (s > before->head)
		return monotonic || s == before->head + 1 ?
		    VERDICT_IN_ORDER : VERDICT_AHEAD;
	/* "document_removed may carry the head or head + 1: both are
	 * in_order. An update of the same number arriving after it is late." */
	if (s == before->head && step->type == EVENT_DOCUMENT_REMOVED)
		return VERDICT_IN_ORDER;
	return VERDICT_LATE;
}

/* --- Revisions of lists and maps ---------------------------------------- */

/* A walk along the numbers of a stream, from one to its nearest observed
 * neighbour and on. */
struct walk {
	const struct model *model;
	size_t i;		/* what was journaled before this one counts */
	bool up;
	int64_t number;
	const struct model_step *at;
};

/* The next number and the step that was the first to carry it (duplicates and
 * conflicts are no neighbours); false at the end. */
static bool
walk_on(struct walk *walk)
{
	const struct model *const model = walk->model;
	const int64_t from = walk->number;
	int64_t number;
	size_t j;

	walk->at = NULL;
	for (j = 0; j < walk->i; j++) {
		if (!is_before(model, j, walk->i) ||
		    !model_number_of(&model->steps[j], 10, &number))
			continue;
		if (walk->up ? number <= from : number >= from)
			continue;
		if (walk->at == NULL || (walk->up ? number < walk->number :
		    number > walk->number)) {
			walk->at = &model->steps[j];
			walk->number = number;
		}
	}
	return walk->at != NULL;
}

static bool
fits(int64_t mine, int64_t others, bool up)
{
	return up ? mine < others : others < mine;
}

/* "with those of the nearest smaller and the nearest larger EventId of the
 * stream that have a readable one" */
static bool
collection_fits(struct walk walk, int64_t mine, int base)
{
	int64_t others;

	while (walk_on(&walk)) {
		if (model_usable(model_revision(walk.at), base, &others))
			return fits(mine, others, walk.up);
	}
	return true;
}

static bool
is_addition(enum event_type type)
{
	return type == EVENT_LIST_ITEM_ADDED || type == EVENT_MAP_ITEM_ADDED;
}

/* "with the nearest readable ones of the same item, smaller and larger, within
 * its life" */
static bool
item_fits(struct walk walk, int64_t mine, int base)
{
	const struct model_step *const step = &walk.model->steps[walk.i];
	const char *const item = model_item_of(step);
	int64_t others;

	/* Nothing of its life lies beyond. */
	if (walk.up ? model_is_removal(step->type) : is_addition(step->type))
		return true;
	while (item != NULL && walk_on(&walk)) {
		const char *const other = model_item_of(walk.at);
		const enum event_type type = walk.at->type;

		if (other == NULL || strcmp(other, item) != 0)
			continue;
		/* Another life begins, or has ended, here. */
		if (walk.up ? is_addition(type) : model_is_removal(type))
			return true;
		if (model_usable(model_item_revision(walk.at), base, &others))
			return fits(mine, others, walk.up);
		if (walk.up ? model_is_removal(type) : is_addition(type))
			return true;
	}
	return true;
}

static enum revision_verdict
judge_revisions(const struct model *model, size_t i, int base)
{
	const struct model_step *const step = &model->steps[i];
	const char *const texts[] = { model_revision(step),
	    model_item_revision(step) };
	struct walk walk = { .model = model, .i = i };
	int64_t mine[2] = { 0, 0 };
	bool fit = true;
	size_t k;
	int up;

	if (model_kind(step->type) != STREAM_LIST &&
	    model_kind(step->type) != STREAM_MAP)
		return REVISION_NONE;
	for (k = 0; k < 2; k++) {
		if (texts[k] != NULL && !model_usable(texts[k], base, &mine[k]))
			return REVISION_UNREADABLE;
	}
	if ((texts[0] == NULL && texts[1] == NULL) ||
	    !model_number_of(step, base, &walk.number))
		return REVISION_NONE;
	for (up = 0; up < 2; up++) {
		walk.up = up == 1;
		if (texts[0] != NULL)
			fit &= collection_fits(walk, mine[0], base);
		if (texts[1] != NULL)
			fit &= item_fits(walk, mine[1], base);
	}
	return fit ? REVISION_OK : REVISION_REGRESSED;
}

void
model_judge(const struct model *model, size_t i, struct model_judged *judged)
{
	const struct model_step *const step = &model->steps[i];
	const int base = model_base(model, step).base;
	struct before before;

	memset(judged, 0, sizeof(*judged));
	if (model_key(step) == NULL)
		return;
	judged->has_stream = true;
	judged->revision_verdict = judge_revisions(model, i, base);
	judged->has_revision = model_usable(model_revision(step), base,
	    &judged->revision);
	judged->has_number = model_number_of(step, base, &judged->number);
	if (!judged->has_number && !carries_no_number(step->type)) {
		judged->verdict = VERDICT_UNSEQUENCED;
		return;
	}
	look_before(model, i, base, &before);
	judged->verdict = verdict_of(step, &before, judged->number);
	if (judged->has_number && before.any_number &&
	    before.head > judged->number)
		judged->behind = before.head - judged->number;
}
