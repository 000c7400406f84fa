/*
 * reject -- a request that did not verify or could not be read, and how many
 * of them are kept.
 */
#ifndef JOURNAL_REJECT_H
#define JOURNAL_REJECT_H

#include <stdint.h>

#include "base/slice.h"
#include "twilio/likeness.h"

/* Bounds of the quarantine. What looks least like Twilio's goes first, of that
 * the oldest. Bytes are those of all texts and the body. */
#define REJECTS_MAX 10000
#define REJECT_BYTES_MAX (64 * 1024 * 1024)
/* Of each likeness, what is kept in any one second: so much that a token that
 * was changed loses little, and so little that a flood does not hold up a
 * batch. The others are only counted. One reject that is larger is kept if it
 * is the first in its second. */
#define REJECTS_PER_S 50
#define REJECT_BYTES_PER_S (1024 * 1024)

struct reject {
	int64_t received_us;
	int status;		/* of the HTTP answer */
	const char *reason;	/* a word or two: "signature_wrong" */
	struct slice account_sid;
	struct slice remote_addr;
	struct slice url;	/* without user:password */
	struct slice signature;
	struct slice idempotency_token;
	struct slice content_type;
	enum likeness likeness;
	struct slice body;	/* p NULL: not read */
};

#endif
