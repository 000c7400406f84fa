#include "crash_cut.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash_look.h"
#include "journal/check.h"
#include "journal/ledger.h"

/* Steps that are done after a cut, where it is not all that are left. */
#define STEPS_AFTER 2
#define CHECKED_MAX 4096

/* One image, and what is found in it. */
struct scene {
	const struct cut *cut;
	struct crash crash;
	size_t point;
	bool brief;		/* a CGI process comes first */
	bool whole;
	struct player player;
	struct sqlite3 *look;	/* beside it */
	size_t from;		/* steps that need not be done again */
	char why[2048];
};

static bool lost(struct scene *scene, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static bool
lost(struct scene *scene, const char *fmt, ...)
{
	va_list arguments;

	va_start(arguments, fmt);
	(void)vsnprintf(scene->why, sizeof(scene->why), fmt, arguments);
	va_end(arguments);
	return false;
}

/* ------------------------------------------------------------------------
 * What the journal may be
 */

/* The states that may be found: from .. to, by number; -1: none yet. */
static void
allowed(const struct scene *scene, int *from, int *to)
{
	const struct trace *const trace = scene->cut->trace;
	int i;

	*from = -1;
	*to = (int)trace->n_states - 1;
	for (i = 0; i < (int)trace->n_states; i++) {
		if (trace->states[i].promised && trace->states[i].at <=
		    scene->point)
			*from = i;
	}
	for (i = 0; i < (int)trace->n_states; i++) {
		/* Nothing was under way: it is this one. */
		if (trace->states[i].at >= scene->point) {
			*to = i;
			break;
		}
	}
	while (*to + 1 < (int)trace->n_states && trace->states[*to + 1].at ==
	    trace->states[*to].at)
		(*to)++;
}

/* The state that is found, or -1. */
static int
recognize(struct scene *scene)
{
	const struct trace *const trace = scene->cut->trace;
	const uint64_t sum = look_sum(scene->look);
	int from, to, i, other = -1;

	allowed(scene, &from, &to);
	for (i = from < 0 ? 0 : from; i <= to; i++) {
		if (trace->states[i].sum == sum)
			return i;
	}
	for (i = 0; i < (int)trace->n_states; i++) {
		if (trace->states[i].sum == sum)
			other = i;
	}
	if (other >= 0)
		(void)lost(scene, "is as it was after %zu steps (state %d of "
		    "%d to %d; %zu steps were done)",
		    trace->states[other].steps, other, from, to, scene->from);
	else
		(void)lost(scene, "is as it never was (states %d to %d are "
		    "allowed; %zu steps were done)", from, to, scene->from);
	return -1;
}

static bool
check_answers(struct scene *scene, int state)
{
	const struct trace *const trace = scene->cut->trace;
	const struct history *const history = scene->cut->plan->history;
	unsigned char verdicts[STATE_POSITIONS];
	size_t i;

	look_verdicts(scene->look, verdicts, STATE_POSITIONS);
	for (i = 0; i < trace->n_answers; i++) {
		const struct answer *const answer = &trace->answers[i];
		const size_t p = (size_t)answer->position;

		if (answer->at > scene->point)
			continue;
		scene->cut->tally->deliveries++;
		if (!look_body(scene->look, answer->position, step_form(
		    &history->steps[answer->step], answer->place)))
			return lost(scene, "delivery %zu of step %zu was "
			    "acknowledged and is not at position %lld",
			    answer->place, answer->step,
			    (long long)answer->position);
		if (verdicts[p] != trace->states[state].verdicts[p])
			return lost(scene, "position %zu has verdict %d, was "
			    "%d", p, verdicts[p],
			    trace->states[state].verdicts[p]);
	}
	return true;
}

static bool
check_projections(struct scene *scene, bool settled)
{
	const struct check_calls calls = { NULL, NULL, NULL };
	struct check_report report;
	struct err err;
	const enum rc rc = check_run(scene->player.path, &calls, &report,
	    &err);

	if (rc == RC_BUSY && !settled)
		return true;
	if (rc != RC_OK)
		return lost(scene, "check: %s", err.text);
	if (report.differences > 0)
		return lost(scene, "check: %lld differences",
		    (long long)report.differences);
	return true;
}

/* ------------------------------------------------------------------------
 * What comes after
 */

static int
reference_verdict(const struct reference *reference, size_t step, size_t place)
{
	size_t i;

	for (i = 0; i < reference->n_answers; i++) {
		if (reference->answers[i].step == step &&
		    reference->answers[i].place == place)
			return reference->answers[i].verdict;
	}
	crash_die("step %zu has no delivery %zu", step, place);
}

/* One step, whose deliveries may be there already. */
static bool
do_again(struct scene *scene, size_t i)
{
	const struct plan *const plan = scene->cut->plan;
	const struct step *const step = &plan->history->steps[i];
	bool there[STEP_DELIVERIES] = { false };
	struct player *const player = &scene->player;
	size_t place;
	int want, got;

	for (place = 0; step_form(step, place) != NULL; place++)
		there[place] = look_has(scene->look, step_form(step, place)) >
		    0;
	if (player_do(player, plan->history, i) != RC_OK)
		return lost(scene, "step %zu: %s", i, player->err.text);
	for (place = 0; step_form(step, place) != NULL; place++) {
		want = reference_verdict(scene->cut->reference, i, place);
		got = (int)player->answers[place].verdict;
		/* Without a number nothing can be told apart. */
		if (there[place] && want != VERDICT_NONE &&
		    want != VERDICT_UNSEQUENCED)
			want = VERDICT_DUPLICATE;
		scene->cut->tally->again++;
		if (got != want)
			return lost(scene, "delivery %zu of step %zu has "
			    "verdict %d, not %d", place, i, got, want);
	}
	return true;
}

static bool
go_on(struct scene *scene)
{
	const size_t n = scene->cut->plan->history->n;
	size_t i, last = n;

	/* In the bounded run, half of them. */
	if (scene->cut->least && !scene->whole &&
	    (scene->crash.seed >> 40) % 2 == 0)
		return true;
	if (!scene->whole && scene->from + STEPS_AFTER < n)
		last = scene->from + STEPS_AFTER;
	for (i = scene->from; i < last; i++) {
		if (!do_again(scene, i))
			return false;
	}
	if (!scene->whole)
		return true;
	scene->cut->tally->whole++;
	if (player_settle(&scene->player) != RC_OK)
		return lost(scene, "%s", scene->player.err.text);
	return true;
}

static bool
same_now(struct scene *scene)
{
	char *const now = look_now(scene->look);
	const bool same = strcmp(now, scene->cut->reference->now) == 0;

	if (!same)
		(void)lost(scene, "in the end there is\n%sand should be\n%s",
		    now, scene->cut->reference->now);
	free(now);
	return same;
}

static bool
is_whole(struct scene *scene)
{
	char *const text = look_rows(scene->look, "PRAGMA integrity_check");
	const bool ok = strcmp(text, "ok\n") == 0;

	if (!ok)
		(void)lost(scene, "integrity_check: %.200s", text);
	free(text);
	return ok;
}

/* States whose projections are what follows from the record. */
static uint64_t checked[CHECKED_MAX];
static size_t n_checked;

static bool
is_checked(uint64_t sum)
{
	size_t i = 0;

	while (i < n_checked && checked[i] != sum)
		i++;
	return i < n_checked;
}

static void
note_checked(uint64_t sum)
{
	checked[n_checked++ % CHECKED_MAX] = sum;
	n_checked = n_checked > CHECKED_MAX ? CHECKED_MAX : n_checked;
}

/* As it is found. */
static bool
examine_found(struct scene *scene)
{
	int state;

	if (!is_whole(scene))
		return false;
	state = recognize(scene);
	if (state < 0 || !check_answers(scene, state))
		return false;
	if (is_checked(scene->cut->trace->states[state].sum))
		return true;
	if (!check_projections(scene, false))
		return false;
	note_checked(scene->cut->trace->states[state].sum);
	return true;
}

static bool
examine(struct scene *scene)
{
	struct player *const player = &scene->player;
	bool ok;
	int from, to;

	/* The clock goes on from there. */
	allowed(scene, &from, &to);
	scene->from = from < 0 ? 0 : scene->cut->trace->states[from].steps;
	crash_process.step = scene->from;
	if (player_open(player, scene->brief) != RC_OK)
		return lost(scene, "cannot be opened: %s", player->err.text);
	scene->look = look_open(player->path);
	if (scene->brief)
		player_close(player);
	ok = examine_found(scene) && go_on(scene);
	if (ok && scene->whole)
		ok = check_projections(scene, true) && same_now(scene);
	look_close(scene->look);
	return ok;
}

/* ------------------------------------------------------------------------
 * Cuts
 */

static bool
is_sync(const struct trace *trace, size_t point)
{
	return point < trace->n_ops && (trace->ops[point].kind == OP_SYNC ||
	    trace->ops[point].kind == OP_SYNC_DIRECTORY);
}

static bool
is_point(const struct cut *cut, size_t point)
{
	const struct trace *const trace = cut->trace;
	size_t i;

	if (point < cut->first || point > cut->last)
		return false;
	if (cut->every || point == trace->n_ops || is_sync(trace, point))
		return true;
	for (i = 0; i < trace->n_states; i++) {
		if (trace->states[i].at == point)
			return true;
	}
	return false;
}

static struct crash
crash_of(const struct cut *cut, size_t point, unsigned int round)
{
	const uint64_t x = crash_random(cut->seed, point, round);
	struct crash crash = { .seed = x, .weather = WEATHER_NOTHING,
	    .names = WEATHER_NOTHING, .sector = (x & 1) != 0 ? 512 : 4096,
	    .tear = (x & 2) != 0, .spoil = cut->spoil };

	if (round == 0)
		return crash;
	crash.weather = (enum weather)((x >> 8) % N_WEATHERS);
	crash.names = (enum weather)((x >> 16) % N_WEATHERS);
	return crash;
}

static void
tell(const struct scene *scene)
{
	const struct cut *const cut = scene->cut;
	const struct crash *const crash = &scene->crash;

	(void)fprintf(stderr, "# LOST: history %s, %s%s, fault %d of %zu, "
	    "point %zu of %zu, seed %llu: %s sectors of %zu%s, %s names%s: "
	    "%s\n", cut->plan->history->name, cut->plan->mode ==
	    CONF_MODE_WAL ? "wal" : "truncate", cut->plan->brief ? " brief" :
	    "", (int)cut->plan->fault.kind, cut->plan->fault.at, scene->point,
	    cut->trace->n_ops, (unsigned long long)cut->seed,
	    weather_name(crash->weather), crash->sector, crash->tear ?
	    ", torn" : "", weather_name(crash->names), scene->brief ?
	    ", a brief process first" : "", scene->why);
}

static bool
cut_once(const struct cut *cut, const struct disk *disk, size_t point,
    unsigned int round)
{
	struct scene *const scene = calloc(1, sizeof(*scene));
	char names[CRASH_NAMES][CRASH_NAME_SIZE];
	bool ok;

	if (scene == NULL)
		crash_die("no memory");
	scene->cut = cut;
	scene->crash = crash_of(cut, point, round);
	scene->point = point;
	scene->brief = (scene->crash.seed >> 24) % 4 == 0;
	scene->whole = (scene->crash.seed >> 32) % cut->whole == 0;
	scene->player.mode = cut->plan->mode;
	(void)snprintf(scene->player.path, sizeof(scene->player.path),
	    "%s/journal.db", cut->directory);
	memcpy(names, cut->trace->names, sizeof(names));
	look_clear(cut->directory);
	disk_write(disk, &scene->crash, names, cut->directory);
	crash_vfs_begin(NULL, 0, scene->crash.seed);
	ok = examine(scene);
	player_close(&scene->player);
	cut->tally->images++;
	cut->tally->losses += !ok;
	if (!ok && !cut->loses)
		tell(scene);
	free(scene);
	return ok;
}

uint64_t
cut_all(const struct cut *cut)
{
	struct disk *const disk = disk_new();
	uint64_t losses = 0;
	unsigned int round, rounds;
	size_t point;

	for (point = 0; point <= cut->trace->n_ops && point <= cut->last &&
	    (losses == 0 || !cut->loses); point++) {
		if (is_point(cut, point)) {
			/* There is but one way. */
			rounds = disk_pending(disk) == 0 ? 1 : cut->rounds;
			cut->tally->points++;
			round = cut->least && is_sync(cut->trace, point) ?
			    1 : 0;
			rounds += round;
			for (; round < rounds; round++)
				losses += !cut_once(cut, disk, point, round);
		}
		if (point < cut->trace->n_ops)
			disk_do(disk, &cut->trace->ops[point]);
	}
	disk_free(disk);
	return losses;
}

/* ------------------------------------------------------------------------
 * The reference
 */

/* Of the journal in a directory, once all upkeep is done. */
static char *
settled_now(const char *directory, const struct plan *plan)
{
	struct player player = { .mode = plan->mode };
	struct sqlite3 *sqlite;
	char *now;

	(void)snprintf(player.path, sizeof(player.path), "%s/journal.db",
	    directory);
	crash_vfs_begin(NULL, 0, 0);
	if (player_settle(&player) != RC_OK)
		crash_die("%s", player.err.text);
	sqlite = look_open(player.path);
	now = look_now(sqlite);
	look_close(sqlite);
	player_close(&player);
	return now;
}

void
reference_begin(struct reference *reference, const struct trace *trace,
    const struct plan *plan)
{
	memcpy(reference->answers, trace->answers, sizeof(trace->answers));
	reference->n_answers = trace->n_answers;
	memcpy(reference->n_ops_of, trace->n_ops_of, sizeof(trace->n_ops_of));
	memcpy(reference->n_syncs_of, trace->n_syncs_of,
	    sizeof(trace->n_syncs_of));
	reference->now = settled_now(trace->directory, plan);
}

bool
reference_compare(const struct reference *reference, const char *directory,
    const struct plan *plan)
{
	char *const now = settled_now(directory, plan);
	const bool same = strcmp(now, reference->now) == 0;

	if (!same)
		(void)fprintf(stderr, "# LOST: history %s, fault %d of %zu: in "
		    "the end there is\n%sand should be\n%s",
		    plan->history->name, (int)plan->fault.kind,
		    plan->fault.at, now, reference->now);
	free(now);
	return same;
}

void
reference_clear(struct reference *reference)
{
	free(reference->now);
	memset(reference, 0, sizeof(*reference));
}
