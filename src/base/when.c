#include "base/when.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

#define US_PER_S 1000000LL
#define US_PER_DAY (86400 * US_PER_S)

/* What clock_parse lacks something of. */
#define DATE_LEN 10	/* "YYYY-MM-DD" */
#define MINUTE_LEN 16	/* "YYYY-MM-DD HH:MM" */
#define ZONE_LEN 6	/* "+hh:mm" */

/* No moment is longer ago than this, 10,000 years. */
#define SPAN_S (10000LL * 366 * 86400)

static const struct unit {
	const char *name[5];
	int64_t s;
} units[] = {
	{ { "s", "sec", "secs", "second", "seconds" }, 1 },
	{ { "m", "min", "mins", "minute", "minutes" }, 60 },
	{ { "h", "hr", "hrs", "hour", "hours" }, 3600 },
	{ { "d", "day", "days", NULL, NULL }, 86400 },
	{ { "w", "wk", "wks", "week", "weeks" }, 604800 },
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void
skip(struct slice *s, size_t len)
{
	s->p += len;
	s->len -= len;
}

static void
skip_blanks(struct slice *s)
{
	while (s->len > 0 && is_blank(*s->p))
		skip(s, 1);
}

static struct slice
trim(struct slice s)
{
	skip_blanks(&s);
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

static bool
is_word(struct slice s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.p, word, s.len) == 0;
}

/* in_years -- whether clock's texts can tell this moment. */
static bool
in_years(int64_t us)
{
	int64_t first, last;

	return clock_parse(slice_of("0000-01-01 00:00:00"), &first) &&
	    clock_parse(slice_of("9999-12-31 23:59:59.999999"), &last) &&
	    us >= first && us <= last;
}

/* take_digits -- one or more digits, of a value up to SPAN_S. */
static bool
take_digits(struct slice *s, int64_t *value)
{
	size_t n = 0;

	for (*value = 0; n < s->len && is_digit(s->p[n]); n++) {
		*value = *value * 10 + (s->p[n] - '0');
		if (*value > SPAN_S)
			return false;
	}
	skip(s, n);
	return n > 0;
}

/* read_date -- what clock_parse would read if the seconds were there, or the
 * time of day. */
static bool
read_date(struct slice s, int64_t *us)
{
	char text[MINUTE_LEN + sizeof(":00") + ZONE_LEN];
	size_t len = s.len < MINUTE_LEN ? s.len : MINUTE_LEN;
	const char *rest = len == DATE_LEN ? " 00:00:00" : ":00";
	struct slice zone = { s.p + len, s.len - len };
	int n;

	if ((len != DATE_LEN && len != MINUTE_LEN) || zone.len > ZONE_LEN ||
	    (zone.len > 0 && memchr("Zz+-", *zone.p, 4) == NULL))
		return false;
	n = snprintf(text, sizeof(text), "%.*s%s%.*s", (int)len, s.p, rest,
	    (int)zone.len, zone.p);
	/* Fewer when there is a NUL. */
	return n == (int)(len + strlen(rest) + zone.len) &&
	    clock_parse(slice_of(text), us);
}

static bool
read_day(struct slice s, int64_t now_us, int64_t *us)
{
	int64_t today = now_us - now_us % US_PER_DAY;

	if (today > now_us)
		today -= US_PER_DAY;
	if (is_word(s, "now"))
		*us = now_us;
	else if (is_word(s, "today"))
		*us = today;
	else if (is_word(s, "yesterday"))
		*us = today - US_PER_DAY;
	else
		return false;
	return true;
}

static bool
find_unit(struct slice s, int64_t *unit_s)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		for (size_t j = 0; j < 5 && units[i].name[j] != NULL; j++) {
			if (slice_is(s, units[i].name[j])) {
				*unit_s = units[i].s;
				return true;
			}
		}
	}
	return false;
}

static bool
read_ago(struct slice s, int64_t now_us, int64_t *us)
{
	struct slice unit;
	int64_t n, unit_s;

	if (!take_digits(&s, &n))
		return false;
	skip_blanks(&s);
	unit = s;
	while (s.len > 0 && !is_blank(*s.p))
		skip(&s, 1);
	unit.len -= s.len;
	skip_blanks(&s);
	if (!find_unit(unit, &unit_s) || (s.len > 0 && !is_word(s, "ago")) ||
	    n > SPAN_S / unit_s)
		return false;
	*us = now_us - n * unit_s * US_PER_S;
	return true;
}

/* read_epoch -- "@" and seconds, as date(1) has it. */
static bool
read_epoch(struct slice s, int64_t *us)
{
	int64_t value;
	int64_t unit = US_PER_S;
	bool negative;

	if (s.len < 2 || *s.p != '@')
		return false;
	negative = s.p[1] == '-';
	skip(&s, negative || s.p[1] == '+' ? 2 : 1);
	if (!take_digits(&s, &value))
		return false;
	value *= US_PER_S;
	if (s.len > 1 && *s.p == '.') {
		skip(&s, 1);
		for (; s.len > 0 && is_digit(*s.p); skip(&s, 1)) {
			unit /= 10;
			value += (*s.p - '0') * unit;
		}
	}
	*us = negative ? -value : value;
	return s.len == 0;
}

bool
when_parse(struct slice text, int64_t now_us, int64_t *us)
{
	int64_t when;

	if (text.p == NULL)
		return false;
	text = trim(text);
	if (!clock_parse(text, &when) && !read_date(text, &when) &&
	    !read_epoch(text, &when) &&
	    (!in_years(now_us) || (!read_day(text, now_us, &when) &&
	    !read_ago(text, now_us, &when))))
		return false;
	if (!in_years(when))
		return false;
	*us = when;
	return true;
}

enum rc
when_read(const char *option, const char *text, int64_t now_us, int64_t *us,
    struct err *err)
{
	if (when_parse(slice_of(text), now_us, us))
		return RC_OK;
	return err_set(err, RC_USAGE, "%s takes a time, in UTC: 2026-11-25, "
	    "\"2026-11-25 14:30\", 2026-11-25T14:30:00Z, now, today, "
	    "yesterday, how long ago (90s, 15m, 2h, 3d, 2w) or @seconds since "
	    "1970, not: %s", option, text);
}
