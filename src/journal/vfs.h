/*
 * vfs -- between SQLite and its driver of files: in a COMMIT, gathers the writes
 * to the WAL and leaves their sync for later.
 *
 * SQLite writes a WAL frame by frame, each in two pieces (24 bytes and a page): a
 * commit of 64 deliveries is some 300 system calls, one behind the other in the
 * file. Here they are collected and written as few large pieces, before anything
 * else is done with that file in the COMMIT: it is read, synced, truncated, asked
 * for its size, or written to at another place. bench/README.md has what it saves.
 *
 * Outside a COMMIT nothing is held back: what a rollback leaves could be written
 * later, over what another process has put there meanwhile. And nothing else
 * changes: other files, locks and shared memory are the driver's, and so are all
 * results. What a write would have said may be said by the sync instead; SQLite
 * takes any failure before the end of a sync as the commit's.
 *
 * Needs synchronous=FULL (db_make_durable): the end of a commit must be a sync,
 * put off or not, since after that other connections look at its frames
 * (https://sqlite.org/walformat.html, "Reader Algorithm").
 */
#ifndef JOURNAL_VFS_H
#define JOURNAL_VFS_H

#include <stdbool.h>

#include "base/err.h"

struct sqlite3_file;

/*
 * vfs_name -- for sqlite3_open_v2(); registers it when called first.
 *
 * RC_STORE, RC_MEMORY  SQLite has no driver of its own, or no memory
 */
enum rc vfs_name(const char **name, struct err *err);

/*
 * vfs_defer -- from now on writes to this WAL are gathered and SQLite's own syncs
 * of it are left out, until vfs_defer with false: around a COMMIT, and nothing
 * else. What a COMMIT that failed has not written is dropped. Not left out is the
 * sync that follows the header of a WAL that is begun anew
 * (https://sqlite.org/src/tktview?name=ff5be73dee).
 *
 * file  of SQLITE_FCNTL_JOURNAL_POINTER
 *
 * Returns false, and has no effect, where that is no WAL; where SQLite pads
 * commits to sectors (a build without powersafe overwrite: it writes after its
 * sync); and on Linux before 4.18, which tells a failed sync to one process only:
 * another one's would then succeed without its data.
 */
bool vfs_defer(struct sqlite3_file *file, bool defer);

/* vfs_may_defer -- whether Linux of this release tells a failed sync to each process
 * that has a part in it: since 4.13, in the file systems that matter since
 * 4.18. */
bool vfs_may_defer(const char *release);

/* vfs_sync -- the sync that was left out; SQLite's code. */
int vfs_sync(struct sqlite3_file *file);

/*
 * vfs_renew -- write all of a WAL again, as it is, and sync it; SQLite's code. After a
 * sync that failed the page cache has what the disk has not, and takes it for
 * written: no sync alone brings it there. Does nothing where that is no WAL.
 *
 * The caller has SQLite's lock for writing.
 */
int vfs_renew(struct sqlite3_file *file);

#endif
