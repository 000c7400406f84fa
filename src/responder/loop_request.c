#include "responder/loop_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "responder/gateway.h"

/* Left for what a commit opens: without a WAL the rollback journal and its
 * directory; for a large body's file; and one to see how many there are. */
#define DESCRIPTORS_SPARE 4
/* Connections accepted before others have their turn. */
#define ACCEPTS_MAX 64

void
loop_answer(struct loop *l, struct exchange *e)
{
	struct connection *c = e->connection;
	const bool sent = gateway_answer(e->gateway, c->fd,
	    receipt_answer(e->receipt)) == RC_OK;

	c->used = true;
	batch_put_back(l->batch, e);
	if (!sent || !c->keep || l->stopping) {
		loop_end(l, c);
		return;
	}
	loop_change(l, c, CONNECTION_IDLE);
	loop_await(l, c);
}

void
loop_answer_first(struct loop *l, size_t n, const struct err *alone)
{
	struct exchange *list[BATCH_WAITING_MAX];

	batch_take(l->batch, n, list);
	for (size_t i = 0; i < n; i++) {
		if (alone != NULL &&
		    receipt_delivery(list[i]->receipt)->rc != RC_OK)
			log_line(LOG_ERROR, list[i]->request.id, "503: this "
			    "delivery cannot be journaled: %s", alone->text);
		loop_answer(l, list[i]);
	}
}

/* refuse -- answer 503: too many wait already, or we end before it is whole. */
static void
refuse(struct loop *l, struct exchange *e, const char *why)
{
	if (refusal_may_log(&l->limiter, l->now_us))
		log_line(LOG_WARNING, e->request.id, "503: %s", why);
	receipt_delivery(e->receipt)->rc = RC_BUSY;
	receipt_settle(e->receipt);
	loop_answer(l, e);
}

/* decide -- judge a request that is whole. */
static void
decide(struct loop *l, struct connection *c, struct exchange *e)
{
	loop_change(l, c, CONNECTION_BUSY);
	e->connection = c;
	e->since_us = l->now_us;
	e->request.id = ++l->n_requests;
	e->request.received_us = clock_now_us();
	switch (receive(l->setup->receiver, loop_usable(l), &e->request,
	    e->receipt)) {
	case OUTCOME_ANSWER:
		loop_soil(l);	/* it may have left a reject */
		loop_answer(l, e);
		break;
	case OUTCOME_APPEND:
		if (!batch_add(l->batch, e))
			refuse(l, e, "too many requests wait for the "
			    "journal");
		break;
	case OUTCOME_HEALTH:
		e->next = l->health;
		l->health = e;
		break;
	case N_OUTCOMES:
		break;
	}
}

/* arrived -- deal with what a look at a connection found. */
static void
arrived(struct loop *l, struct connection *c, struct exchange *e,
    enum arrival arrival, const struct err *err)
{
	if (arrival == ARRIVAL_REQUEST) {
		decide(l, c, e);
		return;
	}
	batch_put_back(l->batch, e);
	if (arrival == ARRIVAL_END) {
		if (err->text[0] != '\0' &&
		    refusal_may_log(&l->limiter, l->now_us))
			log_line(LOG_WARNING, 0, "connection closed: %s",
			    err->text);
		loop_end(l, c);
		return;
	}
	loop_change(l, c, arrival == ARRIVAL_PIECE ?
	    CONNECTION_PARTIAL : CONNECTION_IDLE);
	loop_await(l, c);
}

void
loop_look(struct loop *l, struct connection *c)
{
	struct err err;
	struct exchange *e;
	enum arrival arrival;

	if (batch_full(l->batch) && !l->locked_out)
		loop_commit(l, LOCK_WAIT_MS);
	e = batch_spare(l->batch);
	if (e == NULL) {
		log_line(LOG_ERROR, 0, "no memory for a request");
		loop_end(l, c);
		return;
	}
	arrival = connection_look(c, l->space, e->gateway,
	    l->setup->conf->max_body_bytes, &e->request, &err);
	arrived(l, c, e, arrival, &err);
}

void
loop_expire(struct loop *l, int64_t since_us)
{
	struct connection *c;
	struct exchange *e;
	enum arrival arrival;
	struct err err;

	while ((c = l->partial.first) != NULL && c->since_us <= since_us) {
		e = batch_spare(l->batch);
		if (e == NULL) {
			loop_end(l, c);
			continue;
		}
		arrival = connection_give_up(c, l->space, e->gateway,
		    &e->request, &err);
		if (arrival == ARRIVAL_REQUEST && l->stopping) {
			/* A 400 would not be sent again. */
			loop_change(l, c, CONNECTION_BUSY);
			e->connection = c;
			refuse(l, e, "stopping before the request was whole");
			continue;
		}
		arrived(l, c, e, arrival, &err);
	}
}

/* accept_failed -- descriptors or memory are short: wait until a connection
 * is closed, or until other processes have closed some. */
static void
accept_failed(struct loop *l)
{
	if (l->accept_told_us == 0 ||
	    l->now_us - l->accept_told_us >= loop_ms(TROUBLE_MS)) {
		log_line(LOG_WARNING, 0, "accept: %s; new connections wait "
		    "until others are closed", strerror(errno));
		l->accept_told_us = l->now_us;
	}
	loop_listen_pause(l);
}

/* is_scarce -- whether behind this descriptor too few are left. */
static bool
is_scarce(int fd)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    (rlim_t)fd + DESCRIPTORS_SPARE >= limit.rlim_cur;
}

/* are_scarce -- the same, as it is now; asked when it was so before. */
static bool
are_scarce(const struct loop *l)
{
	int fd = fcntl(l->listener->fd, F_DUPFD_CLOEXEC, 0);
	const bool scarce = fd < 0 || is_scarce(fd);

	if (fd >= 0)
		(void)close(fd);
	return scarce;
}

bool
loop_accept_one(struct loop *l)
{
	struct connection *c;
	struct err err;
	int fd;

	if (l->scarce)
		l->scarce = are_scarce(l);
	if (l->scarce) {
		errno = EMFILE;
		accept_failed(l);
		return false;
	}
	fd = accept4(l->listener->fd, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == ECONNABORTED || errno == EINTR)
			return true;
		if (errno != EAGAIN)
			accept_failed(l);
		return false;
	}
	if (connection_new(&c, fd, &err) != RC_OK) {
		log_line(LOG_ERROR, 0, "%s", err.text);
		return false;
	}
	l->scarce = is_scarce(fd);
	c->since_us = l->now_us;
	loop_queue_add(&l->idle, c);
	loop_look(l, c);
	return true;
}

void
loop_accept_some(struct loop *l)
{
	for (int i = 0; i < ACCEPTS_MAX; i++)
		if (!loop_accept_one(l))
			return;
}

void
loop_look_idle(struct loop *l)
{
	struct connection *next;

	for (struct connection *c = l->idle.first; c != NULL; c = next) {
		next = c->next;
		loop_look(l, c);
		if (c->state == CONNECTION_IDLE && c->used)
			loop_end(l, c);
	}
}
