/*
 * sqlite_defects -- what is known to be wrong with a version of SQLite, as far
 * as it can harm a journal or what is read from it.
 *
 * Told by the version alone: a distribution may have mended one and kept the
 * version's name.
 */
#ifndef AUDIT_SQLITE_DEFECTS_H
#define AUDIT_SQLITE_DEFECTS_H

#include <stdbool.h>

#include "base/slice.h"

/* As sqlite3_libversion_number has them: 3.51.2 is 3051002. */
#define SQLITE_VERSION_OF(minor, patch) (3000000 + (minor) * 1000 + (patch))

struct sqlite_defect {
	const char *name;
	const char *range;	/* the versions that have it, for a person */
	const char *harm;	/* what it does, in half a sentence */
	const char *avoided;	/* how programs of ours keep clear of it; NULL:
				 * they do not */
	const char *source;	/* a page of sqlite.org */
	int first, last;
	/* Later releases of older branches that do not have it; 0: none. */
	struct {
		int from, below;
	} mended[2];
};

/* sqlite_version_number -- "3.40.1" as 3040001; 0: it is no such text. */
int sqlite_version_number(struct slice text);

/* sqlite_defects_next -- the next defect of a version after this one, NULL to
 * begin; NULL when there is no more. */
const struct sqlite_defect *sqlite_defects_next(int version,
    const struct sqlite_defect *after);

#endif
