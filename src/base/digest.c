#include "base/digest.h"

#include <nettle/sha2.h>

_Static_assert(DIGEST_SIZE == SHA256_DIGEST_SIZE, "SHA-256 has 32 bytes");

void
digest_sha256(struct slice bytes, uint8_t digest[DIGEST_SIZE])
{
	struct sha256_ctx hash;

	sha256_init(&hash);
	if (bytes.len > 0)
		sha256_update(&hash, bytes.len, (const uint8_t *)bytes.p);
	sha256_digest(&hash, DIGEST_SIZE, digest);
	/* Keys are fingerprinted here too. */
	explicit_bzero(&hash, sizeof(hash));
}

void
digest_hex(const uint8_t *bytes, size_t len, char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*hex++ = digits[bytes[i] >> 4];
		*hex++ = digits[bytes[i] & 0x0f];
	}
	*hex = '\0';
}
