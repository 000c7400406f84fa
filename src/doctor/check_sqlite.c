#include "doctor/doctor_parts.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/sqlite_defects.h"
#include "base/buf.h"

/* ------------------------------------------------------------------------
 * synchronous, on a database of its own: it is not kept in a file, and each
 * connection is to have what the journal's has.
 */

static void
remove_all(const char *path)
{
	static const char *const ends[] = { "", "-journal", "-wal", "-shm" };
	struct buf name;
	size_t i;

	buf_init(&name, 0);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		buf_reset(&name);
		buf_printf(&name, "%s%s", path, ends[i]);
		if (buf_ok(&name))
			(void)unlink(name.data);
	}
	buf_clear(&name);
}

static enum rc
try_mode(const char *path, enum db_journal_mode mode, struct err *err)
{
	struct db *db = NULL;
	enum rc rc;

	rc = db_open(&db, path, DB_WRITE, err);
	if (rc == RC_OK)
		rc = db_make_durable(db, mode, err);
	if (rc == RC_OK)
		rc = db_script(db, "CREATE TABLE probe (n INTEGER NOT NULL);",
		    err);
	db_close(db);
	return rc;
}

/* What asks to end waits until nothing is left behind. */
static void
hold_signals(sigset_t *old)
{
	static const int asking[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t held;
	size_t i;

	(void)sigemptyset(&held);
	for (i = 0; i < sizeof(asking) / sizeof(asking[0]); i++)
		(void)sigaddset(&held, asking[i]);
	(void)sigprocmask(SIG_BLOCK, &held, old);
}

static void
check_synchronous(struct doctor *doctor)
{
	char *const directory = doctor_directory(doctor->journal);
	struct err why = { .text = "" };
	enum rc rc = RC_MEMORY;
	struct buf path;
	sigset_t old;
	int fd = -1;

	hold_signals(&old);
	buf_init(&path, 0);
	if (directory != NULL)
		buf_printf(&path, "%s/syncjournal-probe-XXXXXX", directory);
	if (directory != NULL && buf_ok(&path))
		fd = mkostemp(path.data, O_CLOEXEC);
	/* That it cannot be made was said of the directory. */
	if (fd < 0)
		goto out;
	(void)close(fd);
	rc = try_mode(path.data, doctor->is_wal ? DB_WAL : DB_TRUNCATE, &why);
	remove_all(path.data);
	if (rc == RC_OK) {
		report_add(doctor->report, REPORT_OK, "synchronous", "FULL, "
		    "read back; SQLite writes and syncs in the journal's "
		    "directory");
	} else {
		report_add(doctor->report, REPORT_FAILURE, "synchronous",
		    "a database in the journal's directory: %s", why.text);
		report_mend(doctor->report, "Use a build of SQLite that keeps "
		    "synchronous=FULL, and a disk that it can write to.");
	}
out:
	buf_clear(&path);
	free(directory);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
}

/* ------------------------------------------------------------------------ */

static void
check_defects(struct doctor *doctor)
{
	const struct sqlite_defect *defect = NULL;
	struct db *db = NULL;
	char version[32] = "";
	bool row = false;
	int number;

	if (db_open(&db, "", DB_SCRATCH, NULL) == RC_OK &&
	    db_query(db, "SELECT sqlite_version()", NULL) == RC_OK &&
	    db_row(db, DB_QUERY, &row, NULL) == RC_OK && row) {
		struct slice text = db_bytes(db, DB_QUERY, 0);

		if (text.len < sizeof(version))
			memcpy(version, text.p, text.len);
	}
	db_close(db);
	number = sqlite_version_number(slice_of(version));
	report_add(doctor->report, REPORT_OK, "sqlite", "%s, in this program",
	    version);
	while ((defect = sqlite_defects_next(number, defect)) != NULL) {
		report_add(doctor->report, defect->avoided != NULL ? REPORT_OK :
		    REPORT_WARNING, "sqlite", "%s (%s): %s%s%s", defect->name,
		    defect->range, defect->harm, defect->avoided == NULL ? "" :
		    "; ", defect->avoided == NULL ? "" : defect->avoided);
		if (defect->avoided == NULL)
			report_mend(doctor->report, "Use another version: %s",
			    defect->source);
	}
}

/* SQLite opens by name. Whoever owns the directory can put a link there, and
 * have root write to the file that it leads to. */
static bool
is_others(const char *path)
{
	char *const directory = doctor_directory(path);
	struct stat status;
	bool others;

	others = directory == NULL || (geteuid() == 0 &&
	    stat(directory, &status) == 0 && (status.st_uid != 0 ||
	    (status.st_mode & (S_IWGRP | S_IWOTH)) != 0));
	free(directory);
	return others;
}

void
check_sqlite(struct doctor *doctor)
{
	if (doctor->journal != NULL && is_others(doctor->journal))
		report_add(doctor->report, REPORT_OK, "synchronous", "not "
		    "tried: root makes no database in another user's "
		    "directory");
	else if (doctor->journal != NULL)
		check_synchronous(doctor);
	check_defects(doctor);
}
