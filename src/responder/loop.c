#include "responder/loop.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "responder/batch.h"
#include "responder/connection.h"
#include "responder/gateway.h"
#include "responder/refusal.h"
#include "responder/signals.h"

#define EVENTS_MAX 256
/* Connections accepted before others have their turn. */
#define ACCEPTS_MAX 64
/* One wait for the writers' lock: so late a signal or a health check is seen
 * while somebody else holds it. */
#define LOCK_WAIT_MS 50
/* Quiet for so long is idle: time for the quarantine and a checkpoint. */
#define IDLE_MS 20
/* Rejects wait for an append or for a quiet moment; no longer than this. */
#define FLUSH_MS 1000
/* The configuration is looked at no more often (docs/design.md section 4). */
#define CONF_MS 1000
/* The same trouble is told no more often. */
#define TROUBLE_MS 10000
/* Out of descriptors: try again when one is closed, or after this. */
#define ACCEPT_PAUSE_MS 100
/* At a stop: how long an accepted connection without a byte is waited for. A
 * web server writes at once. */
#define FRESH_MS 250
/* At a stop: how long the last words may wait for the writers' lock. */
#define LAST_WAIT_MS 100

/* Connections in order of since_us, the oldest first. */
struct queue {
	struct connection *first;
	struct connection *last;
};

struct loop {
	struct setup *setup;
	struct listener *listener;
	int epoll;
	struct connection_space *space;
	struct batch *batch;
	struct exchange *health;	/* health checks to be answered */
	struct queue idle;
	struct queue partial;
	struct connection *dead;	/* linked by next */
	uint64_t n_requests;
	int64_t now_us;			/* monotonic, of this round */

	bool accepting;
	int64_t accept_at_us;		/* when to try again if not */
	int64_t accept_told_us;		/* when that was told, or 0 */
	bool reload;			/* asked for by a signal */
	int64_t conf_at_us;		/* when to look again */
	struct err conf_told;		/* the last complaint about it */
	bool locked_out;		/* the last commit found it locked */
	bool dirty;			/* something to do when idle */
	int64_t dirty_us;		/* since when */
	int64_t quiet_us;		/* what counts as idle */
	enum rc trouble;		/* of the journal, the last told */
	int64_t trouble_us;		/* when */
	bool stopping;
	int64_t stop_us;		/* since when */
	struct refusal_limiter limiter;	/* of lines about connections */
	enum rc fatal;			/* why no more is journaled, or RC_OK */
};

static int64_t
ms(int64_t milliseconds)
{
	return milliseconds * 1000;
}

/* ------------------------------------------------------------------------
 * Lists */

static void
queue_add(struct queue *queue, struct connection *c)
{
	c->next = NULL;
	c->prev = queue->last;
	if (queue->last != NULL)
		queue->last->next = c;
	else
		queue->first = c;
	queue->last = c;
}

static void
queue_remove(struct queue *queue, struct connection *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		queue->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	else
		queue->last = c->prev;
	c->prev = NULL;
	c->next = NULL;
}

/* change -- move a connection to the list of its new state. */
static void
change(struct loop *l, struct connection *c, enum connection_state state)
{
	if (c->state == state)
		return;
	if (c->state == CONNECTION_IDLE)
		queue_remove(&l->idle, c);
	else if (c->state == CONNECTION_PARTIAL)
		queue_remove(&l->partial, c);
	c->state = state;
	switch (state) {
	case CONNECTION_IDLE:
		queue_add(&l->idle, c);
		break;
	case CONNECTION_PARTIAL:
		c->since_us = l->now_us;
		queue_add(&l->partial, c);
		break;
	case CONNECTION_DEAD:
		c->next = l->dead;
		l->dead = c;
		break;
	case CONNECTION_BUSY:
	case N_CONNECTION_STATES:
		break;
	}
}

/* end -- close a connection. Its memory stays to the end of the round: an
 * event for it may still be in the list. */
static void
end(struct loop *l, struct connection *c)
{
	connection_close(c);
	change(l, c, CONNECTION_DEAD);
	if (!l->accepting)
		l->accept_at_us = l->now_us;	/* a descriptor is free */
}

static void
bury(struct loop *l)
{
	struct connection *next;

	for (struct connection *c = l->dead; c != NULL; c = next) {
		next = c->next;
		connection_free(c);
	}
	l->dead = NULL;
}

/* ------------------------------------------------------------------------
 * Waiting */

static bool
watch(struct loop *l, int fd, uint32_t events, struct connection *c)
{
	struct epoll_event event = { .events = events, .data.ptr = c };

	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return true;
	log_line(LOG_ERROR, 0, "epoll_ctl: %s", strerror(errno));
	return false;
}

