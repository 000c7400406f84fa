/*
 * migrate -- bring a journal's schema to this program's version.
 */
#ifndef JOURNAL_MIGRATE_H
#define JOURNAL_MIGRATE_H

#include "base/err.h"
#include "journal/db.h"

/* The schema's major number: changed when a view's column is removed or comes
 * to mean something else. The minor number counts migrations. */
#define MIGRATE_SCHEMA_MAJOR 1

/*
 * migrate -- run the migrations that are missing, in one transaction.
 *
 * path  of the database, for the message
 *
 * The caller holds the writers' lock. A new file gets its one row, with the
 * mode that it shall be written in ("wal" or "truncate").
 *
 * RC_NEWER  the journal's version is beyond this program's; nothing changed
 * Other codes as db_run; nothing changed.
 */
enum rc migrate(struct db *db, const char *path, const char *mode,
    struct err *err);

/* migrate_check -- RC_NEWER, with the mend, for a version that is beyond this
 * program's. */
enum rc migrate_check(const char *path, int64_t version, struct err *err);

/* migrate_version -- the version that this program writes. */
int64_t migrate_version(void);

#endif
