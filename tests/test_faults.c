/*
 * Whatever fails, and whenever: what was acknowledged is there once, what was
 * not is not half there, nothing is left open, locked or allocated, and the
 * same work can then be done.
 *
 * SYNCJOURNAL_FAULTS says how many calls of a step are made to fail: a number
 * of each kind, spread over all of them (2, or 1 where SYNCJOURNAL_MODEL is
 * small); "all", but of the allocations that SQLite makes itself SOME; or
 * "every", those too. SYNCJOURNAL_FAULTS_SEED says which (0: from the clock),
 * SYNCJOURNAL_FAULTS_ONLY a part of a step's name.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "faults.h"
#include "faults_steps.h"
#include "journal/check.h"
#include "journal/rebuild.h"

/* Of one failure and all that is looked at after it. */
#define TRIAL_MAX_S 60
#define STEPS_MAX 40
#define SOME 200
#define UPKEEP_MOST 10000

/* ------------------------------------------------------------------------
 * States, kept in memory
 */

#define FILES_MAX 12

struct kept_file {
	char name[256];
	char *bytes;
	size_t len;
};

static struct state {
	bool is_made;
	struct kept_file file[FILES_MAX];
	size_t n;
} states[N_STEP_STATES];

static const char *
path_in(const struct place *place, const char *name)
{
	static char path[384];

	(void)snprintf(path, sizeof(path), "%s/%s", place->directory, name);
	return path;
}

static void
keep_file(struct state *state, const struct place *place, const char *name)
{
	struct kept_file *const file = &state->file[state->n++];
	struct stat status;

	assert_true(state->n <= FILES_MAX);
	(void)snprintf(file->name, sizeof(file->name), "%s", name);
	assert_int_equal(stat(path_in(place, name), &status), 0);
	file->len = (size_t)status.st_size;
	file->bytes = malloc(file->len + 1);
	assert_non_null(file->bytes);
	assert_int_equal(read_file(path_in(place, name), file->bytes,
	    file->len + 1), file->len);
}

/* Each file of the place; what is done with it may remove it. */
static void
each_file(const struct place *place, struct state *state)
{
	DIR *const directory = opendir(place->directory);
	struct dirent *entry;

	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		/* These are made anew. */
		if (state != NULL && strstr(entry->d_name, "-shm") == NULL &&
		    strstr(entry->d_name, "-reserve") == NULL)
			keep_file(state, place, entry->d_name);
		assert_int_equal(unlink(path_in(place, entry->d_name)), 0);
	}
	(void)closedir(directory);
}

static void
restore(const struct place *place, enum step_state which)
{
	struct state *const state = &states[which];
	size_t i;

	each_file(place, NULL);
	faults_still();
	if (!state->is_made) {
		state_make(which, place);
		each_file(place, state);
		state->is_made = true;
	}
	for (i = 0; i < state->n; i++)
		write_file(path_in(place, state->file[i].name),
		    state->file[i].bytes, state->file[i].len);
}

static void
forget_states(void)
{
	size_t i, j;

	for (i = 0; i < N_STEP_STATES; i++) {
		for (j = 0; j < states[i].n; j++)
			free(states[i].file[j].bytes);
		states[i].n = 0;
	}
}

/* ------------------------------------------------------------------------
 * What is being tried, for whoever has to find out
 */

static struct trial {
	const struct step *step;
	struct fault_plan plan;
	struct fault_seen seen;
	enum rc rc;
	struct err err;
} trial;

static const char *
trial_text(void)
{
	static char text[2048];

	(void)snprintf(text, sizeof(text), "%s, failure %ld%s%s (%s, way %d: "
	    "%d): %d: %.500s", fault_name(trial.plan.fault), trial.plan.at,
	    trial.plan.lasting ? " and later" : "", trial.plan.at == 0 ?
	    " (none)" : "", trial.seen.call == NULL ? "-" : trial.seen.call,
	    trial.plan.way, trial.seen.code, (int)trial.rc, trial.err.text);
	return text;
}

#define CLAIM(claim, ...) do { \
	if (!(claim)) { \
		print_error("%s\n", trial_text()); \
		fail_msg(__VA_ARGS__); \
	} \
} while (0)

