#include "journal/services.h"

#include <stdlib.h>
#include <string.h>

/* Read at once: a journal has few, but their deliveries come mixed. */
#define SERVICES_KEPT 16

struct services {
	struct services_options from;
	struct service kept[SERVICES_KEPT];
	bool used[SERVICES_KEPT];
	size_t next;		/* to be replaced */
	struct service *last;	/* that was found or made */
	struct buf learned;
};

enum rc
services_new(struct services **services,
    const struct services_options *options, struct err *err)
{
	*services = calloc(1, sizeof(**services));
	if (*services == NULL)
		return err_set(err, RC_MEMORY, "services: no memory");
	(*services)->from = *options;
	return RC_OK;
}

void
services_free(struct services *services)
{
	size_t i;

	if (services == NULL)
		return;
	for (i = 0; i < SERVICES_KEPT; i++) {
		buf_clear(&services->kept[i].account_sid);
		buf_clear(&services->kept[i].service_sid);
	}
	buf_clear(&services->learned);
	free(services);
}

void
services_forget(struct services *services)
{
	memset(services->used, 0, sizeof(services->used));
	services->last = NULL;
}

/* ------------------------------------------------------------------------
 * Base
 */

static enum rc
read_evidence(struct db *db, int64_t service_id, struct service *service,
    struct err *err)
{
	const enum statement s = STATEMENT_BASE_EVIDENCE_READ;
	int64_t kind;
	enum rc rc;
	bool row;

	memset(service->n, 0, sizeof(service->n));
	db_bind_int(db, s, 1, service_id);
	for (;;) {
		rc = db_row(db, s, &row, err);
		if (rc != RC_OK || !row)
			return rc;
		kind = db_int(db, s, 0);
		if (kind > EVIDENCE_NONE && kind < N_BASE_EVIDENCE &&
		    service->n[kind] < REVISION_IDS_ENOUGH)
			service->event_id[kind][service->n[kind]++] =
			    db_int(db, s, 1);
	}
}

/* The configuration overrules the evidence. */
static enum rc
decide(struct db *record, const struct service *service,
    struct slice service_sid, struct revision_base *base, struct err *err)
{
	const enum statement s = STATEMENT_SETTING_FIND;
	struct slice value;
	enum rc rc;
	bool row;

	*base = revision_decide(service->n);
	db_bind_text(record, s, 1, service_sid);
	db_bind_text(record, s, 2, slice_of("revision_base"));
	rc = db_row(record, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	value = db_bytes(record, s, 0);
	if (slice_is(value, "hex"))
		*base = (struct revision_base){ 16, BASE_CONFIGURED };
	else if (slice_is(value, "decimal"))
		*base = (struct revision_base){ 10, BASE_CONFIGURED };
	db_done(record, s);
	return RC_OK;
}

static bool
is_same(struct revision_base a, struct revision_base b)
{
	return a.base == b.base && a.reason == b.reason;
}

/* Store a service's base; if it is another one, its streams are to be swept
 * from the first. */
static enum rc
set_base(struct db *db, int64_t service_id, struct revision_base old,
    struct revision_base new, struct err *err)
{
	const enum statement s = STATEMENT_SERVICE_BASE;
	enum rc rc;

	db_bind_int(db, s, 1, service_id);
	db_bind_int(db, s, 2, new.base);
	db_bind_int(db, s, 3, (int64_t)new.reason);
	rc = db_run(db, s, err);
	if (rc == RC_OK)
		rc = db_run(db, STATEMENT_UPKEEP_CHANGE, err);
	if (rc != RC_OK || old.base == new.base)
		return rc;
	db_bind_int(db, STATEMENT_UPKEEP_SWEEP, 1, 0);
	return db_run(db, STATEMENT_UPKEEP_SWEEP, err);
}

/* ------------------------------------------------------------------------
 * Rows
 */

static enum rc
look_up(struct db *db, struct slice account_sid, struct slice service_sid,
    struct service *service, bool *found, struct err *err)
{
	const enum statement s = STATEMENT_SERVICE_FIND;
	enum rc rc;

	db_bind_text(db, s, 1, account_sid);
	db_bind_text(db, s, 2, service_sid);
	rc = db_row(db, s, found, err);
	if (rc != RC_OK || !*found)
		return rc;
	service->id = db_int(db, s, 0);
	service->base.base = (int)db_int(db, s, 1);
	service->base.reason = (enum base_reason)db_int(db, s, 2);
	service->sends_rest = !db_is_null(db, s, 3);
	db_done(db, s);
	return RC_OK;
}

/* The base that a new service begins with. */
static enum rc
first_base(struct services *services, const struct service *service,
    struct revision_base *base, struct err *err)
{
	const struct services_options *from = &services->from;
	const struct slice account_sid = buf_slice(&service->account_sid);
	const struct slice service_sid = buf_slice(&service->service_sid);
	struct service hint;
	bool found;
	int own;
	enum rc rc;

