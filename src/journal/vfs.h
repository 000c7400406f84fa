/*
 * vfs -- between SQLite and its driver of files: gathers writes to the WAL.
 *
 * SQLite writes a WAL frame by frame, each in two pieces (24 bytes and a page):
 * a commit of 64 deliveries is some 300 system calls, one behind the other in
 * the file. Here they are collected and written as few large pieces, before
 * anything else is done with that file: it is read, synced, truncated, asked for
 * its size, or written to at another place. bench/README.md has what it saves.
 *
 * Nothing else changes: other files, locks and shared memory are the driver's,
 * and so are all results. What a write would have said may be said by the sync
 * instead; SQLite takes any failure before the end of a sync as the commit's.
 *
 * Needs synchronous=FULL (db_make_durable): the end of a commit must be a sync,
 * since only after that other connections look at its frames
 * (https://sqlite.org/walformat.html, "Reader Algorithm"). A process that dies
 * before has lost nothing that it promised.
 */
#ifndef JOURNAL_VFS_H
#define JOURNAL_VFS_H

#include "base/err.h"

/*
 * vfs_name -- for sqlite3_open_v2(); registers it when called first.
 *
 * RC_STORE, RC_MEMORY  SQLite has no driver of its own, or no memory
 */
enum rc vfs_name(const char **name, struct err *err);

#endif
