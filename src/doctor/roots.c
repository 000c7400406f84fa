#include "doctor/roots.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

/* Directories of this name, wherever they are. */
static const char *const names[] = {
	"public_html", "private_html", "htdocs", "httpdocs", "httpsdocs",
	"wwwroot", "webroot", "cgi-bin",
};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

static const char *const places[] = {
	"/var/www", "/srv/www", "/srv/http", "/usr/share/nginx",
	"/usr/local/www", "/usr/lib/cgi-bin",
};
#define N_PLACES (sizeof(places) / sizeof(places[0]))

/* From / on, links unresolved. */
static char *
absolute(const char *path)
{
	char *here = NULL;
	struct buf text;

	if (path[0] == '/')
		return strdup(path);
	here = realpath(".", NULL);
	buf_init(&text, 0);
	if (here != NULL)
		buf_printf(&text, "%s/%s", here, path);
	free(here);
	if (here == NULL || !buf_ok(&text)) {
		buf_clear(&text);
		return NULL;
	}
	return text.data;
}

/* The end of what exists is resolved, the rest put behind it as it is. */
char *
roots_real(const char *path)
{
	char *const whole = absolute(path);
	struct buf text;
	char *real, *slash;
	size_t len;

	if (whole == NULL)
		return NULL;
	len = strlen(whole);
	real = realpath(whole, NULL);
	while (real == NULL && (slash = memrchr(whole, '/', len)) != NULL &&
	    slash != whole) {
		len = (size_t)(slash - whole);
		*slash = '\0';
		real = realpath(whole, NULL);
		*slash = '/';
	}
	buf_init(&text, 0);
	if (real == NULL)
		buf_add_text(&text, whole);
	else
		buf_printf(&text, "%s%s", strcmp(real, "/") == 0 ? "" : real,
		    strlen(whole) > len ? whole + len : "");
	free(real);
	free(whole);
	if (!buf_ok(&text)) {
		buf_clear(&text);
		return NULL;
	}
	if (text.len == 0)
		buf_add_char(&text, '/');
	return text.data;
}

static bool
within(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	while (len > 0 && directory[len - 1] == '/')
		len--;
	return len > 0 && strncmp(path, directory, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0');
}

bool
roots_holds(const char *directory, const char *path)
{
	char *const root = roots_real(directory);
	char *const real = roots_real(path);
	bool holds = false;

	if (root != NULL && real != NULL)
		holds = within(real, root);
	free(root);
	free(real);
	return holds;
}

/* Whether the component of len bytes is one of the names. */
static bool
is_name(const char *component, size_t len)
{
	size_t i;

	for (i = 0; i < N_NAMES; i++) {
		if (strlen(names[i]) == len &&
		    strncmp(names[i], component, len) == 0)
			return true;
	}
	return false;
}

char *
roots_find(const char *path)
{
	char *const real = roots_real(path);
	const char *at;
	size_t i, len;

	if (real == NULL)
		return NULL;
	for (i = 0; i < N_PLACES; i++) {
		if (within(real, places[i])) {
			free(real);
			return strdup(places[i]);
		}
	}
	for (at = real; *at == '/'; at += len) {
		at++;
		len = strcspn(at, "/");
		if (is_name(at, len)) {
			real[(size_t)(at - real) + len] = '\0';
			return real;
		}
	}
	free(real);
	return NULL;
}
