/*
 * reader -- a journal opened to be read, beside a responder that writes.
 */
#ifndef JOURNAL_READER_H
#define JOURNAL_READER_H

#include <stdbool.h>

#include "base/err.h"
#include "journal/db.h"

/*
 * reader_open -- open an existing journal; nothing is written.
 *
 * Without permission to write beside it, a WAL journal that no other program
 * has open cannot be read in the usual way: it is then read as it is in the
 * file alone.
 *
 * *db         set only on RC_OK; closed with db_close
 * *file_only  set on RC_OK: whether what lies in a WAL is not seen
 *
 * RC_SYSTEM   there is no such file, or it cannot be read
 * RC_FOREIGN, RC_NEWER, RC_BUSY, RC_STORE, RC_MEMORY
 */
enum rc reader_open(struct db **db, const char *path, bool *file_only,
    struct err *err);

/*
 * reader_check_version -- whether a journal is of this program's version: a
 * reader may open an older one, that has not all tables and views yet.
 *
 * RC_STORE  it is older: says how to bring it up
 */
enum rc reader_check_version(struct db *db, const char *path,
    struct err *err);

/*
 * reader_use -- statements that name tables of projections mean those of the
 * generation in use, as the transaction that is open sees it. A rebuild may
 * change it between two transactions.
 *
 * *before  what db_generation is to be given afterwards; set only on RC_OK
 */
enum rc reader_use(struct db *db, int *before, struct err *err);

#endif
