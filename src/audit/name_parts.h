/*
 * name_parts -- what the files of name share.
 */
#ifndef AUDIT_NAME_PARTS_H
#define AUDIT_NAME_PARTS_H

#include <stddef.h>

#include "audit/name.h"

/* What a message says of a word that may be as long as a command line. */
#define NAME_SHOWN_LEN 100

/* What the words ask for, and what there is of it so far. */
struct find {
	const struct name_query *query;
	struct db *db;
	enum stream_kind kind;		/* STREAM_NONE: any */
	struct buf name, service;	/* as the views have them */
	struct name_found *found;
	struct subject group[NAME_OTHERS];	/* the one meant, of each kind
						 * and service */
	size_t n_groups;
	size_t n_more;			/* that no group could be made of */
};

/* name_unknown -- RC_USAGE, with what is near in its message, for a name that
 * nothing has. RC_BUSY, RC_STORE, RC_MEMORY. */
enum rc name_unknown(const struct find *find, struct err *err);

#endif
