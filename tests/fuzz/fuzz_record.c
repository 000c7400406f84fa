/* FastCGI records: whatever pieces they come in, the walk ends at the same
 * place with the same contents, keeps its bounds, and what it took for a
 * request is one again when written out. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "responder/record.h"

#define BODY_MAX 512

struct end {
	enum record_state state;
	struct record_walk walk;
	struct record_keep keep;
	size_t used;
	size_t managements;
};

static void
check_bounds(const struct record_walk *walk, const struct record_keep *keep)
{
	MUST(walk->phase < N_RECORD_PHASES);
	MUST(walk->header_len <= RECORD_HEADER_LEN);
	MUST(walk->begin_len <= sizeof(walk->begin));
	MUST(walk->lengths_len < sizeof(walk->lengths));
	MUST(walk->params_len <= RECORD_PARAMS_MAX);
	/* What it was refused for is not kept. */
	if (walk->bad != NULL)
		return;
	MUST(walk->pair_left <= RECORD_PARAMS_MAX);
	MUST(keep->params.len == walk->params_len);
	MUST(keep->body.len == (walk->stdin_len < BODY_MAX ?
	    walk->stdin_len : BODY_MAX));
}

static void
answer(struct end *end)
{
	struct buf out;

	buf_init(&out, 0);
	record_answer(&out, record_type(&end->walk),
	    buf_slice(&end->keep.management));
	/* Values asked for often are answered once. */
	MUST(buf_ok(&out) && out.len >= RECORD_HEADER_LEN && out.len <= 256);
	buf_clear(&out);
	buf_reset(&end->keep.management);
	end->managements++;
}

/* Over all bytes, in pieces of this length. */
static void
walk(struct slice bytes, size_t piece, struct end *end)
{
	size_t len, used;

	*end = (struct end){ .keep = { .body_max = BODY_MAX } };
	buf_init(&end->keep.params, 0);
	buf_init(&end->keep.body, 0);
	buf_init(&end->keep.management, 0);
	record_init(&end->walk);
	end->state = RECORD_MORE;
	while (end->used < bytes.len && (end->state == RECORD_MORE ||
	    end->state == RECORD_MANAGEMENT)) {
		len = bytes.len - end->used;
		end->state = record_walk(&end->walk, bytes.p + end->used,
		    len < piece ? len : piece, &end->keep, &used);
		MUST(used > 0 && used <= len);
		MUST(end->state != RECORD_MORE || used == len ||
		    used == piece);
		end->used += used;
		check_bounds(&end->walk, &end->keep);
		if (end->state == RECORD_MANAGEMENT)
			answer(end);
	}
	MUST((end->state == RECORD_BAD) == (end->walk.bad != NULL));
}

static void
end_clear(struct end *end)
{
	buf_clear(&end->keep.params);
	buf_clear(&end->keep.body);
	buf_clear(&end->keep.management);
}

static void
same(const struct end *a, const struct end *b)
{
	MUST(a->state == b->state && a->walk.bad == b->walk.bad);
	/* How much of what it refuses it has seen, it does not say. */
	if (a->state == RECORD_BAD)
		return;
	MUST(a->used == b->used);
	MUST(a->managements == b->managements);
	MUST(a->walk.phase == b->walk.phase && a->walk.id == b->walk.id);
	MUST(a->walk.keep == b->walk.keep && a->walk.plain == b->walk.plain);
	MUST(a->walk.stdin_len == b->walk.stdin_len);
	MUST(fuzz_same(buf_slice(&a->keep.params),
	    buf_slice(&b->keep.params)));
	MUST(fuzz_same(buf_slice(&a->keep.body), buf_slice(&b->keep.body)));
}

static void
write_again(const struct end *end)
{
	struct end again;
	struct buf out;

	buf_init(&out, 0);
	record_add_begin(&out, end->walk.id, end->walk.keep);
	record_add(&out, RECORD_TYPE_PARAMS, end->walk.id,
	    buf_slice(&end->keep.params), true);
	record_add(&out, RECORD_TYPE_STDIN, end->walk.id,
	    buf_slice(&end->keep.body), true);
	MUST(buf_ok(&out));
	walk(buf_slice(&out), out.len, &again);
	MUST(again.state == RECORD_REQUEST && again.used == out.len);
	MUST(again.walk.plain && again.walk.keep == end->walk.keep);
	MUST(fuzz_same(buf_slice(&again.keep.params),
	    buf_slice(&end->keep.params)));
	MUST(fuzz_same(buf_slice(&again.keep.body),
	    buf_slice(&end->keep.body)));
	end_clear(&again);
	buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 8, 9, 64 };
	struct input input = { data, size };
	const struct slice rest = input_rest(&input);
	char *const copy = fuzz_copy(rest);
	const struct slice bytes = { copy, rest.len };
	struct end whole, pieced;
	size_t i;

	walk(bytes, size + 1, &whole);
	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		walk(bytes, pieces[i], &pieced);
		same(&whole, &pieced);
		end_clear(&pieced);
	}
	if (whole.state == RECORD_REQUEST)
		write_again(&whole);
	end_clear(&whole);
	free(copy);
	return 0;
}
