#include "journal/migrate.h"

#include "base/buf.h"
#include "base/clock.h"
#include "config.h"
#include "journal/file.h"
#include "journal/ledger.h"
#include "journal/revisions.h"
#include "scripts.h"
#include "twilio/event.h"
#include "twilio/revision.h"

int64_t
migrate_version(void)
{
	return (int64_t)n_migrations;
}

enum rc
migrate_check(const char *path, int64_t version, struct err *err)
{
	if (version >= 0 && version <= migrate_version())
		return RC_OK;
	return err_set(err, RC_NEWER, "%s: is version %lld, this program "
	    "knows up to %lld: install the newer program", path,
	    (long long)version, (long long)migrate_version());
}

static enum rc
put_word(struct db *db, const char *domain, int code, const char *name,
    struct err *err)
{
	db_bind_text(db, STATEMENT_WORD_PUT, 1, slice_of(domain));
	db_bind_int(db, STATEMENT_WORD_PUT, 2, code);
	db_bind_text(db, STATEMENT_WORD_PUT, 3, slice_of(name));
	return db_run(db, STATEMENT_WORD_PUT, err);
}

static const char *
event_type_word(int code)
{
	return event_rule((enum event_type)code)->name;
}

static const char *
stream_kind_word(int code)
{
	return stream_kind_name((enum stream_kind)code);
}

static const char *
verdict_word(int code)
{
	return verdict_name((enum verdict)code);
}

static const char *
revision_verdict_word(int code)
{
	return revision_verdict_name((enum revision_verdict)code);
}

static const char *
base_reason_word(int code)
{
	return base_reason_name((enum base_reason)code);
}

static const char *
base_evidence_word(int code)
{
	return base_evidence_name((enum base_evidence)code);
}

static const char *
gap_state_word(int code)
{
	return gap_state_name((enum gap_state)code);
}

/* The views spell codes by these, so that the program's tables are the only
 * ones. Code 0 is "none" in each and has no word. */
static enum rc
put_words(struct db *db, struct err *err)
{
	static const struct {
		const char *domain;
		int n;
		const char *(*word)(int code);
	} domains[] = {
		{ "event_type", N_EVENT_TYPES, event_type_word },
		{ "stream_kind", N_STREAM_KINDS, stream_kind_word },
		{ "verdict", N_VERDICTS, verdict_word },
		{ "revision_verdict", N_REVISION_VERDICTS,
		    revision_verdict_word },
		{ "gap_state", N_GAP_STATES, gap_state_word },
		{ "base_reason", N_BASE_REASONS, base_reason_word },
		{ "base_evidence", N_BASE_EVIDENCE, base_evidence_word },
	};
	enum rc rc = RC_OK;
	size_t i;
	int code;

	for (i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
		for (code = 1; rc == RC_OK && code < domains[i].n; code++)
			rc = put_word(db, domains[i].domain, code,
			    domains[i].word(code), err);
	}
	return rc;
}

static enum rc
create_row(struct db *db, const char *mode, struct err *err)
{
	db_bind_int(db, STATEMENT_JOURNAL_CREATE, 1, clock_now_us());
	db_bind_text(db, STATEMENT_JOURNAL_CREATE, 2, slice_of(mode));
	db_bind_text(db, STATEMENT_JOURNAL_CREATE, 3,
	    slice_of(PACKAGE_VERSION));
	return db_run(db, STATEMENT_JOURNAL_CREATE, err);
}

/* A PRAGMA takes no parameter. */
static enum rc
stamp(struct db *db, struct err *err)
{
	struct buf text;
	enum rc rc;

	buf_init(&text, 0);
	buf_printf(&text, "UPDATE journal SET schema_version = '%d.%zu'; "
	    "PRAGMA application_id = %d; PRAGMA user_version = %zu;",
	    MIGRATE_SCHEMA_MAJOR, n_migrations, FILE_APPLICATION_ID,
	    n_migrations);
	if (buf_ok(&text))
		rc = db_script(db, text.data, err);
	else
		rc = err_set(err, RC_MEMORY, "migration: no memory");
	buf_clear(&text);
	return rc;
}

/* Those of the generation that is in use. */
static enum rc
make_views(struct db *db, size_t from, struct err *err)
{
	int64_t generation = 0;
	enum rc rc = RC_OK;

	if (from > 0)
		rc = db_number(db, STATEMENT_GENERATION, &generation, err);
	if (rc == RC_OK)
		rc = db_script(db, views_text[generation == 1], err);
	return rc;
}

static enum rc
run_missing(struct db *db, size_t from, const char *mode, struct err *err)
{
	enum rc rc = RC_OK;
	size_t i;

	for (i = from; rc == RC_OK && i < n_migrations; i++) {
		rc = db_script(db, migration_text[i], err);
		if (rc != RC_OK)
			err_prefix(err, "migration %zu", i + 1);
	}
	if (rc == RC_OK)
		rc = make_views(db, from, err);
	if (rc == RC_OK && from == 0)
		rc = create_row(db, mode, err);
	if (rc == RC_OK)
		rc = put_words(db, err);
	if (rc == RC_OK)
		rc = stamp(db, err);
	return rc;
}

/* Inside the transaction. */
static enum rc
bring_up(struct db *db, const char *path, const char *mode, struct err *err)
{
	int64_t version;
	enum rc rc;

	rc = db_number(db, STATEMENT_USER_VERSION, &version, err);
	if (rc != RC_OK || version == migrate_version())
		return rc;
	rc = migrate_check(path, version, err);
	if (rc != RC_OK)
		return rc;
	return run_missing(db, (size_t)version, mode, err);
}

enum rc
migrate(struct db *db, const char *path, const char *mode, struct err *err)
{
	int64_t version;
	enum rc rc;

	/* Nobody goes back: what is up to date stays so. */
	rc = db_number(db, STATEMENT_USER_VERSION, &version, err);
	if (rc != RC_OK || version == migrate_version())
		return rc;
	rc = db_run(db, STATEMENT_BEGIN, err);
	if (rc != RC_OK)
		return rc;
	rc = bring_up(db, path, mode, err);
	if (rc == RC_OK)
		rc = db_run(db, STATEMENT_COMMIT, err);
	if (rc != RC_OK && db_in_transaction(db))
		(void)db_run(db, STATEMENT_ROLLBACK, NULL);
	return rc;
}
