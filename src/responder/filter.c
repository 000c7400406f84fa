#include "responder/filter.h"

#include "config.h"

#ifdef HAVE_SECCOMP

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct sock_filter program[] = {
#include "responder/filter_program.h"
};

/* install -- without the slower memory that kernels before 5.16 give to what is
 * filtered, in case it is code of somebody else; those before 4.17 cannot be
 * asked. */
static bool
install(const struct sock_fprog *filter)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_SPEC_ALLOW, filter) == 0 ||
	    (errno == EINVAL && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    0, filter) == 0);
}

enum rc
filter_install(struct err *err)
{
	const struct sock_fprog filter = {
		.len = sizeof(program) / sizeof(program[0]),
		/* Only read. */
		.filter = (struct sock_filter *)(uintptr_t)program,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && install(&filter))
		return RC_OK;
	return err_set(err, RC_SYSTEM, "%s", errno == ENOSYS ||
	    errno == EINVAL ? "this kernel has none" : strerror(errno));
}

#else

enum rc
filter_install(struct err *err)
{
#ifdef SYNC_SANITIZED
	return err_set(err, RC_SYSTEM, "made with sanitizers or for gcov");
#else
	return err_set(err, RC_SYSTEM, "made without libseccomp");
#endif
}

#endif
