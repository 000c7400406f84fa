/*
 * range -- FIRST-LAST, as the command line has it.
 */
#ifndef CLI_RANGE_H
#define CLI_RANGE_H

#include <stdint.h>

#include "base/err.h"

/*
 * range_read -- two numbers, the first not the larger.
 *
 * word  the argument of --range
 * *first, *last  set only on RC_OK
 *
 * RC_USAGE  says what is wrong
 */
enum rc range_read(const char *word, int64_t *first, int64_t *last,
    struct err *err);

#endif
