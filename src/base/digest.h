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

/* digest_hex -- len bytes as 2 * len lower-case digits and a NUL. */
void digest_hex(const uint8_t *bytes, size_t len, char *hex);

#endif