/* await -- hear of what comes on a connection. */
static void
await(struct loop *l, struct connection *c)
{
	if (!c->watched)
		c->watched = watch(l, c->fd, EPOLLIN, c);
	if (!c->watched)
		end(l, c);
}

/* ignore -- hear no more of a connection whose request is being answered:
 * its peer left, or sent more than it may. */
static void
ignore(struct loop *l, struct connection *c)
{
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	c->watched = false;
}

static void
listen_resume(struct loop *l)
{
	/* Not EPOLLEXCLUSIVE: the one process that it wakes may be ending, and
	 * no other would be told. */
	l->accepting = watch(l, l->listener->fd, EPOLLIN, NULL);
	l->accept_at_us = l->now_us + ms(ACCEPT_PAUSE_MS);
}

static void
listen_pause(struct loop *l)
{
	if (l->accepting)
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, l->listener->fd, NULL);
	l->accepting = false;
	l->accept_at_us = l->now_us + ms(ACCEPT_PAUSE_MS);
}

/* ------------------------------------------------------------------------
 * The journal's troubles */

/* stop_now -- from now on nothing new is begun. */
static void
stop_now(struct loop *l)
{
	if (l->stopping)
		return;
	l->stopping = true;
	l->stop_us = l->now_us;
}

/* is_fatal -- whether this process must not write to the journal again. */
static bool
is_fatal(enum rc rc)
{
	return rc == RC_SYNC || rc == RC_NEWER || rc == RC_FOREIGN;
}

/* tell -- log what the journal said, and remember it; what lasts is told
 * again only now and then. */
static void
tell(struct loop *l, enum rc rc, const struct err *err)
{
	if (rc == RC_OK) {
		if (l->trouble != RC_OK)
			log_line(LOG_INFO, 0, "the journal can be written "
			    "again");
		l->trouble = RC_OK;
		return;
	}
	if (rc == l->trouble && l->now_us - l->trouble_us < ms(TROUBLE_MS))
		return;
	log_line(rc == RC_BUSY ? LOG_WARNING : LOG_ERROR, 0, "%s", err->text);
	l->trouble = rc;
	l->trouble_us = l->now_us;
}

/* judge -- what an rc of the journal means for the loop. */
static void
judge(struct loop *l, enum rc rc, const struct err *err)
{
	tell(l, rc, err);
	if (!is_fatal(rc) || l->fatal != RC_OK)
		return;
	log_line(LOG_ERROR, 0, "nothing is acknowledged any more; ending");
	l->fatal = rc;
	stop_now(l);
}

/* usable -- the journal, or NULL once it must not be written to. */
static struct journal *
usable(const struct loop *l)
{
	return l->fatal == RC_OK ? l->setup->journal : NULL;
}

/* soil -- there will be something to do when it is quiet. */
static void
soil(struct loop *l)
{
	if (!l->dirty)
		l->dirty_us = l->now_us;
	l->dirty = true;
}

/* ------------------------------------------------------------------------
 * Answers */

/* answer -- send the answer that an exchange has. */
static void
answer(struct loop *l, struct exchange *e)
{
	struct connection *c = e->connection;
	const bool sent = gateway_answer(e->gateway, c->fd,
	    receipt_answer(e->receipt)) == RC_OK;

	c->used = true;
	batch_put_back(l->batch, e);
	if (!sent || !c->keep || l->stopping) {
		end(l, c);
		return;
	}
	change(l, c, CONNECTION_IDLE);
	await(l, c);
}

/* answer_first -- the first n that wait have their answer. alone says why of
 * a delivery that could not be appended though its batch was, or is NULL. */
static void
answer_first(struct loop *l, size_t n, const struct err *alone)
{
	struct exchange *list[BATCH_WAITING_MAX];

	batch_take(l->batch, n, list);
	for (size_t i = 0; i < n; i++) {
		if (alone != NULL &&
		    receipt_delivery(list[i]->receipt)->rc != RC_OK)
			log_line(LOG_ERROR, list[i]->request.id, "503: this "
			    "delivery cannot be journaled: %s", alone->text);
		answer(l, list[i]);
	}
}

