/*
 * clients -- connections that each send one request after the other and wait
 * for its answer in between: a closed loop, in one thread. With a pace a
 * request is begun when it is due, if a connection is free, and its time counts
 * from when it was due: who stalls is not asked less.
 */
#ifndef BENCH_CLIENTS_H
#define BENCH_CLIENTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "requests.h"
#include "response.h"

/* Longest wait for an answer; nginx itself gives up before. */
#define CLIENTS_PATIENCE_S 30

struct clients_plan {
	int port;		/* of 127.0.0.1 */
	const char *socket;	/* FastCGI over this unix socket; NULL: HTTP,
				 * to the port */
	size_t connections;
	int64_t for_ns;		/* no request is begun after that */
	int64_t every_ns;	/* one request is due; 0: no pace */
};

/* sent = answers of every status + broken + unanswered: nothing is guessed. */
struct clients_result {
	size_t sent;		/* requests begun */
	size_t status[RESPONSE_STATUSES];
	size_t broken;		/* the connection ended before the answer, or
				 * the answer is none */
	size_t unanswered;	/* too late */
	size_t reconnects;
	size_t refused;		/* connections that could not be made */
	int64_t took_ns;	/* from the first request to the last answer */
	int64_t *latency_ns;	/* of each answer, in order of arrival: from
				 * before the first byte is written, or from
				 * when it was due, until the wait that found
				 * the last one readable */
	size_t n_latency;
};

/*
 * clients_run -- send the requests, in order, until they or the time are used
 * up, then wait for the answers that are due.
 *
 * before   called when all connections stand, just before the first request;
 *          NULL for none
 * *result  freed with clients_clear, whatever the result
 *
 * RC_SYSTEM  a connection could not be made at the start, or no epoll
 * RC_MEMORY
 */
enum rc clients_run(const struct clients_plan *plan,
    const struct requests *requests, void (*before)(void),
    struct clients_result *result, struct err *err);
void clients_clear(struct clients_result *result);

#endif
