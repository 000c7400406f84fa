/* What responder/landlock.h, filter.h and confine.h promise. What is given up
 * is given up for ever: each test does that in a child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "responder/confine.h"
#include "responder/filter.h"
#include "responder/landlock.h"

static char directory[] = "/tmp/syncjournal-test-XXXXXX";

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(directory) == NULL || chdir(directory) != 0 ||
	    mkdir("kept", 0700) != 0 || mkdir("read", 0700) != 0 ||
	    mkdir("removed", 0700) != 0 || mkdir("other", 0700) != 0;
}

static int
tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return chdir("/") != 0 || system(command) != 0;
}

/* in_child -- what a function returned in a child, or minus the signal that
 * ended it. */
static int
in_child(int (*function)(void))
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(function());
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* CHECK -- in a child: a claim that does not hold is told, and returned. */
#define CHECK(claim) do { \
	if (!(claim)) { \
		fprintf(stderr, "# line %d: %s: %s\n", __LINE__, #claim, \
		    strerror(errno)); \
		return 1; \
	} } while (0)

static bool
refused(int result, int error)
{
	return result < 0 && errno == error;
}

/* made -- a file with a byte in it, or one that is cut. */
static bool
made(const char *path)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	return fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0;
}

/* ------------------------------------------------------------------------
 * Landlock */

static const struct landlock_place places[] = {
	{ "kept", LANDLOCK_KEEP },
	{ "read", LANDLOCK_READ },
	{ "removed", LANDLOCK_REMOVE },
};
#define N_PLACES (sizeof(places) / sizeof(places[0]))

static int
version_of_kernel(void)
{
	int version;

	return landlock_restrict(NULL, 0, &version, NULL) == RC_OK ? version :
	    0;
}

static int
need_landlock(void)
{
	const int version = in_child(version_of_kernel);

	if (version == 0)
		skip();
	return version;
}

static int
confined_files(void)
{
	const char *const again[] = { "true", NULL };
	int version, fd;

	CHECK(made("read/r") && made("removed/m") && made("other/o"));
	CHECK(landlock_restrict(places, N_PLACES, &version, NULL) == RC_OK);

	CHECK(made("kept/a") && made("kept/a"));
	CHECK(rename("kept/a", "kept/b") == 0 && unlink("kept/b") == 0);
	CHECK((fd = open("kept", O_RDONLY | O_DIRECTORY)) >= 0 &&
	    fsync(fd) == 0);
	CHECK(refused(mkdir("kept/d", 0700), EACCES));
	CHECK(refused(symlink("/etc/passwd", "kept/l"), EACCES));
	CHECK(refused(mkfifo("kept/f", 0600), EACCES));

	CHECK((fd = open("read/r", O_RDONLY)) >= 0);
	CHECK(refused(open("read/r", O_WRONLY), EACCES));
	CHECK(refused(open("read/n", O_WRONLY | O_CREAT, 0600), EACCES));
	CHECK(refused(unlink("read/r"), EACCES));

	CHECK(refused(open("removed/m", O_RDONLY), EACCES));
	CHECK(unlink("removed/m") == 0);

	CHECK(refused(open("other/o", O_RDONLY), EACCES));
	CHECK(refused(open("/etc/passwd", O_RDONLY), EACCES));
	CHECK(refused(open("kept/../other/o", O_RDONLY), EACCES));
	CHECK(refused(open("other/n", O_WRONLY | O_CREAT, 0600), EACCES));
	CHECK(refused(unlink("other/o"), EACCES));
	CHECK(version < 3 || refused(truncate("other/o", 0), EACCES));
	CHECK(made("kept/a") && rename("kept/a", "other/a") < 0);
	CHECK(link("kept/a", "other/a") < 0);
	CHECK(refused(execv("/bin/true", (char *const *)(uintptr_t)again),
	    EACCES));
	return 0;
}

static void
only_the_places_that_were_named_are_reached(void **state)
{
	(void)state;
	(void)need_landlock();
	assert_int_equal(in_child(confined_files), 0);
}

static int
confined_others(void)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) },
		.sin_port = htons(9),
	};
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	int version;

	CHECK(landlock_restrict(places, N_PLACES, &version, NULL) == RC_OK);
	CHECK(fd < 0 || version < 4 || refused(connect(fd,
	    (const struct sockaddr *)&address, sizeof(address)), EACCES));
	CHECK(fd < 0 || version < 4 || refused(bind(fd,
	    (const struct sockaddr *)&address, sizeof(address)), EACCES));
	CHECK(version < 6 || refused(kill(getppid(), 0), EPERM));
	return 0;
}

static void
nobody_is_connected_to_or_sent_a_signal(void **state)
{
	(void)state;
	if (need_landlock() < 4)
		skip();
	assert_int_equal(in_child(confined_others), 0);
}

