#include "responder/loop.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "responder/loop_parts.h"
#include "responder/signals.h"

#define EVENTS_MAX 256
#define KEPT_BYTES (4 * 1024 * 1024)
/* At a stop: how long an accepted connection without a byte is waited for. A
 * web server writes at once. */
#define FRESH_MS 250

/* attend -- one event. */
static void
attend(struct loop *l, struct connection *c)
{
	if (c == NULL) {
		if (l->fatal == RC_OK)
			loop_accept_some(l);
		return;
	}
	switch (c->state) {
	case CONNECTION_IDLE:
	case CONNECTION_PARTIAL:
		loop_look(l, c);
		break;
	case CONNECTION_BUSY:
		loop_ignore(l, c);
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
	const int n = epoll_pwait(l->epoll, events, EVENTS_MAX, loop_wait_ms(l),
	    signals_open());
	const int64_t before_us = l->now_us;

	l->now_us = clock_mono_us();
	if (n >= 0)
		signals_poll();
	if (signals_stop())
		loop_stop_now(l);
	loop_reload(l);
	for (int i = 0; i < n; i++)
		attend(l, events[i].data.ptr);
	loop_expire(l, l->now_us - loop_ms(CONNECTION_WHOLE_MS));
	loop_commit(l, LOCK_WAIT_MS);
	loop_answer_health(l);
	if (l->dirty && n == 0 && l->now_us - before_us >= l->quiet_us)
		loop_tidy(l, true);
	else if (l->dirty && l->now_us - l->dirty_us >= loop_ms(FLUSH_MS))
		loop_tidy(l, false);
	if (!l->accepting && !l->stopping && l->now_us >= l->accept_at_us)
		loop_listen_resume(l);
	loop_bury(l);
}

/* stop_accepting -- who has connected to a socket of our own is served; in one
 * that was handed to us they wait for the next process. */
static void
stop_accepting(struct loop *l)
{
	loop_listen_pause(l);
	l->now_us = clock_mono_us();
	if (!l->listener->bound)
		return;
	listen_withdraw(l->listener);
	for (int i = 0; i < LISTEN_BACKLOG && l->fatal == RC_OK; i++)
		if (!loop_accept_one(l))
			break;
	listen_close(l->listener);
}

/* stopped -- whether nothing is left to wait for. */
static bool
stopped(const struct loop *l)
{
	const bool fresh = l->idle.first != NULL &&
	    l->now_us - l->stop_us < loop_ms(FRESH_MS);

	return batch_waiting(l->batch) == 0 && l->partial.first == NULL &&
	    !fresh;
}

/* give_answers -- what could not be finished in time. */
static void
give_answers(struct loop *l)
{
	loop_expire(l, INT64_MAX);
	if (batch_waiting(l->batch) > 0)
		log_line(LOG_WARNING, 0, "503: %zu deliveries still waited "
		    "for the journal at the stop", batch_waiting(l->batch));
	loop_answer_first(l, batch_refuse(l->batch, RC_BUSY), NULL);
	loop_answer_health(l);
}

static void
wind_down(struct loop *l)
{
	stop_accepting(l);
	loop_look_idle(l);
	while (!stopped(l) && l->now_us - l->stop_us < loop_ms(LOOP_STOP_MS))
		take_turns(l);
	give_answers(l);
	loop_last_words(l);
}

/* keep_memory -- libfcgi takes and frees some 25 KB for each request: given back
 * to the kernel with each batch and asked for again, they cost a twentieth of
 * an event. So much stays instead. */
static void
keep_memory(void)
{
#ifdef M_TRIM_THRESHOLD	/* glibc */
	(void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
	(void)mallopt(M_TOP_PAD, KEPT_BYTES / 4);
#endif
}

static enum rc
begin(struct loop *l, struct err *err)
{
	enum rc rc;

	keep_memory();
	l->now_us = clock_mono_us();
	l->conf_at_us = l->now_us;
	l->quiet_us = loop_ms(IDLE_MS);
	/* What the last process may have left to do. */
	loop_soil(l);
	rc = connection_space_new(&l->space, err);
	if (rc == RC_OK)
		rc = batch_new(&l->batch, err);
	if (rc != RC_OK)
		return rc;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		return err_set(err, RC_SYSTEM, "epoll_create1: %s",
		    strerror(errno));
	loop_listen_resume(l);
	if (!l->accepting)
		return err_set(err, RC_SYSTEM, "%s: cannot be waited for",
		    l->listener->name);
	return RC_OK;
}

static void
clear(struct loop *l)
{
	while (l->idle.first != NULL)
		loop_end(l, l->idle.first);
	while (l->partial.first != NULL)
		loop_end(l, l->partial.first);
	loop_bury(l);
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
			err_set(err, rc, rc == RC_DENIED ? "the journal is out "
			    "of this process's reach" : "the journal cannot be "
			    "trusted to this process any more");
	}
	clear(&l);
	return rc;
}
