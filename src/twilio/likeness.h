/*
 * likeness -- whether a request that did not verify looks like one of
 * Twilio's: such a reject may be an event that is being lost, and stays in the
 * quarantine longer than a stranger's.
 */
#ifndef TWILIO_LIKENESS_H
#define TWILIO_LIKENESS_H

#include <stdbool.h>

#include "base/slice.h"
#include "twilio/params.h"

/* Stored in the journal: never renumber. */
enum likeness {
	LIKENESS_NO = 0,
	LIKENESS_FORM = 1,	/* in all that anybody could write as well */
	LIKENESS_ACCOUNT = 2,	/* and it names an account of ours, which a
				 * stranger would have to know */
	N_LIKENESSES
};

/*
 * likeness_of -- judge a request.
 *
 * signature      as received; it must be the Base64 of 20 bytes
 * params         of a form: it needs an AccountSid (AC..) and a ServiceSid
 *                (IS..) of a SID's shape, and an EventType that is known and
 *                is no test of ours
 * account_known  whether the configuration has a section of its own for the
 *                AccountSid; [account *] does not count, since it is anybody's
 *
 * User-Agent is not asked: anybody can write it, and proxies rewrite it.
 */
enum likeness likeness_of(struct slice signature, const struct params *params,
    bool account_known);

/* likeness_of_json -- the same of a JSON body: the query (no leading '?') must
 * have its bodySHA256. Nothing in it is read, so that it is never more than
 * LIKENESS_FORM. */
enum likeness likeness_of_json(struct slice signature, struct slice query,
    struct slice body);

#endif
