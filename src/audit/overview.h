/*
 * overview -- how a journal does: how much there is, how fast and how late it
 * comes, and where it lies.
 *
 * What is told of a time (the last day) goes by position: receipts rise with
 * positions, but for the deliveries of a merge, which count in the place that
 * they were appended at. Nothing here takes longer the more events there are;
 * it does the more streams and open gaps there are.
 */
#ifndef AUDIT_OVERVIEW_H
#define AUDIT_OVERVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/findings.h"
#include "base/err.h"
#include "journal/db.h"
#include "journal/ledger.h"
#include "twilio/event.h"

/* Lags are of so many of the latest deliveries. */
#define OVERVIEW_LAGS 1000
/* Verdicts of the last day are counted in at most so many of the latest: some
 * ten milliseconds. */
#define OVERVIEW_VERDICTS INT64_C(20000)
/* Kinds of base_reason (journal/services.h) with room for more. */
#define OVERVIEW_BASES 8

struct overview {
	char uuid[40], mode[16], schema_version[16], program_version[32];
	char sqlite_version[16];	/* of this program */
	int64_t created_us;

	struct findings_ground ground;
	int64_t first_us;	/* receipt of the first delivery; 0: none */
	int64_t minute, hour, day;	/* deliveries of the last .. */

	size_t n_lags;		/* of OVERVIEW_LAGS, those with a DateCreated */
	int64_t lag_p50_ms, lag_p90_ms, lag_p99_ms, lag_max_ms;

	int64_t verdicts[N_VERDICTS];	/* VERDICT_NONE too */
	int64_t n_verdicts;	/* less than day: not all were counted */

	struct overview_base {
		int base;
		char reason[16];
		int64_t services;
	} bases[OVERVIEW_BASES];
	size_t n_bases;
	int64_t services;
	int64_t streams[N_STREAM_KINDS];

	int64_t open_gaps;	/* the pending ones too */
	int64_t missing;	/* numbers in them; INT64_MAX: that or more */
	int64_t pending;

	int64_t rejects_kept;
	int64_t reject_last_us;	/* 0: none is kept */
	char reject_reason[64];

	char run[8];		/* "start" or "stop", the latest; "": none of
				 * the latest actions */
	int64_t run_us;
	enum {
		OVERVIEW_SETTLED,	/* nothing is being made anew */
		OVERVIEW_WANTED,	/* a rebuild is to begin */
		OVERVIEW_FILLING,	/* a rebuild is at rebuild_position */
		OVERVIEW_EMPTYING,	/* the old generation is removed */
		OVERVIEW_SWEEPING	/* streams are read in another base */
	} upkeep;
	int64_t rebuild_position, last_position;

	int64_t page_size, pages, free_pages;
	/* Of the files; -1: not known. */
	int64_t file_bytes, wal_bytes, room_bytes;
};

/*
 * overview_read -- look at a journal.
 *
 * db         a transaction is open
 * path       of its file
 * *overview  set only on RC_OK
 *
 * RC_BUSY, RC_STORE, RC_LIMIT, RC_MEMORY
 */
enum rc overview_read(struct db *db, const char *path, int64_t now_us,
    struct overview *overview, struct err *err);

#endif
