/*
 * about -- the one document, or one item, that a command line is about.
 */
#ifndef CLI_ABOUT_H
#define CLI_ABOUT_H

#include "audit/past.h"
#include "base/err.h"
#include "cli/command.h"

/*
 * about_one -- a document without --item, or a list's or map's item with it.
 *
 * subject  borrowed by *about
 * *about   set only on RC_OK
 *
 * RC_USAGE  an item is missing, or there can be none
 */
enum rc about_one(struct past_about *about, const struct subject *subject,
    const struct call *call, struct err *err);

#endif