static int
confined_wrongly(void)
{
	const struct landlock_place wrong[] = {
		{ "kept", LANDLOCK_KEEP },
		{ "not-there", LANDLOCK_READ },
	};
	struct err err = { .text = "" };
	int version = -1;

	CHECK(landlock_restrict(wrong, 2, &version, &err) == RC_SYSTEM);
	CHECK(version == -1 && strstr(err.text, "not-there: ") != NULL);
	CHECK(open("/etc/passwd", O_RDONLY) >= 0);
	return 0;
}

static void
a_place_that_is_not_there_leaves_all_as_it_was(void **state)
{
	(void)state;
	(void)need_landlock();
	assert_int_equal(in_child(confined_wrongly), 0);
}

/* ------------------------------------------------------------------------
 * The filter */

static int
filtered(void)
{
	return filter_install(NULL) == RC_OK ? 0 : 1;
}

static void
need_filter(void)
{
	if (in_child(filtered) != 0)
		skip();
}

static int
filtered_calls(void)
{
	const char *const again[] = { "true", NULL };
	struct rlimit limit;
	char *page;

	CHECK(filter_install(NULL) == RC_OK);

	/* The sanitizer of memory, and valgrind, would not let us. */
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);
	CHECK(refused(mprotect(page, 4096, PROT_READ | PROT_EXEC), ENOSYS));
	CHECK(mprotect(page, 4096, PROT_READ) == 0);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK(memfd_create("m", MFD_CLOEXEC) >= 0);
	CHECK(fcntl(0, F_GETFD) >= 0 && fcntl(0, F_GETFL) >= 0);
	CHECK(refused(fcntl(0, F_SETOWN, getppid()), ENOSYS));
	CHECK(refused(fcntl(0, F_SETSIG, SIGKILL), ENOSYS));

	CHECK(refused(socket(AF_INET, SOCK_DGRAM, 0), ENOSYS));
	CHECK(refused(socket(AF_UNIX, SOCK_STREAM, 0), ENOSYS));
	CHECK(refused(execv("/bin/true", (char *const *)(uintptr_t)again),
	    ENOSYS));
	CHECK(refused(fork(), ENOSYS));
	CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 && errno == ENOSYS);
	CHECK(refused(kill(getppid(), 0), ENOSYS));
	CHECK(refused(chmod("kept", 0700), ENOSYS));
	CHECK(refused(mkdir("kept/d", 0700), ENOSYS));
	CHECK(refused(dup(0), ENOSYS));
	CHECK(refused((int)syscall(SYS_io_uring_setup, 1, NULL), ENOSYS));
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	CHECK(refused(setrlimit(RLIMIT_NOFILE, &limit), ENOSYS));
	CHECK(refused((int)syscall(SYS_tgkill, getppid(), getppid(), SIGTERM),
	    ENOSYS));
	return 0;
}

static void
only_the_calls_that_serving_makes_are_let_through(void **state)
{
	(void)state;
	need_filter();
	assert_int_equal(in_child(filtered_calls), 0);
}

static int
filtered_abort(void)
{
	CHECK(filter_install(NULL) == RC_OK);
	abort();
}

static void
a_failed_assertion_ends_as_one(void **state)
{
	(void)state;
	need_filter();
	assert_int_equal(in_child(filtered_abort), -SIGABRT);
}

#ifdef __x86_64__
/* getpid, by the numbers of 32 bits. */
static int
filtered_narrow(void)
{
	long result = 20;

	CHECK(filter_install(NULL) == RC_OK);
	__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
	CHECK(result == -ENOSYS);
	return 0;
}

static void
calls_by_the_numbers_of_another_processor_are_refused(void **state)
{
	int result;

	(void)state;
	need_filter();
	result = in_child(filtered_narrow);
	/* A kernel without them does not know the instruction. */
	assert_true(result == 0 || result == -SIGSEGV);
}
#endif

/* ------------------------------------------------------------------------
 * Both */

static int
confined(void)
{
	char journal[] = "kept/journal.db";
	const struct conf conf = { .journal_path = journal };
	const struct listener listener = { .fd = -1, .path = "removed/s" };
	struct buf said;

	CHECK(made("removed/s"));
	buf_init(&said, 0);
	confine(&conf, &listener, &said);
	CHECK(buf_ok(&said) && strncmp(said.data, "confined by Landlock ",
	    21) == 0);
	CHECK(made(journal));
	CHECK(unlink("removed/s") == 0);
	CHECK(refused(open("other/o", O_RDONLY), EACCES));
	CHECK(confine_admits(journal, NULL) == RC_OK);
	CHECK(confine_admits("kept/not-there/journal.db", NULL) == RC_OK);
	CHECK(confine_admits("other/journal.db", NULL) == RC_SYSTEM);
	buf_clear(&said);
	return 0;
}

