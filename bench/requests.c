#include "requests.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "fastcgi.h"
#include "twilio/params.h"
#include "twilio/signature.h"

#define FIRST_SIZE (1024 * 1024)

/* What is needed to make one after the other. */
struct maker {
	const struct requests_plan *plan;
	struct slice host;
	struct mix *mix;
	struct signing_key *key;
	struct params params;
	struct buf one;		/* the latest */
};

static enum rc
find_host(struct slice *host, const char *url, struct err *err)
{
	const char *p = strstr(url, "://");

	if (p == NULL || strcspn(p + 3, "/?#") == 0)
		return err_set(err, RC_USAGE, "%s: no URL with a host", url);
	*host = (struct slice){ p + 3, strcspn(p + 3, "/?#") };
	return RC_OK;
}

static void
write_http(struct maker *maker, struct slice body, const char *signature,
    const char *token)
{
	buf_printf(&maker->one, "POST %s HTTP/1.1\r\n"
	    "Host: %.*s\r\n"
	    "User-Agent: TwilioProxy/1.1\r\n"
	    "Accept: */*\r\n"
	    "Content-Type: " MIX_CONTENT_TYPE "; charset=utf-8\r\n"
	    "Content-Length: %zu\r\n"
	    "X-Twilio-Signature: %s\r\n"
	    "I-Twilio-Idempotency-Token: %s\r\n\r\n",
	    maker->plan->path, (int)maker->host.len, maker->host.p, body.len,
	    signature, token);
	buf_add_slice(&maker->one, body);
}

static void
write_fastcgi(struct maker *maker, struct slice body, const char *signature,
    const char *token)
{
	const struct slice path = slice_of(maker->plan->path);
	const struct fastcgi_param params[] = {
		{ "REQUEST_METHOD", slice_of("POST") },
		{ "REQUEST_URI", path },
		{ "SCRIPT_NAME", path },
		{ "QUERY_STRING", slice_of("") },
		{ "REQUEST_SCHEME", slice_of("https") },
		{ "HTTPS", slice_of("on") },
		{ "REMOTE_ADDR", slice_of("192.0.2.7") },
		{ "CONTENT_TYPE", slice_of(MIX_CONTENT_TYPE) },
		{ "HTTP_HOST", maker->host },
		{ "HTTP_USER_AGENT", slice_of("TwilioProxy/1.1") },
		{ "HTTP_X_TWILIO_SIGNATURE", slice_of(signature) },
		{ "HTTP_I_TWILIO_IDEMPOTENCY_TOKEN", slice_of(token) },
	};

	fastcgi_request(&maker->one, params,
	    sizeof(params) / sizeof(params[0]), body);
}

/* sign -- the body as the mix's delivery number i, into maker->one. */
static enum rc
sign(struct maker *maker, uint64_t i, struct slice body, struct err *err)
{
	const struct requests_plan *plan = maker->plan;
	char signature[SIGNATURE_LEN + 1];
	char token[MIX_TOKEN_SIZE];
	enum rc rc;

	rc = params_from_form(&maker->params, body, err);
	if (rc != RC_OK)
		return rc;
	params_sort(&maker->params);
	signature_make(maker->key, slice_of(plan->url), &maker->params,
	    signature);
	mix_token(token, plan->seed, i);
	buf_reset(&maker->one);
	if (plan->fastcgi)
		write_fastcgi(maker, body, signature, token);
	else
		write_http(maker, body, signature, token);
	if (!buf_ok(&maker->one))
		return err_set(err, RC_MEMORY, "no memory for a request");
	return RC_OK;
}

/* append -- by realloc(), which moves a large block without a copy. */
static enum rc
append(struct requests *requests, struct slice bytes, struct err *err)
{
	size_t size = requests->size == 0 ? FIRST_SIZE : requests->size;
	char *block;

	while (size - requests->len < bytes.len)
		size *= 2;
	if (size > requests->size) {
		block = realloc(requests->bytes, size);
		if (block == NULL)
			return err_set(err, RC_MEMORY, "no memory for %zu "
			    "requests", requests->n);
		requests->bytes = block;
		requests->size = size;
	}
	memcpy(requests->bytes + requests->len, bytes.p, bytes.len);
	requests->len += bytes.len;
	requests->begin[++requests->n] = requests->len;
	return RC_OK;
}

static enum rc
add_all(struct requests *requests, struct maker *maker, struct err *err)
{
	const struct requests_plan *plan = maker->plan;
	enum rc rc;

	requests->begin = calloc(plan->n + 1, sizeof(requests->begin[0]));
	if (requests->begin == NULL)
		return err_set(err, RC_MEMORY, "no memory for requests");
	mix_skip(maker->mix, plan->skip);
	while (requests->n < plan->n) {
		rc = sign(maker, plan->skip + requests->n,
		    mix_next(maker->mix), err);
		if (rc == RC_OK)
			rc = append(requests, buf_slice(&maker->one), err);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

enum rc
requests_make(struct requests *requests, const struct requests_plan *plan,
    struct err *err)
{
	struct maker maker = { .plan = plan };
	enum rc rc;

	*requests = (struct requests){ .n = 0 };
	buf_init(&maker.one, 0);
	params_init(&maker.params);
	rc = find_host(&maker.host, plan->url, err);
	if (rc == RC_OK)
		rc = mix_new(&maker.mix, plan->size, plan->seed, err);
	if (rc == RC_OK)
		rc = signing_key_new(&maker.key, slice_of(plan->token), err);
	if (rc == RC_OK)
		rc = add_all(requests, &maker, err);
	signing_key_free(maker.key);
	params_clear(&maker.params);
	buf_clear(&maker.one);
	mix_free(maker.mix);
	return rc;
}

void
requests_clear(struct requests *requests)
{
	free(requests->bytes);
	free(requests->begin);
	*requests = (struct requests){ .n = 0 };
}

struct slice
requests_get(const struct requests *requests, size_t i)
{
	const size_t begin = requests->begin[i];

	return (struct slice){ requests->bytes + begin,
	    requests->begin[i + 1] - begin };
}
