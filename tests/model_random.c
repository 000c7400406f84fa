#include "model_random.h"

#include <string.h>

#include "model_writer.h"

#define STREAMS_MAX 4
/* Decimal texts read in base 16, and the other way round, stay below
 * MODEL_NUMBERS: 0x39 is 57. */
#define DECIMAL_MAX 39

struct world {
	struct random *random;
	struct world_stream streams[STREAMS_MAX];
	size_t n_streams;
	unsigned int oddity;	/* percent of events that are spoilt */
};

uint64_t
random_below(struct random *random, uint64_t n)
{
	uint64_t x;

	/* splitmix64 */
	random->state += 0x9e3779b97f4a7c15u;
	x = random->state;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (x ^ (x >> 31)) % n;
}

static bool
chance(struct world *world, unsigned int percent)
{
	return random_below(world->random, 100) < percent;
}

/* --- Deliveries --------------------------------------------------------- */

/* Mostly the next number, or one of some that are near. */
static int64_t
choose_number(struct world *world, struct world_stream *stream)
{
	const uint64_t how = random_below(world->random, 100);
	int64_t s;

	if (how < 55)
		s = stream->cursor + 1;
	else if (how < 70)
		s = stream->cursor + 2 +
		    (int64_t)random_below(world->random, 3);
	else if (how < 92)
		s = stream->cursor -
		    (int64_t)random_below(world->random, 6);
	else
		s = (int64_t)random_below(world->random,
		    (uint64_t)stream->limit + 1);
	if (s < 0)
		s = 0;
	if (s > stream->limit)
		s = stream->limit;
	if (s > stream->cursor)
		stream->cursor = s;
	return s;
}

static const char *
odd_number(struct world *world)
{
	return ONE_OF(random_below(world->random, 12), "x", "", "-1", NULL,
	    "07", "1F", "1f", "11", "3", " 4", "9223372036854775808",
	    "fffffffffffffffff");
}

/* Something about an event is not as it should be. */
static void
spoil(struct world *world, struct model_step *step)
{
	const char *const number = odd_number(world);

	switch (random_below(world->random, 12)) {
	case 0:
		step->field[FIELD_REVISION] = number;
		break;
	case 1:
		step->field[FIELD_ITEM_REVISION] = number;
		break;
	case 2:
		step->field[FIELD_EVENT_ID] = number;
		break;
	case 3:
		step->type = model_kind(step->type) == STREAM_DOCUMENT ?
		    EVENT_DOCUMENT_REMOVED : step->type;
		break;
	case 4:
		step->type = model_kind(step->type) == STREAM_DOCUMENT ?
		    EVENT_DOCUMENT_CREATED : step->type;
		break;
	case 5:
		step->field[FIELD_ITEM] = ONE_OF(random_below(world->random,
		    4), "0", "1", "", NULL);
		step->field[FIELD_ENDPOINT_ID] = "";
		break;
	case 6:
		step->field[FIELD_UNIQUE_NAME] = ONE_OF(random_below(
		    world->random, 3), "other", "", NULL);
		break;
	case 7:
		step->field[FIELD_OBJECT_SID] = ONE_OF(random_below(
		    world->random, 3), NULL, "", "nosid");
		step->field[FIELD_IDENTITY] = ONE_OF(random_below(
		    world->random, 3), NULL, "", "ada");
		break;
	case 8:
		step->type = EVENT_UNKNOWN;
		break;
	case 9:
		step->field[FIELD_SERVICE_SID] = NULL;
		break;
	case 10:
		step->field[FIELD_IS_ONLINE] = ONE_OF(random_below(
		    world->random, 3), "true", "false", NULL);
		break;
	default:
		step->field[FIELD_DATA] = "spoilt";
		break;
	}
}

static void
deliver(struct world *world, struct model_step *step)
{
	struct world_stream *const stream = &world->streams[
	    random_below(world->random, world->n_streams)];
	enum field field;

	if ((stream->kind == STREAM_LIST || stream->kind == STREAM_MAP) &&
	    chance(world, 8))
		writer_lifecycle(stream, chance(world, 60), step);
	else
		writer_event(stream, choose_number(world, stream), step);
	if (chance(world, world->oddity))
		spoil(world, step);
	/* Neither is content. */
	if (chance(world, 20))
		step->retry = "1";
	if (stream->kind != STREAM_IDENTITY && chance(world, 50))
		step->field[FIELD_DATE_CREATED] = "2023-11-07T11:57:43.715Z";
	/* What its type has no parameter for cannot be said. */
	for (field = 0; field < N_FIELDS; field++) {
		if (event_rule(step->type)->param[field] == NULL)
			step->field[field] = NULL;
	}
}

/* --- Actions and settings ----------------------------------------------- */

/* The numbers of a gap that there is, if one is found soon. */
static bool
explain(struct world *world, const struct model *model,
    struct model_step *step)
{
	const struct world_stream *const stream = &world->streams[
	    random_below(world->random, world->n_streams)];
	int tries;

