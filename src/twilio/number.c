#include "twilio/number.h"

#include <stddef.h>

#include "twilio/hex.h"

bool
number_parse(struct slice text, int base, int64_t *number)
{
	int64_t sum = 0;
	size_t i;

	if (text.p == NULL || text.len == 0)
		return false;
	for (i = 0; i < text.len; i++) {
		int digit = hex_value(text.p[i]);

		if (digit < 0 || digit >= base)
			return false;
		if (sum > (INT64_MAX - digit) / base)
			return false;
		sum = sum * base + digit;
	}
	*number = sum;
	return true;
}
