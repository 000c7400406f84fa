#include "base/digest.h"

#include <nettle/sha2.h>
#include <stdlib.h>

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

struct digest {
	struct sha256_ctx context;
};

struct digest *
digest_new(void)
{
	struct digest *hash = malloc(sizeof(*hash));

	if (hash != NULL)
		sha256_init(&hash->context);
	return hash;
}

void
digest_add(struct digest *hash, struct slice bytes)
{
	if (bytes.len > 0)
		sha256_update(&hash->context, bytes.len,
		    (const uint8_t *)bytes.p);
}

void
digest_end(struct digest *hash, uint8_t digest[DIGEST_SIZE])
{
	sha256_digest(&hash->context, DIGEST_SIZE, digest);
}

void
digest_free(struct digest *hash)
{
	free(hash);
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
