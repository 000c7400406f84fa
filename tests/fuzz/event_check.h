/*
 * event_check -- what holds of any decoded event, whatever its parameters.
 */
#ifndef TESTS_FUZZ_EVENT_CHECK_H
#define TESTS_FUZZ_EVENT_CHECK_H

#include "twilio/event.h"
#include "twilio/params.h"

/* event_check -- an event that event_decode made of these. */
void event_check(struct event *event, const struct params *params);

/* event_same -- whether two events are the same in all that is stored. */
bool event_same(const struct event *a, const struct event *b);

#endif
