#include "cli/init_parts.h"

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
init_server_name(enum init_server server)
{
	static const char *const names[N_INIT_SERVERS] = {
		[INIT_NGINX] = "nginx",
		[INIT_APACHE] = "apache",
		[INIT_HTACCESS] = "htaccess",
		[INIT_LIGHTTPD] = "lighttpd",
	};

	return names[server];
}

/* A web space of this user's: where it is, "" when there is none. */
static enum rc
find_root(struct init_wanted *wanted, const struct call *call, struct err *err)
{
	static const char *const names[] = { "public_html", "htdocs",
	    "httpdocs", "www" };
	const struct passwd *const user = getpwuid(geteuid());
	struct stat status;
	char *path;
	size_t i;

	if (call->option[OPTION_ROOT] != NULL)
		return init_take_path("--root", call->option[OPTION_ROOT],
		    &wanted->root, err);
	for (i = 0; user != NULL && !wanted->is_root &&
	    i < sizeof(names) / sizeof(names[0]); i++) {
		path = init_join(user->pw_dir, names[i]);
		if (path != NULL && stat(path, &status) == 0 &&
		    S_ISDIR(status.st_mode)) {
			wanted->root = path;
			return RC_OK;
		}
		free(path);
	}
	wanted->root = strdup("");
	return wanted->root == NULL ? init_no_memory(err) : RC_OK;
}

/* On PATH, or where only an administrator looks. */
static bool
is_program(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];
	size_t len;
	int n;

	(void)snprintf(file, sizeof(file), "/usr/sbin/%s", name);
	if (access(file, X_OK) == 0)
		return true;
	for (; path != NULL && *path != '\0'; path += len) {
		path += *path == ':';
		len = strcspn(path, ":");
		n = snprintf(file, sizeof(file), "%.*s/%s", (int)len, path,
		    name);
		if (len > 0 && n > 0 && (size_t)n < sizeof(file) &&
		    access(file, X_OK) == 0)
			return true;
	}
	return false;
}

static bool
is_there(enum init_server server)
{
	switch (server) {
	case INIT_NGINX:
		return is_program("nginx") || access("/etc/nginx", F_OK) == 0;
	case INIT_APACHE:
		return is_program("apache2") || is_program("httpd") ||
		    access("/etc/apache2", F_OK) == 0 ||
		    access("/etc/httpd", F_OK) == 0;
	case INIT_LIGHTTPD:
		return is_program("lighttpd") ||
		    access("/etc/lighttpd", F_OK) == 0;
	case INIT_HTACCESS:
	case N_INIT_SERVERS:
		break;
	}
	return false;
}

static enum rc
find_server(struct init_wanted *wanted, const struct call *call,
    struct err *err)
{
	const char *const word = call->option[OPTION_SERVER];
	int server;

	for (server = 0; word != NULL && server < N_INIT_SERVERS; server++) {
		if (strcmp(word, init_server_name((enum init_server)server)) !=
		    0)
			continue;
		wanted->server = (enum init_server)server;
		wanted->is_found = true;
		return RC_OK;
	}
	if (word != NULL)
		return err_set(err, RC_USAGE, "--server is one of nginx, "
		    "apache, htaccess, lighttpd, not: %s", word);
	wanted->is_found = true;
	wanted->server = INIT_HTACCESS;
	/* A web space's user has no say in the server that is installed. */
	if (wanted->root[0] != '\0')
		return RC_OK;
	for (server = 0; server < N_INIT_SERVERS; server++) {
		if (!is_there((enum init_server)server))
			continue;
		wanted->server = (enum init_server)server;
		return RC_OK;
	}
	wanted->server = INIT_NGINX;
	wanted->is_found = false;
	return RC_OK;
}

static enum rc
find_program(struct init_wanted *wanted, const struct call *call,
    struct err *err)
{
	static const char name[] = "syncjournal.fcgi";
	char path[PATH_MAX];
	ssize_t len;

	if (call->option[OPTION_PROGRAM] != NULL)
		return init_take_path("--program", call->option[OPTION_PROGRAM],
		    &wanted->program, err);
	/* Beside this one, or where packages put it. */
	len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	while (len > 0 && path[len - 1] != '/')
		len--;
	path[len > 0 ? len - 1 : 0] = '\0';
	wanted->program = init_join(path, name);
	if (wanted->program != NULL && (len <= 0 ||
	    access(wanted->program, F_OK) != 0 ||
	    !init_is_simple(slice_of(wanted->program)))) {
		free(wanted->program);
		wanted->program = init_join("/usr/local/libexec/syncjournal",
		    name);
	}
	return wanted->program == NULL ? init_no_memory(err) : RC_OK;
}

enum rc
init_server_find(struct init_wanted *wanted, const struct call *call,
    struct err *err)
{
	enum rc rc;

	rc = find_root(wanted, call, err);
	if (rc == RC_OK)
		rc = find_server(wanted, call, err);
	if (rc == RC_OK)
		rc = find_program(wanted, call, err);
	return rc;
}