static void
on_end(int signal_number)
{
	const char *const text = trial_text();

	(void)!write(STDOUT_FILENO, signal_number == SIGSEGV ? "# crash   : " :
	    "# too long: ", 12);
	(void)!write(STDOUT_FILENO, text, strlen(text));
	(void)!write(STDOUT_FILENO, "\n", 1);
	_exit(1);
}

/* The locks have the usual timer. */
static void
watch_time(time_t s)
{
	static timer_t timer;
	static bool is_there;
	struct sigevent event;
	const struct itimerspec when = { .it_value = { .tv_sec = s } };

	if (!is_there) {
		memset(&event, 0, sizeof(event));
		event.sigev_notify = SIGEV_SIGNAL;
		event.sigev_signo = SIGUSR2;
		(void)signal(SIGUSR2, on_end);
		(void)signal(SIGSEGV, on_end);
		assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer),
		    0);
		is_there = true;
	}
	assert_int_equal(timer_settime(timer, 0, &when, NULL), 0);
}

static int
count_descriptors(void)
{
	DIR *const directory = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(directory);
	while (readdir(directory) != NULL)
		n++;
	(void)closedir(directory);
	return n;
}

/* ------------------------------------------------------------------------
 * What must be so afterwards
 */

static bool
is_locked(const struct place *place)
{
	const int fd = open(path_in(place, "journal.db-lock"),
	    O_RDWR | O_CLOEXEC);
	bool locked;

	if (fd < 0)
		return false;
	locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
	(void)close(fd);
	return locked;
}

/* FNV-1a over words: not for secrets, but quick. */
static uint64_t
add_file(uint64_t sum, const char *path)
{
	static uint64_t words[4 * 1024 * 1024 / sizeof(uint64_t)];
	size_t len, i;

	if (access(path, F_OK) != 0)
		return sum + 1;
	len = read_file(path, (char *)words, sizeof(words) - sizeof(*words));
	memset((char *)words + len, 0, sizeof(*words));
	for (i = 0; i <= len / sizeof(*words); i++)
		sum = (sum ^ words[i] ^ sum >> 32) * UINT64_C(0x100000001b3);
	return (sum ^ len) * UINT64_C(0x100000001b3);
}

static uint64_t
sum_of(const struct place *place)
{
	static const char *const names[] = { "journal.db", "journal.db-wal",
	    "journal.db-journal" };
	uint64_t sum = 1;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		sum = add_file(sum, path_in(place, names[i]));
	return sum;
}

#define SUMS_MAX 262144

/* The same bytes were looked at before, for the same reason. */
static bool
is_known(const struct place *place, bool is_over)
{
	static uint64_t sums[SUMS_MAX];
	static size_t n;
	const uint64_t sum = sum_of(place) + is_over;
	size_t at;

	for (at = sum % SUMS_MAX; sums[at] != 0; at = (at + 1) % SUMS_MAX) {
		if (sums[at] == sum)
			return true;
	}
	if (n < SUMS_MAX / 2) {
		sums[at] = sum;
		n++;
	}
	return false;
}

/* What the step's probe tells; the same bytes tell the same. */
static const char *
probe(const struct place *place)
{
	static struct {
		const struct step *step;
		uint64_t sum;
		char text[256];
	} told[256];
	const uint64_t sum = sum_of(place);
	const size_t at = (size_t)(sum % 256);

	if (told[at].step != trial.step || told[at].sum != sum) {
		told[at].step = trial.step;
		told[at].sum = sum;
		(void)snprintf(told[at].text, sizeof(told[at].text), "%s",
		    look(place->path, trial.step->probe));
	}
	return told[at].text;
}

static char difference[1024];

static void
differs(void *to, const char *sentence)
{
	(void)to;
	if (difference[0] == '\0')
		(void)snprintf(difference, sizeof(difference), "%s", sentence);
}

/* What could not be judged, or read, says so and waits for a rebuild. */
static void
expect_projections(const struct place *place, bool is_over)
{
	const struct check_calls calls = { .differs = differs };
	struct check_report report;
	struct err err;
	enum rc rc;

	difference[0] = '\0';
	rc = check_run(place->path, &calls, &report, &err);
	if (rc == RC_BUSY && !is_over)
		return;
	CLAIM(rc == RC_OK, "check: %s", err.text);
	CLAIM(report.differences == 0 || atoi(look(place->path, "SELECT "
	    "count(*) FROM events WHERE problem LIKE 'not judged:%' OR "
	    "problem LIKE '%cannot read JSON'")) > 0,
	    "%s", difference);
}

