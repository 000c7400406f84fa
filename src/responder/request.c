#include "responder/request.h"

#include <string.h>
#include <strings.h>

#include "twilio/url.h"

/* The value in "NAME=VALUE" if it has this name, or NULL. */
static const char *
value_of(const char *variable, const char *name, size_t name_len)
{
	/* Most differ in the first byte, or have it in HTTP_ and differ in the
	 * sixth: the latter are left to strncmp. */
	if (variable[0] != name[0] ||
	    strncmp(variable, name, name_len) != 0 ||
	    variable[name_len] != '=')
		return NULL;
	return variable + name_len + 1;
}

const char *
request_param(const struct request *request, const char *name)
{
	const size_t name_len = strlen(name);
	char *const *variable;

	for (variable = request->envp; *variable != NULL; variable++) {
		const char *value = value_of(*variable, name, name_len);

		if (value != NULL)
			return value;
	}
	return NULL;
}

size_t
request_param_count(const struct request *request, const char *name)
{
	const size_t name_len = strlen(name);
	char *const *variable;
	size_t n = 0;

	for (variable = request->envp; *variable != NULL; variable++)
		n += value_of(*variable, name, name_len) != NULL;
	return n;
}

bool
request_length(const struct request *request, size_t *len)
{
	const char *p = request_param(request, "CONTENT_LENGTH");
	size_t sum = 0;

	*len = 0;
	if (p == NULL || *p == '\0')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		const size_t digit = (size_t)(*p - '0');

		if (sum > (SIZE_MAX - digit) / 10)
			sum = SIZE_MAX;
		else
			sum = sum * 10 + digit;
	}
	if (*p != '\0')
		return false;
	*len = sum;
	return true;
}

/* How long "http://" or "https://" is at the front of text, or 0. */
static size_t
scheme_len(const char *text)
{
	if (strncasecmp(text, "http://", 7) == 0)
		return 7;
	if (strncasecmp(text, "https://", 8) == 0)
		return 8;
	return 0;
}

struct slice
request_target(const struct request *request)
{
	const char *target = request_param(request, "REQUEST_URI");
	size_t skip;

	if (target == NULL)
		return (struct slice){ NULL, 0 };
	skip = scheme_len(target);
	if (skip > 0) {
		target += skip;
		target += strcspn(target, "/?");
	}
	return slice_of(target);
}

struct slice
request_query(const struct request *request)
{
	const struct slice target = request_target(request);
	struct slice query;

	if (target.p != NULL)
		return url_query(target);
	query = slice_of(request_param(request, "QUERY_STRING"));
	return query.len > 0 ? query : (struct slice){ NULL, 0 };
}

struct slice
request_path(const struct request *request)
{
	struct slice path = request_target(request);

	if (path.p != NULL) {
		path.len = strcspn(path.p, "?#");
		return path;
	}
	path = slice_of(request_param(request, "PATH_INFO"));
	if (path.len == 0)
		path = slice_of(request_param(request, "SCRIPT_NAME"));
	return path;
}
