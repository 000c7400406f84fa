#include "journal/reader.h"

#include "journal/file.h"
#include "journal/migrate.h"

/* Checkpoints and commits of others take less. */
#define READER_WAIT_MS 5000

static enum rc
check_version(struct db *db, const char *path, struct err *err)
{
	int64_t version;
	enum rc rc;

	rc = db_number(db, STATEMENT_USER_VERSION, &version, err);
	if (rc == RC_OK)
		rc = migrate_check(path, version, err);
	return rc;
}

static enum rc
try_open(struct db **db, const char *path, enum db_access access,
    struct err *err)
{
	struct db *new = NULL;
	enum rc rc;

	rc = db_open(&new, path, access, err);
	if (rc != RC_OK)
		return rc;
	db_wait(new, READER_WAIT_MS);
	rc = check_version(new, path, err);
	if (rc == RC_OK)
		*db = new;
	else
		db_close(new);
	return rc;
}

enum rc
reader_open(struct db **db, const char *path, bool *file_only,
    struct err *err)
{
	enum file_state state;
	int64_t version;
	enum rc rc;

	rc = file_look(path, &state, &version, err);
	if (rc == RC_FOREIGN)
		return err_set(err, rc, "%s: is not a journal; name one with "
		    "--journal or --config", path);
	if (rc != RC_OK)
		return rc;
	if (state != FILE_JOURNAL)
		return err_set(err, RC_SYSTEM, "%s: %s; name the journal with "
		    "--journal or --config", path, state == FILE_ABSENT ?
		    "there is no such file" : "is empty");
	*file_only = false;
	rc = try_open(db, path, DB_READ, err);
	if (rc != RC_STORE && rc != RC_FULL)
		return rc;
	if (file_has_hot_journal(path)) {
		err_prefix(err, "a transaction was cut off; it is undone "
		    "when the responder is started or called again");
	} else {
		*file_only = true;
		rc = try_open(db, path, DB_READ_IMMUTABLE, err);
	}
	return rc;
}

enum rc
reader_check_version(struct db *db, const char *path, struct err *err)
{
	int64_t version;
	enum rc rc;

	rc = db_number(db, STATEMENT_USER_VERSION, &version, err);
	if (rc == RC_OK && version < migrate_version())
		rc = err_set(err, RC_STORE, "%s: is of version %lld, this "
		    "program's is %lld: start the responder, or run "
		    "syncjournal rebuild, to bring it up", path,
		    (long long)version, (long long)migrate_version());
	return rc;
}

enum rc
reader_use(struct db *db, int *before, struct err *err)
{
	int64_t generation;
	enum rc rc;

	rc = db_number(db, STATEMENT_GENERATION, &generation, err);
	if (rc == RC_OK)
		*before = db_generation(db, (int)generation);
	return rc;
}