/* Whole, nothing doubled, projections as the record has it. */
static void
expect_sound(const struct work *work, bool is_over)
{
	const struct place *const place = work->place;
	struct stat status;

	if (stat(place->path, &status) != 0) {
		CLAIM(!is_over || trial.step->state == STATE_NONE,
		    "the journal is gone");
		return;
	}
	if (!is_over && is_known(place, is_over))
		return;
	CLAIM(strcmp(look(place->path, "PRAGMA integrity_check"), "ok") == 0,
	    "damaged");
	if (!is_over)
		CLAIM(strcmp(look(place->path, "SELECT count(*) - "
		    "count(DISTINCT signature) FROM delivery"), "0") == 0,
		    "doubled");
	if (atoi(look(place->path, "PRAGMA user_version")) == 4)
		expect_projections(place, is_over);
}

/* A step that has been done, or has not. */
static void
expect_done(const struct work *work)
{
	const struct step *const step = trial.step;
	char kept[BATCH_MOST * 16] = "";
	const char *now;
	size_t i, len = 0;

	if (step->probe == NULL)
		return;
	now = probe(work->place);
	for (i = 0; i < work->n_samples; i++) {
		if (work->kept[i])
			len += (size_t)snprintf(kept + len, sizeof(kept) - len,
			    "%srun-%02zu", len > 0 ? "," : "", i);
	}
	if (trial.rc == RC_OK)
		CLAIM(strcmp(now, step->done) == 0, "done, but: %s", now);
	else if (work->n_samples > 0 && len > 0)
		CLAIM(strcmp(now, kept) == 0, "acknowledged: %s, there: %s",
		    kept, now);
	else if (!step->parts)
		CLAIM(strcmp(now, step->none) == 0 || (trial.rc == RC_SYNC &&
		    strcmp(now, step->done) == 0), "not done, but: %s", now);
}

/* While the journal may be open: others can write, and roll back what was cut
 * off. */
static void
expect_free(const struct work *work)
{
	CLAIM(!is_locked(work->place), "the writers' lock is held");
	if (access(work->place->path, F_OK) == 0)
		CLAIM(change(work->place->path, "BEGIN IMMEDIATE; ROLLBACK") ==
		    0, "a transaction is open");
}

static void
expect_message(void)
{
	CLAIM(trial.rc >= RC_OK && trial.rc < N_RC, "no code");
	CLAIM(trial.rc == RC_OK || trial.err.text[0] != '\0', "no message");
}

/* ------------------------------------------------------------------------
 * A trial
 */

static void
open_for(struct work *work)
{
	const struct step *const step = trial.step;
	struct err err;

	if (step->open == OPEN_NOT || work->journal != NULL)
		return;
	CLAIM(step_journal_open(work->place, step->resident,
	    step->open == OPEN_BRIEF, &work->journal, &err) == RC_OK,
	    "it cannot be opened: %s", err.text);
}

static void
close_it(struct work *work)
{
	journal_close(work->journal);
	work->journal = NULL;
}

/* Whoever is told this ends, and is started again. */
static bool
is_final(enum rc rc)
{
	return rc == RC_SYNC || rc == RC_NEWER || rc == RC_FOREIGN;
}

/* The same again, with nothing in its way. */
static void
do_again(struct work *work, const char *want)
{
	struct err err = { .text = "" };
	enum rc rc;

	if (is_final(trial.rc))
		close_it(work);
	open_for(work);
	work->len = 0;
	work->out[0] = '\0';
	rc = trial.step->run(work, &err);
	CLAIM(rc == RC_OK, "again: %d: %s", rc, err.text);
	CLAIM(strcmp(work->out, want) == 0, "again: %s\ninstead of: %s",
	    work->out, want);
}

static void
do_upkeep(struct work *work)
{
	struct journal *journal = NULL;
	struct err err;
	int n = 0;

	close_it(work);
	if (access(work->place->path, F_OK) != 0 ||
	    is_known(work->place, true))
		return;
	CLAIM(step_journal_open(work->place, true, false, &journal, &err) ==
	    RC_OK && journal_ready(journal, WAIT_MS, &err) == RC_OK,
	    "upkeep: %s", err.text);
	for (; journal_upkeep_due(journal) && n < UPKEEP_MOST; n++)
		CLAIM(journal_upkeep(journal, WAIT_MS, &err) == RC_OK,
		    "upkeep: %s", err.text);
	journal_close(journal);
	CLAIM(n < UPKEEP_MOST, "upkeep does not end");
	expect_sound(work, true);
}

