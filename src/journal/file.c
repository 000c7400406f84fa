#include "journal/file.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

#define FILE_HEADER_SIZE 100	/* of an SQLite database */

/* The directory of a path as a new string; "." where it names none. */
static char *
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	if (slash == path)
		return strdup("/");
	return strndup(path, (size_t)(slash - path));
}

static bool
is_link(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

enum rc
file_canonical(const char *path, char **canonical, struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	char *directory = NULL, *real = NULL;
	struct buf text;
	enum rc rc;

	buf_init(&text, 0);
	if (*name == '\0') {
		rc = err_set(err, RC_SYSTEM, "%s: names a directory, not a "
		    "journal", path);
		goto out;
	}
	/* A link to a journal leads to where -wal and -lock lie as well. */
	real = realpath(path, NULL);
	if (real != NULL) {
		*canonical = real;
		real = NULL;
		rc = RC_OK;
		goto out;
	}
	if (errno != ENOENT || is_link(path)) {
		rc = err_set(err, RC_SYSTEM, "%s: %s%s", path,
		    is_link(path) ? "leads nowhere: " : "", strerror(errno));
		goto out;
	}
	directory = directory_of(path);
	if (directory == NULL) {
		rc = err_set(err, RC_MEMORY, "%s: no memory", path);
		goto out;
	}
	real = realpath(directory, NULL);
	if (real == NULL) {
		rc = err_set(err, RC_SYSTEM, "%s: the journal's directory %s: "
		    "%s; make it, mode 0700, owned by the user that runs the "
		    "responder", path, directory, strerror(errno));
		goto out;
	}
	buf_printf(&text, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
	if (!buf_ok(&text)) {
		rc = err_set(err, RC_MEMORY, "%s: no memory", path);
		goto out;
	}
	*canonical = text.data;
	buf_init(&text, 0);
	rc = RC_OK;
out:
	buf_clear(&text);
	free(real);
	free(directory);
	return rc;
}

static int64_t
big_endian(const unsigned char *bytes)
{
	return (int64_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 |
	    bytes[3];
}

/* What the header's bytes say. */
static enum rc
judge_header(const char *path, const unsigned char *header, size_t len,
    enum file_state *state, int64_t *version, struct err *err)
{
	if (len == 0) {
		*state = FILE_EMPTY;
		return RC_OK;
	}
	if (len < FILE_HEADER_SIZE ||
	    memcmp(header, "SQLite format 3", 16) != 0)
		return err_set(err, RC_FOREIGN, "%s: is not an SQLite "
		    "database; it was not touched: name another file as the "
		    "journal", path);
	if (big_endian(header + 68) != FILE_APPLICATION_ID)
		return err_set(err, RC_FOREIGN, "%s: is an SQLite database of "
		    "another program; it was not touched: name another file "
		    "as the journal", path);
	*state = FILE_JOURNAL;
	*version = big_endian(header + 60);
	return RC_OK;
}

static enum rc
read_header(int fd, const char *path, enum file_state *state,
    int64_t *version, struct err *err)
{
	unsigned char header[FILE_HEADER_SIZE];
	struct stat status;
	size_t len = 0;
	ssize_t n;

	if (fstat(fd, &status) != 0)
		return err_set(err, RC_SYSTEM, "%s: %s", path,
		    strerror(errno));
	if (!S_ISREG(status.st_mode))
		return err_set(err, RC_SYSTEM, "%s: is not a regular "
		    "file: name another one as the journal",
		    path);
	do {
		n = pread(fd, header + len, sizeof(header) - len, (off_t)len);
		if (n < 0 && errno != EINTR)
			return err_set(err, RC_SYSTEM, "%s: cannot be read: "
			    "%s", path, strerror(errno));
		if (n > 0)
			len += (size_t)n;
	} while (n != 0 && len < sizeof(header));
	return judge_header(path, header, len, state, version, err);
}

enum rc
file_look(const char *path, enum file_state *state, int64_t *version,
    struct err *err)
{
	enum rc rc;
	int fd;

	*version = 0;
	/* Not to wait for the other end of a pipe. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT) {
		*state = FILE_ABSENT;
		return RC_OK;
	}
	if (fd < 0)
		return err_set(err, RC_SYSTEM, "%s: cannot be opened: %s; the "
		    "user that runs this program must be able to read it",
		    path, strerror(errno));
	rc = read_header(fd, path, state, version, err);
	(void)close(fd);
	return rc;
}

/* path and what is added to it, as a new string. */
static enum rc
add_suffix(const char *path, const char *suffix, char **longer,
    struct err *err)
{
	struct buf text;

	buf_init(&text, 0);
	buf_add_text(&text, path);
	buf_add_text(&text, suffix);
	if (!buf_ok(&text)) {
		buf_clear(&text);
		return err_set(err, RC_MEMORY, "%s: no memory", path);
	}
	*longer = text.data;
	return RC_OK;
}

static enum rc
remove_suffixed(const char *path, const char *suffix, struct err *err)
{
	char *name = NULL;
	enum rc rc;

	rc = add_suffix(path, suffix, &name, err);
	if (rc == RC_OK && unlink(name) != 0 && errno != ENOENT)
		rc = err_set(err, RC_SYSTEM, "%s: cannot be removed: %s",
		    name, strerror(errno));
	free(name);
	return rc;
}

enum rc
file_begin(const char *path, char **aside, struct err *err)
{
	static const char *const suffixes[] = { "", "-journal", "-wal",
	    "-shm" };
	char *name = NULL;
	enum rc rc;
	size_t i;
	int fd;

	rc = add_suffix(path, "-new", &name, err);
	for (i = 0; rc == RC_OK && i < sizeof(suffixes) / sizeof(suffixes[0]);
	    i++)
		rc = remove_suffixed(name, suffixes[i], err);
	if (rc != RC_OK)
		goto out;
	fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		rc = err_set(err, errno == ENOSPC || errno == EDQUOT ? RC_FULL :
		    RC_SYSTEM, "%s: cannot be created: %s; the user that runs "
		    "this program must be able to write to its directory",
		    path, strerror(errno));
		goto out;
	}
	(void)close(fd);
	*aside = name;
	name = NULL;
out:
	free(name);
	return rc;
}

/* A log without its journal, if it is not empty: out of the way, but kept. */
static enum rc
set_aside(const char *path, const char *suffix, bool *left, struct err *err)
{
	char *name = NULL, *kept = NULL;
	struct stat status;
	enum rc rc;

	rc = add_suffix(path, suffix, &name, err);
	if (rc == RC_OK)
		rc = add_suffix(name, "-left", &kept, err);
	if (rc != RC_OK || stat(name, &status) != 0)
		goto out;
	if (status.st_size == 0) {
		rc = remove_suffixed(path, suffix, err);
	} else if (rename(name, kept) == 0) {
		*left = true;
	} else {
		rc = err_set(err, RC_SYSTEM, "%s: cannot be renamed: %s",
		    name, strerror(errno));
	}
out:
	free(kept);
	free(name);
	return rc;
}

enum rc
file_finish(const char *path, const char *aside, bool *left,
    struct err *err)
{
	enum rc rc;

	*left = false;
	rc = set_aside(path, "-wal", left, err);
	if (rc == RC_OK)
		rc = set_aside(path, "-journal", left, err);
	if (rc == RC_OK)
		rc = remove_suffixed(path, "-shm", err);
	/* The new one's own is empty: its transaction is over. */
	if (rc == RC_OK)
		rc = remove_suffixed(aside, "-journal", err);
	if (rc != RC_OK)
		return rc;
	if (rename(aside, path) != 0)
		return err_set(err, RC_SYSTEM, "%s: cannot be put in its "
		    "place: %s", path, strerror(errno));
	return file_sync_directory(path, err);
}

bool
file_has_hot_journal(const char *path)
{
	struct stat status;
	char *name = NULL;
	bool hot;

	if (add_suffix(path, "-journal", &name, NULL) != RC_OK)
		return false;
	hot = stat(name, &status) == 0 && status.st_size > 0;
	free(name);
	return hot;
}

int64_t
file_size(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (int64_t)status.st_size : 0;
}

int64_t
file_wal_size(const char *path)
{
	char *name = NULL;
	int64_t size;

	if (add_suffix(path, "-wal", &name, NULL) != RC_OK)
		return 0;
	size = file_size(name);
	free(name);
	return size;
}

enum rc
file_sync_directory(const char *path, struct err *err)
{
	char *directory = directory_of(path);
	enum rc rc;
	int fd;

	if (directory == NULL)
		return err_set(err, RC_MEMORY, "%s: no memory", path);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		rc = err_set(err, RC_SYSTEM, "%s: cannot be opened: %s",
		    directory, strerror(errno));
	/* Some file systems have no sync of a directory, and need none. */
	else if (fsync(fd) != 0 && errno != EINVAL)
		rc = err_set(err, RC_SYNC, "%s: cannot be synced: %s; see with "
		    "dmesg whether the disk is damaged", directory,
		    strerror(errno));
	else
		rc = RC_OK;
	if (fd >= 0)
		(void)close(fd);
	free(directory);
	return rc;
}

bool
file_has_directory(const char *path)
{
	char *directory = directory_of(path);
	const bool has = directory != NULL &&
	    faccessat(AT_FDCWD, directory, X_OK, AT_EACCESS) == 0;

	free(directory);
	return has;
}

void
file_give_to_owner(int fd, const char *journal)
{
	struct stat own, owner;
	int given = 0;

	if (geteuid() == 0 && fstat(fd, &own) == 0 &&
	    stat(journal, &owner) == 0 && own.st_uid != owner.st_uid)
		given = fchown(fd, owner.st_uid, owner.st_gid);
	(void)given;
}

enum rc
file_identify(const char *path, struct file_id *id, struct err *err)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return err_set(err, RC_SYSTEM, "%s: %s", path,
		    strerror(errno));
	id->device = (uint64_t)status.st_dev;
	id->inode = (uint64_t)status.st_ino;
	return RC_OK;
}

enum rc
file_check(const char *path, const struct file_id *id, struct err *err)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return err_set(err, RC_FOREIGN, "%s: is gone (%s) while it "
		    "was in use: put it back, with its -wal, or another one "
		    "is begun", path, strerror(errno));
	if ((uint64_t)status.st_dev != id->device ||
	    (uint64_t)status.st_ino != id->inode)
		return err_set(err, RC_FOREIGN, "%s: was replaced by another "
		    "file while it was in use: that one is gone on with; "
		    "merge the old one into it", path);
	return RC_OK;
}

enum file_place
file_place_of(uint64_t type)
{
	/* From statfs(2) and linux/magic.h. */
	static const struct {
		uint32_t type;
		enum file_place place;
	} known[] = {
		{ 0x00006969, FILE_NETWORK },	/* NFS */
		{ 0x0000517b, FILE_NETWORK },	/* SMB */
		{ 0xff534d42, FILE_NETWORK },	/* CIFS */
		{ 0xfe534d42, FILE_NETWORK },	/* SMB2 */
		{ 0x65735546, FILE_NETWORK },	/* FUSE: sshfs, s3fs, others */
		{ 0x01021997, FILE_NETWORK },	/* 9p */
		{ 0x5346414f, FILE_NETWORK },	/* AFS */
		{ 0x6b414653, FILE_NETWORK },	/* kAFS */
		{ 0x73757245, FILE_NETWORK },	/* Coda */
		{ 0x0000564c, FILE_NETWORK },	/* NCP */
		{ 0x00c36400, FILE_NETWORK },	/* Ceph */
		{ 0x0bd00bd0, FILE_NETWORK },	/* Lustre */
		{ 0x47504653, FILE_NETWORK },	/* GPFS */
		{ 0x19830326, FILE_NETWORK },	/* BeeGFS */
		{ 0x20030528, FILE_NETWORK },	/* OrangeFS */
		{ 0xaad7aaea, FILE_NETWORK },	/* PanFS */
		{ 0x786f4256, FILE_NETWORK },	/* VirtualBox */
		{ 0xbacbacbc, FILE_NETWORK },	/* VMware */
		{ 0x01161970, FILE_NETWORK },	/* GFS2 */
		{ 0x7461636f, FILE_NETWORK },	/* OCFS2 */
		{ 0x01021994, FILE_IN_MEMORY },	/* tmpfs */
		{ 0x858458f6, FILE_IN_MEMORY },	/* ramfs */
		{ 0x794c7630, FILE_LAYER },	/* overlayfs */
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if ((uint32_t)type == known[i].type)
			return known[i].place;
	}
	return FILE_LOCAL;
}

enum file_place
file_place(const char *path)
{
	char *directory = directory_of(path);
	enum file_place place = FILE_LOCAL;
	struct statfs status;

	if (directory != NULL && statfs(directory, &status) == 0)
		place = file_place_of((uint64_t)status.f_type);
	free(directory);
	return place;
}

bool
file_on_network(const char *path)
{
	return file_place(path) == FILE_NETWORK;
}

int64_t
file_room(const char *path)
{
	char *directory = directory_of(path);
	struct statvfs system;
	int64_t room = -1;

	if (directory != NULL && statvfs(directory, &system) == 0)
		room = (int64_t)((uint64_t)system.f_bavail * system.f_frsize);
	free(directory);
	return room;
}

bool
file_has_inodes(const char *path)
{
	char *directory = directory_of(path);
	struct statvfs system;
	bool has = true;

	/* Some file systems make them as they are needed, and say 0 of 0. */
	if (directory != NULL && statvfs(directory, &system) == 0)
		has = system.f_files == 0 || system.f_favail > 0;
	free(directory);
	return has;
}

enum rc
file_has_room(const char *path, struct err *err)
{
	const int64_t room = file_room(path);
	struct stat file;

	if (stat(path, &file) != 0 || room < 0)
		return err_set(err, RC_SYSTEM, "%s: %s", path,
		    strerror(errno));
	if (room >= (int64_t)file.st_size)
		return RC_OK;
	return err_set(err, RC_FULL, "%s: a rebuild takes as much room again "
	    "for a while, %lld MiB; only %lld are free", path,
	    (long long)(file.st_size >> 20) + 1, (long long)(room >> 20));
}
