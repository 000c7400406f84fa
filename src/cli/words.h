/*
 * words -- numbers, times and sizes as a person reads them.
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <stdint.h>

#include "base/buf.h"

/* words_number -- "12,345". */
void words_number(struct buf *out, int64_t number);

/* words_count -- "1 gap", "12,345 gaps": the words for one, and for others. */
void words_count(struct buf *out, int64_t n, const char *one,
    const char *others);

/* words_ago -- "4 minutes ago", in the largest unit of which there are two, days
 * at most; "just now" below a second, "in 3 hours" of what is to come. */
void words_ago(struct buf *out, int64_t us, int64_t now_us);

/* words_size -- bytes, >= 0: "512 bytes", "12.3 MiB". */
void words_size(struct buf *out, int64_t bytes);

/* words_ms -- milliseconds: "250 ms", "1.5 s", "4.2 min", "26.0 h", "3.5
 * days". */
void words_ms(struct buf *out, int64_t ms);

#endif
