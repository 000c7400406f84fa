#include "twilio/url.h"

#include <string.h>
#include <strings.h>

/* A URL taken apart; each piece a part of the whole, maybe empty. */
struct pieces {
	struct slice scheme;	/* with its "://" */
	struct slice userinfo;	/* with its '@' */
	struct slice host;
	struct slice port;	/* with its ':' */
	struct slice rest;	/* path and query */
	const char *default_port;	/* with its ':' */
};

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
take_scheme(struct slice *url, struct pieces *pieces)
{
	if (url->len >= 8 && strncasecmp(url->p, "https://", 8) == 0) {
		pieces->scheme = take(url, 8);
		pieces->default_port = ":443";
		return true;
	}
	if (url->len >= 7 && strncasecmp(url->p, "http://", 7) == 0) {
		pieces->scheme = take(url, 7);
		pieces->default_port = ":80";
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

static bool
take_apart(struct slice url, struct pieces *pieces)
{
	struct slice authority;

	url = url_without_fragment(url);
	if (!take_scheme(&url, pieces))
		return false;
	authority = take_authority(&url);
	pieces->rest = url;
	pieces->userinfo = take_userinfo(&authority);
	if (!take_host(&authority, &pieces->host))
		return false;
	pieces->port = authority;
	return port_valid(pieces->port);
}

static void
add_form(struct buf *text, const struct pieces *pieces, bool with_userinfo,
    struct slice port, struct url_form *form)
{
	form->at = text->len;
	buf_add_slice(text, pieces->scheme);
	form->userinfo_at = text->len - form->at;
	form->userinfo_len = with_userinfo ? pieces->userinfo.len : 0;
	if (with_userinfo)
		buf_add_slice(text, pieces->userinfo);
	buf_add_slice(text, pieces->host);
	buf_add_slice(text, port);
	buf_add_slice(text, pieces->rest);
	form->len = text->len - form->at;
}

bool
url_forms(struct slice url, struct buf *text,
    struct url_form forms[URL_FORMS_MAX], size_t *n)
{
	const struct slice none = { "", 0 };
	struct pieces pieces;
	struct slice other_port;

	*n = 0;
	if (url.p == NULL || !take_apart(url, &pieces))
		return false;
	other_port = pieces.port.len > 0 ? none :
	    slice_of(pieces.default_port);
	/* As given first: that is what Twilio is most likely to sign. */
	if (pieces.userinfo.len > 0) {
		add_form(text, &pieces, true, pieces.port, &forms[(*n)++]);
		add_form(text, &pieces, true, other_port, &forms[(*n)++]);
	}
	add_form(text, &pieces, false, pieces.port, &forms[(*n)++]);
	add_form(text, &pieces, false, other_port, &forms[(*n)++]);
	if (buf_ok(text))
		return true;
	*n = 0;
	return false;
}