static int null_fd = -1, stderr_fd = -1;

static void
run_planned(struct work *work)
{
	trial.err.text[0] = '\0';
	trial.rc = RC_OK;
	(void)dup2(null_fd, STDERR_FILENO);
	faults_begin(&trial.plan);
	trial.rc = trial.step->run(work, &trial.err);
	faults_end(&trial.seen);
	(void)dup2(stderr_fd, STDERR_FILENO);
}

/* Whether a call failed; want is what the step prints when none does. */
static bool
try_once(const struct place *place, const char *want, bool is_brief)
{
	static struct work work;
	const int n_descriptors = count_descriptors();
	long n_live;

	work = (struct work){ .place = place };
	restore(place, trial.step->state);
	(void)look(NULL, NULL);
	n_live = faults_live();
	watch_time(TRIAL_MAX_S);
	open_for(&work);
	if (trial.step->before != NULL)
		trial.step->before(&work);
	run_planned(&work);
	expect_message();
	expect_free(&work);
	if (trial.rc == RC_OK)
		CLAIM(strcmp(work.out, want) == 0, "it gave: %s\ninstead of: "
		    "%s", work.out, want);
	if (trial.seen.n_failed > 0) {
		expect_done(&work);
		expect_sound(&work, false);
		do_again(&work, want);
		expect_free(&work);
		do_upkeep(&work);
	}
	close_it(&work);
	if (trial.step->after != NULL)
		trial.step->after(&work);
	(void)look(NULL, NULL);
	CLAIM(is_brief || faults_live() == n_live, "%ld blocks of memory are "
	    "left", faults_live() - n_live);
	CLAIM(count_descriptors() == n_descriptors,
	    "%d descriptors instead of %d", count_descriptors(),
	    n_descriptors);
	return trial.seen.n_failed > 0;
}

/* ------------------------------------------------------------------------
 * All of a step's calls, or some
 */

static long wanted = 2;	/* calls of each kind; 0: all */
static bool is_every;
static unsigned long seed = 1;
static long n_failed[N_FAULTS];

/* The ways of one call. */
static bool
try_ways(const struct place *place, const char *want, bool is_brief)
{
	bool is_there;

	trial.plan.way = wanted == 0 || trial.plan.lasting ? 0 :
	    (int)((unsigned long)trial.plan.at + seed) % 5;
	do {
		is_there = try_once(place, want, is_brief);
		if (is_there)
			n_failed[trial.plan.fault]++;
	} while (is_there && wanted == 0 && !trial.plan.lasting &&
	    ++trial.plan.way < trial.seen.n_ways);
	return is_there;
}

/* A pseudo-random number below n: which of so many calls in a row. */
static long
choose(long n, long i)
{
	uint64_t x = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)i;

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (long)((x ^ x >> 31) % (uint64_t)n);
}

static long
most_of(enum fault fault)
{
	return fault == FAULT_SQLITE_MEMORY && wanted == 0 && !is_every ?
	    SOME : wanted;
}

/* n: calls when nothing fails. */
static void
try_fault(const struct place *place, const char *want, long n, bool is_brief)
{
	const long most = most_of(trial.plan.fault);
	long i, at;

	if (most == 0 || n <= most) {
		for (at = 1;; at++) {
			trial.plan.at = at;
			if (!try_ways(place, want, is_brief))
				break;
		}
		return;
	}
	for (i = 0; i < most; i++) {
		at = n * i / most;
		trial.plan.at = 1 + at + choose(n * (i + 1) / most - at, i);
		(void)try_ways(place, want, is_brief);
	}
}

static void
print_counts(const char *name, const char *what, const long *counts)
{
	int i;

	print_message("# %s: %s:", name, what);
	for (i = 0; i < (int)N_FAULTS; i++)
		print_message(" %s %ld", fault_name((enum fault)i),
		    counts[i]);
	print_message("\n");
}

