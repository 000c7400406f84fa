/*
 * response -- one HTTP/1.1 answer: where it ends, and what it says.
 */
#ifndef BENCH_RESPONSE_H
#define BENCH_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

enum response_state {
	RESPONSE_MORE,		/* it is not whole */
	RESPONSE_WHOLE,
	RESPONSE_TO_END,	/* it ends where the connection does */
	RESPONSE_BAD,		/* no answer, or bytes after it */
	N_RESPONSE_STATES
};

#define RESPONSE_STATUSES 600

struct response {
	int status;		/* 200 to 599 */
	bool close;		/* the server will close the connection */
};

/*
 * response_read -- look at what has arrived since a request was sent, from its
 * first byte on. Nothing else is under way on the connection.
 *
 * *response  set only with RESPONSE_WHOLE and RESPONSE_TO_END
 */
enum response_state response_read(const char *bytes, size_t len,
    struct response *response);

#endif
