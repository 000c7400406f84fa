/*
 * services -- what is known of each service: in which base it writes its
 * revisions, and from which deliveries that is known (docs/design.md section 2,
 * Revision base).
 */
#ifndef JOURNAL_SERVICES_H
#define JOURNAL_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "journal/db.h"
#include "twilio/event.h"
#include "twilio/revision.h"

struct service {
	int64_t id;		/* position of its first delivery */
	struct buf account_sid;	/* clean text; empty: not given */
	struct buf service_sid;
	struct revision_base base;
	bool sends_rest;	/* an event written through REST is journaled */
	/* What is journaled of evidence: how many by kind, and of which
	 * EventIds. */
	int n[N_BASE_EVIDENCE];
	int64_t event_id[N_BASE_EVIDENCE][REVISION_IDS_ENOUGH];
};

struct services;

struct services_options {
	struct db *db;		/* services and their evidence */
	struct db *record;	/* settings */
	struct db *hint;	/* as in project.h */
	int hint_generation;
};

/* services_new -- freed with services_free (NULL is accepted). */
enum rc services_new(struct services **services,
    const struct services_options *options, struct err *err);
void services_free(struct services *services);

/* services_forget -- what was read does not hold. */
void services_forget(struct services *services);

/*
 * services_find -- the service of an account, both as clean text.
 *
 * *service  NULL: there is none; valid until the next services_find or
 *           services_make
 */
enum rc services_find(struct services *services, struct slice account_sid,
    struct slice service_sid, const struct service **service,
    struct err *err);

/* services_make -- the same, made if it is not there; position of its first
 * delivery. */
enum rc services_make(struct services *services, struct slice account_sid,
    struct slice service_sid, int64_t position,
    const struct service **service, struct err *err);

/*
 * services_learn -- let an event say what it knows of its service, the one that
 * was found or made last: of its base, and whether it sends webhooks of what is
 * written through REST. When that changes the base, the streams of the service
 * are to be swept.
 *
 * *learned  one line for an action; NULL: nothing. Valid until the next call
 */
enum rc services_learn(struct services *services, int64_t position,
    const struct event *event, const char **learned, struct err *err);

/* services_settle -- as projector_settle. */
enum rc services_settle(struct services *services, struct buf *learned,
    struct err *err);

#endif
