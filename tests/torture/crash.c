/* Cuts of power, kills and failed syncs, anywhere in a fixed history of a
 * journal: what was acknowledged is there afterwards. Without root, and the
 * same each time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <ftw.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crash_cases.h"

static const char usage[] =
    "usage: crash [--long] [--seed N] [--rounds N] [--case NAME] [--fault N]\n"
    "             [--point N] [--spoil]\n"
    "\n"
    "Runs fixed histories of deliveries, writes down all that is asked of the\n"
    "files, and builds from that what a disk may hold after a loss of power\n"
    "at any moment: unsynced writes dropped, torn, reordered. Opens each, and\n"
    "looks whether all that was acknowledged is there.\n"
    "\n"
    "Without options: the bounded run, as a test.\n"
    "  --long       every write, every kill, every failed sync\n"
    "  --seed N     another choice of what reaches the disk (1)\n"
    "  --rounds N   so many choices at each point (8)\n"
    "  --case NAME  that one alone: wal, truncate, two, cgi, ..\n"
    "  --fault N    .. with the N-th kill or failed sync alone\n"
    "  --spoil      a torn sector is spoilt as a whole: not promised\n"
    "  --point N    .. cut at that point of the trace alone\n";

static char root[48];

/* ------------------------------------------------------------------------
 * The place
 */

static int
remove_one(const char *path, const struct stat *status, int type,
    struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
remove_all(void)
{
	if (root[0] != '\0')
		(void)nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	root[0] = '\0';
}

static void
on_signal(int number)
{
	remove_all();
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static void
make_place(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGABRT };
	const char *const directory = getenv("TMPDIR");
	size_t i;
	int n;

	n = snprintf(root, sizeof(root), "%s/crash.XXXXXX", directory ==
	    NULL ? "/tmp" : directory);
	if (n < 0 || (size_t)n >= sizeof(root))
		(void)snprintf(root, sizeof(root), "/tmp/crash.XXXXXX");
	if (mkdtemp(root) == NULL)
		crash_die("%s cannot be made", root);
	(void)snprintf(bench.live, sizeof(bench.live), "%s/live", root);
	(void)snprintf(bench.image, sizeof(bench.image), "%s/image", root);
	(void)atexit(remove_all);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)signal(signals[i], on_signal);
}

static void
read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "long", no_argument, NULL, 'l' },
		{ "seed", required_argument, NULL, 's' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "case", required_argument, NULL, 'c' },
		{ "fault", required_argument, NULL, 'f' },
		{ "point", required_argument, NULL, 'p' },
		{ "spoil", no_argument, NULL, 'x' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	wanted.rounds = 8;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'l')
			wanted.lengthy = true;
		else if (c == 's')
			wanted.seed = strtoull(optarg, NULL, 10);
		else if (c == 'r')
			wanted.rounds = (unsigned int)strtoul(optarg, NULL,
			    10);
		else if (c == 'c')
			wanted.name = optarg;
		else if (c == 'f')
			wanted.fault = strtol(optarg, NULL, 10);
		else if (c == 'x')
			wanted.spoil = true;
		else if (c == 'p')
			wanted.point = strtol(optarg, NULL, 10);
		else
			(void)fputs(usage, c == 'h' ? stdout : stderr);
		if (c == 'h' || c == '?')
			exit(c == 'h' ? 0 : 2);
	}
	if (wanted.lengthy || wanted.fault >= 0)
		wanted.every = 1;
}

/* ------------------------------------------------------------------------
 * The bounded run
 */

static void
nothing_answered_is_lost_with_the_power_in_a_wal(void **state)
{
	(void)state;
	assert_true(case_do("wal"));
}

static void
nothing_answered_is_lost_with_the_power_without_a_wal(void **state)
{
	(void)state;
	assert_true(case_do("truncate"));
}

static void
nothing_answered_is_lost_while_two_processes_write(void **state)
{
	(void)state;
	assert_true(case_do("two"));
}

static void
nothing_is_lost_after_a_kill(void **state)
{
	(void)state;
	assert_true(case_do("kill-wal"));
	assert_true(case_do("kill-second"));
}

static void
nothing_answered_after_a_failed_sync_is_lost(void **state)
{
	(void)state;
	assert_true(case_do("eio-wal"));
	assert_true(case_do("eio-kill-wal-cgi"));
}

static void
what_is_broken_on_purpose_loses_something(void **state)
{
	const char *name;

	(void)state;
	name = control_do();
	if (name != NULL)
		fail_msg("nothing is lost with: %s", name);
}

/* What is printed of a loss can be had again. */
static void
a_run_is_the_same_each_time(void **state)
{
	const struct plan plan = { .history = &history_two,
	    .mode = CONF_MODE_WAL };
	struct op *ops;
	size_t n, i;
	uint64_t sum;

	(void)state;
	run(bench.trace, &plan, bench.live);
	n = bench.trace->n_ops;
	sum = bench.trace->states[bench.trace->n_states - 1].sum;
	ops = malloc(n * sizeof(*ops));
	assert_non_null(ops);
	memcpy(ops, bench.trace->ops, n * sizeof(*ops));
	run(bench.trace, &plan, bench.live);
	assert_int_equal(bench.trace->n_ops, n);
	assert_true(bench.trace->states[bench.trace->n_states - 1].sum == sum);
	for (i = 0; i < n; i++) {
		assert_int_equal(bench.trace->ops[i].kind, ops[i].kind);
		assert_int_equal(bench.trace->ops[i].at, ops[i].at);
		assert_int_equal(bench.trace->ops[i].len, ops[i].len);
	}
	free(ops);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_is_the_same_each_time),
		cmocka_unit_test(
		    nothing_answered_is_lost_with_the_power_in_a_wal),
		cmocka_unit_test(
		    nothing_answered_is_lost_with_the_power_without_a_wal),
		cmocka_unit_test(
		    nothing_answered_is_lost_while_two_processes_write),
		cmocka_unit_test(nothing_is_lost_after_a_kill),
		cmocka_unit_test(nothing_answered_after_a_failed_sync_is_lost),
		cmocka_unit_test(what_is_broken_on_purpose_loses_something),
	};
	int result;

	crash_vfs_register();
	history_begin();
	bench.trace = trace_new();
	if (argc > 1)
		read_options(argc, argv);
	make_place();
	wanted.bounded = argc <= 1;
	result = argc > 1 ? !case_do(wanted.name) :
	    cmocka_run_group_tests(tests, NULL, NULL);
	case_forget();
	trace_free(bench.trace);
	return result;
}
