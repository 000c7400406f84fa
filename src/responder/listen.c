#include "responder/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The first descriptor that systemd passes (sd_listen_fds(3)). */
#define PASSED_FD 3

#define UNIX_PREFIX "unix:"

/* How long accept() waits where somebody has made a shared socket blocking. */
#define ACCEPT_WAIT_US 10000

/* Of 10 ms: another program of ours holds the lock for less than one. */
#define LOCK_TRIES 100

void
listen_init(struct listener *listener)
{
	*listener = (struct listener){ .fd = -1 };
}

/* ------------------------------------------------------------------------
 * Handed to us */

static bool
is_listening(int fd)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) == 0 &&
	    value != 0;
}

static bool
is_stream(int fd)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len) == 0 &&
	    value == SOCK_STREAM;
}

bool
listen_unblock(const struct listener *listener)
{
	const int flags = fcntl(listener->fd, F_GETFL);

	if (flags < 0)
		return false;
	return (flags & O_NONBLOCK) != 0 ||
	    fcntl(listener->fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static enum rc
take(struct listener *listener, int fd, struct err *err)
{
	const struct timeval wait = { .tv_usec = ACCEPT_WAIT_US };

	if (!is_stream(fd) || !is_listening(fd))
		return err_set(err, RC_USAGE, "descriptor %d is not a "
		    "listening stream socket", fd);
	listener->fd = fd;
	if (!listen_unblock(listener) || setsockopt(fd, SOL_SOCKET,
	    SO_RCVTIMEO, &wait, sizeof(wait)) != 0)
		return err_set(err, RC_SYSTEM, "descriptor %d: %s", fd,
		    strerror(errno));
	snprintf(listener->name, sizeof(listener->name), "descriptor %d", fd);
	return RC_OK;
}

/* number_env -- a variable's number, or -1 where it is absent or none. */
static long
number_env(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long number;

	if (text == NULL || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	number = strtol(text, &end, 10);
	return errno != 0 || *end != '\0' ? -1 : number;
}

enum rc
listen_inherited(struct listener *listener, struct err *err)
{
	long n;

	if (is_listening(STDIN_FILENO))
		return take(listener, STDIN_FILENO, err);
	if (number_env("LISTEN_PID") != (long)getpid())
		return RC_OK;
	n = number_env("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (n != 1)
		return err_set(err, RC_USAGE, "LISTEN_FDS: exactly one socket "
		    "is wanted");
	return take(listener, PASSED_FD, err);
}

/* ------------------------------------------------------------------------
 * A unix socket of our own */

static enum rc
unix_address(const char *path, struct sockaddr_un *address, struct err *err)
{
	const size_t len = strlen(path);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (len == 0)
		return err_set(err, RC_USAGE, "--socket: unix: without a path");
	if (len >= sizeof(address->sun_path))
		return err_set(err, RC_USAGE, "%s: a socket's path has at most "
		    "%zu bytes", path, sizeof(address->sun_path) - 1);
	memcpy(address->sun_path, path, len + 1);
	return RC_OK;
}

/* answers -- whether a process listens on the socket. */
static bool
answers(const struct sockaddr_un *address)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	bool answer;

	if (fd < 0)
		return true;	/* not known: leave it alone */
	/* EAGAIN is a full backlog. */
	answer = connect(fd, (const struct sockaddr *)address,
	    sizeof(*address)) == 0 || errno != ECONNREFUSED;
	close(fd);
	return answer;
}

/* clear_path -- make room for our socket. */
static enum rc
clear_path(const struct sockaddr_un *address, struct err *err)
{
	const char *path = address->sun_path;
	struct stat st;

	if (lstat(path, &st) != 0) {
		if (errno == ENOENT)
			return RC_OK;
		return err_set(err, RC_SYSTEM, "%s: %s", path,
		    strerror(errno));
	}
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, RC_SYSTEM, "%s: is there already, and is "
		    "not a socket", path);
	if (answers(address))
		return err_set(err, RC_SYSTEM, "%s: another process serves "
		    "this socket; stop it first, or name another", path);
	if (unlink(path) != 0)
		return err_set(err, RC_SYSTEM, "%s: a stale socket that cannot "
		    "be removed: %s", path, strerror(errno));
	return RC_OK;
}

/* bind_path -- bind, with mode 0660 from the first moment. */
static enum rc
bind_path(struct listener *listener, const struct sockaddr_un *address,
    struct err *err)
{
	struct stat st;
	mode_t mask;
	int result;

	mask = umask(0117);
	result = bind(listener->fd, (const struct sockaddr *)address,
	    sizeof(*address));
	umask(mask);
	if (result != 0 || lstat(address->sun_path, &st) != 0)
		return err_set(err, RC_SYSTEM, "%s: %s", address->sun_path,
		    strerror(errno));
	listener->dev = st.st_dev;
	listener->ino = st.st_ino;
	memcpy(listener->path, address->sun_path, sizeof(listener->path));
	if (listen(listener->fd, LISTEN_BACKLOG) != 0)
		return err_set(err, RC_SYSTEM, "%s: %s", address->sun_path,
		    strerror(errno));
	return RC_OK;
}

/*
 * lock_directory -- keep two programs of ours from clearing the same path at
 * once, each the other's socket. -1 where there is nothing to lock.
 */
static int
lock_directory(const char *path)
{
	char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 2];
	const char *slash = strrchr(path, '/');
	int fd;

	if (slash == NULL)
		snprintf(directory, sizeof(directory), ".");
	else
		snprintf(directory, sizeof(directory), "%.*s/",
		    (int)(slash - path), path);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* A lock that anybody may take is not waited for without end. */
	for (int i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return fd;
}

static enum rc
bind_unix(struct listener *listener, const char *path, struct err *err)
{
	struct sockaddr_un address;
	enum rc rc;
	int lock;

	rc = unix_address(path, &address, err);
	if (rc != RC_OK)
		return rc;
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	if (listener->fd < 0)
		return err_set(err, RC_SYSTEM, "socket: %s", strerror(errno));
	lock = lock_directory(path);
	rc = clear_path(&address, err);
	if (rc == RC_OK)
		rc = bind_path(listener, &address, err);
	if (lock >= 0)
		close(lock);
	return rc;
}

/* ------------------------------------------------------------------------
 * A TCP socket of our own */

/* split -- HOST:PORT at its last colon, "[...]" taken off the host. */
static enum rc
split(const char *where, char *host, size_t host_size, const char **port,
    struct err *err)
{
	const char *all = where;
	const char *colon = strrchr(where, ':');
	size_t len = colon == NULL ? 0 : (size_t)(colon - where);

	*port = colon == NULL ? "" : colon + 1;
	if (len > 1 && where[0] == '[' && where[len - 1] == ']') {
		where++;
		len -= 2;
	} else if (len > 0 && memchr(where, ':', len) != NULL) {
		len = 0;
	}
	if (len == 0 || len >= host_size || (len == 1 && *where == '*'))
		return err_set(err, RC_USAGE, "--socket: %s: unix:PATH, "
		    "HOST:PORT or [IPV6]:PORT is wanted; a host must be named, "
		    "such as 127.0.0.1", all);
	memcpy(host, where, len);
	host[len] = '\0';
	return RC_OK;
}

static bool
is_port(const char *text)
{
	char *end;
	long number;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtol(text, &end, 10);
	return errno == 0 && *end == '\0' && number > 0 && number <= 65535;
}

/* bind_address -- false with errno set. */
static bool
bind_address(struct listener *listener, const struct addrinfo *address)
{
	const int on = 1;

	listener->fd = socket(address->ai_family, SOCK_STREAM |
	    SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return listener->fd >= 0 &&
	    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)) == 0 &&
	    bind(listener->fd, address->ai_addr, address->ai_addrlen) == 0 &&
	    listen(listener->fd, LISTEN_BACKLOG) == 0;
}

static enum rc
bind_tcp(struct listener *listener, const char *where, struct err *err)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV,
	};
	struct addrinfo *list;
	char host[256];		/* a DNS name has at most 253 bytes */
	const char *port;
	int error;
	enum rc rc;

	rc = split(where, host, sizeof(host), &port, err);
	if (rc != RC_OK)
		return rc;
	if (!is_port(port))
		return err_set(err, RC_USAGE, "--socket: %s: a port is a "
		    "number from 1 to 65535", where);
	error = getaddrinfo(host, port, &hints, &list);
	if (error != 0)
		return err_set(err, RC_SYSTEM, "%s: %s", where,
		    gai_strerror(error));
	rc = RC_OK;
	if (!bind_address(listener, list))
		rc = err_set(err, RC_SYSTEM, "%s: %s", where,
		    strerror(errno));
	freeaddrinfo(list);
	return rc;
}

enum rc
listen_bind(struct listener *listener, const char *where, struct err *err)
{
	const size_t prefix = sizeof(UNIX_PREFIX) - 1;
	enum rc rc;

	if (strncmp(where, UNIX_PREFIX, prefix) == 0)
		rc = bind_unix(listener, where + prefix, err);
	else
		rc = bind_tcp(listener, where, err);
	if (rc != RC_OK) {
		listen_close(listener);
		return rc;
	}
	listener->bound = true;
	snprintf(listener->name, sizeof(listener->name), "%s", where);
	return RC_OK;
}

void
listen_withdraw(struct listener *listener)
{
	struct stat st;

	if (listener->path[0] != '\0' &&
	    lstat(listener->path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    st.st_dev == listener->dev && st.st_ino == listener->ino)
		unlink(listener->path);
	listener->path[0] = '\0';
}

void
listen_close(struct listener *listener)
{
	listen_withdraw(listener);
	if (listener->fd >= 0)
		close(listener->fd);
	listener->fd = -1;
}
