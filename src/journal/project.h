/*
 * project -- what follows from a delivery: its event, judged; its stream, the
 * stream's missing intervals, and the state of what it is about.
 *
 * Runs inside the caller's transaction, in the order of positions. What it
 * writes depends on the events alone, so that a rebuild gives the same.
 */
#ifndef JOURNAL_PROJECT_H
#define JOURNAL_PROJECT_H

#include <stdint.h>

#include "base/err.h"
#include "journal/db.h"
#include "journal/ledger.h"
#include "twilio/event.h"

struct projector;

/* projector_new -- db is borrowed until projector_free (NULL is accepted). */
enum rc projector_new(struct projector **projector, struct db *db,
    struct err *err);
void projector_free(struct projector *projector);

/* projector_forget -- to be called after a rollback: what was learned in that
 * transaction does not hold. */
void projector_forget(struct projector *projector);

/*
 * projector_judge -- project one event.
 *
 * position     of its delivery, already written
 * received_us  of its delivery
 * *verdict     set only on RC_OK
 *
 * Codes as db_run; the transaction then holds part of it.
 */
enum rc projector_judge(struct projector *projector, int64_t position,
    int64_t received_us, const struct event *event, enum verdict *verdict,
    struct err *err);

/*
 * projector_keep -- write the event of a delivery that could not be projected:
 * no stream, no verdict, and why as its problem.
 */
enum rc projector_keep(struct projector *projector, int64_t position,
    const struct event *event, const char *why, struct err *err);

#endif
