/*
 * mix -- made-up deliveries to measure with, the same for the same seed.
 *
 * 40 % documents, 20 % items of lists, 20 % of maps and 20 % reachability, over
 * 500 streams of each kind. One in a hundred comes after its stream's next one,
 * one in 200 twice, one in 1,000 never. The bodies are forms of some 600 bytes
 * (reachability is filled up to that by a parameter that nobody knows); in the
 * large mix a document has Twilio's most, 16 KiB of data, and the rest is as
 * it was.
 */
#ifndef BENCH_MIX_H
#define BENCH_MIX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

#define MIX_CONTENT_TYPE "application/x-www-form-urlencoded"
#define MIX_TOKEN_SIZE 37	/* a UUID's text with its NUL */

enum mix_size {
	MIX_SMALL,
	MIX_LARGE,
	N_MIX_SIZES
};

/* mix_size_of -- the size of this name, "small" or "large"; false, and *size
 * as it was, for another name. */
bool mix_size_of(const char *name, enum mix_size *size);

struct mix;

/* mix_new -- freed with mix_free (NULL is accepted). */
enum rc mix_new(struct mix **mix, enum mix_size size, uint64_t seed,
    struct err *err);
void mix_free(struct mix *mix);

/* mix_next -- the next delivery's body; valid until the next call. There is
 * always one more. */
struct slice mix_next(struct mix *mix);

/* mix_skip -- go on as if n deliveries had been taken. */
void mix_skip(struct mix *mix, uint64_t n);

/* mix_token -- the idempotency token of a seed's delivery number; the first one
 * has 0. */
void mix_token(char token[MIX_TOKEN_SIZE], uint64_t seed, uint64_t number);

#endif
