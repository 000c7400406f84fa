#include "journal/settings.h"

#include "base/buf.h"
#include "base/clock.h"

/* One walk over all settings, that either looks or writes. */
struct walk {
	struct db *db;
	bool write;
	int64_t position;	/* the last one that is used */
	bool same;		/* nothing differed so far */
};

static const char *const answers[N_CONF_ANSWERS] = {
	[CONF_UNKNOWN] = "unknown",
	[CONF_NO] = "no",
	[CONF_YES] = "yes",
};

static const char *const bases[N_CONF_BASES] = {
	[CONF_BASE_AUTO] = "auto",
	[CONF_BASE_DECIMAL] = "decimal",
	[CONF_BASE_HEX] = "hex",
};

static enum rc
put(struct walk *walk, const char *service_sid, const char *name,
    const char *value, struct err *err)
{
	const enum statement s = STATEMENT_SETTING_PUT;

	db_bind_int(walk->db, s, 1, ++walk->position);
	db_bind_int(walk->db, s, 2, clock_now_us());
	db_bind_text(walk->db, s, 3, slice_of(service_sid));
	db_bind_text(walk->db, s, 4, slice_of(name));
	db_bind_text(walk->db, s, 5, slice_of(value));
	return db_run(walk->db, s, err);
}

/* One setting: is it the one in effect? */
static enum rc
visit(struct walk *walk, const char *service_sid, const char *name,
    const char *value, struct err *err)
{
	const enum statement s = STATEMENT_SETTING_FIND;
	enum rc rc;
	bool row, same;

	db_bind_text(walk->db, s, 1, slice_of(service_sid));
	db_bind_text(walk->db, s, 2, slice_of(name));
	rc = db_row(walk->db, s, &row, err);
	if (rc != RC_OK)
		return rc;
	same = row && slice_is(db_bytes(walk->db, s, 0), value);
	if (row)
		db_done(walk->db, s);
	if (same)
		return RC_OK;
	walk->same = false;
	return walk->write ? put(walk, service_sid, name, value, err) : RC_OK;
}

static enum rc
visit_service(struct walk *walk, const struct conf_service *service,
    struct err *err)
{
	struct buf window;
	enum rc rc;

	buf_init(&window, 0);
	buf_printf(&window, "%d", service->rebalance_window_s);
	rc = visit(walk, service->sid, "webhooks_from_rest",
	    answers[service->webhooks_from_rest], err);
	if (rc == RC_OK)
		rc = visit(walk, service->sid, "revision_base",
		    bases[service->revision_base], err);
	if (rc == RC_OK && !buf_ok(&window))
		rc = err_set(err, RC_MEMORY, "setting: no memory");
	if (rc == RC_OK)
		rc = visit(walk, service->sid, "rebalance_window_s",
		    window.data, err);
	buf_clear(&window);
	return rc;
}

static bool
is_named(const struct conf *conf, const char *sid)
{
	size_t i;

	for (i = 0; i < conf->n_services; i++) {
		if (strcmp(conf->services[i].sid, sid) == 0)
			return true;
	}
	return false;
}

/* The service after sid that the record knows; an empty one is the end. */
static enum rc
next_recorded(struct db *db, struct buf *sid, struct err *err)
{
	const enum statement s = STATEMENT_SETTING_SERVICES;
	enum rc rc;
	bool row;

	db_bind_text(db, s, 1, buf_slice(sid));
	rc = db_row(db, s, &row, err);
	buf_reset(sid);
	if (rc != RC_OK || !row)
		return rc;
	buf_add_slice(sid, db_bytes(db, s, 0));
	db_done(db, s);
	if (!buf_ok(sid))
		return err_set(err, RC_MEMORY, "setting: no memory");
	return RC_OK;
}

/* What the configuration no longer names has the defaults again. */
static enum rc
visit_unnamed(struct walk *walk, const struct conf *conf, struct err *err)
{
	struct conf_service service = { NULL, CONF_UNKNOWN, CONF_BASE_AUTO,
	    CONF_REBALANCE_WINDOW_S };
	struct buf sid;
	enum rc rc;

	buf_init(&sid, 0);
	do {
		rc = next_recorded(walk->db, &sid, err);
		service.sid = sid.data;
		if (rc == RC_OK && sid.len > 0 && !is_named(conf, sid.data))
			rc = visit_service(walk, &service, err);
	} while (rc == RC_OK && sid.len > 0);
	buf_clear(&sid);
	return rc;
}

static enum rc
visit_all(struct walk *walk, const struct conf *conf, struct err *err)
{
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; rc == RC_OK && i < conf->n_services; i++)
		rc = visit_service(walk, &conf->services[i], err);
	return rc == RC_OK ? visit_unnamed(walk, conf, err) : rc;
}

enum rc
settings_same(struct db *db, const struct conf *conf, bool *same,
    struct err *err)
{
	struct walk walk = { .db = db, .same = true };
	enum rc rc;

	rc = visit_all(&walk, conf, err);
	if (rc == RC_OK)
		*same = walk.same;
	return rc;
}

enum rc
settings_write(struct db *db, const struct conf *conf, int64_t position,
    struct err *err)
{
	struct walk walk = { .db = db, .write = true, .position = position,
	    .same = true };

	return visit_all(&walk, conf, err);
}
