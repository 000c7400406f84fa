/*
 * subject -- what a person asks about.
 */
#ifndef AUDIT_SUBJECT_H
#define AUDIT_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "journal/db.h"
#include "twilio/event.h"

/* One document, list, map or identity. The views find it again by
 * (stream_kind, service_sid IS, stream_key). */
struct subject {
	enum stream_kind kind;
	struct slice service_sid;	/* p NULL: its deliveries name none */
	struct slice stream_key;	/* SID or identity */
	struct slice unique_name;	/* p NULL: it has none */
	bool removed;
	int64_t first_us, last_us;	/* receipts of its deliveries */
	int base;			/* of its service's revisions: 10, 16 */
	bool is_base_assumed;		/* nothing says so yet */
	char *text;			/* what the slices point into */
};

/* subject_row -- what the current row of name_sid, name_find or name_by_id
 * says; its bytes are valid as of db_bytes. */
struct subject subject_row(struct db *db, enum statement statement);

/* subject_keep -- give it bytes of its own; RC_MEMORY: it has none. */
enum rc subject_keep(struct subject *subject, struct err *err);

/* subject_clear -- free its bytes; it is all zero then. */
void subject_clear(struct subject *subject);

/* subject_name -- its unique name, else its key. */
struct slice subject_name(const struct subject *subject);

/* subject_alike -- whether two are of one kind and service. */
bool subject_alike(const struct subject *one, const struct subject *two);

#endif
