#include "twilio/likeness.h"

#include "twilio/event.h"
#include "twilio/sid.h"
#include "twilio/signature.h"

static bool
has_known_type(const struct params *params)
{
	const enum event_type type =
	    event_type_of(params_find(params, "EventType"));

	return type != EVENT_UNKNOWN && type != EVENT_TEST;
}

enum likeness
likeness_of(struct slice signature, const struct params *params,
    bool account_known)
{
	if (!signature_shaped(signature) ||
	    !sid_valid(params_find(params, "AccountSid"), "AC") ||
	    !sid_valid(params_find(params, "ServiceSid"), "IS") ||
	    !has_known_type(params))
		return LIKENESS_NO;
	return account_known ? LIKENESS_ACCOUNT : LIKENESS_FORM;
}

enum likeness
likeness_of_json(struct slice signature, struct slice query,
    struct slice body)
{
	if (!signature_shaped(signature) ||
	    signature_body_fits(query, body, NULL) != RC_OK)
		return LIKENESS_NO;
	return LIKENESS_FORM;
}
