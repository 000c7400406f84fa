/*
 * refusal -- why a request is not taken, and how often that is told.
 */
#ifndef RESPONDER_REFUSAL_H
#define RESPONDER_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>

enum refusal {
	REFUSE_LENGTH_MISSING,
	REFUSE_BODY_TOO_LARGE,
	REFUSE_BODY_TORN,
	REFUSE_CONTENT_TYPE,
	REFUSE_SIGNATURE_MISSING,
	REFUSE_SIGNATURE_REPEATED,
	REFUSE_SIGNATURE_MALFORMED,
	REFUSE_SIGNATURE_WRONG,
	REFUSE_ACCOUNT_UNKNOWN,
	REFUSE_BODY_SHA256_MISSING,
	REFUSE_BODY_SHA256_WRONG,
	N_REFUSALS
};

struct refusal_rule {
	int code;
	const char *status;	/* the code and its phrase */
	const char *reason;	/* kept in the journal: never rename one */
	const char *line;	/* goes to the sender: it names the rule that
				 * was broken, never what would have fitted */
};

/* refusal_rule -- the row of a refusal; never NULL. */
const struct refusal_rule *refusal_rule(enum refusal refusal);

/* Lines of log in any one second, and minute: whoever sends a flood of bad
 * requests shall not fill the disk with words, however long it lasts. */
#define REFUSAL_LINES_PER_S 20
#define REFUSAL_LINES_PER_MIN 60

/* Counts the lines of the second and the minute that are; all zero to begin
 * with. */
struct refusal_limiter {
	int64_t second;
	int64_t minute;
	unsigned int n_second;
	unsigned int n_minute;
	uint64_t left_out;
};

/*
 * refusal_may_log -- whether one more line may be written now.
 *
 * now_us    when the request was received
 *
 * The first call in another second logs how many were left out before, as long as
 * the minute has lines left; the first one in another minute always.
 */
bool refusal_may_log(struct refusal_limiter *limiter, int64_t now_us);

#endif
