/*
 * file -- the journal's file as the file system shows it: looked at before
 * SQLite opens it, so that a foreign one is never touched.
 */
#ifndef JOURNAL_FILE_H
#define JOURNAL_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* "SyJn": in the file's header, so that file(1) and we can tell it. */
#define FILE_APPLICATION_ID 0x53794a6e

enum file_state {
	FILE_ABSENT,
	FILE_EMPTY,	/* no byte: created, and never written */
	FILE_JOURNAL,	/* ours, of any version */
	N_FILE_STATES
};

/*
 * file_canonical -- a path without symbolic links.
 *
 * path       the file itself may be absent; its directory must be there
 * *canonical set only on RC_OK; freed by the caller
 *
 * RC_SYSTEM  says what is missing, and the mend; also for a symbolic link that
 *            leads nowhere
 */
enum rc file_canonical(const char *path, char **canonical, struct err *err);

/*
 * file_look -- what a file is, by its first bytes
 * (https://sqlite.org/fileformat.html section 1.3: application id at offset
 * 68, user version at 60, both big-endian).
 *
 * path      must not be open in this process already
 * *version  of the schema, by the header: an older one than a WAL beside it
 *           may hold; 0 unless FILE_JOURNAL
 *
 * RC_FOREIGN  not a database, or not a journal of ours
 * RC_SYSTEM   cannot be read; a directory, a pipe or a device
 */
enum rc file_look(const char *path, enum file_state *state, int64_t *version,
    struct err *err);

/*
 * A new journal is made beside its place and put there when it is whole, so
 * that its name never leads to half of one, whenever the power goes.
 *
 * file_begin -- make an empty file, readable by its owner alone, beside path.
 * What an attempt that was cut off has left is removed. *aside is its path,
 * set only on RC_OK; freed by the caller.
 *
 * file_finish -- put it in its place, instead of an empty file if there is
 * one, and sync the directory. A log of SQLite's (-wal, -journal) that lies
 * there without its journal would be taken for the new one's: it is renamed
 * to end in "-left", and *left says so. No connection may be open.
 */
enum rc file_begin(const char *path, char **aside, struct err *err);
enum rc file_finish(const char *path, const char *aside, bool *left,
    struct err *err);

/* file_has_hot_journal -- whether a transaction on the file was cut off, and
 * its rollback journal is still there to be played back. */
bool file_has_hot_journal(const char *path);

/* file_size, file_wal_size -- the bytes of the file, and of its WAL; 0 where
 * there is none. */
int64_t file_size(const char *path);
int64_t file_wal_size(const char *path);

/* file_has_directory -- whether the directory of a path is there, and can be
 * looked into. */
bool file_has_directory(const char *path);

/*
 * file_give_to_owner -- a file that root makes beside a journal is the
 * journal's owner's, as those are that SQLite makes: else the owner's responder
 * could not use it. If that cannot be, it is root's.
 */
void file_give_to_owner(int fd, const char *journal);

/* file_sync_directory -- make the names in the file's directory durable;
 * some builds of SQLite do not. */
enum rc file_sync_directory(const char *path, struct err *err);

/* file_room -- the bytes that the file system has free for whoever asks; -1: not
 * known. The file itself may be absent. A quota is not seen. */
int64_t file_room(const char *path);

/* file_has_inodes -- whether a file can be made there, as far as it is known. */
bool file_has_inodes(const char *path);

/*
 * file_has_room -- whether the file system has as many bytes free as the file
 * has. A quota is not seen.
 *
 * RC_FULL    it has not; says how many are needed
 * RC_SYSTEM
 */
enum rc file_has_room(const char *path, struct err *err);

/* Which file it is. */
struct file_id {
	uint64_t device;
	uint64_t inode;
};

/* file_identify -- remember which file a path leads to. */
enum rc file_identify(const char *path, struct file_id *id, struct err *err);

/*
 * file_check -- whether the path still leads to that file.
 *
 * RC_FOREIGN  it was removed or replaced: what is written now is lost with the
 *             file that is open
 */
enum rc file_check(const char *path, const struct file_id *id,
    struct err *err);

/* On what kind of file system a file lies. */
enum file_place {
	FILE_LOCAL,	/* also what is not known */
	FILE_NETWORK,	/* or in user space: processes on several hosts do not
			 * share memory, and a WAL is not safe
			 * (https://sqlite.org/wal.html) */
	FILE_IN_MEMORY,	/* gone when the machine restarts */
	FILE_LAYER,	/* a container's own, perhaps gone with it; local */
	N_FILE_PLACES
};

/* file_place_of -- by the type that statfs(2) gives; only its low 32 bits count,
 * since it is signed on some machines and wider on others. */
enum file_place file_place_of(uint64_t type);

/* file_place -- by the directory of a path; the file itself may be absent. */
enum file_place file_place(const char *path);

/* file_on_network -- whether that is FILE_NETWORK. */
bool file_on_network(const char *path);

#endif
