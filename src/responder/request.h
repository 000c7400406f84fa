/*
 * request -- one HTTP request, as FastCGI or CGI hand it over.
 */
#ifndef RESPONDER_REQUEST_H
#define RESPONDER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct request {
	uint64_t id;		/* for the log; counts from 1 in a process */
	int64_t received_us;	/* when it was whole */
	char *const *envp;	/* "NAME=VALUE" strings, NULL at the end */
	struct slice body;	/* what was read; at most the limit */
	bool too_large;		/* there was more than the limit */
	bool torn;		/* its end was not seen: cut off, malformed */
	bool cgi;		/* a length is required */
};

/* request_param -- the value of a variable, or NULL; first match, exact
 * case. */
const char *request_param(const struct request *request, const char *name);

/* request_param_count -- how many times a variable is there: a header that was
 * sent twice may arrive as two of one name. */
size_t request_param_count(const struct request *request, const char *name);

/*
 * request_length -- CONTENT_LENGTH; false where it is absent, empty or not
 * digits alone, *len is 0 then. What does not fit is SIZE_MAX.
 */
bool request_length(const struct request *request, size_t *len);

/*
 * request_target -- REQUEST_URI as received; of an absolute form
 * ("http://host/path?query", which Apache passes on) what follows the host.
 * No value where there is no REQUEST_URI.
 */
struct slice request_target(const struct request *request);

/* request_query -- of the target, or QUERY_STRING where there is no target;
 * no value where there is no '?', or QUERY_STRING is empty. */
struct slice request_query(const struct request *request);

/* request_path -- of the target, or else PATH_INFO or SCRIPT_NAME, the first
 * that is not empty: enough to see how the path ends. */
struct slice request_path(const struct request *request);

#endif