/* commit -- append what waits, and answer it. */
static void
commit(struct loop *l, int wait_ms)
{
	struct err err = { .text = "" };
	enum rc rc;
	size_t n;

	if (batch_waiting(l->batch) == 0)
		return;
	n = batch_commit(l->batch, usable(l), wait_ms, clock_mono_us(), &rc,
	    &err);
	if (rc != RC_BUSY || n > 0)
		judge(l, rc, &err);
	answer_first(l, n, rc == RC_OK ? &err : NULL);
	l->locked_out = rc == RC_BUSY && batch_waiting(l->batch) > 0;
	soil(l);
	if (rc == RC_OK && usable(l) != NULL) {
		rc = journal_maintain(usable(l), true, &err);
		if (rc != RC_OK && rc != RC_BUSY)
			judge(l, rc, &err);
	}
}

/* answer_health -- all health checks of a round, with one look. */
static void
answer_health(struct loop *l)
{
	struct err err = { .text = "" };
	struct exchange *e;
	enum rc rc;

	if (l->health == NULL)
		return;
	if (usable(l) == NULL)
		rc = l->fatal;
	else if (l->locked_out)
		rc = RC_BUSY;
	else
		rc = journal_ready(usable(l), LOCK_WAIT_MS, &err);
	if (is_fatal(rc))
		judge(l, rc, &err);
	while ((e = l->health) != NULL) {
		l->health = e->next;
		receipt_health(e->receipt, rc);
		answer(l, e);
	}
}

/* ------------------------------------------------------------------------
 * Requests */

/* refuse -- answer 503: too many wait already, or we end before it is whole. */
static void
refuse(struct loop *l, struct exchange *e, const char *why)
{
	if (refusal_may_log(&l->limiter, l->now_us))
		log_line(LOG_WARNING, e->request.id, "503: %s", why);
	receipt_delivery(e->receipt)->rc = RC_BUSY;
	receipt_settle(e->receipt);
	answer(l, e);
}

/* decide -- judge a request that is whole. */
static void
decide(struct loop *l, struct connection *c, struct exchange *e)
{
	change(l, c, CONNECTION_BUSY);
	e->connection = c;
	e->since_us = l->now_us;
	e->request.id = ++l->n_requests;
	e->request.received_us = clock_now_us();
	switch (receive(l->setup->receiver, usable(l), &e->request,
	    e->receipt)) {
	case OUTCOME_ANSWER:
		soil(l);	/* it may have left a reject */
		answer(l, e);
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
		end(l, c);
		return;
	}
	change(l, c, arrival == ARRIVAL_PIECE ?
	    CONNECTION_PARTIAL : CONNECTION_IDLE);
	await(l, c);
}

/* look -- read what is there on a connection. */
static void
look(struct loop *l, struct connection *c)
{
	struct err err;
	struct exchange *e;
	enum arrival arrival;

	if (batch_full(l->batch) && !l->locked_out)
		commit(l, LOCK_WAIT_MS);
	e = batch_spare(l->batch);
	if (e == NULL) {
		log_line(LOG_ERROR, 0, "no memory for a request");
		end(l, c);
		return;
	}
	arrival = connection_look(c, l->space, e->gateway,
	    l->setup->conf->max_body_bytes, &e->request, &err);
	arrived(l, c, e, arrival, &err);
}

