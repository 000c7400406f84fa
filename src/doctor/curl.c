#include "doctor/curl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

extern char **environ;

/* Beyond its own limit of time, before it is killed. */
#define PATIENCE_MS 5000

/* ------------------------------------------------------------------------
 * The request, as lines of curl's configuration
 */

static void
add_quoted(struct buf *out, struct slice text)
{
	size_t i;

	buf_add_char(out, '"');
	for (i = 0; i < text.len; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, text.p[i]);
	}
	buf_add_text(out, "\"\n");
}

static void
add_line(struct buf *out, const char *name, struct slice value)
{
	buf_printf(out, "%s = ", name);
	add_quoted(out, value);
}

static void
add_header(struct buf *out, const char *name, const char *value)
{
	struct buf header;

	buf_init(&header, 0);
	buf_printf(&header, "%s: %s", name, value);
	if (buf_ok(&header))
		add_line(out, "header", buf_slice(&header));
	else
		out->failed = true;
	buf_clear(&header);
}

static void
write_request(const struct curl_request *request, struct buf *out)
{
	buf_add_text(out, "silent\nshow-error\ninclude\ngloboff\n"
	    "noproxy = \"*\"\nproto = \"=http,https\"\n");
	buf_printf(out, "max-time = %d\nconnect-timeout = %d\n", CURL_SECONDS,
	    CURL_SECONDS - 5);
	add_line(out, "url", slice_of(request->url));
	/* No "100 Continue" comes first: Twilio waits for none. */
	buf_add_text(out, "header = \"Expect:\"\n");
	add_header(out, "User-Agent", "syncjournal-doctor");
	add_header(out, "X-Twilio-Signature", request->signature);
	if (request->host != NULL)
		add_header(out, "Host", request->host);
	add_line(out, "data-binary", request->form);
}

/* ------------------------------------------------------------------------
 * The program
 */

struct child {
	pid_t pid;
	int in, out, errors;	/* our ends; -1: closed */
};

static void
shut(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static enum rc
start(struct child *child, struct err *err)
{
	char *const words[] = { (char []){ "curl" }, (char []){ "-q" },
	    (char []){ "--config" }, (char []){ "-" }, NULL };
	posix_spawn_file_actions_t actions;
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, errors[2] = { -1, -1 };
	int failed;

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 ||
	    pipe2(errors, O_CLOEXEC) != 0 ||
	    posix_spawn_file_actions_init(&actions) != 0) {
		failed = errno;
	} else {
		(void)posix_spawn_file_actions_adddup2(&actions, in[0], 0);
		(void)posix_spawn_file_actions_adddup2(&actions, out[1], 1);
		(void)posix_spawn_file_actions_adddup2(&actions, errors[1], 2);
		failed = posix_spawnp(&child->pid, "curl", &actions, NULL,
		    words, environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	shut(&in[0]);
	shut(&out[1]);
	shut(&errors[1]);
	*child = (struct child){ child->pid, in[1], out[0], errors[0] };
	if (failed == 0)
		return RC_OK;
	return err_set(err, RC_SYSTEM, "the program curl: %s",
	    strerror(failed));
}

/* Read what there is; what is beyond most is dropped. */
static void
drain(int *fd, struct buf *text, size_t most)
{
	char bytes[4096];
	ssize_t n = read(*fd, bytes, sizeof(bytes));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		shut(fd);
		return;
	}
	if (text->len + (size_t)n <= most)
		buf_add(text, bytes, (size_t)n);
}

static void
feed(int *fd, struct slice *left)
{
	ssize_t n = write(*fd, left->p, left->len);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0) {
		left->p += n;
		left->len -= (size_t)n;
	}
	if (n < 0 || left->len == 0)
		shut(fd);
}

/* Until it has closed both; it is killed when it takes too long. */
static void
talk(struct child *child, struct slice request, struct buf *answer,
    struct buf *errors)
{
	const int64_t end_us = clock_mono_us() +
	    INT64_C(1000) * (CURL_SECONDS * 1000 + PATIENCE_MS);
	struct pollfd polled[3];
	int64_t left_us;

