/*
 * model -- what docs/design.md section 2 says of a history, answered slowly.
 *
 * The whole list of what was journaled is kept, nothing else; each question is
 * answered by reading all of it. It shares no code with src/journal: the two
 * are written from the same words, and tests/test_model.c compares them.
 *
 * Numbers are small, so that a set of numbers is an array.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal/event_row.h"
#include "journal/ledger.h"
#include "twilio/event.h"
#include "twilio/revision.h"

#define MODEL_NUMBERS 64	/* a stream's numbers are below this */
#define MODEL_STEPS 48		/* the longest history */

enum model_op {
	MODEL_DELIVERY,
	MODEL_CLOSE,		/* an operator explains, or gives up */
	MODEL_SETTING,		/* revision_base takes effect for a service */
	N_MODEL_OPS
};

/* One position of the record. Texts are borrowed for as long as the history
 * is in use; NULL: absent. */
struct model_step {
	enum model_op op;
	enum event_type type;	/* MODEL_DELIVERY */
	/* As received; FIELD_EVENT_TYPE is not used. A setting has a service
	 * SID alone; MODEL_CLOSE an account, a service and FIELD_OBJECT_SID. */
	const char *field[N_FIELDS];
	const char *retry;	/* RetryCount */
	enum stream_kind kind;	/* MODEL_CLOSE: of the stream */
	enum gap_state state;	/* MODEL_CLOSE: GAP_EXPLAINED or GAP_LOST */
	int64_t first, last;	/* MODEL_CLOSE */
	int base;		/* MODEL_CLOSE: its numbers are meant in */
	const char *value;	/* MODEL_SETTING: auto, decimal, hex */
	/* Of the test, not of the model: how the projector is driven. */
	bool begins;		/* a transaction begins here */
	bool held;		/* nothing is written or looked at after it:
				 * the next is of the same transaction */
	bool swept;		/* streams are recomputed after it */
};

/* A history; the position of steps[i] is i + 1. */
struct model {
	const struct model_step *steps;
	size_t n;
};

struct model_base {
	int base;		/* 10 or 16 */
	enum base_reason reason;
};

/* What a delivery was judged to be. */
struct model_judged {
	bool has_stream;
	bool has_number;
	int64_t number;		/* 0 unless has_number */
	enum verdict verdict;
	int64_t behind;
	enum revision_verdict revision_verdict;
	bool has_revision;
	int64_t revision;	/* Document-, List- or MapRevision */
};

enum model_state {
	MODEL_NOTHING,		/* beyond the head, or before a creation */
	MODEL_OBSERVED,
	MODEL_UNOBSERVED,
	MODEL_OPEN,
	MODEL_EXPLAINED,
	MODEL_LOST,
	N_MODEL_STATES
};

/* model_letter -- to print it: '.', 'x', 'u', 'o', 'e', 'l'. */
char model_letter(enum model_state state);

struct model_number {
	enum model_state state;
	size_t opened_by;	/* position; unless open, explained, lost: 0 */
	size_t closed_by;	/* position; unless explained, lost: 0 */
	bool filled;		/* it was missing, and came late */
	size_t filled_opened_by, filled_by;	/* positions */
};

/* An item of a list or map, or an endpoint of an identity. */
struct model_item {
	const char *item;
	size_t position;	/* of the event that says its state */
	int64_t number;		/* that it carries */
	bool removed;		/* or not connected */
	bool has_revision;
	int64_t revision;	/* its ItemRevision, if readable */
};

struct model_stream {
	size_t first_position;	/* of its first delivery; 0: there is none,
				 * and nothing else is set */
	int base;		/* of its service */
	size_t events;		/* deliveries of any verdict */
	const char *unique_name;	/* the first given, or NULL */
	bool has_head;
	int64_t first, head, observed;
	bool has_head_revision;
	int64_t head_revision;	/* lists, maps: at the head, if readable */
	struct model_number number[MODEL_NUMBERS];
	bool removed;
	size_t state_position;	/* that says the state; 0: none does */
	bool has_state_number;
	int64_t state_number;	/* that it carries */
	int online;		/* identities: 1, 0, -1 not known */
	struct model_item items[MODEL_STEPS];
	size_t n_items;
};

/* model_base -- the base of the service that a step names. */
struct model_base model_base(const struct model *model,
    const struct model_step *of);

/* model_judge -- what steps[i], a delivery, is in the base that its service
 * has after the whole history. */
void model_judge(const struct model *model, size_t i,
    struct model_judged *judged);

/* model_stream -- the stream of a delivery or MODEL_CLOSE, after the whole
 * history. */
void model_stream(const struct model *model, const struct model_step *of,
    struct model_stream *stream);

/* model_may_close -- whether the numbers of a MODEL_CLOSE lie in one gap that
 * is open, explained or lost after the history, read in the base that they are
 * meant in: all that an operator can name. */
bool model_may_close(const struct model *model,
    const struct model_step *close);

/* model_same_state -- whether two histories of the same deliveries end with
 * the same open numbers and current state on the stream of a delivery. */
bool model_same_state(const struct model *a, const struct model *b,
    const struct model_step *of);

/* What the parts of the model share. */

enum stream_kind model_kind(enum event_type type);
bool model_is_item_event(enum event_type type);
bool model_is_removal(enum event_type type);	/* of whatever it is about */
bool model_is_creation(enum event_type type);	/* not of an item */

/* model_key -- the stream's key, or NULL: a step of no stream. */
const char *model_key(const struct model_step *step);

bool model_same_service(const struct model_step *a,
    const struct model_step *b);
bool model_same_stream(const struct model_step *a, const struct model_step *b);

/* model_same_content -- all parameters but DateCreated and RetryCount. */
bool model_same_content(const struct model_step *a,
    const struct model_step *b);

/* model_usable -- a usable number: digits of the base that fit 63 bits. */
bool model_usable(const char *text, int base, int64_t *number);

/* model_number_of -- the stream's number that a delivery carries. */
bool model_number_of(const struct model_step *step, int base,
    int64_t *number);

/* model_revision, model_item_revision -- the text, or NULL where the type has
 * none or it is empty. */
const char *model_revision(const struct model_step *step);
const char *model_item_revision(const struct model_step *step);

/* model_item_of -- which item or endpoint a delivery is about, or NULL. */
const char *model_item_of(const struct model_step *step);

#endif