	rc = decide(from->record, service, service_sid, base, err);
	if (rc != RC_OK || from->hint == NULL)
		return rc;
	own = db_generation(from->hint, from->hint_generation);
	rc = look_up(from->hint, account_sid, service_sid, &hint, &found,
	    err);
	(void)db_generation(from->hint, own);
	if (rc == RC_OK && found)
		*base = hint.base;
	return rc;
}

static enum rc
put(struct services *services, struct service *service, int64_t position,
    struct err *err)
{
	const enum statement s = STATEMENT_SERVICE_PUT;
	struct db *db = services->from.db;
	enum rc rc;

	rc = first_base(services, service, &service->base, err);
	if (rc != RC_OK)
		return rc;
	service->id = position;
	db_bind_int(db, s, 1, position);
	db_bind_text(db, s, 2, buf_slice(&service->account_sid));
	db_bind_text(db, s, 3, buf_slice(&service->service_sid));
	db_bind_int(db, s, 4, service->base.base);
	db_bind_int(db, s, 5, (int64_t)service->base.reason);
	return db_run(db, s, err);
}

static struct service *
kept(struct services *services, struct slice account_sid,
    struct slice service_sid)
{
	struct service *service;
	size_t i;

	for (i = 0; i < SERVICES_KEPT; i++) {
		service = &services->kept[i];
		if (services->used[i] &&
		    slice_compare(buf_slice(&service->account_sid),
		    account_sid) == 0 &&
		    slice_compare(buf_slice(&service->service_sid),
		    service_sid) == 0)
			return service;
	}
	return NULL;
}

/* A place for another service, that nothing is known of. */
static struct service *
replace(struct services *services, struct slice account_sid,
    struct slice service_sid)
{
	struct service *service = &services->kept[services->next];
	struct buf account_buf = service->account_sid;
	struct buf service_buf = service->service_sid;

	buf_reset(&account_buf);
	buf_add_slice(&account_buf, account_sid);
	buf_reset(&service_buf);
	buf_add_slice(&service_buf, service_sid);
	*service = (struct service){ .account_sid = account_buf,
	    .service_sid = service_buf };
	services->used[services->next] = false;
	return service;
}

/* position 0: it is not to be made. */
static enum rc
get(struct services *services, struct slice account_sid,
    struct slice service_sid, int64_t position, struct service **service,
    struct err *err)
{
	struct service *new;
	bool found;
	enum rc rc;

	*service = kept(services, account_sid, service_sid);
	if (*service != NULL)
		return RC_OK;
	new = replace(services, account_sid, service_sid);
	if (!buf_ok(&new->account_sid) || !buf_ok(&new->service_sid))
		return err_set(err, RC_MEMORY, "service: no memory");
	rc = look_up(services->from.db, account_sid, service_sid, new, &found,
	    err);
	if (rc == RC_OK && found)
		rc = read_evidence(services->from.db, new->id, new, err);
	else if (rc == RC_OK && position > 0)
		rc = put(services, new, position, err);
	else
		return rc;
	if (rc != RC_OK)
		return rc;
	services->used[services->next] = true;
	services->next = (services->next + 1) % SERVICES_KEPT;
	*service = new;
	return RC_OK;
}

enum rc
services_find(struct services *services, struct slice account_sid,
    struct slice service_sid, const struct service **service,
    struct err *err)
{
	struct service *found = NULL;
	enum rc rc;

	rc = get(services, account_sid, service_sid, 0, &found, err);
	services->last = found;
	*service = found;
	return rc;
}

enum rc
services_make(struct services *services, struct slice account_sid,
    struct slice service_sid, int64_t position,
    const struct service **service, struct err *err)
{
	struct service *found = NULL;
	enum rc rc;

	rc = get(services, account_sid, service_sid, position, &found, err);
	services->last = found;
	*service = found;
	return rc;
}

/* ------------------------------------------------------------------------
 * Learn
 */

/* Whether an event's evidence adds to what is journaled; *event_id is what it
 * is counted by. */
static bool
is_news(const struct service *service, enum base_evidence evidence,
    const struct event *event, int64_t *event_id)
{
	const bool counts_ids = evidence == EVIDENCE_HEX ||
	    evidence == EVIDENCE_DECIMAL;
	int i;

	*event_id = counts_ids ? event->event_id : 0;
	if (service->n[evidence] >= (counts_ids ? REVISION_IDS_ENOUGH : 1))
		return false;
	for (i = 0; i < service->n[evidence]; i++) {
		if (service->event_id[evidence][i] == *event_id)
			return false;
	}
	return true;
}

static enum rc
put_evidence(struct db *db, struct service *service,
    enum base_evidence evidence, int64_t event_id, int64_t position,
    struct err *err)
{
	const enum statement s = STATEMENT_BASE_EVIDENCE_PUT;

