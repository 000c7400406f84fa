#include "responder/refusal.h"

#include <inttypes.h>

#include "base/log.h"
#include "twilio/params.h"

static const struct refusal_rule rules[N_REFUSALS] = {
	[REFUSE_LENGTH_MISSING] = { 411, "411 Length Required",
	    "length_missing", "a request must say its Content-Length" },
	[REFUSE_BODY_TOO_LARGE] = { 413, "413 Content Too Large",
	    "body_too_large", "the body is larger than max_body_bytes" },
	[REFUSE_BODY_TORN] = { 400, "400 Bad Request",
	    "body_torn", "the body is not as long as its Content-Length" },
	[REFUSE_CONTENT_TYPE] = { 415, "415 Unsupported Media Type",
	    "content_type_unsupported",
	    "the body must be " FORM_TYPE " or " JSON_TYPE },
	[REFUSE_SIGNATURE_MISSING] = { 403, "403 Forbidden",
	    "signature_missing", "there is no X-Twilio-Signature" },
	[REFUSE_SIGNATURE_REPEATED] = { 403, "403 Forbidden",
	    "signature_repeated", "there is more than one X-Twilio-Signature" },
	[REFUSE_SIGNATURE_MALFORMED] = { 403, "403 Forbidden",
	    "signature_malformed",
	    "X-Twilio-Signature is not the Base64 of 20 bytes" },
	[REFUSE_SIGNATURE_WRONG] = { 403, "403 Forbidden",
	    "signature_wrong",
	    "X-Twilio-Signature does not fit this request" },
	[REFUSE_ACCOUNT_UNKNOWN] = { 403, "403 Forbidden",
	    "account_unknown", "there is no token for this AccountSid" },
	[REFUSE_BODY_SHA256_MISSING] = { 403, "403 Forbidden",
	    "body_sha256_missing",
	    "a JSON body needs one bodySHA256 in the query" },
	[REFUSE_BODY_SHA256_WRONG] = { 403, "403 Forbidden",
	    "body_sha256_wrong", "bodySHA256 is not the hash of the body" },
};

const struct refusal_rule *
refusal_rule(enum refusal refusal)
{
	return &rules[refusal];
}

static void
tell_left_out(struct refusal_limiter *limiter)
{
	if (limiter->left_out > 0)
		log_line(LOG_WARNING, 0, "%" PRIu64 " more requests were "
		    "refused; their lines were left out", limiter->left_out);
	limiter->left_out = 0;
}

bool
refusal_may_log(struct refusal_limiter *limiter, int64_t now_us)
{
	const int64_t second = now_us / 1000000;
	const int64_t minute = second / 60;

	if (minute != limiter->minute)
		limiter->n_minute = 0;
	if (second != limiter->second) {
		limiter->n_second = 0;
		if (limiter->n_minute < REFUSAL_LINES_PER_MIN)
			tell_left_out(limiter);
	}
	limiter->minute = minute;
	limiter->second = second;
	if (limiter->n_second >= REFUSAL_LINES_PER_S ||
	    limiter->n_minute >= REFUSAL_LINES_PER_MIN) {
		limiter->left_out++;
		return false;
	}
	limiter->n_second++;
	limiter->n_minute++;
	return true;
}
