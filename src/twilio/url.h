/*
 * url -- the URLs that a signature may cover.
 */
#ifndef TWILIO_URL_H
#define TWILIO_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

/* A URL taken apart; each piece a part of the whole, maybe empty. */
struct url_parts {
	struct slice scheme;	/* with its "://" */
	struct slice userinfo;	/* with its '@' */
	struct slice host;
	struct slice port;	/* with its ':' */
	struct slice rest;	/* path and query */
	const char *default_port;	/* with its ':' */
};

/* url_take_apart -- false when a URL is not of the shape that url_forms has;
 * the fragment is dropped. */
bool url_take_apart(struct slice url, struct url_parts *parts);

/* {with, without user:password} x {port as given, removed, default added}; a
 * port is either given or it can be added, so two of the three at a time. */
#define URL_FORMS_MAX 4

/*
 * url_forms -- write the acceptance set of docs/twilio.md section 1 of a URL.
 *
 * url     "scheme://[user[:password]@]host[:port][/path][?query][#fragment]",
 *         scheme http or https in any case. Nothing is rewritten but what the
 *         set says: with and without user:password where there is one; the
 *         port as given and removed where there is one (so :443 given also
 *         gives the URL without), else none and the scheme's default added.
 *         The fragment is dropped. A host in brackets (IPv6) may hold colons.
 * text    the forms are appended to it, one after the other
 * forms   filled with up to URL_FORMS_MAX offsets and lengths into text (not
 *         pointers, since text may still grow); no two forms are equal
 * *n      1 .. URL_FORMS_MAX
 *
 * Returns false, and *n 0, when url is not of that shape (no http or https
 * scheme, no host) or text could not grow.
 */
struct url_form {
	size_t at;	/* offset in text, bytes */
	size_t len;	/* bytes */
	size_t userinfo_at;	/* offset of user:password@ within the form */
	size_t userinfo_len;	/* its length with the '@'; 0: none */
};

bool url_forms(struct slice url, struct buf *text,
    struct url_form forms[URL_FORMS_MAX], size_t *n);

/*
 * url_public -- append the URL that a public_url of the configuration stands
 * for: where it has no query, or the body is JSON (Twilio has appended
 * bodySHA256), with the request's query; without its fragment.
 *
 * query  of the request, p NULL: it had none
 */
void url_public(struct buf *url, struct slice public_url, struct slice query,
    bool json);

/* url_query -- what follows the first '?' and precedes the fragment; no value
 * (p NULL) when there is no '?'. */
struct slice url_query(struct slice url);

/* url_without_fragment -- all before the first '#'. */
struct slice url_without_fragment(struct slice url);

#endif
