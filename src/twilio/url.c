#include "twilio/url.h"

#include <string.h>
#include <strings.h>

struct slice
url_without_fragment(struct slice url)
{
	const char *hash;

	if (url.len == 0)
		return url;
	hash = memchr(url.p, '#', url.len);
	if (hash != NULL)
		url.len = (size_t)(hash - url.p);
	return url;
}

struct slice
url_query(struct slice url)
{
	const char *mark;

	url = url_without_fragment(url);
	mark = url.len == 0 ? NULL : memchr(url.p, '?', url.len);
	if (mark == NULL)
		return (struct slice){ NULL, 0 };
	return (struct slice){ mark + 1, url.len - (size_t)(mark + 1 - url.p) };
}

/* Cut the first len bytes off s. */
static struct slice
take(struct slice *s, size_t len)
{
	const struct slice taken = { s->p, len };

	s->p += len;
	s->len -= len;
	return taken;
}

static bool
take_scheme(struct slice *url, struct url_parts *parts)
{
	if (url->len >= 8 && strncasecmp(url->p, "https://", 8) == 0) {
		parts->scheme = take(url, 8);
		parts->default_port = ":443";
		return true;
	}
	if (url->len >= 7 && strncasecmp(url->p, "http://", 7) == 0) {
		parts->scheme = take(url, 7);
		parts->default_port = ":80";
		return true;
	}
	return false;
}

/* All before the path or query. */
static struct slice
take_authority(struct slice *url)
{
	size_t len = 0;

	while (len < url->len && url->p[len] != '/' && url->p[len] != '?')
		len++;
	return take(url, len);
}

/* The last '@' ends it: a password may be pasted with one of its own. */
static struct slice
take_userinfo(struct slice *authority)
{
	const char *at = memrchr(authority->p, '@', authority->len);

	return take(authority,
	    at == NULL ? 0 : (size_t)(at + 1 - authority->p));
}

static bool
take_host(struct slice *authority, struct slice *host)
{
	const char *end;

	if (authority->len > 0 && authority->p[0] == '[') {
		end = memchr(authority->p, ']', authority->len);
		if (end == NULL)
			return false;
		*host = take(authority, (size_t)(end + 1 - authority->p));
		return host->len > 2;
	}
	end = memchr(authority->p, ':', authority->len);
	*host = take(authority, end == NULL ? authority->len :
	    (size_t)(end - authority->p));
	return host->len > 0;
}

/* Nothing, or ':' and digits (RFC 3986 section 3.2.3: maybe none). */
static bool
port_valid(struct slice port)
{
	size_t i;

	if (port.len > 0 && port.p[0] != ':')
		return false;
	for (i = 1; i < port.len; i++)
		if (port.p[i] < '0' || port.p[i] > '9')
			return false;
	return true;
}

bool
url_take_apart(struct slice url, struct url_parts *parts)
{
	struct slice authority;

	url = url_without_fragment(url);
	if (!take_scheme(&url, parts))
		return false;
	authority = take_authority(&url);
	parts->rest = url;
	parts->userinfo = take_userinfo(&authority);
	if (!take_host(&authority, &parts->host))
		return false;
	parts->port = authority;
	return port_valid(parts->port);
}

void
url_public(struct buf *url, struct slice public_url, struct slice query,
    bool json)
{
	struct slice text = url_without_fragment(public_url);
	const struct slice own = url_query(text);

	if (own.p != NULL && json)
		text.len -= own.len + 1;	/* and its '?' */
	buf_add_slice(url, text);
	if (query.p != NULL && (own.p == NULL || json)) {
		buf_add_char(url, '?');
		buf_add_slice(url, query);
	}
}

static void
add_form(struct buf *text, const struct url_parts *parts, bool with_userinfo,
    struct slice port, struct url_form *form)
{
	form->at = text->len;
	buf_add_slice(text, parts->scheme);
	form->userinfo_at = text->len - form->at;
	form->userinfo_len = with_userinfo ? parts->userinfo.len : 0;
	if (with_userinfo)
		buf_add_slice(text, parts->userinfo);
	buf_add_slice(text, parts->host);
	buf_add_slice(text, port);
	buf_add_slice(text, parts->rest);
	form->len = text->len - form->at;
}

bool
url_forms(struct slice url, struct buf *text,
    struct url_form forms[URL_FORMS_MAX], size_t *n)
{
	const struct slice none = { "", 0 };
	struct url_parts parts;
	struct slice other_port;

	*n = 0;
	if (url.p == NULL || !url_take_apart(url, &parts))
		return false;
	other_port = parts.port.len > 0 ? none :
	    slice_of(parts.default_port);
	/* As given first: that is what Twilio is most likely to sign. */
	if (parts.userinfo.len > 0) {
		add_form(text, &parts, true, parts.port, &forms[(*n)++]);
		add_form(text, &parts, true, other_port, &forms[(*n)++]);
	}
	add_form(text, &parts, false, parts.port, &forms[(*n)++]);
	add_form(text, &parts, false, other_port, &forms[(*n)++]);
	if (buf_ok(text))
		return true;
	*n = 0;
	return false;
}