static void
a_responder_reaches_its_journal_and_removes_its_socket(void **state)
{
	(void)state;
	(void)need_landlock();
#ifdef SYNC_SANITIZED
	skip();
#endif
	assert_int_equal(in_child(confined), 0);
}

#ifdef SYS_landlock_create_ruleset
/* kill_for -- have the kernel end who makes a call, as a service's filter
 * without an error number does. */
static bool
kill_for(long number)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { 4, program };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

static struct under {
	long number;
	const char *without[2];
} under;

/* confined_under -- somebody else's filter. */
static int
confined_under(void)
{
	char journal[] = "kept/journal.db";
	const struct conf conf = { .journal_path = journal };
	const struct listener listener = { .fd = -1, .path = "removed/s" };
	struct buf said;
	int status;

	CHECK(kill_for(under.number));
	buf_init(&said, 0);
	confine_brief(&conf);
	CHECK(open("/etc/passwd", O_RDONLY) >= 0);
	confine(&conf, &listener, &said);
	CHECK(buf_ok(&said));
	fprintf(stderr, "# %s\n", said.data);
	CHECK(waitpid(-1, &status, WNOHANG) < 0);
	for (int i = 0; i < 2; i++)
		CHECK((strstr(said.data, i == 0 ? "without Landlock: a filter" :
		    "without seccomp: a filter") != NULL) ==
		    (under.without[i] != NULL));
	CHECK((open("/etc/passwd", O_RDONLY) < 0) ==
	    (under.without[0] == NULL));
	buf_clear(&said);
	return 0;
}

static void
a_filter_that_kills_who_gives_up_more_is_survived(void **state)
{
	static const struct under table[] = {
		{ SYS_landlock_create_ruleset, { "", NULL } },
		{ SYS_landlock_restrict_self, { "", NULL } },
#ifdef HAVE_SECCOMP
		{ SYS_seccomp, { NULL, "" } },
#endif
		{ SYS_acct, { NULL, NULL } },
	};

	(void)state;
	(void)need_landlock();
#ifdef SYNC_SANITIZED
	skip();
#endif
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		under = table[i];
		assert_int_equal(in_child(confined_under), 0);
	}
}
#endif

/* refused_file -- a configuration that our real user may read, and not the
 * effective one. */
static int
refused_file(void)
{
	char *const environment[] = { NULL };
	struct err err = { .text = "" };
	struct conf *conf;

	CHECK(made("read/c") && chmod("read/c", 0600) == 0);
	CHECK(seteuid(65534) == 0);
	CHECK(access("read/c", R_OK) == 0);
	CHECK(conf_load(&conf, "read/c", environment, CONF_NEED_TOKENS,
	    &err) != RC_OK);
	fprintf(stderr, "# %s\n", err.text);
	CHECK(strstr(err.text, "Permission denied") != NULL &&
	    strstr(err.text, "start it again") == NULL);
	return 0;
}

static void
a_file_that_its_mode_refuses_is_not_said_to_be_given_up(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(refused_file), 0);
}

static void
it_is_confined_unless_the_environment_says_no(void **state)
{
	static const struct {
		const char *value;
		enum rc rc;
		bool wanted;
	} table[] = {
		{ NULL, RC_OK, true },
		{ "", RC_OK, true },
		{ "yes", RC_OK, true },
		{ "no", RC_OK, false },
		{ "No", RC_USAGE, true },
		{ "0", RC_USAGE, true },
		{ "nothing", RC_USAGE, true },
	};
	bool wanted;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		wanted = true;
		assert_int_equal(confine_wanted(table[i].value, &wanted, NULL),
		    table[i].rc);
		assert_int_equal(wanted, table[i].wanted);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_places_that_were_named_are_reached),
		cmocka_unit_test(nobody_is_connected_to_or_sent_a_signal),
		cmocka_unit_test(
		    a_place_that_is_not_there_leaves_all_as_it_was),
		cmocka_unit_test(
		    only_the_calls_that_serving_makes_are_let_through),
		cmocka_unit_test(a_failed_assertion_ends_as_one),
#ifdef __x86_64__
		cmocka_unit_test(
		    calls_by_the_numbers_of_another_processor_are_refused),
#endif
		cmocka_unit_test(
		    a_responder_reaches_its_journal_and_removes_its_socket),
#ifdef SYS_landlock_create_ruleset
		cmocka_unit_test(
		    a_filter_that_kills_who_gives_up_more_is_survived),
#endif
		cmocka_unit_test(
		    a_file_that_its_mode_refuses_is_not_said_to_be_given_up),
		cmocka_unit_test(
		    it_is_confined_unless_the_environment_says_no),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
