/*
 * filter_make -- run while the programs are made: prints the system calls that
 * a responder that serves may make as a program for the kernel, in C. So no
 * process has to load libseccomp and to work it out.
 */
#include <errno.h>
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
	/* files, which Landlock confines */
	"access", "close", "faccessat", "faccessat2", "fallocate", "fchmod",
	"fchown", "fchown32", "fcntl", "fcntl64", "fdatasync", "flock",
	"fstat", "fstat64", "fstatat64", "fstatfs", "fstatfs64", "fsync",
	"ftruncate", "ftruncate64", "getcwd", "_llseek", "lseek", "lstat",
	"lstat64", "memfd_create", "newfstatat", "open", "openat", "pread64",
	"preadv", "pwrite64", "pwritev", "read", "readlink", "readlinkat",
	"readv", "rename", "renameat", "renameat2", "stat", "stat64", "statfs",
	"statfs64", "statx", "umask", "unlink", "unlinkat", "write", "writev",
	/* connections, accepted from a socket that is there */
	"accept", "accept4", "epoll_create1", "epoll_ctl", "epoll_pwait",
	"epoll_pwait2", "epoll_wait", "getpeername", "getsockname",
	"getsockopt", "poll", "ppoll", "ppoll_time64", "pselect6", "recv",
	"recvfrom", "recvmsg", "select", "send", "sendmsg", "sendto",
	"setsockopt", "shutdown",
	/* memory; also mmap and mprotect, below */
	"brk", "madvise", "mremap", "munmap",
	/* time */
	"clock_getres", "clock_gettime", "clock_gettime64", "clock_nanosleep",
	"clock_nanosleep_time64", "getitimer", "gettimeofday", "nanosleep",
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
	{ "mmap", { 2, SCMP_CMP_MASKED_EQ, 4 /* PROT_EXEC */, 0 } },
	{ "mmap2", { 2, SCMP_CMP_MASKED_EQ, 4, 0 } },
	{ "mprotect", { 2, SCMP_CMP_MASKED_EQ, 4, 0 } },
	/* only to ask */
	{ "prlimit64", { 2, SCMP_CMP_EQ, 0, 0 } },
	/* abort() */
	{ "tgkill", { 2, SCMP_CMP_EQ, SIGABRT, 0 } },
};
#define N_PARTLY (sizeof(partly) / sizeof(partly[0]))

static int
number(const char *name)
{
	return seccomp_syscall_resolve_name(name);
}

/* add_rules -- 0, or a negative errno. A number below 0 is of another
 * processor. */
static int
add_rules(scmp_filter_ctx filter)
{
	int failed = 0;

	for (size_t i = 0; i < N_CALLS && failed == 0; i++)
		if (number(calls[i]) >= 0)
			failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
			    number(calls[i]), 0);
	for (size_t i = 0; i < N_PARTLY && failed == 0; i++)
		if (number(partly[i].name) >= 0)
			failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
			    number(partly[i].name), 1, &partly[i].argument);
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

int
main(void)
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
