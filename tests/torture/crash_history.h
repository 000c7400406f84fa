/*
 * crash_history -- the fixed histories that are cut, and how one step of
 * them is done: as a responder, a CGI process or an operator's command does
 * it.
 */
#ifndef TESTS_TORTURE_CRASH_HISTORY_H
#define TESTS_TORTURE_CRASH_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/conf.h"
#include "base/err.h"
#include "journal/journal.h"

#define STEP_DELIVERIES 6	/* in a batch */

enum step_kind {
	STEP_OPEN,		/* as a responder starts */
	STEP_CLOSE,
	STEP_APPEND,		/* some rejects, and a batch */
	STEP_REQUEST,		/* a CGI process: open, append, close */
	STEP_FLUSH,		/* rejects alone */
	STEP_BASE,		/* the configuration names a base */
	STEP_EXPLAIN,		/* an operator: a gap of text */
	STEP_ACT,
	STEP_WANT,		/* a rebuild */
	STEP_SLICE,		/* one of it */
	STEP_SWEEP,		/* a slice of what a change of base needs */
	STEP_CHECKPOINT,
	N_STEP_KINDS
};

struct step {
	enum step_kind kind;
	int worker;		/* which process does it */
	bool during;		/* while the step before, of the other process,
				 * is between its commit and its sync */
	int rejects;
	const char *forms[STEP_DELIVERIES];	/* up to the first NULL */
	int64_t reject_id;	/* that the first delivery was, or 0 */
	const char *text;	/* STEP_BASE: the service; STEP_EXPLAIN: the
				 * stream; STEP_ACT: the kind */
	enum conf_base base;
};

struct history {
	const char *name;
	const struct step *steps;
	size_t n;
};

extern const struct history history_one;	/* one process, and requests */
extern const struct history history_two;	/* two at once */

/* history_begin -- once, before any of them. */
void history_begin(void);

/* step_form -- a delivery's body, or NULL: it has no more. */
const char *step_form(const struct step *step, size_t place);

/* One process and its journal. */
struct player {
	char path[128];
	enum conf_mode mode;
	bool brief;		/* each step is a process's whole life */
	struct journal *journal;
	/* Of the last step. */
	struct {
		enum rc rc;
		int64_t position;
		enum verdict verdict;
	} answers[STEP_DELIVERIES];
	struct err err;
};

/* player_open -- as a responder starts; player_close -- NULL journal is
 * accepted. */
enum rc player_open(struct player *player, bool brief);
void player_close(struct player *player);

/* player_do -- steps[i]; why it failed is in player->err. */
enum rc player_do(struct player *player, const struct history *history,
    size_t i);

/* player_settle -- all upkeep that is due, and a rebuild that was begun. */
enum rc player_settle(struct player *player);

#endif
