/*
 * cursor -- a file that remembers up to which position events were handed on.
 *
 * It is replaced as a whole (cli/whole.h), so that a kill at any moment leaves
 * the last position or the one before. It names the journal, and a delivery
 * that the journal must still hold: a position alone would fit another journal
 * too, or a backup that was restored and has been written to since.
 */
#ifndef CLI_CURSOR_H
#define CLI_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/db.h"

struct cursor;

/*
 * cursor_open -- read the file, and keep others from moving it until
 * cursor_close, by a lock on the file PATH-lock, which stays.
 *
 * path     its directory must be there. A file that is absent or empty holds no
 *          position yet
 * *cursor  set only on RC_OK
 *
 * RC_USAGE   the file is no cursor, or no regular file
 * RC_BUSY    another program uses it
 * RC_SYSTEM, RC_MEMORY
 */
enum rc cursor_open(struct cursor **cursor, const char *path,
    struct err *err);

/* cursor_close -- NULL is accepted. */
void cursor_close(struct cursor *cursor);

/* cursor_position -- false: it holds none yet. */
bool cursor_position(const struct cursor *cursor, int64_t *position);

/*
 * cursor_check -- whether it is one of this journal, as it is now. Reads in the
 * caller's transaction.
 *
 * journal  path of the journal; borrowed until cursor_close
 * last     the journal's last position
 *
 * RC_USAGE   it is another's, or the journal does not hold what it held: says
 *            what can be done
 * RC_BUSY, RC_STORE, RC_MEMORY
 */
enum rc cursor_check(struct cursor *cursor, struct db *db,
    const char *journal, int64_t last, struct err *err);

/*
 * cursor_move -- remember that all up to this position was handed on; it is
 * durable on return. No transaction is open, and cursor_check was RC_OK.
 *
 * A reader may see a commit that is not on the disk yet (db_commit). So the WAL
 * is synced before: else a loss of power could leave a cursor that is beyond
 * the journal's end, and events that get those positions anew be passed over.
 *
 * RC_SYSTEM, RC_SYNC  the file, or the WAL: the position is the old one, or
 *                     not durable
 * RC_BUSY, RC_STORE, RC_MEMORY
 */
enum rc cursor_move(struct cursor *cursor, struct db *db, int64_t position,
    struct err *err);

#endif
