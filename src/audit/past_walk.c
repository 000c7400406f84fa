#include <assert.h>
#include <stdint.h>

#include "audit/past.h"
#include "journal/reader.h"

enum phase {
	PHASE_CREATION,		/* without a number */
	PHASE_NUMBERED,
	PHASE_LOOSE,		/* all else without one */
	N_PHASES
};

/* One slice. */
struct slice_walk {
	struct db *db;
	struct past_walk *walk;
	size_t left;		/* steps that may still be taken */
	enum rc (*step)(void *to, const struct past_step *step,
	    struct err *err);
	void *to;
	struct missing_reading reading;
	struct missing missing;	/* the next, if has_missing */
	bool has_missing;
};

static int
rank_of(const struct past_walk *walk, const struct version *version)
{
	return walk->about.subject->kind == STREAM_DOCUMENT &&
	    version->life == LIFE_REMOVED;
}

static enum phase
phase_of(const struct past_walk *walk)
{
	return (enum phase)(walk->backwards ? N_PHASES - 1 - walk->phase :
	    walk->phase);
}

static void
begin_phase(struct past_walk *walk, int phase)
{
	walk->phase = phase;
	walk->number = walk->backwards ? INT64_MAX : -1;
	walk->rank = walk->backwards ? 2 : -1;
	walk->position = walk->backwards ? INT64_MAX : 0;
	walk->edge = walk->backwards ? INT64_MAX : 0;
}

void
past_walk_begin(struct past_walk *walk, const struct past_about *about,
    bool backwards, bool with_data)
{
	*walk = (struct past_walk){ .about = *about, .backwards = backwards,
	    .with_data = with_data };
	begin_phase(walk, 0);
}

/* From just before the event; what is missing on the way to it is behind. */
static void
begin_at(struct past_walk *walk, const struct version *version)
{
	const int before = walk->backwards ? 1 : -1;

	walk->number = version->number;
	walk->rank = rank_of(walk, version);
	walk->position = version->position + before;
	walk->edge = version->number - before;
}

void
past_walk_from(struct past_walk *walk, const struct past_about *about,
    bool backwards, bool with_data, const struct past_step *step)
{
	const struct version *version = step->version;
	enum phase phase = PHASE_NUMBERED;

	past_walk_begin(walk, about, backwards, with_data);
	if (version != NULL && !version->has_number)
		phase = version->life == LIFE_CREATED ? PHASE_CREATION :
		    PHASE_LOOSE;
	begin_phase(walk, backwards ? N_PHASES - 1 - (int)phase : (int)phase);
	if (version != NULL) {
		begin_at(walk, version);
		return;
	}
	walk->number = backwards ? step->missing->first : step->missing->last;
	walk->rank = backwards ? -1 : 2;
	walk->edge = backwards ? step->missing->last : step->missing->first;
}

static enum statement
statement_of(const struct past_walk *walk)
{
	if (phase_of(walk) != PHASE_NUMBERED)
		return walk->backwards ? STATEMENT_PAST_LOOSE_DOWN :
		    STATEMENT_PAST_LOOSE_UP;
	if (walk->about.item.p != NULL)
		return walk->backwards ? STATEMENT_PAST_ITEM_DOWN :
		    STATEMENT_PAST_ITEM_UP;
	return walk->backwards ? STATEMENT_PAST_DOWN : STATEMENT_PAST_UP;
}

static void
bind(const struct slice_walk *slice, enum statement s)
{
	const struct past_walk *walk = slice->walk;
	const enum phase phase = phase_of(walk);

	version_bind(slice->db, s, walk->about.subject);
	db_bind_int(slice->db, s, 4, phase == PHASE_NUMBERED ? walk->number :
	    phase == PHASE_CREATION);
	if (s == STATEMENT_PAST_UP || s == STATEMENT_PAST_DOWN)
		db_bind_int(slice->db, s, 5, walk->rank);
	db_bind_int(slice->db, s, 6, walk->position);
	db_bind_int(slice->db, s, 7, walk->with_data);
	db_bind_int(slice->db, s, 8, (int64_t)slice->left);
	if (s != STATEMENT_PAST_UP && s != STATEMENT_PAST_DOWN)
		db_bind_text(slice->db, s, 9, walk->about.item);
}

