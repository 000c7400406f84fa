/*
 * clock -- the time, and how it is written.
 *
 * All times are microseconds since 1970-01-01 UTC, leap seconds ignored, in
 * an int64_t; texts cover the years 0000 to 9999.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define CLOCK_TEXT_SIZE 24	/* "YYYY-MM-DD HH:MM:SS.SSS" and its NUL */

/* clock_now_us -- the wall clock. */
int64_t clock_now_us(void);

/* clock_mono_us -- a clock that never jumps; only differences mean anything. */
int64_t clock_mono_us(void);

/* clock_text -- SQLite's own form, "YYYY-MM-DD HH:MM:SS.SSS", cut (not
 * rounded) to the millisecond. */
void clock_text(int64_t us, char text[CLOCK_TEXT_SIZE]);

/*
 * clock_parse -- read a time as Twilio may write it.
 *
 * Accepts ISO 8601 ("2023-11-07T11:57:43.715Z"; 'T', 't' or a space; seconds
 * with any number of decimals, digits beyond the sixth ignored; "Z", "z",
 * an offset +hh:mm or +hhmm, or nothing for UTC) and RFC 2822
 * ("Tue, 07 Nov 2023 11:57:43 +0000", weekday optional, "GMT" or "UTC" for
 * the offset; what Twilio's older REST interfaces use). The format of
 * DateCreated is not documented (docs/twilio.md section 2). A date that does
 * not exist, or a number out of range, is refused; so is second 60. That the
 * weekday is the date's is not checked.
 *
 * *us       set only when true is returned
 */
bool clock_parse(struct slice text, int64_t *us);

#endif
