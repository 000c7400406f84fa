/* A stream after a history: its numbers, and the state of what it is about. */
#include "model.h"

#include <assert.h>
#include <string.h>

char
model_letter(enum model_state state)
{
	static const char letters[N_MODEL_STATES] = {
		[MODEL_NOTHING] = '.', [MODEL_OBSERVED] = 'x',
		[MODEL_UNOBSERVED] = 'u', [MODEL_OPEN] = 'o',
		[MODEL_EXPLAINED] = 'e', [MODEL_LOST] = 'l',
	};

	return letters[state];
}

static bool
is_on(const struct model_step *step, const struct model_step *of)
{
	return step->op == MODEL_DELIVERY && model_same_stream(step, of);
}

/* --- Numbers ------------------------------------------------------------ */

/* What the words of the design say of each number, from the set of deliveries
 * among the first n steps alone. */
struct numbers {
	bool any;
	int64_t first, head, observed;
	bool is_observed[MODEL_NUMBERS];
	bool created;		/* list_created or map_created is journaled */
	bool born;		/* a document's creation is, at the number: */
	int64_t birth;
};

static void
numbers_of(const struct model *model, size_t n, const struct model_step *of,
    int base, struct numbers *numbers)
{
	int64_t s;
	size_t i;

	memset(numbers, 0, sizeof(*numbers));
	for (i = 0; i < n; i++) {
		const struct model_step *const step = &model->steps[i];

		if (!is_on(step, of))
			continue;
		if (!model_number_of(step, base, &s)) {
			if (model_kind(step->type) != STREAM_DOCUMENT)
				numbers->created |=
				    model_is_creation(step->type);
			continue;
		}
		assert(s < MODEL_NUMBERS);
		numbers->observed += !numbers->is_observed[s];
		numbers->is_observed[s] = true;
		if (!numbers->any || s < numbers->first)
			numbers->first = s;
		if (!numbers->any || s > numbers->head)
			numbers->head = s;
		numbers->any = true;
		if (!model_is_creation(step->type))
			continue;
		if (!numbers->born || s > numbers->birth)
			numbers->birth = s;
		numbers->born = true;
	}
}

static enum model_state
plain_state(const struct numbers *numbers, enum stream_kind kind, int64_t s)
{
	if (numbers->is_observed[s])
		return MODEL_OBSERVED;
	/* Holes are normal in a monotonic stream. */
	if (!numbers->any || s > numbers->head || kind == STREAM_IDENTITY)
		return MODEL_NOTHING;
	if (kind == STREAM_DOCUMENT && numbers->born && s < numbers->birth)
		return MODEL_NOTHING;
	if (s > numbers->first)
		return MODEL_OPEN;
	/* "Once list_created or map_created is journaled .. the missing numbers
	 * from 1 to smallest - 1 are open." */
	if (numbers->created && s >= 1)
		return MODEL_OPEN;
	return MODEL_UNOBSERVED;
}

static bool
is_accounted(enum model_state state)
{
	return state == MODEL_OPEN || state == MODEL_EXPLAINED ||
	    state == MODEL_LOST;
}

/* One number's story goes on: the sets say what it is at this position. */
static void
number_becomes(struct model_number *number, enum model_state state,
    size_t position)
{
	const bool was = is_accounted(number->state);

	/* What an operator said of it stands. */
	if (state == MODEL_OPEN && was)
		return;
	if (state == MODEL_OBSERVED && was) {
		number->filled = true;
		number->filled_opened_by = number->opened_by;
		number->filled_by = position;
	}
	number->state = state;
	number->opened_by = state == MODEL_OPEN ? position : 0;
	number->closed_by = 0;
}

static void
close_numbers(struct model_stream *stream, const struct model_step *close,
    size_t position)
{
	int64_t s;

	for (s = close->first; s <= close->last; s++) {
		if (!is_accounted(stream->number[s].state))
			continue;
		stream->number[s].state = close->state == GAP_EXPLAINED ?
		    MODEL_EXPLAINED : MODEL_LOST;
		stream->number[s].closed_by = position;
	}
}

/* An explanation is void when its numbers are of another base; EventIds are
 * always decimal. */
static bool
is_void(const struct model_step *close, int base)
{
	return close->kind == STREAM_DOCUMENT && close->base != base;
}

static void
tell_numbers(const struct model *model, const struct model_step *of,
    struct model_stream *stream)
{
	struct numbers numbers;
	size_t i;
	int64_t s;