	step->op = MODEL_CLOSE;
	writer_service(step, stream->service);
	step->field[FIELD_OBJECT_SID] = stream->key;
	step->kind = stream->kind;
	step->state = chance(world, 70) ? GAP_EXPLAINED : GAP_LOST;
	step->base = 10;
	if (stream->kind == STREAM_DOCUMENT)
		step->base = chance(world, 85) ?
		    model_base(model, step).base : 16;
	for (tries = 0; tries < 40; tries++) {
		step->first = step->last =
		    (int64_t)random_below(world->random, MODEL_NUMBERS);
		if (stream->kind == STREAM_IDENTITY ||
		    !model_may_close(model, step))
			continue;
		for (step->last++; chance(world, 70) &&
		    model_may_close(model, step);)
			step->last++;
		step->last--;
		return model_may_close(model, step);
	}
	return false;
}

static void
configure(struct world *world, struct model_step *step)
{
	step->op = MODEL_SETTING;
	writer_service(step, random_below(world->random, 2));
	step->field[FIELD_ACCOUNT_SID] = NULL;
	step->value = ONE_OF(random_below(world->random, 4), "auto", "decimal",
	    "hex", "auto");
}

/* --- Histories ---------------------------------------------------------- */

static void
new_stream(struct world *world, size_t i, const enum style *style)
{
	static const char *const keys[N_STREAM_KINDS][STREAMS_MAX] = {
		[STREAM_DOCUMENT] = { "ET0", "ET1", "ET2", "ET0" },
		[STREAM_LIST] = { "ES0", "ES1", "ES2", "ES0" },
		[STREAM_MAP] = { "MP0", "MP1", "MP2", "MP0" },
		[STREAM_IDENTITY] = { "ada", "bob", "cyd", "ada" },
	};
	struct world_stream *const stream = &world->streams[i];
	const uint64_t kind = random_below(world->random, 8);
	int64_t start;

	memset(stream, 0, sizeof(*stream));
	stream->kind = kind < 3 ? STREAM_DOCUMENT : kind < 5 ? STREAM_MAP :
	    kind < 7 ? STREAM_LIST : STREAM_IDENTITY;
	stream->service = random_below(world->random, 10) < 6 ? 0 :
	    random_below(world->random, WRITER_SERVICES);
	stream->style = style[stream->service];
	stream->key = keys[stream->kind][i];
	stream->name = chance(world, 60) ? "name" : NULL;
	stream->limit = DECIMAL_MAX;
	start = chance(world, 40) ? 0 :
	    (int64_t)random_below(world->random, 14);
	if (stream->style == STYLE_HEX_NO_LETTER) {
		start = 16 + (int64_t)random_below(world->random, 3);
		stream->limit = 24;
	}
	stream->cursor = start - 1;
	stream->birth = chance(world, 60) ? start + (int64_t)
	    random_below(world->random, 4) : -1;
	stream->death = chance(world, 50) ? start + 2 + (int64_t)
	    random_below(world->random, 9) : -1;
	stream->salt = random_below(world->random, UINT64_MAX);
}

void
random_history(struct random *random, size_t n, struct model_step *steps)
{
	struct world world = { .random = random };
	enum style style[WRITER_SERVICES];
	struct model model = { steps, 0 };
	size_t i;

	world.oddity = (unsigned int)random_below(random, 4) * 6;
	for (i = 0; i < WRITER_SERVICES; i++)
		style[i] = (enum style)random_below(random, N_STYLES);
	world.n_streams = 1 + random_below(random, STREAMS_MAX);
	for (i = 0; i < world.n_streams; i++)
		new_stream(&world, i, style);
	for (; model.n < n; model.n++) {
		struct model_step *const step = &steps[model.n];
		const uint64_t what = random_below(random, 100);

		memset(step, 0, sizeof(*step));
		if (what < 3) {
			configure(&world, step);
		} else if (what > 9 || !explain(&world, &model, step)) {
			memset(step, 0, sizeof(*step));
			deliver(&world, step);
		}
		step->begins = chance(&world, 30);
		step->held = chance(&world, 40);
		step->swept = chance(&world, 10);
	}
}

static void
shuffle(struct random *random, size_t *order, size_t n)
{
	size_t i, k, other;

	for (i = n; i > 1; i--) {
		k = random_below(random, i);
		other = order[k];
		order[k] = order[i - 1];
		order[i - 1] = other;
	}
}

/* Those that fall to one journal, then those of the other. */
static void
split(struct random *random, size_t *order, size_t n)
{
	size_t other[MODEL_STEPS], n_first = 0, n_other = 0, i;

	for (i = 0; i < n; i++) {
		if (random_below(random, 2) == 0)
			order[n_first++] = order[i];
		else
			other[n_other++] = order[i];
	}
	memcpy(order + n_first, other, n_other * sizeof(*other));
}

size_t
random_order(struct random *random, const struct model *model,
    struct model_step *steps)
{
	size_t order[MODEL_STEPS], n = 0, i, used = 0, out = 0;

	for (i = 0; i < model->n; i++) {
		if (model->steps[i].op == MODEL_DELIVERY)
			order[n++] = i;
	}
	if (random_below(random, 2) == 0)
		shuffle(random, order, n);
	else
		split(random, order, n);
	for (i = 0; i < model->n; i++) {
		if (model->steps[i].op == MODEL_CLOSE)
			continue;
		steps[out++] = model->steps[i].op == MODEL_DELIVERY ?
		    model->steps[order[used++]] : model->steps[i];
	}
	return out;
}
