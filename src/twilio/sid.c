#include "twilio/sid.h"

#include <stddef.h>

#include "twilio/hex.h"

bool
sid_valid(struct slice sid, const char *prefix)
{
	size_t i;

	if (sid.p == NULL || sid.len != SID_LEN)
		return false;
	if (sid.p[0] != prefix[0] || sid.p[1] != prefix[1])
		return false;
	for (i = 2; i < sid.len; i++)
		if (hex_value(sid.p[i]) < 0)
			return false;
	return true;
}