	for (i = 0; i < model->n; i++) {
		const struct model_step *const step = &model->steps[i];

		if (step->op == MODEL_CLOSE && model_same_stream(step, of) &&
		    !is_void(step, stream->base))
			close_numbers(stream, step, i + 1);
		if (!is_on(step, of))
			continue;
		numbers_of(model, i + 1, of, stream->base, &numbers);
		for (s = 0; s < MODEL_NUMBERS; s++)
			number_becomes(&stream->number[s],
			    plain_state(&numbers, model_kind(of->type), s),
			    i + 1);
	}
	numbers_of(model, model->n, of, stream->base, &numbers);
	stream->has_head = numbers.any;
	stream->first = numbers.first;
	stream->head = numbers.head;
	stream->observed = numbers.observed;
}

/* --- State -------------------------------------------------------------- */

/* "Of conflicting contents the first journaled is the state": whether no
 * earlier step has the number of steps[i], in its role. */
static bool
is_first_of_number(const struct model *model, size_t i, int base)
{
	const struct model_step *const step = &model->steps[i];
	int64_t mine, others;
	size_t j;

	if (!model_number_of(step, base, &mine))
		return false;
	for (j = 0; j < i; j++) {
		const struct model_step *const other = &model->steps[j];

		if (!is_on(other, step) ||
		    !model_number_of(other, base, &others) || others != mine)
			continue;
		if (model_kind(step->type) == STREAM_DOCUMENT &&
		    model_is_removal(step->type) !=
		    model_is_removal(other->type))
			continue;
		return false;
	}
	return true;
}

/* Of the steps of a stream that are the first of their number, and of this
 * item or removals where that is asked for, the one with the largest number;
 * model->n: none. */
static size_t
largest(const struct model *model, const struct model_step *of, int base,
    const char *item, bool removals)
{
	size_t i, best = model->n;
	int64_t s, best_s = -1;

	for (i = 0; i < model->n; i++) {
		const struct model_step *const step = &model->steps[i];

		if (!is_on(step, of) || !is_first_of_number(model, i, base))
			continue;
		if (removals && !model_is_removal(step->type))
			continue;
		if (item != NULL && (model_item_of(step) == NULL ||
		    strcmp(model_item_of(step), item) != 0))
			continue;
		model_number_of(step, base, &s);
		if (s > best_s) {
			best = i;
			best_s = s;
		}
	}
	return best;
}

/* The first journaled creation or removal of a document, list or map. */
static size_t
first_of_life(const struct model *model, const struct model_step *of,
    bool removal)
{
	size_t i;

	for (i = 0; i < model->n; i++) {
		const enum event_type type = model->steps[i].type;

		if (is_on(&model->steps[i], of) &&
		    !model_is_item_event(type) &&
		    (removal ? model_is_removal(type) :
		    model_is_creation(type)))
			break;
	}
	return i;
}

static void
tell_state(const struct model *model, const struct model_step *of,
    struct model_stream *stream)
{
	const enum stream_kind kind = model_kind(of->type);
	size_t i, removal = model->n;

	i = largest(model, of, stream->base, NULL, false);
	switch (kind) {
	case STREAM_DOCUMENT:
		/* A removal whose number cannot be read is one all the same,
		 * but nothing against one that has a number. */
		removal = largest(model, of, stream->base, NULL, true);
		if (removal == model->n)
			removal = first_of_life(model, of, true);
		break;
	case STREAM_LIST:
	case STREAM_MAP:
		removal = first_of_life(model, of, true);
		if (i == model->n)
			i = first_of_life(model, of, false);
		else
			stream->has_head_revision = model_usable(
			    model_revision(&model->steps[i]), stream->base,
			    &stream->head_revision);
		break;
	case STREAM_IDENTITY:
	case STREAM_NONE:
	case N_STREAM_KINDS:
		break;
	}
	stream->removed = removal < model->n;
	if (stream->removed)
		i = removal;
	if (i < model->n) {
		stream->state_position = i + 1;
		stream->has_state_number = model_number_of(&model->steps[i],
		    stream->base, &stream->state_number);
	}
	stream->online = -1;
	if (kind == STREAM_IDENTITY && i < model->n &&
	    model->steps[i].field[FIELD_IS_ONLINE] != NULL) {
		if (strcasecmp(model->steps[i].field[FIELD_IS_ONLINE],
		    "true") == 0)
			stream->online = 1;
		if (strcasecmp(model->steps[i].field[FIELD_IS_ONLINE],
		    "false") == 0)
			stream->online = 0;
	}
}

