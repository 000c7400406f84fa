#include "cli/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "journal/file.h"

static enum rc
fail(const char *path, const char *what, struct err *err)
{
	return err_set(err, RC_SYSTEM, "%s: %s: %s", path, what,
	    strerror(errno));
}

/* path and path.part, as texts of their own. */
static enum rc
name_both(struct whole *whole, const char *path, struct err *err)
{
	struct buf part;
	enum rc rc;

	buf_init(&part, 0);
	buf_printf(&part, "%s.part", path);
	if (buf_ok(&part))
		whole->part = strdup(part.data);
	whole->path = strdup(path);
	if (whole->path == NULL || whole->part == NULL)
		rc = err_set(err, RC_MEMORY, "%s: no memory", path);
	else
		rc = RC_OK;
	buf_clear(&part);
	return rc;
}

/* A new file with the name of a device would be in everybody's way. */
static enum rc
check_place(const char *path, struct err *err)
{
	struct stat status;

	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return err_set(err, RC_SYSTEM, "%s: is no regular file: name "
		    "one", path);
	return RC_OK;
}

enum rc
whole_begin(struct whole *whole, const char *path, struct err *err)
{
	enum rc rc;
	int fd;

	*whole = (struct whole){ .file = NULL };
	rc = check_place(path, err);
	if (rc == RC_OK)
		rc = name_both(whole, path, err);
	if (rc != RC_OK)
		return rc;
	/* Another program that writes the same file finds that the name is no
	 * more its own (is_own). */
	if (unlink(whole->part) != 0 && errno != ENOENT)
		return fail(whole->part, "cannot be removed", err);
	fd = open(whole->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(whole->part, "cannot be created", err);
	whole->file = fdopen(fd, "w");
	if (whole->file != NULL)
		return RC_OK;
	rc = fail(whole->part, "cannot be written to", err);
	(void)close(fd);
	(void)unlink(whole->part);
	return rc;
}

/* Whether the part still is the file that is open, and not that of another
 * program that began later. */
static bool
is_own(const struct whole *whole)
{
	struct stat open_one, named;

	return fstat(fileno(whole->file), &open_one) == 0 &&
	    lstat(whole->part, &named) == 0 &&
	    open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

/* link(2) takes no name that is taken, where rename(2) takes any. A file system
 * without links is asked first, which another program can make untrue. */
static int
put_new(const struct whole *whole)
{
	struct stat status;

	if (link(whole->part, whole->path) == 0) {
		(void)unlink(whole->part);
		return 0;
	}
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return -1;
	if (lstat(whole->path, &status) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(whole->part, whole->path);
}

static enum rc
keep(struct whole *whole, bool is_new, struct err *err)
{
	bool ok;

	ok = fflush(whole->file) == 0 && ferror(whole->file) == 0 &&
	    fsync(fileno(whole->file)) == 0;
	if (!ok)
		return fail(whole->part, "cannot be written to", err);
	if (!is_own(whole))
		return err_set(err, RC_SYSTEM, "%s: another program writes it "
		    "too: let each have a file of its own", whole->path);
	if (fclose(whole->file) != 0) {
		whole->file = NULL;
		(void)fail(whole->part, "cannot be written to", err);
		(void)unlink(whole->part);
		return RC_SYSTEM;
	}
	whole->file = NULL;
	if ((is_new ? put_new(whole) : rename(whole->part, whole->path)) != 0) {
		(void)fail(whole->path, "cannot be put in place", err);
		(void)unlink(whole->part);
		return RC_SYSTEM;
	}
	return file_sync_directory(whole->path, err);
}

enum rc
whole_keep(struct whole *whole, struct err *err)
{
	return keep(whole, false, err);
}

enum rc
whole_keep_new(struct whole *whole, struct err *err)
{
	return keep(whole, true, err);
}

void
whole_drop(struct whole *whole)
{
	if (whole->file != NULL) {
		if (is_own(whole))
			(void)unlink(whole->part);
		(void)fclose(whole->file);
	}
	free(whole->path);
	free(whole->part);
	*whole = (struct whole){ .file = NULL };
}
