/*
 * reserve -- room on the disk that is kept for when it is full.
 *
 * A journal that is written with a WAL needs room to be read (-shm) and to be
 * closed (a checkpoint makes the file longer by what is new in the WAL), so a
 * full disk would take both away. A file beside the journal, "-reserve" added
 * to its path, holds that room:
 *
 *     not there   never made, or removed by somebody: nothing is reserved, and
 *                 all is as without it
 *     with bytes  in place
 *     empty       given back: nothing is appended until it could be filled
 *                 again, so that what it gave is not used up by deliveries.
 *                 The same without a block of its own, as a sparse copy is
 *
 * The file is all there is to know, for every process. Whoever changes it holds
 * the writers' lock (journal/lock.h).
 */
#ifndef JOURNAL_RESERVE_H
#define JOURNAL_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* A WAL is begun anew at some 1,000 pages when it is quiet, and most of its pages
 * were there before (journal/journal.h). */
#define RESERVE_SIZE ((int64_t)4 << 20)

/* reserve_path -- of a journal; freed by the caller. RC_MEMORY */
enum rc reserve_path(const char *journal, char **path, struct err *err);

/*
 * reserve_make -- make it, mode 0600 and the journal's owner's, where it is not
 * there, at least four times its size is free, and the file system keeps room.
 * It is no reason for anything to fail: without it all works until the disk is
 * full.
 */
void reserve_make(const char *path, const char *journal);

/*
 * reserve_check -- whether something may be appended: it is in place, or not
 * there. One that was given back is filled, if that leaves some room.
 *
 * RC_FULL  it could not be filled; says what is lacking
 */
enum rc reserve_check(const char *path, struct err *err);

/* reserve_give_back -- empty it; whether there was something in it. */
bool reserve_give_back(const char *path);

/* reserve_is_given_back -- whether it is there, and empty. */
bool reserve_is_given_back(const char *path);

#endif
