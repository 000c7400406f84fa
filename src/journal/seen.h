/*
 * seen -- what earlier deliveries say of an event's number.
 */
#ifndef JOURNAL_SEEN_H
#define JOURNAL_SEEN_H

#include <stdint.h>

#include "base/err.h"
#include "journal/db.h"
#include "journal/ledger.h"
#include "twilio/event.h"

/*
 * seen_find -- look among the events of a stream at smaller positions: of the
 * same number, or, for the creation or removal of a list or map, of the same
 * type.
 *
 * events  where events are read
 * *seen   set only on RC_OK
 */
enum rc seen_find(struct db *events, int64_t stream_id, int64_t position,
    const struct event *event, enum ledger_seen *seen, struct err *err);

#endif
