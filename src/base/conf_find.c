#include "base/conf_parts.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "syncjournal.conf"

char *
conf_join(const char *directory, size_t len, const char *name)
{
	size_t name_len = strlen(name);
	char *path = malloc(len + 1 + name_len + 1);

	if (path == NULL)
		return NULL;
	memcpy(path, directory, len);
	path[len] = '/';
	memcpy(path + len + 1, name, name_len + 1);
	return path;
}

static enum rc
add_place(struct conf_places *places, const char *directory, size_t len,
    const char *name, struct err *err)
{
	char *path = conf_join(directory, len, name);

	if (path == NULL)
		return conf_no_memory(err);
	places->path[places->n++] = path;
	return RC_OK;
}

/*
 * home -- the effective user's, or "" where there is none. Not from HOME: suEXEC
 * removes it (docs/design.md section 4). Asked for once: a responder that runs
 * cannot read the passwd file any more.
 */
static const char *
home(void)
{
	static char known[PATH_MAX];
	static bool asked;
	const struct passwd *user;

	if (asked)
		return known;
	user = getpwuid(geteuid());
	if (user != NULL && user->pw_dir != NULL && user->pw_dir[0] == '/' &&
	    strlen(user->pw_dir) < sizeof(known))
		memcpy(known, user->pw_dir, strlen(user->pw_dir) + 1);
	asked = true;
	return known;
}

static enum rc
add_home(struct conf_places *places, struct err *err)
{
	const char *directory = home();

	if (directory[0] == '\0')
		return RC_OK;
	return add_place(places, directory, strlen(directory),
	    "syncjournal/" FILE_NAME, err);
}

/* A link that was replaced under a running program reads "... (deleted)",
 * which leaves the directory right. */
static enum rc
add_program(struct conf_places *places, struct err *err)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));

	while (len > 0 && path[len - 1] != '/')
		len--;
	if (len <= 0)
		return RC_OK;
	return add_place(places, path, (size_t)len - 1, FILE_NAME, err);
}

enum rc
conf_places_init(struct conf_places *places, struct err *err)
{
	static const char etc[] = "/etc/syncjournal";
	enum rc rc;

	*places = (struct conf_places){ .n = 0 };
	if ((rc = add_home(places, err)) != RC_OK ||
	    (rc = add_program(places, err)) != RC_OK ||
	    (rc = add_place(places, etc, sizeof(etc) - 1, FILE_NAME,
	    err)) != RC_OK)
		conf_places_clear(places);
	return rc;
}

void
conf_places_clear(struct conf_places *places)
{
	for (size_t i = 0; i < places->n; i++)
		free(places->path[i]);
	places->n = 0;
}

/*
 * exists -- whether a place is to be read. A directory that may not be
 * entered (somebody else's home, or one that systemd hides) is no place of
 * ours; a file that is there and may not be read is an error later on.
 */
static enum rc
exists(const char *path, bool *there, struct err *err)
{
	struct stat st;

	*there = stat(path, &st) == 0;
	if (*there || errno == ENOENT || errno == ENOTDIR || errno == EACCES)
		return RC_OK;
	return err_set(err, RC_SYSTEM, "%s: %s", path, strerror(errno));
}

enum rc
conf_find(const char *file, char *const *envp,
    const struct conf_places *places, char **path, struct err *err)
{
	const char *name = file;
	bool there;
	enum rc rc;

	*path = NULL;
	if (name == NULL)
		name = conf_env(envp, "SYNCJOURNAL_CONFIG");
	for (size_t i = 0; name == NULL && i < places->n; i++) {
		rc = exists(places->path[i], &there, err);
		if (rc != RC_OK)
			return rc;
		if (there)
			name = places->path[i];
	}
	if (name == NULL)
		return RC_OK;
	*path = strdup(name);
	return *path == NULL ? conf_no_memory(err) : RC_OK;
}
