/*
 * explain_parts -- what the files of explain share and nobody else sees: the
 * readings of each part of a request.
 */
#ifndef TWILIO_EXPLAIN_PARTS_H
#define TWILIO_EXPLAIN_PARTS_H

#include "twilio/explain.h"
#include "twilio/params.h"
#include "twilio/url.h"

enum part {
	PART_SCHEME,
	PART_USERINFO,
	PART_HOST,
	PART_PORT,
	PART_PATH,
	PART_QUERY,		/* with its '?', or empty */
	PART_FRAGMENT,		/* with its '#', or empty */
	PART_BODY,		/* what of the body is signed */
	PART_KEY,
	N_PARTS
};
#define N_URL_PARTS (PART_FRAGMENT + 1)

#define READINGS_MAX 64

struct reading {
	enum explain_cause cause;	/* CAUSE_NONE: as configured */
	size_t at, len;		/* in the part's text */
};

struct readings {
	struct reading list[READINGS_MAX];
	size_t n;
	struct buf text;
	bool lost;		/* one, for want of memory */
};

/* readings_add -- one more, unless a part reads so already. */
void readings_add(struct readings *readings, enum explain_cause cause,
    struct slice text);

/*
 * readings_of_url -- the readings of the URL's parts.
 *
 * base    the URL as configured, taken apart
 * others  n_others URLs that the request or the configuration has as well
 * hash    of a JSON body, bodySHA256=..; p NULL: of a form
 */
struct explain_url {
	struct url_parts parts;
	struct slice fragment;	/* with its '#', or none */
};

void readings_of_url(struct readings readings[N_PARTS],
    const struct explain_url *base, const struct explain_url *others,
    size_t n_others, struct slice hash);

/*
 * readings_of_body -- what of the body may have been signed.
 *
 * RC_MEMORY
 */
enum rc readings_of_body(struct readings *readings,
    const struct verify_request *request, struct err *err);

#endif