	service->event_id[evidence][service->n[evidence]++] = event_id;
	db_bind_int(db, s, 1, service->id);
	db_bind_int(db, s, 2, (int64_t)evidence);
	db_bind_int(db, s, 3, event_id);
	db_bind_int(db, s, 4, position);
	return db_run(db, s, err);
}

/* What is known of a base, and why, for a person. */
static void
add_base(struct buf *text, struct slice service_sid, struct revision_base base)
{
	static const char *const because[N_BASE_REASONS] = {
		[BASE_ASSUMED] = "item revisions no longer repeat EventIds in "
		    "one base",
		[BASE_CONFIGURED] = "the configuration says so",
		[BASE_BY_LETTER] = "a revision has a letter",
		[BASE_BY_EVENT_IDS] = "item revisions repeat three EventIds "
		    "in this base alone",
	};

	buf_add_text(text, "service ");
	buf_add_slice(text, service_sid);
	buf_printf(text, ": revisions are %s%s: %s",
	    base.base == 16 ? "hexadecimal" : "decimal",
	    base.reason == BASE_ASSUMED ? " (assumed)" : "",
	    because[base.reason]);
}

/* The same, with the event that told it. */
static void
say(struct services *services, const struct service *service,
    const struct event *event, int64_t position, const char **learned)
{
	struct buf *text = &services->learned;

	buf_reset(text);
	add_base(text, buf_slice(&service->service_sid), service->base);
	buf_printf(text, "; position %lld, %s", (long long)position,
	    event->rule->name);
	if (buf_ok(text))
		*learned = text->data;
}

static enum rc
learn_rest(struct db *db, struct service *service, int64_t position,
    const struct event *event, struct err *err)
{
	const enum statement s = STATEMENT_SERVICE_REST;

	if (service->sends_rest || !event_is_rest(event))
		return RC_OK;
	service->sends_rest = true;
	db_bind_int(db, s, 1, service->id);
	db_bind_int(db, s, 2, position);
	return db_run(db, s, err);
}

enum rc
services_learn(struct services *services, int64_t position,
    const struct event *event, const char **learned, struct err *err)
{
	const enum base_evidence evidence = revision_evidence(event);
	struct service *service = services->last;
	struct revision_base base;
	int64_t event_id;
	enum rc rc;

	*learned = NULL;
	rc = learn_rest(services->from.db, service, position, event, err);
	if (rc != RC_OK)
		return rc;
	if (evidence == EVIDENCE_NONE ||
	    !is_news(service, evidence, event, &event_id))
		return RC_OK;
	rc = put_evidence(services->from.db, service, evidence, event_id,
	    position, err);
	/* With a hint, the base is settled in the end. */
	if (rc != RC_OK || services->from.hint != NULL)
		return rc;
	rc = decide(services->from.record, service,
	    buf_slice(&service->service_sid), &base, err);
	if (rc != RC_OK || is_same(base, service->base))
		return rc;
	rc = set_base(services->from.db, service->id, service->base, base,
	    err);
	if (rc != RC_OK)
		return rc;
	service->base = base;
	say(services, service, event, position, learned);
	return RC_OK;
}

/* ------------------------------------------------------------------------
 * Settle
 */

/* The next service by id, its service_sid in the buffer of an empty one. */
static enum rc
next_service(struct db *db, int64_t after, struct service *service,
    bool *found, struct err *err)
{
	const enum statement s = STATEMENT_SERVICE_NEXT;
	enum rc rc;

	db_bind_int(db, s, 1, after);
	rc = db_row(db, s, found, err);
	if (rc != RC_OK || !*found)
		return rc;
	service->id = db_int(db, s, 0);
	service->base.base = (int)db_int(db, s, 1);
	service->base.reason = (enum base_reason)db_int(db, s, 2);
	buf_reset(&service->service_sid);
	buf_add_slice(&service->service_sid, db_bytes(db, s, 3));
	db_done(db, s);
	if (!buf_ok(&service->service_sid))
		return err_set(err, RC_MEMORY, "service: no memory");
	return read_evidence(db, service->id, service, err);
}

/* One service, the present row. */
static enum rc
settle(struct services *services, const struct service *service,
    struct buf *learned, struct err *err)
{
	const struct slice service_sid = buf_slice(&service->service_sid);
	struct revision_base base;
	enum rc rc;

	rc = decide(services->from.record, service, service_sid, &base, err);
	if (rc != RC_OK || is_same(base, service->base))
		return rc;
	if (learned != NULL) {
		add_base(learned, service_sid, base);
		buf_add_char(learned, '\n');
	}
	return set_base(services->from.db, service->id, service->base, base,
	    err);
}

enum rc
services_settle(struct services *services, struct buf *learned,
    struct err *err)
{
	struct db *db = services->from.db;
	struct service service = { .id = 0 };
	bool found = true;
	enum rc rc = RC_OK;

	services_forget(services);
	while (rc == RC_OK) {
		rc = next_service(db, service.id, &service, &found, err);
		if (rc != RC_OK || !found)
			break;
		rc = settle(services, &service, learned, err);
	}
	buf_clear(&service.service_sid);
	return rc;
}
