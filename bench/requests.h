/*
 * requests -- signed requests, HTTP/1.1 or FastCGI, made before they are needed:
 * whole, in one block of memory, so that sending one costs no more than a write.
 */
#ifndef BENCH_REQUESTS_H
#define BENCH_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "mix.h"

struct requests_plan {
	enum mix_size size;
	uint64_t seed;
	uint64_t skip;		/* deliveries of the mix to leave out first */
	size_t n;
	const char *token;	/* signs */
	const char *url;	/* is signed; its host is the Host header */
	const char *path;	/* of the request line */
	bool fastcgi;		/* as a web server hands it on */
};

struct requests {
	char *bytes;
	size_t len;		/* used */
	size_t size;		/* allocated */
	size_t *begin;		/* n + 1 offsets: each ends where the next
				 * begins */
	size_t n;
};

/*
 * requests_make -- as Twilio sends them, each with an idempotency token of its
 * own.
 *
 * *requests  cleared with requests_clear, whatever the result
 *
 * RC_USAGE   url has no host
 * RC_MEMORY
 */
enum rc requests_make(struct requests *requests,
    const struct requests_plan *plan, struct err *err);
void requests_clear(struct requests *requests);

/* requests_get -- the bytes of one; i < n. */
struct slice requests_get(const struct requests *requests, size_t i);

#endif
