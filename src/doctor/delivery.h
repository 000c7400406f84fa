/*
 * delivery -- test deliveries, signed as Twilio signs.
 */
#ifndef DOCTOR_DELIVERY_H
#define DOCTOR_DELIVERY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "twilio/signature.h"

enum delivery_kind {
	DELIVERY_SMALL,
	DELIVERY_LARGE,		/* 16 KiB of data that percent-encode to three
				 * times as much: Twilio's largest
				 * (docs/twilio.md section 4) */
	DELIVERY_ATTACK,	/* data that a web application firewall takes
				 * for an attack */
	N_DELIVERY_KINDS
};

struct test_delivery {
	struct buf body;	/* the form */
	char signature[SIGNATURE_LEN + 1];
};

/* delivery_name -- "small", "large", "attack". */
const char *delivery_name(enum delivery_kind kind);

/*
 * delivery_make -- a form of EVENT_TEST_NAME, and its signature.
 *
 * url     as it is configured at Twilio; its fragment is not signed
 * secret  an account's token
 * run     tells this one from all others
 * *test   set in any case, cleared with delivery_clear
 *
 * RC_MEMORY
 */
enum rc delivery_make(struct test_delivery *test, enum delivery_kind kind,
    const char *url, const char *account_sid, struct slice secret,
    const char *run, struct err *err);
void delivery_clear(struct test_delivery *test);

#endif
