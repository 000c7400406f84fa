/*
 * number -- EventIds and revisions as Twilio writes them.
 */
#ifndef TWILIO_NUMBER_H
#define TWILIO_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * number_parse -- read a usable number (docs/design.md section 2, Streams): one
 * or more digits of the base that fit 63 bits, no sign, no space; leading
 * zeros are read. Hexadecimal digits may be of either case.
 *
 * base      10 or 16
 * *number   0 .. INT64_MAX; set only when true is returned
 */
bool number_parse(struct slice text, int base, int64_t *number);

#endif
