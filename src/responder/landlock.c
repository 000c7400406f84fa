#include "responder/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SYS_landlock_create_ruleset

/*
 * The kernel's interface (include/uapi/linux/landlock.h of Linux 6.12), said
 * here since the header of the system that this is made on may be older than
 * the kernel that it runs on.
 */
struct ruleset {
	uint64_t files;		/* handled_access_fs: what is refused */
	uint64_t net;		/* handled_access_net, from version 4 */
	uint64_t scope;		/* scoped, from version 6 */
};

struct rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

#define CREATE_VERSION 1	/* LANDLOCK_CREATE_RULESET_VERSION */
#define RULE_PATH 1		/* LANDLOCK_RULE_PATH_BENEATH */

#define FILE_WRITE (1U << 1)
#define FILE_READ (1U << 2)
#define FILE_READ_DIR (1U << 3)
#define FILE_REMOVE (1U << 5)
#define FILE_MAKE (1U << 8)
#define FILE_TRUNCATE (1U << 14)

/* What each version brought. */
static const struct ruleset news[] = {
	{ .files = (1U << 13) - 1 },	/* execute to make a link */
	{ .files = 1U << 13 },		/* into another directory */
	{ .files = FILE_TRUNCATE },
	{ .net = 3 },			/* bind and connect TCP */
	{ .files = 1U << 15 },		/* ioctl on devices */
	{ .scope = 3 },			/* abstract unix sockets, signals */
};

static const uint64_t allowed[N_LANDLOCK_USES] = {
	[LANDLOCK_READ] = FILE_READ,
	[LANDLOCK_KEEP] = FILE_WRITE | FILE_READ | FILE_READ_DIR |
	    FILE_REMOVE | FILE_MAKE | FILE_TRUNCATE,
	[LANDLOCK_REMOVE] = FILE_REMOVE,
};

static struct ruleset
all_of(int version)
{
	struct ruleset all = { 0, 0, 0 };

	for (int i = 0; i < version &&
	    i < (int)(sizeof(news) / sizeof(news[0])); i++) {
		all.files |= news[i].files;
		all.net |= news[i].net;
		all.scope |= news[i].scope;
	}
	return all;
}

/* allow -- one place. */
static enum rc
allow(int fd, const struct landlock_place *place, uint64_t handled,
    struct err *err)
{
	struct rule rule = { .allowed = allowed[place->use] & handled };
	int saved = 0;

	rule.parent = open(place->path, O_PATH | O_CLOEXEC);
	if (rule.parent < 0 ||
	    syscall(SYS_landlock_add_rule, fd, RULE_PATH, &rule, 0) != 0)
		saved = errno;
	if (rule.parent >= 0)
		close(rule.parent);
	if (saved != 0)
		return err_set(err, RC_SYSTEM, "%s: %s", place->path,
		    strerror(saved));
	return RC_OK;
}

static enum rc
enforce(int fd, const struct landlock_place *places, size_t n,
    uint64_t handled, struct err *err)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < n && rc == RC_OK; i++)
		rc = allow(fd, &places[i], handled, err);
	if (rc != RC_OK)
		return rc;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_landlock_restrict_self, fd, 0) != 0)
		return err_set(err, RC_SYSTEM, "%s", strerror(errno));
	return RC_OK;
}

enum rc
landlock_restrict(const struct landlock_place *places, size_t n,
    int *version, struct err *err)
{
	struct ruleset all;
	enum rc rc;
	int found, fd;

	found = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    CREATE_VERSION);
	if (found < 1)
		return err_set(err, RC_SYSTEM, "%s", errno == ENOSYS ?
		    "this kernel has none" : errno == EOPNOTSUPP ?
		    "this kernel's is off" : strerror(errno));
	all = all_of(found);
	/* Of the structure's end that it does not know, the kernel wants that
	 * it is zero. */
	fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (fd < 0)
		return err_set(err, RC_SYSTEM, "%s", strerror(errno));
	rc = enforce(fd, places, n, all.files, err);
	close(fd);
	if (rc == RC_OK)
		*version = found;
	return rc;
}

#else

enum rc
landlock_restrict(const struct landlock_place *places, size_t n,
    int *version, struct err *err)
{
	(void)places;
	(void)n;
	(void)version;
	return err_set(err, RC_SYSTEM, "not known where this program was "
	    "made");
}

#endif
