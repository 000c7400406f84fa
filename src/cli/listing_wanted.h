/*
 * listing_wanted -- the options of a listing, read and put into a selection;
 * for listing.c alone.
 */
#ifndef CLI_LISTING_WANTED_H
#define CLI_LISTING_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "cli/select.h"

enum wanted_list {
	WANTED_KIND,
	WANTED_VERDICT,
	WANTED_STATE,
	WANTED_SEVERITY,
	N_WANTED_LISTS
};

struct wanted {
	enum output_format format;
	int64_t limit;	/* rows; -1: all */
	bool is_reversed;
	struct arguments_words list[N_WANTED_LISTS];
	/* As in the views; empty: not given. */
	char since[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
};

/*
 * wanted_read -- read what needs no journal.
 *
 * *wanted  set only on RC_OK
 *
 * RC_USAGE  says what an option takes
 */
enum rc wanted_read(const struct call *call, struct wanted *wanted,
    struct err *err);

/* wanted_filter -- put what the options say into a selection, but for its order
 * and NAME. */
void wanted_filter(const struct wanted *wanted, const struct call *call,
    const struct listing *listing, struct select *select);

/*
 * wanted_order -- put the order into a selection.
 *
 * *by_position  set on RC_OK: it is that of positions ..
 * *descending   .. the largest first
 *
 * RC_USAGE  --sort names no column: says which there are
 */
enum rc wanted_order(const struct wanted *wanted, const struct call *call,
    const struct listing *listing, struct select *select, bool *by_position,
    bool *descending, struct err *err);

#endif
