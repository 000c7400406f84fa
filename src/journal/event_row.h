/*
 * event_row -- an event as a row of the journal.
 */
#ifndef JOURNAL_EVENT_ROW_H
#define JOURNAL_EVENT_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "journal/db.h"
#include "journal/ledger.h"
#include "journal/revisions.h"
#include "twilio/event.h"

/* The columns, in the order of statement event_put. */
#define EVENT_ROW_COLUMNS 23

/* What a stored event is besides its fields. */
struct judged {
	int64_t position;
	int64_t service_id;
	bool has_stream;
	int64_t stream_id;
	enum verdict verdict;
	enum revision_verdict revision_verdict;
	int64_t behind;
};

/* A row being made, and the memory of texts that are not clean. */
struct event_row {
	struct db_value column[EVENT_ROW_COLUMNS];
	struct buf escaped[N_FIELDS];
	bool no_memory;		/* one of them could not be made */
};

void event_row_init(struct event_row *row);
void event_row_clear(struct event_row *row);

/* event_row_begin -- forget the last event's texts. */
void event_row_begin(struct event_row *row);

/* event_row_text -- a field as clean text, no value where it is absent; valid
 * until event_row_begin. */
struct slice event_row_text(struct event_row *row, const struct event *event,
    enum field field);

/* event_row_fill -- the columns; they point into event and row. */
void event_row_fill(struct event_row *row, const struct judged *judged,
    const struct event *event);

/* event_row_put -- write the columns as a new row; event_row_rejudge -- change
 * those of a row that is there which depend on a base. RC_MEMORY when a text
 * could not be made. */
enum rc event_row_put(struct db *db, const struct event_row *row,
    struct err *err);
enum rc event_row_rejudge(struct db *db, const struct event_row *row,
    struct err *err);

#endif
