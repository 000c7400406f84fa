/*
 * url -- the URLs that a signature may cover.
 */
#ifndef TWILIO_URL_H
#define TWILIO_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

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

/* url_query -- what follows the first '?' and precedes the fragment; no value
 * (p NULL) when there is no '?'. */
struct slice url_query(struct slice url);

/* url_without_fragment -- all before the first '#'. */
struct slice url_without_fragment(struct slice url);

#endif
