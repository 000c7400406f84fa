/*
 * faults_steps -- all that is done with a journal and beside it, in steps, each
 * from a known state, to be done again and again while something fails.
 */
#ifndef TESTS_FAULTS_STEPS_H
#define TESTS_FAULTS_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "faults.h"
#include "support.h"

#define WAIT_MS 2000
#define BATCH_MOST 24

/* What one step works on. */
struct work {
	const struct place *place;
	struct journal *journal;	/* open, if the step wants it so */
	struct sample *sample[BATCH_MOST];
	size_t n_samples;
	bool kept[BATCH_MOST];	/* acknowledged */
	/* What was read: it may be all or an error, never less. */
	char out[16384];
	size_t len;
	void *own;		/* of before, freed by after */
};

void work_print(struct work *work, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

enum step_state {
	STATE_NONE,		/* an empty directory */
	STATE_LEFT,		/* a WAL without its journal */
	STATE_WAL,		/* a journal with a history, and a WAL */
	STATE_TWO,		/* and another one */
	STATE_TRUNCATE,		/* the same in the other mode */
	STATE_REBASED,		/* numbers need another base */
	STATE_VERSION_1,
	STATE_VERSION_3,
	N_STEP_STATES
};

/* state_make -- put it into an empty directory. */
void state_make(enum step_state state, const struct place *place);

enum step_open {
	OPEN_NOT,	/* the step does it, or needs none */
	OPEN_RESIDENT,
	OPEN_BRIEF
};

struct step {
	const char *name;	/* a claim */
	enum step_state state;
	enum step_open open;
	bool resident;		/* of a step that opens */
	/* With failures off: what the step needs, and that away again; may be
	 * NULL. */
	void (*before)(struct work *work);
	void (*after)(struct work *work);
	enum rc (*run)(struct work *work, struct err *err);
	/* One value that tells whether it was done, and which: when it was not,
	 * and when it was. NULL: it only reads. */
	const char *probe, *none, *done;
	bool parts;		/* it may be done in part */
};

/* steps_of_journal, steps_of_reading, steps_of_brief -- *n of them; the last
 * are for a process that is there for one request. */
const struct step *steps_of_journal(size_t *n);
const struct step *steps_of_reading(size_t *n);
const struct step *steps_of_brief(size_t *n);

/* other_path -- of a second journal in the same directory. */
const char *other_path(const struct place *place);

/* step_journal_open -- as the step says; *err as of journal_open. */
enum rc step_journal_open(const struct place *place, bool is_resident,
    bool is_brief, struct journal **journal, struct err *err);

#endif
