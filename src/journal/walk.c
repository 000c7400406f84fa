#include "journal/walk.h"

#include <stdlib.h>

#include "base/clock.h"
#include "journal/decode.h"
#include "journal/project_parts.h"

/* The clock is looked at after so many deliveries. */
#define CLOCK_EVERY 16

struct walk {
	struct db *record;
	struct projector *projector;
	enum statement statement;
	int at;
	struct decoder *decoder;
	/* The next explanation of gaps; INT64_MAX: there is none. */
	int64_t next_action;
};

enum rc
walk_new(struct walk **walk, struct db *record, struct projector *projector,
    enum statement statement, int at, struct err *err)
{
	struct walk *new = calloc(1, sizeof(*new));
	enum rc rc;

	if (new == NULL)
		return err_set(err, RC_MEMORY, "walk: no memory");
	new->record = record;
	new->projector = projector;
	new->statement = statement;
	new->at = at;
	rc = decoder_new(&new->decoder, err);
	if (rc == RC_OK)
		*walk = new;
	else
		free(new);
	return rc;
}

void
walk_free(struct walk *walk)
{
	if (walk == NULL)
		return;
	decoder_free(walk->decoder);
	free(walk);
}

/* Find the explanation after a position, and carry it out if asked to. */
static enum rc
find_action(struct walk *walk, int64_t after, bool carry_out,
    struct err *err)
{
	const enum statement s = STATEMENT_GAP_ACTION_NEXT;
	struct gap_action action;
	enum rc rc;
	bool row;

	walk->next_action = INT64_MAX;
	db_bind_int(walk->record, s, 1, after);
	rc = db_row(walk->record, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	project_read_gap_action(walk->record, s, &action);
	walk->next_action = action.position;
	if (carry_out)
		rc = projector_close_gap(walk->projector, &action, err);
	db_done(walk->record, s);
	return rc;
}

/* Carry out all explanations before a position. */
static enum rc
do_actions(struct walk *walk, int64_t before, struct err *err)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && walk->next_action < before) {
		rc = find_action(walk, walk->next_action - 1, true, err);
		if (rc == RC_OK)
			rc = find_action(walk, walk->next_action, false, err);
	}
	return rc;
}

/* The delivery of the present row. */
static enum rc
do_delivery(struct walk *walk, int64_t position, struct err *err)
{
	const enum statement s = walk->statement;
	enum verdict verdict;
	struct event *event;
	enum rc rc;

	rc = decoder_read(walk->decoder, db_bytes(walk->record, s,
	    walk->at + 2), db_bytes(walk->record, s, walk->at + 3), &event,
	    err);
	if (rc != RC_OK)
		return rc;
	return projector_judge(walk->projector, position,
	    db_int(walk->record, s, walk->at + 1), event, &verdict, err);
}

enum rc
walk_some(struct walk *walk, int64_t *position, int64_t last,
    int64_t budget_us, int64_t *n, struct err *err)
{
	const int64_t end_us = clock_mono_us() + budget_us;
	const enum statement s = walk->statement;
	int64_t at, done = 0;
	bool row = true;
	enum rc rc;

	rc = find_action(walk, *position, false, err);
	if (rc != RC_OK)
		return rc;
	db_bind_int(walk->record, s, 1, *position);
	db_bind_int(walk->record, s, 2, last);
	for (;;) {
		rc = db_row(walk->record, s, &row, err);
		if (rc != RC_OK || !row)
			break;
		at = db_int(walk->record, s, walk->at);
		rc = do_actions(walk, at, err);
		if (rc == RC_OK)
			rc = do_delivery(walk, at, err);
		if (rc != RC_OK)
			break;
		*position = at;
		++*n;
		if (++done % CLOCK_EVERY == 0 && clock_mono_us() >= end_us)
			break;
	}
	if (row)
		db_done(walk->record, s);
	if (rc != RC_OK || row)
		return rc;
	*position = last;
	return do_actions(walk, last + 1, err);
}
