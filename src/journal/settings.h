/*
 * settings -- what the configuration says of services, in the record.
 */
#ifndef JOURNAL_SETTINGS_H
#define JOURNAL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/err.h"
#include "journal/db.h"

/* settings_same -- whether the settings in effect are the configuration's. */
enum rc settings_same(struct db *db, const struct conf *conf, bool *same,
    struct err *err);

/*
 * settings_write -- append those that differ, inside the caller's transaction.
 *
 * position  the last one that is used
 */
enum rc settings_write(struct db *db, const struct conf *conf,
    int64_t position, struct err *err);

#endif
