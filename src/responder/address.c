#include "responder/address.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
addresses_init(struct addresses *addresses)
{
	*addresses = (struct addresses){ 0 };
	buf_init(&addresses->text, 0);
	buf_init(&addresses->one, 0);
}

void
addresses_clear(struct addresses *addresses)
{
	if (addresses == NULL)
		return;
	free(addresses->urls);
	free(addresses->forms);
	buf_clear(&addresses->text);
	buf_clear(&addresses->one);
	addresses_init(addresses);
}

/* Room for the forms of n_urls URLs. */
static bool
reserve(struct addresses *addresses, size_t n_urls)
{
	struct slice *urls;
	struct url_form *forms;
	size_t size;

	if (__builtin_mul_overflow(n_urls, (size_t)URL_FORMS_MAX, &size))
		return false;
	if (size <= addresses->size)
		return true;
	urls = reallocarray(addresses->urls, size, sizeof(*urls));
	if (urls == NULL)
		return false;
	addresses->urls = urls;
	forms = reallocarray(addresses->forms, size, sizeof(*forms));
	if (forms == NULL)
		return false;
	addresses->forms = forms;
	addresses->size = size;
	return true;
}

/* HTTPS is "on", absent, or on some servers "off". */
static const char *
scheme(const struct request *request)
{
	const char *https = request_param(request, "HTTPS");
	const char *named = request_param(request, "REQUEST_SCHEME");

	if (https != NULL && *https != '\0' && strcasecmp(https, "off") != 0)
		return "https";
	return named != NULL && strcasecmp(named, "https") == 0 ?
	    "https" : "http";
}

/* Put the URL together that the request shows; false if a part is missing. */
static bool
build_seen(struct buf *one, const struct request *request)
{
	const char *host = request_param(request, "HTTP_HOST");
	const struct slice target = request_target(request);

	buf_reset(one);
	if (host == NULL || target.p == NULL)
		return false;
	buf_add_text(one, scheme(request));
	buf_add_text(one, "://");
	buf_add_text(one, host);
	buf_add_slice(one, target);
	return true;
}

/* What is in one, if it has a URL's shape. */
static void
add_forms(struct addresses *addresses)
{
	size_t n;

	if (url_forms(buf_slice(&addresses->one), &addresses->text,
	    addresses->forms + addresses->n, &n))
		addresses->n += n;
}

static void
collect(struct addresses *addresses, const struct conf *conf,
    const struct request *request, bool json)
{
	const struct slice query = request_query(request);
	size_t i;

	for (i = 0; i < conf->n_public_urls; i++) {
		buf_reset(&addresses->one);
		url_public(&addresses->one, slice_of(conf->public_urls[i]),
		    query, json);
		add_forms(addresses);
	}
	if (conf->n_public_urls == 0 &&
	    build_seen(&addresses->one, request))
		add_forms(addresses);
}

enum rc
addresses_find(struct addresses *addresses, const struct conf *conf,
    const struct request *request, bool json, struct err *err)
{
	size_t i;

	addresses->n = 0;
	buf_reset(&addresses->text);
	if (!reserve(addresses, conf->n_public_urls + 1))
		return err_set(err, RC_MEMORY, "URL: no memory for it");
	collect(addresses, conf, request, json);
	/* So that addresses_plain cannot fail. */
	buf_reserve(&addresses->one, addresses->text.len);
	if (!buf_ok(&addresses->text) || !buf_ok(&addresses->one)) {
		addresses->n = 0;
		return err_set(err, RC_MEMORY, "URL: no memory for it");
	}
	/* Only now does the text stay where it is. */
	for (i = 0; i < addresses->n; i++)
		addresses->urls[i] = (struct slice){
			addresses->text.data + addresses->forms[i].at,
			addresses->forms[i].len };
	if (addresses->n == 0)
		return err_set(err, RC_SYNTAX,
		    "URL: the request does not say it");
	return RC_OK;
}

struct slice
addresses_plain(struct addresses *addresses, size_t i)
{
	const struct slice url = addresses->urls[i];
	const struct url_form *form = &addresses->forms[i];
	const size_t after = form->userinfo_at + form->userinfo_len;

	if (form->userinfo_len == 0)
		return url;
	buf_reset(&addresses->one);
	buf_add(&addresses->one, url.p, form->userinfo_at);
	buf_add(&addresses->one, url.p + after, url.len - after);
	return buf_slice(&addresses->one);
}

struct slice
addresses_seen(struct addresses *addresses, const struct request *request)
{
	struct url_form forms[URL_FORMS_MAX];
	size_t n;

	buf_reset(&addresses->text);
	/* The form that is last but one is as given, without user:password. */
	if (build_seen(&addresses->one, request) &&
	    url_forms(buf_slice(&addresses->one), &addresses->text, forms, &n))
		return (struct slice){ addresses->text.data + forms[n - 2].at,
		    forms[n - 2].len };
	return request_target(request);
}
