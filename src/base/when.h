/*
 * when -- a moment as a person types it, UTC.
 */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * when_parse -- read a moment.
 *
 * text    one of
 *           what clock_parse reads
 *           a date, "2026-11-25": its beginning; or a date and "HH:MM", with
 *             seconds or not, after a space or T, as clock_parse else
 *           "now"; "today" and "yesterday": their beginning; any case
 *           a time ago, "90s", "15m" or "15min", "2h", "3d", "2 weeks ago":
 *             digits and one unit, or its English name; "ago" may be left out
 *           "@1764000000": seconds since 1970, a sign and decimals allowed,
 *             digits beyond the sixth decimal ignored
 *         blanks around it are none of it
 * now_us  what the words and the times ago are counted from
 * *us     microseconds since 1970; set only when true is returned
 *
 * A moment that is not in the years 0 to 9999 is refused.
 */
bool when_parse(struct slice text, int64_t now_us, int64_t *us);

/*
 * when_read -- read a moment that an option was given.
 *
 * option  its name, "--since"
 * text    NUL-terminated
 * *us     set only on RC_OK
 *
 * RC_USAGE  says what is accepted
 */
enum rc when_read(const char *option, const char *text, int64_t now_us,
    int64_t *us, struct err *err);

#endif
