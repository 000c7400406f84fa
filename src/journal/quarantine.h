/*
 * quarantine -- rejects: kept in a bounded table, written with the next
 * transaction, never by themselves while deliveries wait.
 */
#ifndef JOURNAL_QUARANTINE_H
#define JOURNAL_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/db.h"
#include "journal/reject.h"

struct quarantine;

/* quarantine_new -- an empty queue; freed with quarantine_free (NULL is
 * accepted; what waits is dropped). */
enum rc quarantine_new(struct quarantine **quarantine, struct err *err);
void quarantine_free(struct quarantine *quarantine);

/* quarantine_add -- copy a reject into the queue of its likeness; counted only
 * when that is full (REJECTS_PER_S, REJECT_BYTES_PER_S) or there is no
 * memory. */
void quarantine_add(struct quarantine *quarantine,
    const struct reject *reject);

/* quarantine_waits -- whether there is anything to write. */
bool quarantine_waits(const struct quarantine *quarantine);

/* quarantine_write -- write what waits inside the caller's transaction, in the
 * order of receipt, count it by its reason, and evict what is beyond the
 * bounds. The queue stays as it is until quarantine_written, since the
 * transaction may still fail. */
enum rc quarantine_write(struct quarantine *quarantine, struct db *db,
    struct err *err);
void quarantine_written(struct quarantine *quarantine);

/*
 * quarantine_take -- remove a reject that is being readmitted, inside the
 * caller's transaction.
 *
 * received_us  as it was read
 *
 * RC_STORE  it is no longer there: evicted, or readmitted by another program
 */
enum rc quarantine_take(struct db *db, int64_t reject_id,
    int64_t received_us, struct err *err);

#endif
