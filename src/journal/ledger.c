#include "journal/ledger.h"

#include <assert.h>

static const char *const verdict_names[N_VERDICTS] = {
	[VERDICT_NONE] = NULL,
	[VERDICT_BASELINE] = "baseline",
	[VERDICT_IN_ORDER] = "in_order",
	[VERDICT_AHEAD] = "ahead",
	[VERDICT_LATE] = "late",
	[VERDICT_DUPLICATE] = "duplicate",
	[VERDICT_CONFLICT] = "conflict",
	[VERDICT_LIFECYCLE] = "lifecycle",
	[VERDICT_UNSEQUENCED] = "unsequenced",
};

static const char *const gap_state_names[N_GAP_STATES] = {
	[GAP_UNOBSERVED] = "unobserved",
	[GAP_OPEN] = "open",
	[GAP_FILLED] = "filled",
	[GAP_EXPLAINED] = "explained",
	[GAP_LOST] = "lost",
};

const char *
verdict_name(enum verdict verdict)
{
	assert(verdict < N_VERDICTS);
	return verdict_names[verdict];
}

const char *
gap_state_name(enum gap_state state)
{
	assert(state < N_GAP_STATES);
	return gap_state_names[state];
}

static void
start(const struct ledger_stream *stream, struct ledger_result *result)
{
	result->verdict = VERDICT_NONE;
	result->behind = 0;
	result->stream = *stream;
	result->n_changes = 0;
}

static void
change(struct ledger_result *result, enum ledger_op op, int64_t first,
    int64_t last, enum gap_state state)
{
	assert(result->n_changes < LEDGER_CHANGES_MAX);
	result->changes[result->n_changes++] = (struct ledger_change){
		.op = op, .first = first, .last = last, .state = state
	};
}

/* The same, but an interval that holds nothing is no change. */
static void
change_interval(struct ledger_result *result, enum ledger_op op,
    int64_t first, int64_t last, enum gap_state state)
{
	if (first <= last)
		change(result, op, first, last, state);
}

/* The stream's first number: what lies below was never observed. */
static void
judge_baseline(int64_t s, struct ledger_result *result)
{
	struct ledger_stream *stream = &result->stream;
	int64_t below = s - 1;

	result->verdict = VERDICT_BASELINE;
	switch (stream->kind) {
	case STREAM_DOCUMENT:
		change_interval(result, LEDGER_ADD, 0, below, GAP_UNOBSERVED);
		break;
	case STREAM_LIST:
	case STREAM_MAP:
		if (s > 0)
			change(result, LEDGER_ADD, 0, 0, GAP_UNOBSERVED);
		change_interval(result, LEDGER_ADD, 1, below,
		    stream->created ? GAP_OPEN : GAP_UNOBSERVED);
		break;
	case STREAM_IDENTITY:
	case STREAM_NONE:
	case N_STREAM_KINDS:
		break;
	}
}

/* A number above the head. */
static void
judge_ahead(int64_t s, struct ledger_result *result)
{
	const struct ledger_stream *stream = &result->stream;

	if (!stream_kind_contiguous(stream->kind) || s - stream->head == 1) {
		result->verdict = VERDICT_IN_ORDER;
		return;
	}
	result->verdict = VERDICT_AHEAD;
	change(result, LEDGER_ADD, stream->head + 1, s - 1, GAP_OPEN);
}

/* s is taken out of an interval that was never a gap: what lies above it is
 * now between two observed numbers. */
static void
shrink_unobserved(const struct ledger_gap *around, int64_t s,
    struct ledger_result *result)
{
	if (around->first < s)
		change(result, LEDGER_RESIZE, around->first, s - 1, 0);
	else
		change(result, LEDGER_REMOVE, 0, 0, 0);
	change_interval(result, LEDGER_ADD, s + 1, around->last, GAP_OPEN);
	/* On lists and maps 0 is an interval of its own. */
	if (s == 0)
		change(result, LEDGER_OPEN_UNOBSERVED, 1, 0, 0);
}

