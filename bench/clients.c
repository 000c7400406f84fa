#include "clients.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fastcgi.h"

#define EVENTS_MAX 256
#define IN_SIZE 16384
/* How often it is looked at what takes too long. */
#define TURN_MS 500
#define NS_PER_S INT64_C(1000000000)

struct client {
	int fd;			/* -1: ended */
	bool busy;		/* a request is under way */
	bool parked;		/* until the next one is due */
	struct slice rest;	/* of it, what is not written yet */
	int64_t since_ns;	/* when it was begun */
	size_t n_in;
	char in[IN_SIZE];
};

struct clients {
	const struct clients_plan *plan;
	const struct requests *requests;
	struct clients_result *result;
	struct client *list;
	size_t n_open;
	int epoll;
	int timer;		/* -1: no pace */
	size_t turn;		/* whose turn it is to be no longer parked */
	int64_t begun_ns;
	int64_t end_ns;
	int64_t now_ns;		/* when the last wait ended */
};

static int64_t
clock_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* ------------------------------------------------------------------------
 * Connections */

static bool
connect_port(int fd, int port)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int on = 1;

	return connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0;
}

static bool
connect_path(int fd, const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(to.sun_path, path, strlen(path));
	return connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
}

/* dial -- a connection that does not block; -1 and errno when there is none.
 * On one machine connect() itself returns at once. */
static int
dial(const struct clients_plan *plan)
{
	const int fd = socket(plan->socket == NULL ? AF_INET : AF_UNIX,
	    SOCK_STREAM | SOCK_CLOEXEC, 0);
	int why;

	if (fd < 0)
		return -1;
	if ((plan->socket == NULL ? connect_port(fd, plan->port) :
	    connect_path(fd, plan->socket)) &&
	    fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return fd;
	why = errno;
	(void)close(fd);
	errno = why;
	return -1;
}

/* watch -- by edges: a wait is one look at each connection that changed. */
static int
watch(struct clients *cs, struct client *c, int operation)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET,
	    .data.ptr = c };

	return epoll_ctl(cs->epoll, operation, c->fd, &event);
}

/* open_client -- false, and errno, when it could not be connected. */
static bool
open_client(struct clients *cs, struct client *c)
{
	c->busy = false;
	c->n_in = 0;
	c->fd = dial(cs->plan);
	if (c->fd < 0)
		return false;
	if (watch(cs, c, EPOLL_CTL_ADD) != 0) {
		(void)close(c->fd);
		c->fd = -1;
		return false;
	}
	cs->n_open++;
	return true;
}

static void
close_client(struct clients *cs, struct client *c)
{
	if (c->fd < 0)
		return;
	(void)close(c->fd);
	c->fd = -1;
	c->busy = false;
	c->parked = false;
	cs->n_open--;
}

/* ------------------------------------------------------------------------
 * Requests and answers */

static bool
is_over(const struct clients *cs)
{
	return cs->result->sent == cs->requests->n ||
	    cs->now_ns >= cs->end_ns;
}

/* push -- write what can be. */
static void
push(struct clients *cs, struct client *c)
{
	const ssize_t n = send(c->fd, c->rest.p, c->rest.len, MSG_NOSIGNAL);

	if (n > 0) {
		c->rest.p += n;
		c->rest.len -= (size_t)n;
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		/* Reading tells that it is broken; the edge may be past. */
		(void)watch(cs, c, EPOLL_CTL_MOD);
	}
}

/* due_ns -- when the next request may be begun. */
static int64_t
due_ns(const struct clients *cs)
{
	return cs->begun_ns + (int64_t)cs->result->sent * cs->plan->every_ns;
}

/* begin -- the next request, or the wait for it, or the end of this
 * connection. */
static void
begin(struct clients *cs, struct client *c)
{
	const int64_t due = due_ns(cs);

	if (is_over(cs)) {
		close_client(cs, c);
		return;
	}
	c->parked = due > cs->now_ns;
	if (c->parked)
		return;
	c->rest = requests_get(cs->requests, cs->result->sent++);
	c->busy = true;
	c->n_in = 0;
	c->since_ns = cs->timer < 0 ? clock_ns() : due;
	push(cs, c);
}

/* unpark -- begin what is due, on one connection after the other. */
static void
unpark(struct clients *cs)
{
	struct client *c;

	for (size_t i = 0; i < cs->plan->connections; i++) {
		c = &cs->list[cs->turn];
		if (c->parked) {
			begin(cs, c);
			if (c->parked)
				return;
		}
		cs->turn = (cs->turn + 1) % cs->plan->connections;
	}
}

/* renew -- a new connection for one that has ended, while there is something
 * to send. */
static void
renew(struct clients *cs, struct client *c)
{
	close_client(cs, c);
	if (is_over(cs))
		return;
	cs->result->reconnects++;
	if (open_client(cs, c))
		begin(cs, c);
	else
		cs->result->refused++;
}

static void
answered(struct clients *cs, struct client *c, const struct response *response)
{
	struct clients_result *const result = cs->result;

	result->status[response->status]++;
	result->latency_ns[result->n_latency++] = cs->now_ns - c->since_ns;
	c->busy = false;
	if (response->close)
		renew(cs, c);
	else
		begin(cs, c);
}

/* broken -- the connection is no longer of use; the request under way on it is
 * lost. */
static void
broken(struct clients *cs, struct client *c)
{
	if (c->busy)
		cs->result->broken++;
	renew(cs, c);
}