static void
try_step(const struct place *place, const struct step *step, bool is_brief)
{
	static char want[sizeof(((struct work *)0)->out)];
	static struct work work;
	long calls[N_FAULTS];
	int fault, lasting;

	trial = (struct trial){ .step = step };
	work = (struct work){ .place = place };
	restore(place, step->state);
	open_for(&work);
	if (step->before != NULL)
		step->before(&work);
	run_planned(&work);
	CLAIM(trial.rc == RC_OK, "without a failure");
	memcpy(calls, trial.seen.calls, sizeof(calls));
	(void)snprintf(want, sizeof(want), "%s", work.out);
	expect_done(&work);
	close_it(&work);
	if (step->after != NULL)
		step->after(&work);
	for (fault = 0; fault < (int)N_FAULTS; fault++) {
		for (lasting = 0; lasting < 2; lasting++) {
			if (calls[fault] == 0 || (lasting == 1 &&
			    fault == (int)FAULT_SQLITE))
				continue;
			trial.plan = (struct fault_plan){ (enum fault)fault, 0,
			    lasting == 1, 0 };
			try_fault(place, want, calls[fault], is_brief);
		}
	}
	watch_time(0);
	print_counts(step->name, "calls", calls);
}

/* ------------------------------------------------------------------------
 * The tests
 */

struct case_of {
	const struct step *step;
	bool is_brief;
};

static const struct case_of *present;

static int
begin_case(void **state)
{
	present = *state;
	return place_setup(state);
}

static void
run_case(void **state)
{
	try_step(*state, present->step, present->is_brief);
}

static int
run_steps(const struct step *steps, size_t n, bool is_brief)
{
	static struct case_of cases[STEPS_MAX];
	static struct CMUnitTest tests[STEPS_MAX];
	const char *const only = getenv("SYNCJOURNAL_FAULTS_ONLY");
	size_t i, n_tests = 0;

	assert_true(n <= STEPS_MAX);
	for (i = 0; i < n; i++) {
		if (only != NULL && strstr(steps[i].name, only) == NULL)
			continue;
		cases[n_tests] = (struct case_of){ &steps[i], is_brief };
		tests[n_tests] = (struct CMUnitTest){ steps[i].name, run_case,
		    begin_case, place_teardown, &cases[n_tests] };
		n_tests++;
	}
	return n_tests == 0 ? 0 : _cmocka_run_group_tests(is_brief ?
	    "brief" : "faults", tests, n_tests, NULL, NULL);
}

static void
read_settings(void)
{
	const char *const number = getenv("SYNCJOURNAL_FAULTS");
	const char *const model = getenv("SYNCJOURNAL_MODEL");
	const char *const own_seed = getenv("SYNCJOURNAL_FAULTS_SEED");

	if (model != NULL && strcmp(model, "small") == 0)
		wanted = 1;
	/* "all" and "every" are no numbers. */
	if (number != NULL)
		wanted = atol(number);
	is_every = number != NULL && strcmp(number, "every") == 0;
	if (own_seed != NULL)
		seed = strtoul(own_seed, NULL, 10);
	if (seed == 0)
		seed = (unsigned long)time(NULL) % 100000;
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
}

/* SQLite's memory is chosen once in a process. */
static int
run_brief(const char *program)
{
	int status = -1;
	pid_t child;

	(void)fflush(NULL);
	child = fork();
	if (child == 0) {
		(void)setenv("SYNCJOURNAL_FAULTS_BRIEF", "1", 1);
		(void)execl(program, program, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int
main(int argc, char **argv)
{
	const bool is_brief = getenv("SYNCJOURNAL_FAULTS_BRIEF") != NULL;
	const struct step *steps;
	char name[32];
	int failed;
	size_t n;

	assert_true(argc > 0);
	read_settings();
	if (is_brief)
		journal_brief();
	faults_start(!is_brief);
	if (is_brief) {
		steps = steps_of_brief(&n);
		failed = run_steps(steps, n, true);
	} else {
		steps = steps_of_journal(&n);
		failed = run_steps(steps, n, false);
		steps = steps_of_reading(&n);
		failed += run_steps(steps, n, false);
	}
	forget_states();
	(void)snprintf(name, sizeof(name), "seed %lu", seed);
	print_counts(name, "failures", n_failed);
	(void)close(stderr_fd);
	(void)close(null_fd);
	return failed + (is_brief ? 0 : run_brief(argv[0]));
}
