/* URLs: what is taken apart is the URL again when put together, and the forms
 * of one are those that docs/twilio.md section 1 says in words. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "twilio/url.h"

static bool
begins(struct slice s, const char *with)
{
	return s.len >= strlen(with) &&
	    strncasecmp(s.p, with, strlen(with)) == 0;
}

static bool
has(struct slice s, char c)
{
	return s.len > 0 && memchr(s.p, c, s.len) != NULL;
}

static void
check_port(const struct url_parts *parts)
{
	size_t i;

	if (parts->port.len == 0)
		return;
	MUST(parts->port.p[0] == ':');
	for (i = 1; i < parts->port.len; i++)
		MUST(parts->port.p[i] >= '0' && parts->port.p[i] <= '9');
}

static void
check_parts(struct slice url, const struct url_parts *parts)
{
	const bool https = begins(url, "https://");
	struct buf whole;

	buf_init(&whole, 0);
	buf_add_slice(&whole, parts->scheme);
	buf_add_slice(&whole, parts->userinfo);
	buf_add_slice(&whole, parts->host);
	buf_add_slice(&whole, parts->port);
	buf_add_slice(&whole, parts->rest);
	MUST(fuzz_same(buf_slice(&whole), url_without_fragment(url)));
	buf_clear(&whole);
	MUST(https || begins(url, "http://"));
	MUST(parts->scheme.len == (https ? 8 : 7));
	MUST(strcmp(parts->default_port, https ? ":443" : ":80") == 0);
	MUST(parts->userinfo.len == 0 ||
	    parts->userinfo.p[parts->userinfo.len - 1] == '@');
	MUST(parts->host.len > 0 && !has(parts->host, '/') &&
	    !has(parts->host, '?') &&
	    (parts->host.p[0] == '[' || !has(parts->host, '@')));
	MUST(parts->rest.len == 0 || parts->rest.p[0] == '/' ||
	    parts->rest.p[0] == '?');
	check_port(parts);
}

static struct slice
form_text(const struct buf *text, const struct url_form *form)
{
	MUST(form->at + form->len <= text->len);
	return (struct slice){ text->data + form->at, form->len };
}

static bool
is_port(struct slice port, const char *text)
{
	return port.len == strlen(text) &&
	    (port.len == 0 || memcmp(port.p, text, port.len) == 0);
}

/* One form of a URL: all of it but what the set says. */
static void
check_form(const struct url_parts *url, struct slice text,
    const struct url_form *form)
{
	struct url_parts parts;

	MUST(url_take_apart(text, &parts));
	check_parts(text, &parts);
	MUST(fuzz_same(parts.scheme, url->scheme));
	MUST(fuzz_same(parts.host, url->host));
	MUST(fuzz_same(parts.rest, url->rest));
	MUST(parts.userinfo.len == form->userinfo_len);
	MUST(form->userinfo_len == 0 ||
	    (fuzz_same(parts.userinfo, url->userinfo) &&
	    parts.userinfo.p == text.p + form->userinfo_at));
	MUST(fuzz_same(parts.port, url->port) ||
	    is_port(parts.port, url->port.len > 0 ? "" : url->default_port));
}

static void
check_forms(struct slice url)
{
	const struct slice bare = url_without_fragment(url);
	struct url_form forms[URL_FORMS_MAX];
	struct url_parts parts;
	struct buf text;
	size_t n, i, j, itself = 0;

	buf_init(&text, 0);
	buf_add_text(&text, "before");
	MUST(url_forms(url, &text, forms, &n) == url_take_apart(url, &parts));
	if (n > 0) {
		check_parts(url, &parts);
		MUST(n == (parts.userinfo.len > 0 ? 4 : 2));
	}
	for (i = 0; i < n; i++) {
		check_form(&parts, form_text(&text, &forms[i]), &forms[i]);
		itself += fuzz_same(form_text(&text, &forms[i]), bare);
		for (j = 0; j < i; j++)
			MUST(!fuzz_same(form_text(&text, &forms[i]),
			    form_text(&text, &forms[j])));
	}
	MUST(n == 0 || itself == 1);
	buf_clear(&text);
}

static void
check_public(struct slice url, struct slice query, bool json)
{
	const struct slice own = url_query(url);
	struct slice have;
	struct buf made;

	buf_init(&made, 0);
	url_public(&made, url, query, json);
	MUST(buf_ok(&made));
	have = url_query(buf_slice(&made));
	if (own.p != NULL && !json)
		MUST(fuzz_same(have, own));
	else if (query.p == NULL)
		MUST(have.p == NULL);
	else if (!has(query, '#'))
		MUST(fuzz_same(have, query));
	if (query.p == NULL && own.p == NULL)
		MUST(fuzz_same(buf_slice(&made).len == 0 ?
		    (struct slice){ "", 0 } : buf_slice(&made),
		    url_without_fragment(url)));
	buf_clear(&made);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const struct slice line = input_line(&input);
	const struct slice query = input_rest(&input);
	const struct slice none = { NULL, 0 };
	char *const copy = fuzz_copy(line);
	const struct slice url = { copy, line.len };

	check_forms(url);
	check_public(url, query, false);
	check_public(url, query, true);
	check_public(url, none, false);
	check_public(url, none, true);
	free(copy);
	return 0;
}
