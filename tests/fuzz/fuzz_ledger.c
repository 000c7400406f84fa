/* The ledger, with all that keeps its streams, against the reference model
 * (tests/model.h): an input is a history, in its order of arrival and in
 * another one, compared after each step; and then rebuilt.
 *
 * An input is: how many streams there are, three bytes for each, then some
 * bytes a step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "../model.h"
#include "../model_bench.h"
#include "../model_history.h"
#include "../model_random.h"
#include "../model_writer.h"

#define STREAMS 3
#define STEPS_MOST 16	/* each costs as much as all before it */
/* Texts of one base read in the other stay below MODEL_NUMBERS. */
#define NUMBER_MOST 39
#define NUMBER_MOST_NO_LETTER 24

static struct bench *bench;

struct world {
	struct world_stream streams[STREAMS];
	size_t n;
};

static void
new_stream(struct world_stream *stream, size_t i, struct input *input)
{
	static const char *const keys[N_STREAM_KINDS][STREAMS] = {
		[STREAM_DOCUMENT] = { "ET0", "ET1", "ET0" },
		[STREAM_LIST] = { "ES0", "ES1", "ES0" },
		[STREAM_MAP] = { "MP0", "MP1", "MP0" },
		[STREAM_IDENTITY] = { "ada", "bob", "ada" },
	};
	const unsigned int what = input_byte(input);
	const unsigned int where = input_byte(input);
	const unsigned int life = input_byte(input);

	memset(stream, 0, sizeof(*stream));
	stream->kind = (enum stream_kind)(1 + what % 4);
	stream->service = what / 4 % WRITER_SERVICES;
	stream->style = (enum style)(what / 16 % N_STYLES);
	stream->key = keys[stream->kind][i];
	stream->name = what >= 128 ? "name" : NULL;
	stream->limit = NUMBER_MOST;
	stream->cursor = (int64_t)(where % 14) - 1;
	if (stream->style == STYLE_HEX_NO_LETTER) {
		stream->limit = NUMBER_MOST_NO_LETTER;
		stream->cursor = 15;
	}
	stream->birth = life % 2 == 0 ? -1 :
	    stream->cursor + 1 + life / 2 % 4;
	stream->death = life / 8 % 2 == 0 ? -1 :
	    stream->cursor + 2 + life / 16;
	stream->salt = where / 14;
}

static int64_t
choose(struct world_stream *stream, struct input *input)
{
	const int64_t how = (int64_t)input_byte(input);
	int64_t s = how < 128 ? stream->cursor + 1 :
	    how < 192 ? stream->cursor + (how - 160) % 7 :
	    how % (stream->limit + 1);

	if (s < 0)
		s = 0;
	if (s > stream->limit)
		s = stream->limit;
	if (s > stream->cursor)
		stream->cursor = s;
	return s;
}

/* One field is not as it should be. */
static void
spoil(struct model_step *step, struct input *input)
{
	static const char *const texts[] = { "x", "", "-1", NULL, "07", "1F",
	    "1f", "11", "3", " 4", "9223372036854775808", "ada", "0", "1",
	    "true", "IS2" };
	static const enum field fields[] = { FIELD_REVISION,
	    FIELD_ITEM_REVISION, FIELD_EVENT_ID, FIELD_ITEM, FIELD_UNIQUE_NAME,
	    FIELD_OBJECT_SID, FIELD_IDENTITY, FIELD_SERVICE_SID, FIELD_DATA,
	    FIELD_IS_ONLINE, FIELD_ENDPOINT_ID };
	const unsigned int how = input_byte(input);
	const unsigned int what = input_byte(input);

	if (how >= 128 && model_kind(step->type) == STREAM_DOCUMENT)
		step->type = how % 2 == 0 ? EVENT_DOCUMENT_REMOVED :
		    EVENT_DOCUMENT_CREATED;
	else if (how >= 120)
		step->type = EVENT_UNKNOWN;
	else
		step->field[fields[how % (sizeof(fields) /
		    sizeof(fields[0]))]] =
		    texts[what % (sizeof(texts) / sizeof(texts[0]))];
}

