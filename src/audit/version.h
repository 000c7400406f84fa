/*
 * version -- one event of a document, list, map or identity.
 */
#ifndef AUDIT_VERSION_H
#define AUDIT_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/name.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "journal/db.h"
#include "twilio/event.h"

/* As the view events has it. A slice with p NULL is NULL there. */
struct version {
	int64_t position;	/* 0: there is no event here */
	bool has_number;
	int64_t number;		/* its revision, or EventId */
	enum life life;
	struct slice event_type;
	struct slice verdict;
	bool is_conflict;	/* it says otherwise than the first of its
				 * number, which counts */
	struct slice item;
	struct slice identity;
	struct slice created_at;
	struct slice received_at;
	bool has_lag;
	int64_t lag_ms;		/* receipt minus DateCreated */
	struct slice revision_text;
	struct slice endpoint_id;
	int is_online;		/* IsIdentityOnline: 1, 0, or -1 */
	struct slice data;	/* p NULL: none, or not asked for */
	bool has_data;
	int64_t size;		/* of its data, bytes */
};

/* version_time -- its DateCreated, else its receipt. */
struct slice version_time(const struct version *version);

/* version_is_removal -- of the document, list or map, or of the item. */
bool version_is_removal(const struct version *version);

/* version_value -- append a value to lines of words: its own line ends as \x0A.
 * Nothing for NULL. */
void version_value(struct buf *out, struct slice value);

/* version_title -- name_title, as a value. */
void version_title(struct buf *out, const struct subject *subject);

/* version_words -- append "revision 6 of 2026-03-01 09:03:09.756 by alice". */
void version_words(struct buf *out, enum stream_kind kind,
    const struct version *version);

/* version_number_words -- append "revision 6" or "EventId 6". */
void version_number_words(struct buf *out, enum stream_kind kind,
    int64_t number);

/* ------------------------------------------------------------------------
 * Reading: statements past_.. have the columns and the first three parameters
 * in common (sql/statements.sql).
 */

/* version_bind -- whose events: parameters 1 to 3. */
void version_bind(struct db *db, enum statement statement,
    const struct subject *subject);

/* version_of_row -- the current row; valid as of db_bytes. */
struct version version_of_row(struct db *db, enum statement statement);

/*
 * version_first -- run a bound statement for its first row.
 *
 * text      its bytes are kept there in place of what was there
 * *version  position 0 when there is no row
 *
 * Codes of db_row, RC_MEMORY
 */
enum rc version_first(struct db *db, enum statement statement,
    struct buf *text, struct version *version, struct err *err);

#endif
