/*
 * curl -- one HTTP request, made by the program curl(1).
 *
 * All that is asked for goes to it by a pipe, nothing on its command line,
 * where other users of the machine could read it. It reads no .curlrc, uses
 * no proxy, follows no redirect and verifies certificates: as Twilio calls,
 * but for redirects, which are to be told.
 */
#ifndef DOCTOR_CURL_H
#define DOCTOR_CURL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* Twilio's longest wait (docs/twilio.md section 4, "tt"). */
#define CURL_SECONDS 15
/* Of an answer; what is more is not looked at. */
#define CURL_ANSWER_MAX 65536

struct curl_request {
	const char *url;	/* without blanks, controls and fragment */
	const char *host;	/* another Host than the URL's; NULL: its own */
	const char *signature;	/* of X-Twilio-Signature */
	struct slice form;	/* posted: printable ASCII */
};

struct curl_answer {
	int code;		/* curl's own exit status; 0: there is an
				 * answer */
	char why[256];		/* what it says of that, one line */
	int status;		/* of HTTP */
	int64_t took_us;
	struct buf text;	/* head and body as they came */
	struct slice body;	/* in text */
};

/*
 * curl_post -- send it, and wait for the answer.
 *
 * *answer  set in any case, cleared with curl_clear
 *
 * RC_SYSTEM  there is no curl, or it cannot be started
 * RC_MEMORY
 */
enum rc curl_post(const struct curl_request *request,
    struct curl_answer *answer, struct err *err);
void curl_clear(struct curl_answer *answer);

/* curl_header -- the value of the first header of this name, case aside; no
 * value (p NULL) when there is none. */
struct slice curl_header(const struct curl_answer *answer, const char *name);

/* curl_take -- set status and body from the answer's text; for curl_post and
 * its test. */
void curl_take(struct curl_answer *answer);

#endif