/* s is taken out of a gap. */
static void
fill(const struct ledger_gap *around, int64_t s, struct ledger_result *result)
{
	if (around->first == around->last) {
		change(result, LEDGER_FILL, 0, 0, 0);
		return;
	}
	if (s == around->first) {
		change(result, LEDGER_RESIZE, s + 1, around->last, 0);
	} else {
		change(result, LEDGER_RESIZE, around->first, s - 1, 0);
		change_interval(result, LEDGER_SPLIT, s + 1, around->last, 0);
	}
	change(result, LEDGER_SPLIT_FILLED, s, s, 0);
}

/* A number below the head that was not observed. Without an interval around
 * it lies below a document's creation, or its stream is monotonic. */
static void
judge_late(const struct ledger_gap *around, int64_t s,
    struct ledger_result *result)
{
	result->verdict = VERDICT_LATE;
	if (around == NULL)
		return;
	assert(around->first <= s && s <= around->last);
	if (around->state == GAP_UNOBSERVED)
		shrink_unobserved(around, s, result);
	else
		fill(around, s, result);
}

static void
judge_unseen(const struct ledger_gap *around, int64_t s,
    struct ledger_result *result)
{
	struct ledger_stream *stream = &result->stream;

	if (!stream->has_head)
		judge_baseline(s, result);
	else if (s > stream->head)
		judge_ahead(s, result);
	else
		judge_late(around, s, result);

	if (!stream->has_head || s < stream->first)
		stream->first = s;
	if (!stream->has_head || s > stream->head)
		stream->head = s;
	stream->has_head = true;
	stream->observed++;
}

/* A document's creation: no number below it ever was. Also of a creation that
 * conflicts with another event, so that the order of the two is no matter. */
static void
create_document(int64_t s, struct ledger_result *result)
{
	struct ledger_stream *stream = &result->stream;

	if (stream->created && s <= stream->created_seq)
		return;
	stream->created = true;
	stream->created_seq = s;
	if (s > 0)
		change(result, LEDGER_CLEAR_BELOW, s, 0, 0);
}

void
ledger_judge(const struct ledger_stream *stream,
    const struct ledger_gap *around, int64_t s, enum life life,
    enum ledger_seen seen, struct ledger_result *result)
{
	assert(s >= 0);
	start(stream, result);
	if (stream->has_head && s < stream->head)
		result->behind = stream->head - s;

	switch (seen) {
	case LEDGER_UNSEEN:
		judge_unseen(around, s, result);
		break;
	case LEDGER_OTHER_ROLE:
		/* A removal may carry the number of the last update; an update
		 * that follows its removal is late. */
		result->verdict = life == LIFE_REMOVED && s == stream->head ?
		    VERDICT_IN_ORDER : VERDICT_LATE;
		break;
	case LEDGER_OTHER_CONTENT:
		result->verdict = VERDICT_CONFLICT;
		break;
	case LEDGER_SAME_CONTENT:
	case N_LEDGER_SEEN:
		result->verdict = VERDICT_DUPLICATE;
		break;
	}

	if (stream->kind == STREAM_DOCUMENT && life == LIFE_CREATED)
		create_document(s, result);
}

void
ledger_lifecycle(const struct ledger_stream *stream, enum life life,
    enum ledger_seen seen, struct ledger_result *result)
{
	start(stream, result);
	switch (seen) {
	case LEDGER_UNSEEN:
	case LEDGER_OTHER_ROLE:
		result->verdict = VERDICT_LIFECYCLE;
		break;
	case LEDGER_OTHER_CONTENT:
		result->verdict = VERDICT_CONFLICT;
		break;
	case LEDGER_SAME_CONTENT:
	case N_LEDGER_SEEN:
		result->verdict = VERDICT_DUPLICATE;
		break;
	}

	/* From its creation on, all numbers of a collection were ours to see;
	 * whether they begin at 0 or 1 is not known. */
	if (life == LIFE_CREATED && !stream->created) {
		result->stream.created = true;
		if (stream->has_head && stream->first > 1)
			change(result, LEDGER_OPEN_UNOBSERVED, 1, 0, 0);
	}
}

void
ledger_unsequenced(const struct ledger_stream *stream,
    struct ledger_result *result)
{
	start(stream, result);
	result->verdict = VERDICT_UNSEQUENCED;
}
