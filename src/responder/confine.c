#include "responder/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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
	return err_set(err, RC_SYSTEM, "made with sanitizers");
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
	free(journal);
	return rc;
}

void
confine(const struct conf *conf, const struct listener *listener,
    struct buf *said)
{
	struct err no_landlock, no_filter;
	enum rc landlock, filter;
	int version = 0;

	/* The filter refuses Landlock's calls too: it is the last. */
	landlock = restrict_files(conf, listener, &version, &no_landlock);
	filter = filter_install(&no_filter);
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
	if (journal_directory(path, &directory, NULL) != RC_OK)
		return RC_OK;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES && access(directory, R_OK) == 0)
		rc = err_set(err, RC_SYSTEM, "%s: a responder that runs "
		    "reaches only the directory of the journal that it was "
		    "started with: start it again", path);
	if (fd >= 0)
		close(fd);
	free(directory);
	return rc;
}
