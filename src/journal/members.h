/*
 * members -- the members of a JSON object, read by SQLite: one parser less
 * where hostile input arrives, for a kind of delivery that is rare.
 */
#ifndef JOURNAL_MEMBERS_H
#define JOURNAL_MEMBERS_H

#include "base/err.h"
#include "base/slice.h"
#include "journal/db.h"
#include "twilio/params.h"

/* members_read -- the contract is that of journal_json. Reads nothing of the
 * journal, and needs no transaction. */
enum rc members_read(struct db *db, struct slice body, struct params *params,
    struct err *err);

#endif