static enum rc
next_missing(struct slice_walk *slice, struct err *err)
{
	return missing_next(&slice->reading, &slice->missing,
	    &slice->has_missing, err);
}

/* Take the steps over what is missing on this side of a number. */
static enum rc
step_missing(struct slice_walk *slice, int64_t number, struct err *err)
{
	struct past_walk *const walk = slice->walk;
	const struct past_step step = { .missing = &slice->missing };
	enum rc rc = RC_OK;

	while (rc == RC_OK && slice->has_missing && slice->left > 0 &&
	    (walk->backwards ? slice->missing.last > number :
	    slice->missing.first < number)) {
		rc = slice->step(slice->to, &step, err);
		walk->edge = walk->backwards ? slice->missing.first - 1 :
		    slice->missing.last + 1;
		slice->left--;
		if (rc == RC_OK)
			rc = next_missing(slice, err);
	}
	return rc;
}

static enum rc
step_version(struct slice_walk *slice, const struct version *version,
    struct err *err)
{
	struct past_walk *const walk = slice->walk;
	const struct past_step step = { .version = version };

	walk->number = version->number;
	walk->rank = rank_of(walk, version);
	walk->position = version->position;
	slice->left--;
	return slice->step(slice->to, &step, err);
}

/* Over the events of this phase, and what is missing before each. */
static enum rc
step_events(struct slice_walk *slice, struct err *err)
{
	const enum statement s = statement_of(slice->walk);
	struct version version;
	bool row;
	enum rc rc;

	bind(slice, s);
	for (;;) {
		rc = db_row(slice->db, s, &row, err);
		if (rc != RC_OK || !row)
			return rc;
		version = version_of_row(slice->db, s);
		rc = step_missing(slice, version.number, err);
		if (rc == RC_OK && slice->left > 0)
			rc = step_version(slice, &version, err);
		if (rc != RC_OK || slice->left == 0)
			break;
	}
	db_done(slice->db, s);
	return rc;
}

static enum rc
step_numbered(struct slice_walk *slice, struct err *err)
{
	const struct past_walk *walk = slice->walk;
	enum rc rc;

	rc = missing_begin(&slice->reading, slice->db, walk->about.subject,
	    walk->backwards ? 0 : walk->edge,
	    walk->backwards ? walk->edge : INT64_MAX, walk->backwards, err);
	if (rc == RC_OK)
		rc = next_missing(slice, err);
	if (rc == RC_OK)
		rc = step_events(slice, err);
	if (rc == RC_OK && slice->left > 0)
		rc = step_missing(slice, walk->backwards ? -1 : INT64_MAX,
		    err);
	missing_end(&slice->reading);
	slice->has_missing = false;
	return rc;
}

enum rc
past_walk_next(struct db *db, struct past_walk *walk, size_t most,
    enum rc (*step)(void *to, const struct past_step *step, struct err *err),
    void *to, bool *more, struct err *err)
{
	struct slice_walk slice = { .db = db, .walk = walk, .left = most,
	    .step = step, .to = to };
	int before;
	enum rc rc;

	assert(most > 0);
	rc = reader_use(db, &before, err);
	if (rc != RC_OK)
		return rc;
	while (rc == RC_OK && slice.left > 0 && walk->phase < N_PHASES) {
		rc = phase_of(walk) == PHASE_NUMBERED ?
		    step_numbered(&slice, err) : step_events(&slice, err);
		if (rc == RC_OK && slice.left > 0)
			begin_phase(walk, walk->phase + 1);
	}
	(void)db_generation(db, before);
	*more = walk->phase < N_PHASES;
	return rc;
}