/* expire -- give up the partial connections whose time is over. */
static void
expire(struct loop *l, int64_t since_us)
{
	struct connection *c;
	struct exchange *e;
	enum arrival arrival;
	struct err err;

	while ((c = l->partial.first) != NULL && c->since_us <= since_us) {
		e = batch_spare(l->batch);
		if (e == NULL) {
			end(l, c);
			continue;
		}
		arrival = connection_give_up(c, l->space, e->gateway,
		    &e->request, &err);
		if (arrival == ARRIVAL_REQUEST && l->stopping) {
			/* A 400 would not be sent again. */
			change(l, c, CONNECTION_BUSY);
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
	    l->now_us - l->accept_told_us >= ms(TROUBLE_MS)) {
		log_line(LOG_WARNING, 0, "accept: %s; new connections wait "
		    "until others are closed", strerror(errno));
		l->accept_told_us = l->now_us;
	}
	listen_pause(l);
}

/* accept_one -- false when there is none, or it cannot be. */
static bool
accept_one(struct loop *l)
{
	struct connection *c;
	struct err err;
	int fd = accept4(l->listener->fd, NULL, NULL,
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
	c->since_us = l->now_us;
	queue_add(&l->idle, c);
	look(l, c);
	return true;
}

static void
accept_some(struct loop *l)
{
	for (int i = 0; i < ACCEPTS_MAX; i++)
		if (!accept_one(l))
			return;
}

/* ------------------------------------------------------------------------
 * The configuration */

/* complain -- why the old configuration stays; once for each reason. */
static void
complain(struct loop *l, const struct err *err)
{
	if (strcmp(err->text, l->conf_told.text) == 0)
		return;
	log_line(LOG_ERROR, 0, "the old configuration stays in force: %s",
	    err->text);
	l->conf_told = *err;
}

/* open_late -- the journal, if its lock or a full disk kept it from being
 * opened at the start; deliveries are answered 503 until then. */
static void
open_late(struct loop *l)
{
	struct err err = { .text = "" };
	enum rc rc;

	rc = setup_open(l->setup, LOCK_WAIT_MS, &err);
	judge(l, rc, &err);
	if (rc == RC_OK && setup_record(l->setup, "start", LOCK_WAIT_MS,
	    &err) != RC_OK)
		log_line(LOG_WARNING, 0, "the start is not in the journal: %s",
		    err.text);
}

/* reload -- between batches, so that no request sees two configurations. What
 * else may have changed around us is looked at as well. */
static void
reload(struct loop *l)
{
	struct err err = { .text = "" };
	enum rc rc;

	if (signals_reload()) {
		l->reload = true;
		l->conf_told.text[0] = '\0';
	}
	if (batch_waiting(l->batch) > 0 || l->stopping ||
	    (!l->reload && l->now_us < l->conf_at_us))
		return;
	l->conf_at_us = l->now_us + ms(CONF_MS);
	if (l->setup->journal == NULL)
		open_late(l);
	(void)listen_unblock(l->listener);
	if (!l->reload && !conf_changed(l->setup->conf)) {
		l->conf_told.text[0] = '\0';
		return;
	}
	l->reload = false;
	rc = setup_reload(l->setup, LOCK_WAIT_MS, &err);
	if (is_fatal(rc))
		judge(l, rc, &err);
	if (rc != RC_OK) {
		complain(l, &err);
		return;
	}
	l->conf_told.text[0] = '\0';
	log_line(LOG_INFO, 0, "configuration taken over: %s, journal %s",
	    l->setup->conf->file == NULL ? "environment" :
	    l->setup->conf->file, l->setup->conf->journal_path);
}

/* ------------------------------------------------------------------------
 * When it is quiet */

/* tidy -- the quarantine, and a checkpoint. */
static void
tidy(struct loop *l, bool idle)
{
	struct err err = { .text = "" };
	struct journal *journal = usable(l);
	enum rc rc = RC_OK;

	if (journal == NULL) {
		l->dirty = false;
		return;
	}
	if (journal_pending(journal))
		rc = journal_flush(journal, LOCK_WAIT_MS, &err);
	if (rc == RC_OK)
		rc = journal_maintain(journal, !idle, &err);
	if (rc != RC_OK && rc != RC_BUSY)
		judge(l, rc, &err);
	/* What could not be done now is tried again, but not at once. */
	l->quiet_us = rc == RC_OK ? ms(IDLE_MS) : ms(FLUSH_MS);
	l->dirty = rc != RC_OK || !idle;
	l->dirty_us = l->now_us;
}

/* ------------------------------------------------------------------------
 * The loop */

/* sooner -- the smaller of two times to wait, in ms; -1 is for ever. */
static int
sooner(int a, int64_t us)
{
	const int b = us <= 0 ? 0 : (int)((us + 999) / 1000);

	return a < 0 || b < a ? b : a;
}

static int
wait_ms(const struct loop *l)
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
		    ms(CONNECTION_WHOLE_MS) - l->now_us);
	if (l->stopping)
		wait = sooner(wait, ms(10));
	else if (!l->accepting)
		wait = sooner(wait, l->accept_at_us - l->now_us);
	return wait;
}

/* attend -- one event. */
static void
attend(struct loop *l, struct connection *c)
{
	if (c == NULL) {
		if (l->fatal == RC_OK)
			accept_some(l);
		return;
	}
	switch (c->state) {
	case CONNECTION_IDLE:
	case CONNECTION_PARTIAL:
		look(l, c);
		break;
	case CONNECTION_BUSY:
		ignore(l, c);
		break;
	case CONNECTION_DEAD:
	case N_CONNECTION_STATES:
		break;
	}
}

/* take_turns -- wait, and do what is to be done: one round. */
static void
take_turns(struct loop *l)
{
	struct epoll_event events[EVENTS_MAX];
	const int n = epoll_pwait(l->epoll, events, EVENTS_MAX, wait_ms(l),
	    signals_open());
	const int64_t before_us = l->now_us;

	l->now_us = clock_mono_us();
	if (n >= 0)
		signals_poll();
	if (signals_stop())
		stop_now(l);
	reload(l);
	for (int i = 0; i < n; i++)
		attend(l, events[i].data.ptr);
	expire(l, l->now_us - ms(CONNECTION_WHOLE_MS));
	commit(l, LOCK_WAIT_MS);
	answer_health(l);
	if (l->dirty && n == 0 && l->now_us - before_us >= l->quiet_us)
		tidy(l, true);
	else if (l->dirty && l->now_us - l->dirty_us >= ms(FLUSH_MS))
		tidy(l, false);
	if (!l->accepting && !l->stopping && l->now_us >= l->accept_at_us)
		listen_resume(l);
	bury(l);
}

