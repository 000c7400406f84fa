/*
 * reject -- a request that did not verify or could not be read, and how many
 * of them are kept.
 */
#ifndef JOURNAL_REJECT_H
#define JOURNAL_REJECT_H

#include <stdint.h>

#include "base/slice.h"

/* Bounds of the quarantine of rejects: the oldest go first. */
#define REJECTS_MAX 10000
#define REJECT_BYTES_MAX (64 * 1024 * 1024)
/* Rejects kept in any one second; the others are only counted. */
#define REJECTS_PER_S 50

struct reject {
	int64_t received_us;
	int status;		/* of the HTTP answer */
	const char *reason;	/* a word or two: "signature_wrong" */
	struct slice account_sid;
	struct slice remote_addr;
	struct slice url;	/* without user:password */
	struct slice signature;
	struct slice content_type;
	struct slice body;	/* p NULL: not read */
};

#endif
