/*
 * quarantine -- rejects: kept in a bounded table, written with the next
 * transaction, never by themselves while deliveries wait.
 */
#ifndef JOURNAL_QUARANTINE_H
#define JOURNAL_QUARANTINE_H

#include <stdbool.h>

#include "base/err.h"
#include "journal/db.h"
#include "journal/reject.h"

struct quarantine;

/* quarantine_new -- an empty queue; freed with quarantine_free (NULL is
 * accepted; what waits is dropped). */
enum rc quarantine_new(struct quarantine **quarantine, struct err *err);
void quarantine_free(struct quarantine *quarantine);

/* quarantine_add -- copy a reject into the queue; counted only when the queue
 * is full (REJECTS_PER_S) or there is no memory. */
void quarantine_add(struct quarantine *quarantine,
    const struct reject *reject);

/* quarantine_waits -- whether there is anything to write. */
bool quarantine_waits(const struct quarantine *quarantine);

/* quarantine_write -- write what waits inside the caller's transaction, and
 * evict the oldest. The queue stays as it is until quarantine_written, since
 * the transaction may still fail. */
enum rc quarantine_write(struct quarantine *quarantine, struct db *db,
    struct err *err);
void quarantine_written(struct quarantine *quarantine);

#endif
