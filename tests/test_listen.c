/* What responder/listen.h promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "responder/listen.h"

static char directory[] = "/tmp/syncjournal-test-XXXXXX";
static char path[64];
static char where[80];

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/s", directory);
	snprintf(where, sizeof(where), "unix:%s", path);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir(directory);
}

static enum rc
bind_it(struct listener *listener, const char *text)
{
	struct err err = { .text = "" };
	enum rc rc;

	listen_init(listener);
	rc = listen_bind(listener, text, &err);
	if (rc != RC_OK) {
		assert_int_equal(listener->fd, -1);
		assert_true(err.text[0] != '\0');
	}
	return rc;
}

static void
our_own_socket_is_0660_whatever_the_umask_and_goes_with_us(void **state)
{
	static const mode_t masks[] = { 0, 077, 0777 };
	struct listener listener;
	struct stat st;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const mode_t old = umask(masks[i]);

		assert_int_equal(bind_it(&listener, where), RC_OK);
		assert_int_equal(umask(old), masks[i]);
		assert_true(listener.bound);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0660);
		listen_close(&listener);
		assert_int_equal(listener.fd, -1);
		assert_int_not_equal(stat(path, &st), 0);
	}
}

static void
a_live_socket_is_left_alone_and_a_stale_one_replaced(void **state)
{
	struct listener first;
	struct listener second;

	(void)state;
	assert_int_equal(bind_it(&first, where), RC_OK);
	assert_int_equal(bind_it(&second, where), RC_SYSTEM);
	assert_int_equal(access(path, F_OK), 0);
	close(first.fd);	/* as if its process were killed */
	first.fd = -1;
	assert_int_equal(bind_it(&second, where), RC_OK);
	listen_close(&second);
}

static void
a_path_that_is_no_longer_ours_is_not_removed(void **state)
{
	struct listener first;
	struct listener second;

	(void)state;
	assert_int_equal(bind_it(&first, where), RC_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(bind_it(&second, where), RC_OK);
	listen_close(&first);
	assert_int_equal(access(path, F_OK), 0);
	listen_close(&second);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
what_is_not_a_socket_is_not_removed(void **state)
{
	struct listener listener;
	const int fd = open(path, O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(bind_it(&listener, where), RC_SYSTEM);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(bind_it(&listener, where), RC_SYSTEM);
	assert_int_equal(unlink(path), 0);
}

static const struct {
	const char *where;
	enum rc want;
} places[] = {
	{ "", RC_USAGE },
	{ "x", RC_USAGE },
	{ ":", RC_USAGE },
	{ ":80", RC_USAGE },
	{ "*:80", RC_USAGE },
	{ "[]:80", RC_USAGE },
	{ "::1:80", RC_USAGE },
	{ "127.0.0.1", RC_USAGE },
	{ "127.0.0.1:", RC_USAGE },
	{ "127.0.0.1:0", RC_USAGE },
	{ "127.0.0.1:-1", RC_USAGE },
	{ "127.0.0.1:+1", RC_USAGE },
	{ "127.0.0.1: 1", RC_USAGE },
	{ "127.0.0.1:1x", RC_USAGE },
	{ "127.0.0.1:65536", RC_USAGE },
	{ "127.0.0.1:99999999999999999999", RC_USAGE },
	{ "unix:", RC_USAGE },
	{ "unix:/nonexistent/s", RC_SYSTEM },
};

static void
a_place_that_is_none_is_refused(void **state)
{
	struct listener listener;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (bind_it(&listener, places[i].where) != places[i].want)
			fail_msg("\"%s\"", places[i].where);
}

static void
a_path_of_107_bytes_fits_and_one_of_108_does_not(void **state)
{
	struct listener listener;
	char text[200];

	(void)state;
	for (size_t len = 107; len <= 108; len++) {
		size_t at = (size_t)snprintf(text, sizeof(text), "unix:%s/",
		    directory);

		memset(text + at, 'x', 5 + len - at);
		text[5 + len] = '\0';
		assert_int_equal(bind_it(&listener, text),
		    len == 107 ? RC_OK : RC_USAGE);
		listen_close(&listener);
	}
}

/* descriptor -- put fd on descriptor 0 while a socket is looked for there. */
static enum rc
inherit(struct listener *listener, int fd)
{
	const int saved = dup(STDIN_FILENO);
	struct err err;
	enum rc rc;

	listen_init(listener);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	rc = listen_inherited(listener, &err);
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	} else {
		close(STDIN_FILENO);
	}
	return rc;
}

static void
only_a_listening_descriptor_0_is_taken(void **state)
{
	const int null = open("/dev/null", O_RDONLY);
	struct listener own;
	struct listener listener;
	int pair[2];

	(void)state;
	assert_int_equal(bind_it(&own, where), RC_OK);
	assert_int_equal(inherit(&listener, own.fd), RC_OK);
	assert_int_equal(listener.fd, STDIN_FILENO);
	assert_false(listener.bound);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(inherit(&listener, pair[0]), RC_OK);
	assert_int_equal(listener.fd, -1);
	assert_int_equal(inherit(&listener, null), RC_OK);
	assert_int_equal(listener.fd, -1);
	close(pair[0]);
	close(pair[1]);
	close(null);
	listen_close(&own);
}

static void
listen_fds_for_another_process_are_not_ours(void **state)
{
	const int null = open("/dev/null", O_RDONLY);
	struct listener listener;
	char pid[32];

	(void)state;
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", "1", 1);
	assert_int_equal(inherit(&listener, null), RC_OK);
	assert_int_equal(listener.fd, -1);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "2", 1);
	assert_int_equal(inherit(&listener, null), RC_USAGE);
	assert_null(getenv("LISTEN_FDS"));
	close(null);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    our_own_socket_is_0660_whatever_the_umask_and_goes_with_us),
		cmocka_unit_test(
		    a_live_socket_is_left_alone_and_a_stale_one_replaced),
		cmocka_unit_test(a_path_that_is_no_longer_ours_is_not_removed),
		cmocka_unit_test(what_is_not_a_socket_is_not_removed),
		cmocka_unit_test(a_place_that_is_none_is_refused),
		cmocka_unit_test(
		    a_path_of_107_bytes_fits_and_one_of_108_does_not),
		cmocka_unit_test(only_a_listening_descriptor_0_is_taken),
		cmocka_unit_test(listen_fds_for_another_process_are_not_ours),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
