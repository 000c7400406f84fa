/*
 * whole -- a file that is there when it is whole, or not at all.
 *
 * It is written beside its place, as PATH.part, and takes its name when it is
 * on the disk; what had the name is then gone. Who looks sees the old one or
 * the new one. If the program is killed meanwhile PATH.part stays, and the next
 * one begins it anew.
 */
#ifndef CLI_WHOLE_H
#define CLI_WHOLE_H

#include <stdio.h>

#include "base/err.h"

struct whole {
	FILE *file;	/* to be written to; NULL: not open */
	char *path;
	char *part;
};

/*
 * whole_begin -- begin a file that only its owner may read.
 *
 * *whole  set in any case, cleared with whole_drop
 *
 * RC_SYSTEM  names the file and the reason, such as that the place is taken by
 *            what is no regular file: a device, a pipe; RC_MEMORY
 */
enum rc whole_begin(struct whole *whole, const char *path, struct err *err);

/*
 * whole_keep -- all is written: make it durable, and give it its name.
 *
 * RC_SYSTEM  something could not be written, or another program has begun the
 *            same file since: the place has what it had
 * RC_SYNC    it has its name, but not yet durably
 */
enum rc whole_keep(struct whole *whole, struct err *err);

/*
 * whole_keep_new -- the same, but only where nothing has the name: RC_SYSTEM
 * says so, and what is there stays as it is.
 */
enum rc whole_keep_new(struct whole *whole, struct err *err);

/* whole_drop -- remove what was not kept; afterwards, too, and when nothing was
 * begun. */
void whole_drop(struct whole *whole);

#endif
