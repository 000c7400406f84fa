/*
 * digest -- SHA-256 (FIPS 180-4), and hexadecimal.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define DIGEST_SIZE 32			/* bytes */
#define DIGEST_HEX_SIZE (2 * DIGEST_SIZE + 1)	/* with its NUL */

/* digest_sha256 -- the hash of some bytes. */
void digest_sha256(struct slice bytes, uint8_t digest[DIGEST_SIZE]);

/* The hash of bytes that come one after another: digest_new, digest_add as often
 * as there are some, digest_end, digest_free. digest_new gives NULL when there is
 * no memory; digest_free accepts it. */
struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *hash, struct slice bytes);
void digest_end(struct digest *hash, uint8_t digest[DIGEST_SIZE]);
void digest_free(struct digest *hash);

/* digest_hex -- len bytes as 2 * len lower-case digits and a NUL. */
void digest_hex(const uint8_t *bytes, size_t len, char *hex);

#endif
