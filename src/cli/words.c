#include "cli/words.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#define KIB 1024.0
#define SECOND_US 1000000

void
words_number(struct buf *out, int64_t number)
{
	char digits[24];
	const bool is_negative = number < 0;
	int len, i;

	/* -INT64_MIN does not fit. */
	len = snprintf(digits, sizeof(digits), "%" PRIu64, is_negative ?
	    0 - (uint64_t)number : (uint64_t)number);
	if (is_negative)
		buf_add_char(out, '-');
	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf_add_char(out, ',');
		buf_add_char(out, digits[i]);
	}
}

void
words_count(struct buf *out, int64_t n, const char *one, const char *others)
{
	words_number(out, n);
	buf_add_char(out, ' ');
	buf_add_text(out, n == 1 ? one : others);
}

void
words_ago(struct buf *out, int64_t us, int64_t now_us)
{
	static const struct {
		int64_t us;
		const char *one, *others;
	} units[] = {
		{ INT64_C(86400) * SECOND_US, "day", "days" },
		{ INT64_C(3600) * SECOND_US, "hour", "hours" },
		{ INT64_C(60) * SECOND_US, "minute", "minutes" },
		{ SECOND_US, "second", "seconds" },
	};
	const bool is_past = us <= now_us;
	const int64_t apart = is_past ? now_us - us : us - now_us;
	size_t i = 0;

	if (apart < SECOND_US) {
		buf_add_text(out, "just now");
		return;
	}
	while (i < 3 && apart < 2 * units[i].us)
		i++;
	if (!is_past)
		buf_add_text(out, "in ");
	words_count(out, apart / units[i].us, units[i].one, units[i].others);
	if (is_past)
		buf_add_text(out, " ago");
}

void
words_size(struct buf *out, int64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double size = (double)bytes / KIB;
	size_t i = 0;

	if (bytes < (int64_t)KIB) {
		words_count(out, bytes, "byte", "bytes");
		return;
	}
	/* What would be rounded to 1024.0 is one of the next. */
	for (; i < 3 && size >= KIB - 0.05; i++)
		size /= KIB;
	buf_printf(out, "%.1f %s", size, units[i]);
}

void
words_ms(struct buf *out, int64_t ms)
{
	const double size = ms < 0 ? -(double)ms : (double)ms;

	if (size < 1000)
		buf_printf(out, "%lld ms", (long long)ms);
	else if (size < 120 * 1000)
		buf_printf(out, "%.1f s", (double)ms / 1000);
	else if (size < 120 * 60 * 1000)
		buf_printf(out, "%.1f min", (double)ms / 60000);
	else if (size < 48 * 3600 * 1000.0)
		buf_printf(out, "%.1f h", (double)ms / 3600000);
	else
		buf_printf(out, "%.1f days", (double)ms / 86400000);
}
