#include "base/clock.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define US_PER_S 1000000LL
#define S_PER_DAY 86400LL
#define US_PER_DAY (S_PER_DAY * US_PER_S)

/* Days from 0000-03-01 to 1970-01-01. A year that begins in March has its
 * leap day last, and 400 years always have DAYS_PER_ERA days; section
 * "days_from_civil" of "chrono-Compatible Low-Level Date Algorithms" by
 * H. Hinnant derives the arithmetic below. */
#define DAYS_TO_1970 719468LL
#define DAYS_PER_ERA 146097LL

/* First and last microsecond of the years 0000 to 9999. */
#define FIRST_US (-62167219200LL * US_PER_S)
#define LAST_US (253402300800LL * US_PER_S - 1)

struct moment {
	int year;
	int month;	/* 1 to 12 */
	int day;	/* 1 to 31 */
	int hour;
	int minute;
	int second;
	int us;
	int offset_min;	/* local time minus UTC */
};

static int64_t
clock_us(clockid_t id)
{
	struct timespec now;

	/* Both clocks exist on every Linux; a failure would be our own bug
	 * and shows as the year 1970. */
	if (clock_gettime(id, &now) != 0)
		return 0;
	return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

int64_t
clock_now_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

int64_t
clock_mono_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

/* date_of -- the date of a day counted from 1970-01-01, year >= 0. */
static void
date_of(int64_t days, struct moment *m)
{
	/* The year before 0000-03-01 is reached by one era more. */
	int64_t z = days + DAYS_TO_1970 + DAYS_PER_ERA;
	int64_t era = z / DAYS_PER_ERA;
	int64_t doe = z % DAYS_PER_ERA;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	m->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	m->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	m->year = (int)(yoe + era * 400 - 400 + (m->month <= 2));
}

/* days_of -- the day counted from 1970-01-01, year >= 0. */
static int64_t
days_of(const struct moment *m)
{
	int64_t y = m->year + 400 - (m->month <= 2);
	int64_t era = y / 400;
	int64_t yoe = y % 400;
	int64_t mp = m->month > 2 ? m->month - 3 : m->month + 9;
	int64_t doy = (153 * mp + 2) / 5 + m->day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * DAYS_PER_ERA + doe - DAYS_TO_1970 - DAYS_PER_ERA;
}

/* put -- value as n digits and the character that follows them. */
static char *
put(char *at, int value, int n, char after)
{
	for (int i = n - 1; i >= 0; i--) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	at[n] = after;
	return at + n + 1;
}

void
clock_text(int64_t us, char text[CLOCK_TEXT_SIZE])
{
	struct moment m;
	int64_t days;
	int ms;

	us = us < FIRST_US ? FIRST_US : us > LAST_US ? LAST_US : us;
	days = us / US_PER_DAY - (us % US_PER_DAY < 0);
	date_of(days, &m);
	ms = (int)((us - days * US_PER_DAY) / 1000);
	text = put(text, m.year, 4, '-');
	text = put(text, m.month, 2, '-');
	text = put(text, m.day, 2, ' ');
	text = put(text, ms / 3600000, 2, ':');
	text = put(text, ms / 60000 % 60, 2, ':');
	text = put(text, ms / 1000 % 60, 2, '.');
	put(text, ms % 1000, 3, '\0');
}

/* The readers below take what they know from the front of *s and tell
 * whether it was there; *s is theirs to spoil when it was not. */

static void
skip(struct slice *s, size_t len)
{
	s->p += len;
	s->len -= len;
}

/* take -- one character out of set; returned, or NUL. */
static char
take(struct slice *s, const char *set)
{
	char c;

	if (s->len == 0 || *s->p == '\0' || strchr(set, *s->p) == NULL)
		return '\0';
	c = *s->p;
	skip(s, 1);
	return c;
}

static bool
take_digit(struct slice *s, int *digit)
{
	char c = take(s, "0123456789");

	*digit = c - '0';
	return c != '\0';
}

/* take_number -- least to most digits, and a value in [low, high]. */
static bool
take_number(struct slice *s, int least, int most, int low, int high,
    int *value)
{
	int digit;
	int n = 0;

	*value = 0;
	while (n < most && take_digit(s, &digit)) {
		*value = *value * 10 + digit;
		n++;
	}
	return n >= least && *value >= low && *value <= high;
}

/* take_word -- one of n words of three letters, any case; its place. */
static bool
take_word(struct slice *s, const char (*words)[4], int n, int *place)
{
	if (s->len < 3)
		return false;
	for (int i = 0; i < n; i++) {
		if (strncasecmp(s->p, words[i], 3) == 0) {
			*place = i;
			skip(s, 3);
			return true;
		}
	}
	return false;
}

/* take_time -- HH:MM:SS, and decimals where they are allowed. */
static bool
take_time(struct slice *s, bool decimals, struct moment *m)
{
	int digit;
	int unit = 100000;

	m->us = 0;
	if (!take_number(s, 2, 2, 0, 23, &m->hour) || !take(s, ":") ||
	    !take_number(s, 2, 2, 0, 59, &m->minute) || !take(s, ":") ||
	    !take_number(s, 2, 2, 0, 59, &m->second))
		return false;
	if (!decimals || !take(s, "."))
		return true;
	if (!take_digit(s, &digit))
		return false;
	do {
		m->us += digit * unit;
		unit /= 10;
	} while (take_digit(s, &digit));
	return true;
}

/* take_offset -- +hhmm, or +hh:mm as well. */
static bool
take_offset(struct slice *s, bool colon, struct moment *m)
{
	char sign = take(s, "+-");
	int hours;
	int minutes;

	if (sign == '\0' || !take_number(s, 2, 2, 0, 23, &hours))
		return false;
	if (colon)
		(void)take(s, ":");
	if (!take_number(s, 2, 2, 0, 59, &minutes))
		return false;
	m->offset_min = hours * 60 + minutes;
	if (sign == '-')
		m->offset_min = -m->offset_min;
	return true;
}

static bool
read_iso(struct slice s, struct moment *m)
{
	m->offset_min = 0;
	if (!take_number(&s, 4, 4, 0, 9999, &m->year) || !take(&s, "-") ||
	    !take_number(&s, 2, 2, 1, 12, &m->month) || !take(&s, "-") ||
	    !take_number(&s, 2, 2, 1, 31, &m->day) || !take(&s, "Tt ") ||
	    !take_time(&s, true, m))
		return false;
	if (s.len > 0 && !take(&s, "Zz") && !take_offset(&s, true, m))
		return false;
	return s.len == 0;
}

static bool
read_mail(struct slice s, struct moment *m)
{
	static const char days[][4] = {
		"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat",
	};
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun",
		"Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
	};
	static const char zones[][4] = { "GMT", "UTC" };
	int place;

	m->offset_min = 0;
	if (take_word(&s, days, 7, &place) &&
	    (!take(&s, ",") || !take(&s, " ")))
		return false;
	if (!take_number(&s, 1, 2, 1, 31, &m->day) || !take(&s, " ") ||
	    !take_word(&s, months, 12, &m->month) || !take(&s, " ") ||
	    !take_number(&s, 4, 4, 0, 9999, &m->year) || !take(&s, " ") ||
	    !take_time(&s, false, m) || !take(&s, " "))
		return false;
	m->month++;
	if (!take_word(&s, zones, 2, &place) && !take_offset(&s, false, m))
		return false;
	return s.len == 0;
}

bool
clock_parse(struct slice text, int64_t *us)
{
	struct moment m;
	struct moment same;
	int64_t days;
	int64_t when;

	if (text.p == NULL || (!read_iso(text, &m) && !read_mail(text, &m)))
		return false;
	/* A day that does not exist comes back in the next month. */
	days = days_of(&m);
	date_of(days, &same);
	if (same.month != m.month)
		return false;
	when = (days * S_PER_DAY + m.hour * 3600 + m.minute * 60 + m.second -
	    m.offset_min * 60) * US_PER_S + m.us;
	if (when < FIRST_US || when > LAST_US)
		return false;
	*us = when;
	return true;
}
