/*
 * landlock -- give up the file system, but for some places (landlock(7)).
 *
 * Works on every kernel: an older one has less of it, or none. What the
 * kernel's version has is taken away too: connecting and binding TCP sockets
 * (4), device controls (5), signals to other processes and their abstract
 * sockets (6).
 * Looking at names (stat, readlink, access) is never refused.
 */
#ifndef RESPONDER_LANDLOCK_H
#define RESPONDER_LANDLOCK_H

#include <stddef.h>

#include "base/err.h"

enum landlock_use {
	LANDLOCK_READ,	/* a file, or the files below a directory */
	LANDLOCK_KEEP,	/* make, read, write, cut, remove and rename files */
	LANDLOCK_REMOVE,	/* remove and replace files below a directory */
	N_LANDLOCK_USES
};

/* What is there now is what counts: a directory that later takes its name is
 * another place. */
struct landlock_place {
	const char *path;
	enum landlock_use use;
};

/*
 * landlock_restrict -- for ever, and for all that this process starts.
 *
 * places    n of them; a place below another has the rights of both
 * *version  of the kernel's Landlock; set only on RC_OK
 *
 * RC_SYSTEM  the kernel has no Landlock or it is off, or a place cannot be
 *            named to it; says which, and nothing is restricted
 */
enum rc landlock_restrict(const struct landlock_place *places, size_t n,
    int *version, struct err *err);

#endif
