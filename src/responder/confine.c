#include "responder/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "journal/file.h"
#include "responder/filter.h"
#include "responder/landlock.h"

/* The journal, /dev/urandom, a socket, and two directories of each file of the
 * configuration. With more token files the rest is not taken over when it is
 * replaced. */
#define FILES_MOST 64
#define PLACES_MOST (3 + 2 * FILES_MOST)

/* Whether files are out of reach by now. */
static bool restricted;

struct places {
	struct landlock_place list[PLACES_MOST];
	size_t n;
};

static void
add(struct places *places, const char *path, enum landlock_use use)
{
	for (size_t i = 0; i < places->n; i++)
		if (places->list[i].use == use &&
		    strcmp(places->list[i].path, path) == 0)
			return;
	if (places->n < PLACES_MOST)
		places->list[places->n++] = (struct landlock_place){
			path, use
		};
}

/* cut_name -- leave the directory of an absolute path. */
static void
cut_name(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == path)
		slash++;
	if (slash != NULL)
		*slash = '\0';
}

/* journal_directory -- of the file that a path leads to; allocated. */
static enum rc
journal_directory(const char *path, char **directory, struct err *err)
{
	enum rc rc = file_canonical(path, directory, err);

	if (rc == RC_OK)
		cut_name(*directory);
	return rc;
}

/* add_socket -- the directory of our own unix socket. */
static void
add_socket(struct places *places, const struct listener *listener,
    char directory[sizeof(listener->path)])
{
	if (listener->path[0] == '\0')
		return;
	memcpy(directory, listener->path, sizeof(listener->path));
	if (strchr(directory, '/') == NULL)
		memcpy(directory, "./", sizeof("./"));
	cut_name(directory);
	add(places, directory, LANDLOCK_REMOVE);
}

/* restrict_files -- by Landlock. listener is NULL in a process that ends with
 * its request: that reads no configuration again. */
static enum rc
restrict_files(const struct conf *conf, const struct listener *listener,
    int *version, struct err *err)
{
	char socket[sizeof(listener->path)];
	struct places places = { .n = 0 };
	char *journal = NULL;
	const char *directory;
	enum rc rc;

#ifdef SYNC_SANITIZED
	return err_set(err, RC_SYSTEM, "made with sanitizers or for gcov");
#endif
	rc = journal_directory(conf->journal_path, &journal, err);
	if (rc != RC_OK)
		return rc;
	add(&places, journal, LANDLOCK_KEEP);
	if (access("/dev/urandom", F_OK) == 0)
		add(&places, "/dev/urandom", LANDLOCK_READ);
	if (listener != NULL)
		add_socket(&places, listener, socket);
	for (size_t i = 0; listener != NULL &&
	    (directory = conf_directory(conf, i)) != NULL; i++)
		add(&places, directory, LANDLOCK_READ);
	rc = landlock_restrict(places.list, places.n, version, err);
	if (rc == RC_OK) {
		restricted = true;
		conf_confined();
	}
	free(journal);
	return rc;
}

/* is_filtered -- whether a filter of somebody else's is on, which may end us
 * for a call that it does not know. */
static bool
is_filtered(void)
{
	const int mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

	/* EINVAL: a kernel that has none. */
	return mode > 0 || (mode < 0 && errno != EINVAL);
}

/* survives -- whether a child that gives the same up does; listener is NULL to
 * try the filter. */
static bool
survives(const struct conf *conf, const struct listener *listener)
{
	int version, status;
	pid_t child, ended;

	child = fork();
	if (child == 0) {
		if (listener != NULL)
			(void)restrict_files(conf, listener, &version, NULL);
		else
			(void)filter_install(NULL);
		_exit(0);
	}
	if (child < 0)
		return false;
	do
		ended = waitpid(child, &status, 0);
	while (ended < 0 && errno == EINTR);
	return ended == child && WIFEXITED(status);
}

static enum rc
not_survived(struct err *err)
{
	return err_set(err, RC_SYSTEM, "a filter of system calls that is on "
	    "already does not let it be tried");
}

void
confine(const struct conf *conf, const struct listener *listener,
    struct buf *said)
{
	const bool filtered = is_filtered();
	struct err no_landlock, no_filter;
	enum rc landlock, filter;
	int version = 0;

	/* Our filter refuses Landlock's calls too: it is the last. */
	landlock = filtered && !survives(conf, listener) ?
	    not_survived(&no_landlock) :
	    restrict_files(conf, listener, &version, &no_landlock);
	filter = filtered && !survives(conf, NULL) ?
	    not_survived(&no_filter) : filter_install(&no_filter);
	if (landlock == RC_OK)
		buf_printf(said, "confined by Landlock %d%s", version,
		    filter == RC_OK ? " and seccomp" : "");
	else
		buf_add_text(said, filter == RC_OK ? "confined by seccomp" :
		    "not confined");
	if (landlock != RC_OK)
		buf_printf(said, "; without Landlock: %s", no_landlock.text);
	if (filter != RC_OK)
		buf_printf(said, "; without seccomp: %s", no_filter.text);
}

void
confine_brief(const struct conf *conf)
{
	int version;

	/* A child to try it in would cost several times as much. */
	if (!is_filtered())
		(void)restrict_files(conf, NULL, &version, NULL);
}

enum rc
confine_wanted(const char *value, bool *wanted, struct err *err)
{
	const bool no = value != NULL && strcmp(value, "no") == 0;

	if (value != NULL && *value != '\0' && !no && strcmp(value, "yes") != 0)
		return err_set(err, RC_USAGE, "SYNCJOURNAL_CONFINE: must be "
		    "yes or no");
	*wanted = !no;
	return RC_OK;
}

enum rc
confine_admits(const char *path, struct err *err)
{
	char *directory = NULL;
	enum rc rc = RC_OK;
	int fd;

	/* What else is wrong with it, opening the journal says. */
	if (!restricted || journal_directory(path, &directory, NULL) != RC_OK)
		return RC_OK;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES &&
	    faccessat(AT_FDCWD, directory, R_OK, AT_EACCESS) == 0)
		rc = err_set(err, RC_SYSTEM, "%s: a responder that runs "
		    "reaches only the directory of the journal, not another of "
		    "its name, that it was started with: start it again", path);
	if (fd >= 0)
		close(fd);
	free(directory);
	return rc;
}
