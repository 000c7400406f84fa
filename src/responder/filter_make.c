/*
 * filter_make [PROCESSOR] -- run while the programs are made: prints the system
 * calls that a responder that serves may make as a program for the kernel, in
 * C. So no process has to load libseccomp and to work it out. For another
 * processor, by libseccomp's name, its bytes are in that one's order.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Names that the processor, or this libseccomp, does not have are left out. */
static const char *const calls[] = {
	/* files, which Landlock confines; also fcntl, below */
	"access", "close", "faccessat", "faccessat2", "fallocate", "fchmod",
	"fchown", "fchown32", "fdatasync", "flock",
	"fstat", "fstat64", "fstatat64", "fstatfs", "fstatfs64", "fsync",
	"ftruncate", "ftruncate64", "getcwd", "_llseek", "lseek", "lstat",
	"lstat64", "memfd_create", "newfstatat", "open", "openat", "pread64",
	"preadv", "pwrite64", "pwritev", "read", "readlink", "readlinkat",
	"readv", "rename", "renameat", "renameat2", "stat", "stat64", "statfs",
	"statfs64", "statx", "umask", "unlink", "unlinkat", "write", "writev",
	/* connections, accepted from a socket that is there */
	"accept", "accept4", "epoll_create1", "epoll_ctl", "epoll_pwait",
	"epoll_pwait2", "epoll_wait", "getpeername", "getsockname",
	"getsockopt", "_newselect", "poll", "ppoll", "ppoll_time64",
	"pselect6", "pselect6_time64", "recv", "recvfrom", "recvmsg", "select",
	"send", "sendmsg", "sendto", "setsockopt", "shutdown",
	/* memory; also mmap and mprotect, below */
	"brk", "madvise", "mremap", "munmap",
	/* time */
	"clock_getres", "clock_getres_time64", "clock_gettime",
	"clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64",
	"getitimer", "gettimeofday", "nanosleep",
	"setitimer", "time",
	/* the process itself; also prlimit64 and tgkill, below */
	"exit", "exit_group", "futex", "futex_time64", "getegid", "getegid32",
	"geteuid", "geteuid32", "getgid", "getgid32", "getpid", "getrandom",
	"getrlimit", "gettid", "getuid", "getuid32", "restart_syscall",
	"rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn",
	"sched_yield", "sigaltstack", "sigreturn", "sysinfo", "ugetrlimit",
	"uname",
};
#define N_CALLS (sizeof(calls) / sizeof(calls[0]))

/* Those that are allowed by one of their arguments. */
static const struct {
	const char *name;
	struct scmp_arg_cmp argument;
} partly[] = {
	/* no new code */
	{ "mmap2", { 2, SCMP_CMP_MASKED_EQ, 4 /* PROT_EXEC */, 0 } },
	{ "mprotect", { 2, SCMP_CMP_MASKED_EQ, 4, 0 } },
	/* only to ask */
	{ "prlimit64", { 2, SCMP_CMP_EQ, 0, 0 } },
	/* abort(); the process is not known yet */
	{ "tgkill", { 2, SCMP_CMP_EQ, SIGABRT, 0 } },
};
#define N_PARTLY (sizeof(partly) / sizeof(partly[0]))

/* What fcntl may be asked: not who is sent a signal (F_SETOWN, F_SETSIG). Locks
 * by the numbers for short and for long offsets, which may be the same. */
static const int commands[] = {
	F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, 5, 6, 7,
	F_GETLK, F_SETLK, F_SETLKW, F_GETLK64, F_SETLK64, F_SETLKW64,
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* add -- 0, or a negative errno; a call, or but one argument of it. A number
 * below 0 is no number of this processor, which may have the call all the same,
 * as a part of another one (socketcall): libseccomp knows. */
static int
add(scmp_filter_ctx filter, const char *name,
    const struct scmp_arg_cmp *argument)
{
	const int number = seccomp_syscall_resolve_name(name);
	int failed;

	if (number == __NR_SCMP_ERROR)
		return 0;
	failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number,
	    argument == NULL ? 0 : 1, argument);
	return failed == -EEXIST ? 0 : failed;
}

/* add_mmap -- where it is old_mmap its arguments are in memory, which no filter
 * sees: s390 has no other one, and 32 bits of x86 have mmap2. */
static int
add_mmap(scmp_filter_ctx filter, const struct scmp_arg_cmp *no_code)
{
	if (seccomp_arch_exist(filter, SCMP_ARCH_X86) == 0)
		return 0;
	if (seccomp_arch_exist(filter, SCMP_ARCH_S390X) == 0 ||
	    seccomp_arch_exist(filter, SCMP_ARCH_S390) == 0)
		return add(filter, "mmap", NULL);
	return add(filter, "mmap", no_code);
}

static int
add_rules(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp no_code = { 2, SCMP_CMP_MASKED_EQ, 4, 0 };
	struct scmp_arg_cmp command = { 1, SCMP_CMP_EQ, 0, 0 };
	int failed = add_mmap(filter, &no_code);

	for (size_t i = 0; i < N_CALLS && failed == 0; i++)
		failed = add(filter, calls[i], NULL);
	for (size_t i = 0; i < N_PARTLY && failed == 0; i++)
		failed = add(filter, partly[i].name, &partly[i].argument);
	for (size_t i = 0; i < N_COMMANDS && failed == 0; i++) {
		command.datum_a = (scmp_datum_t)commands[i];
		failed = add(filter, "fcntl", &command);
		if (failed == 0)
			failed = add(filter, "fcntl64", &command);
	}
	return failed;
}

/* print_program -- what libseccomp made; 0, or a negative errno. */
static int
print_program(scmp_filter_ctx filter)
{
	FILE *file = tmpfile();
	struct sock_filter one;
	int failed;

	if (file == NULL)
		return -errno;
	failed = seccomp_export_bpf(filter, fileno(file));
	rewind(file);
	while (failed == 0 && fread(&one, sizeof(one), 1, file) == 1)
		if (printf("\t{ 0x%02x, %u, %u, 0x%08lx },\n",
		    (unsigned)one.code, (unsigned)one.jt, (unsigned)one.jf,
		    (unsigned long)one.k) < 0)
			failed = -EIO;
	fclose(file);
	return failed;
}

/* choose -- another processor than this one; 0, or a negative errno. */
static int
choose(scmp_filter_ctx filter, const char *processor)
{
	const uint32_t token = seccomp_arch_resolve_name(processor);
	int failed;

	if (token == 0)
		return -EINVAL;
	if (token == seccomp_arch_native())
		return 0;
	failed = seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
	return failed != 0 ? failed : seccomp_arch_add(filter, token);
}

int
main(int argc, char **argv)
{
	const uint32_t refused = SCMP_ACT_ERRNO(ENOSYS);
	scmp_filter_ctx filter = seccomp_init(refused);
	int failed = filter == NULL ? -ENOMEM : 0;

	/* Found in few steps, not one after another. */
	if (failed == 0)
		failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	/* Calls of another processor's numbers, such as of 32 bits. */
	if (failed == 0)
		failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
		    refused);
	if (failed == 0 && argc > 1)
		failed = choose(filter, argv[1]);
	if (failed == 0)
		failed = add_rules(filter);
	if (failed == 0)
		failed = print_program(filter);
	if (filter != NULL)
		seccomp_release(filter);
	if (failed == 0 && fflush(stdout) != 0)
		failed = -errno;
	if (failed != 0)
		fprintf(stderr, "filter_make: %s\n", strerror(-failed));
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