	(void)fcntl(child->in, F_SETFL, O_NONBLOCK);
	while (child->out >= 0 || child->errors >= 0) {
		left_us = end_us - clock_mono_us();
		if (left_us <= 0) {
			(void)kill(child->pid, SIGKILL);
			break;
		}
		/* One that is closed, -1, is left out. */
		polled[0] = (struct pollfd){ child->in, POLLOUT, 0 };
		polled[1] = (struct pollfd){ child->out, POLLIN, 0 };
		polled[2] = (struct pollfd){ child->errors, POLLIN, 0 };
		if (poll(polled, 3, (int)(left_us / 1000) + 1) < 0)
			continue;
		if (polled[0].revents != 0)
			feed(&child->in, &request);
		if (polled[1].revents != 0)
			drain(&child->out, answer, CURL_ANSWER_MAX);
		if (polled[2].revents != 0)
			drain(&child->errors, errors, CURL_ANSWER_MAX);
	}
	shut(&child->in);
	shut(&child->out);
	shut(&child->errors);
}

/* "curl: (6) Could not ...", without what it says of itself. */
static void
keep_why(struct curl_answer *answer, const struct buf *errors)
{
	const char *text = errors->len == 0 ? "" : errors->data;

	if (strncmp(text, "curl: (", 7) == 0 && strchr(text, ')') != NULL)
		text = strchr(text, ')') + 1;
	text += strspn(text, " ");
	(void)snprintf(answer->why, sizeof(answer->why), "%.*s",
	    (int)strcspn(text, "\r\n"), text);
}

static int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	/* As curl's own code for a limit of time. */
	return WIFEXITED(status) ? WEXITSTATUS(status) : 28;
}

/* ------------------------------------------------------------------------
 * The answer
 */

/* Past the empty line that ends a head; NULL: there is none. */
static const char *
head_end(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");

	return end == NULL ? NULL : end + 4;
}

void
curl_take(struct curl_answer *answer)
{
	const char *text = answer->text.len == 0 ? "" : answer->text.data;
	const char *end = head_end(text);
	const char *space;

	/* Heads of 1xx come before that of the answer. */
	while (end != NULL && strncmp(text, "HTTP/", 5) == 0 &&
	    (space = strchr(text, ' ')) != NULL && space[1] == '1' &&
	    head_end(end) != NULL) {
		text = end;
		end = head_end(text);
	}
	answer->status = 0;
	answer->body = (struct slice){ "", 0 };
	space = strchr(text, ' ');
	if (strncmp(text, "HTTP/", 5) == 0 && space != NULL)
		(void)sscanf(space, "%3d", &answer->status);
	if (end != NULL)
		answer->body = (struct slice){ end, answer->text.len -
		    (size_t)(end - answer->text.data) };
}

struct slice
curl_header(const struct curl_answer *answer, const char *name)
{
	const size_t len = strlen(name);
	const char *at = answer->text.len == 0 ? "" : answer->text.data;
	const char *const end = answer->body.p;
	size_t n;

	for (; at < end && *at != '\0'; at += n + 1) {
		n = strcspn(at, "\n");
		if (strncasecmp(at, name, len) == 0 && at[len] == ':') {
			at += len + 1;
			at += strspn(at, " \t");
			return (struct slice){ at, strcspn(at, "\r\n") };
		}
		if (at[n] == '\0')
			break;
	}
	return (struct slice){ NULL, 0 };
}

enum rc
curl_post(const struct curl_request *request, struct curl_answer *answer,
    struct err *err)
{
	struct child child = { .pid = -1 };
	struct buf lines, errors;
	int64_t begun_us;
	void (*old)(int);
	enum rc rc;

	*answer = (struct curl_answer){ .code = -1 };
	buf_init(&answer->text, 0);
	buf_init(&lines, 0);
	buf_init(&errors, 0);
	write_request(request, &lines);
	if (!buf_ok(&lines)) {
		rc = err_set(err, RC_MEMORY, "curl: no memory");
		goto out;
	}
	/* It may end before it has read all. */
	old = signal(SIGPIPE, SIG_IGN);
	begun_us = clock_mono_us();
	rc = start(&child, err);
	if (rc == RC_OK) {
		talk(&child, buf_slice(&lines), &answer->text, &errors);
		answer->code = wait_for(child.pid);
		answer->took_us = clock_mono_us() - begun_us;
		keep_why(answer, &errors);
		curl_take(answer);
	}
	shut(&child.in);
	shut(&child.out);
	shut(&child.errors);
	(void)signal(SIGPIPE, old);
out:
	buf_clear(&lines);
	buf_clear(&errors);
	return rc;
}

void
curl_clear(struct curl_answer *answer)
{
	buf_clear(&answer->text);
}