/* judge -- look at what has arrived; false: read on. */
static bool
judge(struct clients *cs, struct client *c, bool ended)
{
	struct response response;
	enum response_state state;

	state = cs->plan->socket == NULL ?
	    response_read(c->in, c->n_in, &response) :
	    fastcgi_response(c->in, c->n_in, &response);
	if (!c->busy || c->rest.len > 0 || state == RESPONSE_BAD) {
		broken(cs, c);
		return true;
	}
	if (state == RESPONSE_TO_END && ended) {
		response.close = true;
		state = RESPONSE_WHOLE;
	}
	if (state == RESPONSE_WHOLE) {
		answered(cs, c, &response);
		return true;
	}
	if (ended || c->n_in == sizeof(c->in)) {
		broken(cs, c);
		return true;
	}
	return false;
}

/* pull -- read until there is an answer or nothing more. */
static void
pull(struct clients *cs, struct client *c)
{
	ssize_t n;

	do {
		n = recv(c->fd, c->in + c->n_in, sizeof(c->in) - c->n_in, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n > 0)
			c->n_in += (size_t)n;
	} while (!judge(cs, c, n <= 0));
}

static void
attend(struct clients *cs, struct client *c, uint32_t events)
{
	uint64_t expired;

	if (c == NULL) {
		(void)!read(cs->timer, &expired, sizeof(expired));
		return;
	}
	if (c->fd < 0)
		return;
	if ((events & EPOLLOUT) != 0 && c->rest.len > 0)
		push(cs, c);
	if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
		pull(cs, c);
}

/* ------------------------------------------------------------------------
 * The loop */

/* give_up -- what has waited too long. */
static void
give_up(struct clients *cs)
{
	for (size_t i = 0; i < cs->plan->connections; i++) {
		struct client *const c = &cs->list[i];

		if (!c->busy || cs->now_ns - c->since_ns <
		    CLIENTS_PATIENCE_S * NS_PER_S)
			continue;
		cs->result->unanswered++;
		renew(cs, c);
	}
}

static void
take_turns(struct clients *cs)
{
	struct epoll_event events[EVENTS_MAX];
	int64_t looked_ns = cs->now_ns;
	int n;

	while (cs->n_open > 0) {
		n = epoll_wait(cs->epoll, events, EVENTS_MAX, TURN_MS);
		cs->now_ns = clock_ns();
		for (int i = 0; i < n; i++)
			attend(cs, events[i].data.ptr, events[i].events);
		if (cs->timer >= 0)
			unpark(cs);
		if (cs->now_ns - looked_ns >= TURN_MS * NS_PER_S / 1000) {
			give_up(cs);
			looked_ns = cs->now_ns;
		}
	}
}

/* keep_time -- a timer that wakes whenever a request is due. */
static bool
keep_time(struct clients *cs)
{
	const struct timespec every = {
		.tv_sec = cs->plan->every_ns / NS_PER_S,
		.tv_nsec = cs->plan->every_ns % NS_PER_S,
	};
	const struct itimerspec timer = { every, every };
	struct epoll_event event = { .events = EPOLLIN };

	if (cs->plan->every_ns == 0)
		return true;
	cs->timer = timerfd_create(CLOCK_MONOTONIC,
	    TFD_NONBLOCK | TFD_CLOEXEC);
	return cs->timer >= 0 &&
	    timerfd_settime(cs->timer, 0, &timer, NULL) == 0 &&
	    epoll_ctl(cs->epoll, EPOLL_CTL_ADD, cs->timer, &event) == 0;
}

static enum rc
prepare(struct clients *cs, struct err *err)
{
	const size_t n = cs->plan->connections;

	cs->result->latency_ns = calloc(cs->requests->n,
	    sizeof(cs->result->latency_ns[0]));
	cs->list = calloc(n, sizeof(cs->list[0]));
	if (cs->result->latency_ns == NULL || cs->list == NULL)
		return err_set(err, RC_MEMORY, "no memory for connections");
	for (size_t i = 0; i < n; i++)
		cs->list[i].fd = -1;
	cs->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (cs->epoll < 0 || !keep_time(cs))
		return err_set(err, RC_SYSTEM, "epoll, or a timer: %s",
		    strerror(errno));
	for (size_t i = 0; i < n; i++)
		if (!open_client(cs, &cs->list[i]))
			return err_set(err, RC_SYSTEM, "connection %zu: %s",
			    i + 1, strerror(errno));
	return RC_OK;
}

static void
run(struct clients *cs, void (*before)(void))
{
	if (before != NULL)
		before();
	cs->begun_ns = cs->now_ns = clock_ns();
	cs->end_ns = cs->begun_ns + cs->plan->for_ns;
	for (size_t i = 0; i < cs->plan->connections; i++)
		begin(cs, &cs->list[i]);
	take_turns(cs);
	cs->result->took_ns = cs->now_ns - cs->begun_ns;
}

enum rc
clients_run(const struct clients_plan *plan, const struct requests *requests,
    void (*before)(void), struct clients_result *result, struct err *err)
{
	struct clients cs = { .plan = plan, .requests = requests,
	    .result = result, .epoll = -1, .timer = -1 };
	enum rc rc;

	*result = (struct clients_result){ .sent = 0 };
	rc = prepare(&cs, err);
	if (rc == RC_OK)
		run(&cs, before);
	for (size_t i = 0; cs.list != NULL && i < plan->connections; i++)
		close_client(&cs, &cs.list[i]);
	if (cs.timer >= 0)
		(void)close(cs.timer);
	if (cs.epoll >= 0)
		(void)close(cs.epoll);
	free(cs.list);
	return rc;
}

void
clients_clear(struct clients_result *result)
{
	free(result->latency_ns);
	result->latency_ns = NULL;
}
