/*
 * loop_parts -- what the files of the loop share and nobody else sees.
 */
#ifndef RESPONDER_LOOP_PARTS_H
#define RESPONDER_LOOP_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "responder/batch.h"
#include "responder/connection.h"
#include "responder/listen.h"
#include "responder/refusal.h"
#include "responder/setup.h"

/* One wait for the writers' lock: so late a signal or a health check is seen
 * while somebody else holds it. */
#define LOCK_WAIT_MS 50
/* Quiet for so long is idle: time for the quarantine and a checkpoint. */
#define IDLE_MS 20
/* Rejects wait for an append or for a quiet moment; no longer than this. */
#define FLUSH_MS 1000
/* The same trouble is told no more often. */
#define TROUBLE_MS 10000

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
	bool scarce;			/* descriptors were, at the last accept */
	int64_t accept_told_us;		/* when that was told, or 0 */
	bool reload;			/* asked for by a signal */
	int64_t conf_at_us;		/* when to look again */
	struct err conf_told;		/* the last complaint about it */
	bool locked_out;		/* the last commit found it locked */
	bool dirty;			/* something to do when idle */
	int64_t dirty_us;		/* since when */
	int64_t quiet_us;		/* what counts as idle */
	int64_t upkeep_at_us;		/* no upkeep before */
	int64_t wal_told_us;		/* when its length was told, or 0 */
	enum rc trouble;		/* of the journal, the last told */
	int64_t trouble_us;		/* when */
	bool stopping;
	int64_t stop_us;		/* since when */
	struct refusal_limiter limiter;	/* of lines about connections */
	enum rc fatal;			/* why no more is journaled, or RC_OK */
};

/* loop_ms -- milliseconds as microseconds. */
static inline int64_t
loop_ms(int64_t milliseconds)
{
	return milliseconds * 1000;
}

/* Lists (loop_list.c) */

/* loop_queue_add -- at its end. */
void loop_queue_add(struct queue *queue, struct connection *c);

/* loop_change -- move a connection to the list of its new state. */
void loop_change(struct loop *l, struct connection *c,
    enum connection_state state);

/* loop_end -- close a connection. Its memory stays to the end of the round: an
 * event for it may still be in the list. */
void loop_end(struct loop *l, struct connection *c);

/* loop_bury -- free the memory of those that were closed in this round. */
void loop_bury(struct loop *l);

/* Waiting (loop_wait.c) */

/* loop_await -- hear of what comes on a connection. */
void loop_await(struct loop *l, struct connection *c);

/* loop_ignore -- hear no more of a connection whose request is being answered:
 * its peer left, or sent more than it may. */
void loop_ignore(struct loop *l, struct connection *c);

/* loop_listen_resume, loop_listen_pause -- hear, or hear no more, of new
 * connections. */
void loop_listen_resume(struct loop *l);
void loop_listen_pause(struct loop *l);

/* loop_wait_ms -- how long there is nothing to do; -1: until something
 * comes. */
int loop_wait_ms(const struct loop *l);

/* The journal, and the configuration (loop_journal.c) */

/* loop_stop_now -- from now on nothing new is begun. */
void loop_stop_now(struct loop *l);

/* loop_usable -- the journal, or NULL once it must not be written to. */
struct journal *loop_usable(const struct loop *l);

/* loop_soil -- there will be something to do when it is quiet. */
void loop_soil(struct loop *l);

/* loop_commit -- append what waits, and answer it. */
void loop_commit(struct loop *l, int wait_ms);

/* loop_answer_health -- all health checks of a round, with one look. */
void loop_answer_health(struct loop *l);

/* loop_reload -- take a new configuration over, between batches, so that no
 * request sees two. What else may have changed around us is looked at too. */
void loop_reload(struct loop *l);

/* loop_tidy -- the quarantine, a checkpoint, and a slice of upkeep. */
void loop_tidy(struct loop *l, bool idle);

/* loop_last_words -- what the journal should know of the stop. */
void loop_last_words(struct loop *l);

/* Requests and answers (loop_request.c) */

/* loop_answer -- send the answer that an exchange has. */
void loop_answer(struct loop *l, struct exchange *e);

/* loop_answer_first -- the first n that wait have their answer. alone says why
 * of a delivery that could not be appended though its batch was, or is NULL. */
void loop_answer_first(struct loop *l, size_t n, const struct err *alone);

/* loop_look -- read what is there on a connection. */
void loop_look(struct loop *l, struct connection *c);

/* loop_expire -- give up the partial connections whose time is over. */
void loop_expire(struct loop *l, int64_t since_us);

/* loop_accept_one -- false when there is none, or it cannot be. */
bool loop_accept_one(struct loop *l);

/* loop_accept_some -- those that have connected, but not so many that others
 * would have to wait. */
void loop_accept_some(struct loop *l);

/* loop_look_idle -- at a stop: what has come on the connections that wait for a
 * request; a kept one on which nothing has is closed. */
void loop_look_idle(struct loop *l);

#endif