/* ------------------------------------------------------------------------
 * The stop */

/* look_idle -- what has come on the connections that wait for a request; a
 * kept one on which nothing has is closed. */
static void
look_idle(struct loop *l)
{
	struct connection *next;

	for (struct connection *c = l->idle.first; c != NULL; c = next) {
		next = c->next;
		look(l, c);
		if (c->state == CONNECTION_IDLE && c->used)
			end(l, c);
	}
}

/* stop_accepting -- who has connected to a socket of our own is served; in one
 * that was handed to us they wait for the next process. */
static void
stop_accepting(struct loop *l)
{
	listen_pause(l);
	l->now_us = clock_mono_us();
	if (!l->listener->bound)
		return;
	listen_withdraw(l->listener);
	for (int i = 0; i < LISTEN_BACKLOG && l->fatal == RC_OK; i++)
		if (!accept_one(l))
			break;
	listen_close(l->listener);
}

/* stopped -- whether nothing is left to wait for. */
static bool
stopped(const struct loop *l)
{
	const bool fresh = l->idle.first != NULL &&
	    l->now_us - l->stop_us < ms(FRESH_MS);

	return batch_waiting(l->batch) == 0 && l->partial.first == NULL &&
	    !fresh;
}

/* give_answers -- what could not be finished in time. */
static void
give_answers(struct loop *l)
{
	expire(l, INT64_MAX);
	if (batch_waiting(l->batch) > 0)
		log_line(LOG_WARNING, 0, "503: %zu deliveries still waited "
		    "for the journal at the stop", batch_waiting(l->batch));
	answer_first(l, batch_refuse(l->batch, RC_BUSY), NULL);
	answer_health(l);
}

/* last_words -- what the journal should know of the stop. */
static void
last_words(struct loop *l)
{
	struct err err = { .text = "" };
	struct journal *journal = usable(l);
	enum rc rc = RC_OK;

	if (journal == NULL)
		return;
	if (journal_pending(journal))
		rc = journal_flush(journal, LAST_WAIT_MS, &err);
	if (rc == RC_OK)
		rc = journal_act(journal, "stop", NULL, NULL, LAST_WAIT_MS,
		    &err);
	if (rc != RC_OK)
		log_line(LOG_WARNING, 0, "the stop is not in the journal: %s",
		    err.text);
}

static void
wind_down(struct loop *l)
{
	stop_accepting(l);
	look_idle(l);
	while (!stopped(l) && l->now_us - l->stop_us < ms(LOOP_STOP_MS))
		take_turns(l);
	give_answers(l);
	last_words(l);
}

/* ------------------------------------------------------------------------ */

static enum rc
begin(struct loop *l, struct err *err)
{
	enum rc rc;

	l->now_us = clock_mono_us();
	l->conf_at_us = l->now_us;
	l->quiet_us = ms(IDLE_MS);
	rc = connection_space_new(&l->space, err);
	if (rc == RC_OK)
		rc = batch_new(&l->batch, err);
	if (rc != RC_OK)
		return rc;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		return err_set(err, RC_SYSTEM, "epoll_create1: %s",
		    strerror(errno));
	listen_resume(l);
	if (!l->accepting)
		return err_set(err, RC_SYSTEM, "%s: cannot be waited for",
		    l->listener->name);
	return RC_OK;
}

static void
clear(struct loop *l)
{
	while (l->idle.first != NULL)
		end(l, l->idle.first);
	while (l->partial.first != NULL)
		end(l, l->partial.first);
	bury(l);
	batch_free(l->batch);
	connection_space_free(l->space);
	if (l->epoll >= 0)
		close(l->epoll);
}

enum rc
loop_run(struct setup *setup, struct listener *listener, struct err *err)
{
	struct loop l = {
		.setup = setup,
		.listener = listener,
		.epoll = -1,
	};
	enum rc rc;

	rc = begin(&l, err);
	if (rc == RC_OK) {
		while (!l.stopping)
			take_turns(&l);
		wind_down(&l);
		rc = l.fatal;
		if (rc != RC_OK)
			err_set(err, rc, "the journal cannot be trusted to "
			    "this process any more");
	}
	clear(&l);
	return rc;
}
