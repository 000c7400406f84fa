#include "crash_run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crash_look.h"

/* What a worker says. */
#define DONE 'd'
#define SYNCING 's'
#define FAILED 'f'

/* By one fault. */
#define DEATHS_MAX 4

struct order {
	size_t step;
	bool wait;		/* say SYNCING before the commit's sync */
};

struct worker {
	pid_t pid;		/* 0: none */
	int to, from;
	int life;		/* so many were there before */
};

struct work {
	struct trace *trace;
	const struct plan *plan;
	struct worker workers[TRACE_WORKERS];
	size_t done;		/* steps */
	bool after;		/* the fault has struck */
	int deaths;
};

/* ------------------------------------------------------------------------
 * A worker
 */

static int own_in, own_out;

static void
say(char what)
{
	if (write(own_out, &what, 1) != 1)
		_exit(1);
}

static void
wait_for_others(void)
{
	char go;

	say(SYNCING);
	if (read(own_in, &go, 1) != 1)
		_exit(1);
}

static void
note_answers(struct trace *trace, const struct player *player,
    const struct step *step, size_t i)
{
	size_t place;

	if (step->kind != STEP_APPEND && step->kind != STEP_REQUEST)
		return;
	for (place = 0; step_form(step, place) != NULL; place++) {
		if (trace->n_answers == TRACE_ANSWERS)
			crash_die("one answer too many");
		trace->answers[trace->n_answers++] = (struct answer){
		    .at = trace->n_ops, .state = trace->n_states, .step = i,
		    .place = place,
		    .position = player->answers[place].position,
		    .verdict = (int)player->answers[place].verdict };
	}
}

static void
worker_main(struct trace *trace, const struct plan *plan, int who, int life,
    bool after)
{
	struct player player = { .mode = plan->mode,
	    .brief = plan->brief || (after && plan->brief_after) };
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGABRT };
	struct order order;
	size_t i;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The other one cleans up. */
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)signal(signals[i], SIG_DFL);
	crash_vfs_begin(trace, who, (uint64_t)(1 + who + TRACE_WORKERS *
	    life));
	crash_process.broken = plan->broken;
	(void)snprintf(player.path, sizeof(player.path), "%s/journal.db",
	    trace->directory);
	while (read(own_in, &order, sizeof(order)) == sizeof(order)) {
		crash_process.before_sync = order.wait ? wait_for_others :
		    NULL;
		if (player_do(&player, plan->history, order.step) != RC_OK) {
			(void)snprintf(trace->failure, sizeof(trace->failure),
			    "%s", player.err.text);
			player_close(&player);
			say(FAILED);
			_exit(1);
		}
		note_answers(trace, &player,
		    &plan->history->steps[order.step], order.step);
		say(DONE);
	}
	_exit(0);
}

/* ------------------------------------------------------------------------
 * The one that tells them
 */

static void
begin_worker(struct work *work, int who)
{
	struct worker *const worker = &work->workers[who];
	int to[2], from[2], i;

	if (pipe(to) != 0 || pipe(from) != 0)
		crash_die("pipe: %s", strerror(errno));
	(void)fflush(NULL);
	worker->pid = fork();
	if (worker->pid < 0)
		crash_die("fork: %s", strerror(errno));
	if (worker->pid == 0) {
		for (i = 0; i < TRACE_WORKERS; i++) {
			if (i != who && work->workers[i].pid != 0) {
				(void)close(work->workers[i].to);
				(void)close(work->workers[i].from);
			}
		}
		(void)close(to[1]);
		(void)close(from[0]);
		own_in = to[0];
		own_out = from[1];
		worker_main(work->trace, work->plan, who, worker->life,
		    work->after);
	}
	(void)close(to[0]);
	(void)close(from[1]);
	worker->to = to[1];
	worker->from = from[0];
}

static void
end_worker(struct work *work, int who)
{
	struct worker *const worker = &work->workers[who];
	int status;

	if (worker->pid == 0)
		return;
	(void)close(worker->to);
	(void)close(worker->from);
	while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	worker->pid = 0;
	worker->life++;
}

static void
note_state(struct work *work, bool promised)
{
	struct trace *const trace = work->trace;
	struct state *const state = &trace->states[trace->n_states];
	struct sqlite3 *sqlite;
	char path[128];

	if (trace->n_states == TRACE_STATES)
		crash_die("one state too many");
	if (!look_copy(trace->directory))
		return;
	(void)snprintf(path, sizeof(path), "%s/look/journal.db",
	    trace->directory);
	sqlite = look_open(path);
	state->at = trace->n_ops;
	state->steps = work->done;
	state->sum = look_sum(sqlite);
	/* What changes nothing says nothing of what others left. */
	state->promised = promised && (trace->n_states == 0 ||
	    state[-1].promised || state[-1].sum != state->sum);
	look_verdicts(sqlite, state->verdicts, STATE_POSITIONS);
	look_close(sqlite);
	trace->n_states++;
}

static void do_step(struct work *work, size_t i, size_t n_during);

static void
do_during(struct work *work, size_t i, size_t n_during)
{
	size_t k;

	work->done = i + 1;
	note_state(work, false);
	for (k = 1; k <= n_during; k++)
		do_step(work, i + k, 0);
}

/* Until it is done, by however many processes. */
static void
do_step(struct work *work, size_t i, size_t n_during)
{
	const struct step *const step = &work->plan->history->steps[i];
	struct worker *const worker = &work->workers[step->worker];
	const bool brief = work->plan->brief || (work->after &&
	    work->plan->brief_after);
	/* A brief process syncs with the lock. */
	struct order order = { .step = i, .wait = n_during > 0 && !brief };
	bool came_between = false;
	ssize_t n;
	char what;

	for (;;) {
		if (worker->pid == 0)
			begin_worker(work, step->worker);
		if (write(worker->to, &order, sizeof(order)) < 0)
			crash_die("a worker does not listen");
		n = read(worker->from, &what, 1);
		if (n == 1 && what == SYNCING) {
			do_during(work, i, n_during);
			order.wait = false;
			came_between = true;
			if (write(worker->to, "", 1) != 1)
				crash_die("a worker does not listen");
			n = read(worker->from, &what, 1);
		}
		if (n == 1 && what == DONE)
			break;
		if (!work->trace->struck || work->deaths++ >= DEATHS_MAX)
			crash_die("step %zu of history %s: %s", i,
			    work->plan->history->name, n == 1 ?
			    work->trace->failure : "its process has ended");
		end_worker(work, step->worker);
		work->after = true;
		note_state(work, false);
	}
	/* They could not come between. */
	if (work->done < i + 1)
		work->done = i + 1;
	note_state(work, true);
	for (; !came_between && n_during > 0; n_during--)
		do_step(work, ++i, 0);
}

void
run(struct trace *trace, const struct plan *plan, const char *directory)
{
	struct work work = { .trace = trace, .plan = plan };
	void (*const old)(int) = signal(SIGPIPE, SIG_IGN);
	size_t n = plan->history->n, i = 0, n_during;
	int who;

	look_clear(directory);
	trace_begin(trace, directory, &plan->fault);
	while (i < n) {
		n_during = 0;
		while (i + n_during + 1 < n &&
		    plan->history->steps[i + n_during + 1].during)
			n_during++;
		do_step(&work, i, n_during);
		i += 1 + n_during;
	}
	for (who = 0; who < TRACE_WORKERS; who++)
		end_worker(&work, who);
	(void)signal(SIGPIPE, old);
}
