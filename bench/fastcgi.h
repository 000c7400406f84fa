/*
 * fastcgi -- a request as a web server hands it on, and the end of its answer.
 */
#ifndef BENCH_FASTCGI_H
#define BENCH_FASTCGI_H

#include "base/buf.h"
#include "base/slice.h"
#include "response.h"

struct fastcgi_param {
	const char *name;
	struct slice value;
};

/*
 * fastcgi_request -- append all records of one request on a connection that is
 * to be kept. CONTENT_LENGTH is added to the params.
 *
 * The caller looks at buf_ok(out).
 */
void fastcgi_request(struct buf *out, const struct fastcgi_param *params,
    size_t n, struct slice body);

/* fastcgi_response -- as response_read, of FastCGI records. */
enum response_state fastcgi_response(const char *bytes, size_t len,
    struct response *response);

#endif