static void
deliver(struct world *world, struct input *input, unsigned int how,
    struct model_step *step)
{
	struct world_stream *const stream = &world->streams[how % world->n];
	enum field field;

	if (how >= 112 && (stream->kind == STREAM_LIST ||
	    stream->kind == STREAM_MAP))
		writer_lifecycle(stream, how % 2 == 0, step);
	else
		writer_event(stream, choose(stream, input), step);
	if (how / 4 % 8 == 7)
		spoil(step, input);
	if (how % 8 == 5)
		step->retry = "1";
	/* What its type has no parameter for cannot be said. */
	for (field = 0; field < N_FIELDS; field++) {
		if (event_rule(step->type)->param[field] == NULL)
			step->field[field] = NULL;
	}
}

/* An operator closes numbers; false when there is no such gap. */
static bool
close_gap(const struct world *world, const struct model *model,
    struct input *input, struct model_step *step)
{
	const unsigned int how = input_byte(input);
	const struct world_stream *const stream =
	    &world->streams[how % world->n];

	if (stream->kind == STREAM_IDENTITY)
		return false;
	step->op = MODEL_CLOSE;
	writer_service(step, stream->service);
	step->field[FIELD_OBJECT_SID] = stream->key;
	step->kind = stream->kind;
	step->state = how < 160 ? GAP_EXPLAINED : GAP_LOST;
	step->base = stream->kind != STREAM_DOCUMENT ? 10 :
	    model_base(model, step).base;
	step->first = (int64_t)input_below(input, MODEL_NUMBERS - 4);
	step->last = step->first + (int64_t)input_below(input, 4);
	return model_may_close(model, step);
}

static void
make_step(struct world *world, struct model *model, struct input *input,
    struct model_step *step)
{
	static const char *const bases[] = { "auto", "decimal", "hex" };
	const unsigned int what = input_byte(input);
	const unsigned int drive = input_byte(input);

	memset(step, 0, sizeof(*step));
	if (what < 224) {
		deliver(world, input, what % 128, step);
	} else if (what < 240) {
		step->op = MODEL_SETTING;
		writer_service(step, what % 2);
		step->field[FIELD_ACCOUNT_SID] = NULL;
		step->value = bases[input_below(input, 3)];
	} else if (!close_gap(world, model, input, step)) {
		memset(step, 0, sizeof(*step));
		deliver(world, input, what % 128, step);
	}
	step->begins = drive % 4 == 1;
	step->held = drive / 4 % 4 == 1;
	step->swept = drive / 16 % 8 == 1;
}

static void
compare(const struct model *model)
{
	struct why why = { "" };

	if (bench_run(bench, model, &why))
		return;
	history_print(model);
	fuzz_broken(__FILE__, __LINE__, why.text);
}

/* The same deliveries as they would arrive another day. */
static void
another_order(const struct model *model, uint64_t seed)
{
	struct random random = { seed };
	struct model_step steps[MODEL_STEPS];
	struct model other = { steps, 0 };

	other.n = random_order(&random, model, steps);
	if (other.n > 0)
		compare(&other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct model_step steps[STEPS_MOST];
	struct model model = { steps, 0 };
	struct world world = { .n = 1 + input_below(&input, STREAMS) };
	size_t i;

	if (bench == NULL) {
		/* An assertion outside of a test of cmocka's. */
		MUST(setenv("CMOCKA_TEST_ABORT", "1", 1) == 0);
		bench = bench_new();
	}
	for (i = 0; i < world.n; i++)
		new_stream(&world.streams[i], i, &input);
	for (; model.n < STEPS_MOST && input.left > 0; model.n++)
		make_step(&world, &model, &input, &steps[model.n]);
	if (model.n == 0)
		return 0;
	bench_rebuild(bench, size % 8 == 1);
	compare(&model);
	bench_rebuild(bench, false);
	if (size % 2 == 0)
		another_order(&model, size * 31 + data[size - 1]);
	return 0;
}
