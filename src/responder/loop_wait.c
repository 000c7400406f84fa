#include "responder/loop_parts.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/log.h"

/* Out of descriptors: try again when one is closed, or after this. */
#define ACCEPT_PAUSE_MS 100

static bool
watch(struct loop *l, int fd, uint32_t events, struct connection *c)
{
	struct epoll_event event = { .events = events, .data.ptr = c };

	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return true;
	log_line(LOG_ERROR, 0, "epoll_ctl: %s", strerror(errno));
	return false;
}

void
loop_await(struct loop *l, struct connection *c)
{
	if (!c->watched)
		c->watched = watch(l, c->fd, EPOLLIN, c);
	if (!c->watched)
		loop_end(l, c);
}

void
loop_ignore(struct loop *l, struct connection *c)
{
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	c->watched = false;
}

void
loop_listen_resume(struct loop *l)
{
	/* Not EPOLLEXCLUSIVE: the one process that it wakes may be ending, and
	 * no other would be told. */
	l->accepting = watch(l, l->listener->fd, EPOLLIN, NULL);
	l->accept_at_us = l->now_us + loop_ms(ACCEPT_PAUSE_MS);
}

void
loop_listen_pause(struct loop *l)
{
	if (l->accepting)
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, l->listener->fd, NULL);
	l->accepting = false;
	l->accept_at_us = l->now_us + loop_ms(ACCEPT_PAUSE_MS);
}

/* sooner -- the smaller of two times to wait, in ms; -1 is for ever. */
static int
sooner(int a, int64_t us)
{
	const int b = us <= 0 ? 0 : (int)((us + 999) / 1000);

	return a < 0 || b < a ? b : a;
}

int
loop_wait_ms(const struct loop *l)
{
	int wait = -1;

	if (batch_waiting(l->batch) > 0)
		return 0;
	if (l->dirty)
		wait = sooner(wait, l->quiet_us);
	if (l->setup->journal == NULL)
		wait = sooner(wait, l->conf_at_us - l->now_us);
	if (l->partial.first != NULL)
		wait = sooner(wait, l->partial.first->since_us +
		    loop_ms(CONNECTION_WHOLE_MS) - l->now_us);
	if (l->stopping)
		wait = sooner(wait, loop_ms(10));
	else if (!l->accepting)
		wait = sooner(wait, l->accept_at_us - l->now_us);
	return wait;
}
