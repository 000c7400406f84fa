/*
 * address -- the URLs that a request may have been sent to, as Twilio may have
 * signed them (docs/design.md section 4, Configuration).
 */
#ifndef RESPONDER_ADDRESS_H
#define RESPONDER_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/slice.h"
#include "responder/request.h"
#include "twilio/url.h"

struct addresses {
	struct slice *urls;	/* all forms, those of the first URL first */
	size_t n;
	/* The rest is its own: */
	struct url_form *forms;	/* one for each of urls */
	size_t size;		/* allocated, of both */
	struct buf text;	/* what they point into */
	struct buf one;		/* one URL being put together */
};

/* addresses_init, addresses_clear -- the second accepts NULL. */
void addresses_init(struct addresses *addresses);
void addresses_clear(struct addresses *addresses);

/*
 * addresses_find -- collect the forms of every URL of one request.
 *
 * Of each public_url; where it has no query, or the body is JSON, with the
 * request's query as received. Without any public_url the one URL is scheme
 * (HTTPS, else REQUEST_SCHEME, else http), HTTP_HOST and the request's target.
 *
 * json      Twilio has appended bodySHA256
 *
 * RC_OK      urls and n >= 1 are set; valid until the next call
 * RC_SYNTAX  there is no such URL (no HTTP_HOST or REQUEST_URI, or not of a
 *            URL's shape); n is 0
 * RC_MEMORY  n is 0
 */
enum rc addresses_find(struct addresses *addresses, const struct conf *conf,
    const struct request *request, bool json, struct err *err);

/* addresses_plain -- the URL urls[i] without user:password; valid until
 * another function of addresses is called. */
struct slice addresses_plain(struct addresses *addresses, size_t i);

/*
 * addresses_seen -- what the request itself says of its URL, without
 * user:password, for the record of a reject; as much as there is. Valid until
 * another function of addresses is called.
 */
struct slice addresses_seen(struct addresses *addresses,
    const struct request *request);

#endif
