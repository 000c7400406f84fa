#include "base/conf_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Set by conf_confined. */
static bool confined;

void
conf_confined(void)
{
	confined = true;
}

void
conf_watch_clear(struct conf_watch *watch)
{
	free(watch->path);
	free(watch->real);
	free(watch->real_dir);
	free(watch->lies_in);
}

/* directory_of -- the directory that path names its file in. */
static char *
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* real_dir_of -- the same, resolved. */
static char *
real_dir_of(const char *path)
{
	char *dir = directory_of(path);
	char *real = dir == NULL ? NULL : realpath(dir, NULL);

	free(dir);
	return real;
}

/* remember -- one more watch, of an open file. */
static enum rc
remember(struct conf *conf, const char *path, const struct stat *st,
    struct err *err)
{
	struct conf_watch *watch;

	watch = reallocarray(conf->watch, conf->n_watch + 1, sizeof(*watch));
	if (watch == NULL)
		return conf_no_memory(err);
	conf->watch = watch;
	watch += conf->n_watch;
	*watch = (struct conf_watch){
		.path = strdup(path),
		.real = realpath(path, NULL),
		.real_dir = real_dir_of(path),
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = st->st_size,
		.mtime = st->st_mtim,
		.mode = st->st_mode,
	};
	conf->n_watch++;
	if (watch->real != NULL)
		watch->lies_in = directory_of(watch->real);
	if (watch->path == NULL ||
	    (watch->real != NULL && watch->lies_in == NULL))
		return conf_no_memory(err);
	/* Where it lies could not be told apart from a place that is served. */
	if (watch->real == NULL || watch->real_dir == NULL)
		return err_set(err, RC_SYSTEM, "cannot be resolved: %s",
		    strerror(errno));
	return RC_OK;
}

/* read_all -- to the end of the file, at most `most` bytes. */
static enum rc
read_all(int fd, size_t most, struct buf *text, struct err *err)
{
	size_t total = 0;
	ssize_t n;

	for (;;) {
		if (!buf_reserve(text, 4096))
			return conf_no_memory(err);
		n = read(fd, text->data + text->len, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, RC_SYSTEM, "cannot be read: %s",
			    strerror(errno));
		if (n == 0)
			break;
		text->len += (size_t)n;
		total += (size_t)n;
		if (total > most)
			return err_set(err, RC_CONFIG,
			    "is larger than %zu bytes", most);
	}
	/* Bytes were put in without their NUL. */
	buf_add(text, "", 0);
	return RC_OK;
}

enum rc
conf_watch_read(struct conf *conf, const char *path, size_t most,
    struct buf *text, struct err *err)
{
	struct stat st;
	enum rc rc;
	int fd;

	/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == EACCES && confined &&
	    faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0)
		return err_set(err, RC_SYSTEM, "cannot be opened: a responder "
		    "that runs reaches only the directories, not others of "
		    "their names, that it was started with: start it again; "
		    "until then deliveries signed with a new token are "
		    "refused");
	if (fd < 0)
		return err_set(err, RC_SYSTEM, "cannot be opened: %s",
		    strerror(errno));
	/* Before the first read: a change that comes while we read has
	 * another time than this one, and is noticed. */
	if (fstat(fd, &st) != 0)
		rc = err_set(err, RC_SYSTEM, "cannot be looked at: %s",
		    strerror(errno));
	else if (!S_ISREG(st.st_mode))
		rc = err_set(err, RC_CONFIG, "is not a regular file");
	else if ((rc = remember(conf, path, &st, err)) == RC_OK)
		rc = read_all(fd, most, text, err);
	(void)close(fd);	/* only read from */
	return rc;
}

enum rc
conf_watch_secret(struct conf_watch *watch, struct err *err)
{
	watch->secret = true;
	if ((watch->mode & (S_IRGRP | S_IROTH)) == 0)
		return RC_OK;
	return err_set(err, RC_CONFIG, "%s: holds a token, and its mode %04o "
	    "lets group or others read it: run chmod 600 %s", watch->path,
	    (unsigned)(watch->mode & 07777), watch->path);
}

static bool
same_file(const struct conf_watch *watch)
{
	struct stat st;

	return stat(watch->path, &st) == 0 && st.st_dev == watch->dev &&
	    st.st_ino == watch->ino && st.st_size == watch->size &&
	    st.st_mtim.tv_sec == watch->mtime.tv_sec &&
	    st.st_mtim.tv_nsec == watch->mtime.tv_nsec;
}

bool
conf_changed(const struct conf *conf)
{
	for (size_t i = 0; i < conf->n_watch; i++) {
		if (!same_file(&conf->watch[i]))
			return true;
	}
	return false;
}

/* within -- whether path is the directory of len bytes, or under it. */
static bool
within(const char *path, const char *directory, size_t len)
{
	return strncmp(path, directory, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0');
}

const struct conf_watch *
conf_watch_under(const struct conf *conf, const char *directory)
{
	const struct conf_watch *found = NULL;
	const struct conf_watch *watch;
	const char *root;
	char *real;
	size_t len;

	if (directory[0] == '\0')
		return NULL;
	real = realpath(directory, NULL);
	/* A directory that we may not look into can still be served. */
	root = real != NULL ? real : directory;
	len = strlen(root);
	while (len > 0 && root[len - 1] == '/')
		len--;
	for (size_t i = 0; len > 0 && i < conf->n_watch; i++) {
		watch = &conf->watch[i];
		/* The name counts as well as the file: a web server follows
		 * a symbolic link out of what it serves. */
		if (watch->secret && (within(watch->real, root, len) ||
		    within(watch->real_dir, root, len))) {
			found = watch;
			break;
		}
	}
	free(real);
	return found;
}

bool
conf_under(const struct conf *conf, const char *directory)
{
	return conf_watch_under(conf, directory) != NULL;
}

const char *
conf_directory(const struct conf *conf, size_t i)
{
	const struct conf_watch *watch;

	if (i / 2 >= conf->n_watch)
		return NULL;
	watch = &conf->watch[i / 2];
	return i % 2 == 0 ? watch->real_dir : watch->lies_in;
}