static void
tell_items(const struct model *model, const struct model_step *of,
    struct model_stream *stream)
{
	const struct model_step *says;
	size_t i, k;

	for (i = 0; i < model->n; i++) {
		const char *const item = model_item_of(&model->steps[i]);

		if (!is_on(&model->steps[i], of) || item == NULL ||
		    !is_first_of_number(model, i, stream->base))
			continue;
		for (k = 0; k < stream->n_items; k++)
			if (strcmp(stream->items[k].item, item) == 0)
				break;
		if (k < stream->n_items)
			continue;
		stream->n_items++;
		stream->items[k].item = item;
		stream->items[k].position = largest(model, of, stream->base,
		    item, false) + 1;
		says = &model->steps[stream->items[k].position - 1];
		model_number_of(says, stream->base, &stream->items[k].number);
		stream->items[k].removed = model_is_removal(says->type);
		stream->items[k].has_revision = model_usable(
		    model_item_revision(says), stream->base,
		    &stream->items[k].revision);
	}
}

static void
tell_stream(const struct model *model, const struct model_step *of, int base,
    struct model_stream *stream)
{
	size_t i;

	memset(stream, 0, sizeof(*stream));
	stream->base = base;
	for (i = 0; i < model->n; i++) {
		const char *const name =
		    model->steps[i].field[FIELD_UNIQUE_NAME];

		if (!is_on(&model->steps[i], of))
			continue;
		if (stream->first_position == 0) {
			stream->first_position = i + 1;
			of = &model->steps[i];
		}
		stream->events++;
		if (stream->unique_name == NULL && name != NULL &&
		    *name != '\0')
			stream->unique_name = name;
	}
	if (stream->first_position == 0)
		return;
	tell_numbers(model, of, stream);
	tell_state(model, of, stream);
	tell_items(model, of, stream);
}

void
model_stream(const struct model *model, const struct model_step *of,
    struct model_stream *stream)
{
	tell_stream(model, of, model_base(model, of).base, stream);
}

bool
model_may_close(const struct model *model, const struct model_step *close)
{
	struct model_stream stream;
	const struct model_number *first;
	int64_t s;

	tell_stream(model, close, close->base, &stream);
	if (stream.first_position == 0 || close->kind == STREAM_IDENTITY ||
	    close->last >= MODEL_NUMBERS)
		return false;
	first = &stream.number[close->first];
	for (s = close->first; s <= close->last; s++) {
		const struct model_number *const number = &stream.number[s];

		if (!is_accounted(number->state) ||
		    number->state != first->state ||
		    number->closed_by != first->closed_by)
			return false;
	}
	return true;
}

static bool
same_event(const struct model *a, size_t position_a, const struct model *b,
    size_t position_b)
{
	if (position_a == 0 || position_b == 0)
		return position_a == position_b;
	return model_same_content(&a->steps[position_a - 1],
	    &b->steps[position_b - 1]);
}

static bool
same_items(const struct model *a, const struct model_stream *in_a,
    const struct model *b, const struct model_stream *in_b)
{
	size_t i, k;

	if (in_a->n_items != in_b->n_items)
		return false;
	for (i = 0; i < in_a->n_items; i++) {
		for (k = 0; k < in_b->n_items; k++) {
			if (strcmp(in_a->items[i].item,
			    in_b->items[k].item) == 0)
				break;
		}
		if (k == in_b->n_items ||
		    in_a->items[i].removed != in_b->items[k].removed ||
		    !same_event(a, in_a->items[i].position, b,
		    in_b->items[k].position))
			return false;
	}
	return true;
}

bool
model_same_state(const struct model *a, const struct model *b,
    const struct model_step *of)
{
	struct model_stream in_a, in_b;
	int64_t s;

	model_stream(a, of, &in_a);
	model_stream(b, of, &in_b);
	for (s = 0; s < MODEL_NUMBERS; s++) {
		if (in_a.number[s].state != in_b.number[s].state)
			return false;
	}
	return in_a.first_position != 0 && in_b.first_position != 0 &&
	    in_a.base == in_b.base && in_a.events == in_b.events &&
	    in_a.removed == in_b.removed && in_a.online == in_b.online &&
	    same_event(a, in_a.state_position, b, in_b.state_position) &&
	    same_items(a, &in_a, b, &in_b);
}
