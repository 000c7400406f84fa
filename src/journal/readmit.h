/*
 * readmit -- journal the rejects that verify after all, under the present
 * configuration.
 *
 * Each is appended with its original receipt time, in the order of receipt, and
 * judged where it lands (docs/design.md section 2, The record). It leaves the
 * quarantine in the transaction that journals it, together with an action
 * "readmitted" that names both: whatever ends the program, nothing is doubled
 * and nothing lost, and doing it again changes nothing.
 */
#ifndef JOURNAL_READMIT_H
#define JOURNAL_READMIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/err.h"
#include "journal/db.h"
#include "journal/journal.h"
#include "journal/reject.h"
#include "twilio/verify.h"

/* A row of the quarantine, with its memory. */
struct reject_row {
	int64_t reject_id;
	struct reject reject;	/* its slices are the row's own */
	struct buf *own;
};

/* reject_row_init, reject_row_clear -- the second accepts NULL. */
void reject_row_init(struct reject_row *row);
void reject_row_clear(struct reject_row *row);

/*
 * reject_row_read -- read one reject.
 *
 * db      of a journal, for reading or writing
 * *found  set on RC_OK: whether there is one with this id
 */
enum rc reject_row_read(struct db *db, int64_t reject_id,
    struct reject_row *row, bool *found, struct err *err);

/* reject_row_request -- what verify and explain ask about; valid as the row. */
struct verify_request reject_row_request(const struct reject_row *row);

struct readmit_report {
	int64_t read;		/* rejects that were looked at */
	int64_t readmitted;
	int64_t gone;		/* evicted or readmitted meanwhile */
	int64_t not[N_VERIFY_RESULTS];	/* do not verify, by why */
};

struct readmit_calls {
	/* One was journaled; may be NULL. */
	void (*readmitted)(void *context, int64_t reject_id,
	    const struct delivery *delivery);
	/* done of total rejects looked at; may be NULL. */
	void (*progress)(void *context, int64_t done, int64_t total);
	void *context;
};

/*
 * readmit_run -- verify rejects again and journal those that do.
 *
 * conf       with tokens
 * reject_id  that one; 0: all
 * *report    what was done, also on failure: what was journaled stays
 *
 * Works in slices under the writers' lock, beside a running responder; what is
 * verified is verified before the lock is taken.
 *
 * RC_USAGE  there is no reject with this id
 * Other codes as journal_append.
 */
enum rc readmit_run(struct journal *journal, const struct conf *conf,
    int64_t reject_id, const struct readmit_calls *calls,
    struct readmit_report *report, struct err *err);

#endif
