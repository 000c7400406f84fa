/* Moments: as clock_parse and when_parse read them, they lie in the years that
 * can be written, come back from their own text, and say what timegm says. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/when.h"
#include "fuzz.h"

#define US INT64_C(1000000)
#define FIRST_US (INT64_C(-62167219200) * US)	/* 0000-01-01 */
#define END_US (INT64_C(253402300800) * US)	/* 10000-01-01 */
#define NOW_US (INT64_C(1764000000) * US + 123456)

/* A moment's own text is the same moment, but for what is below 1 ms. */
static void
check_text(int64_t us)
{
	char text[CLOCK_TEXT_SIZE];
	int64_t again;

	MUST(us >= FIRST_US && us < END_US);
	clock_text(us, text);
	MUST(strlen(text) == CLOCK_TEXT_SIZE - 1);
	MUST(clock_parse(slice_of(text), &again));
	MUST(again <= us && us - again < 1000);
	MUST(when_parse(slice_of(text), NOW_US, &again));
	MUST(again <= us && us - again < 1000);
}

/* "YYYY-MM-DDTHH:MM:SSZ", and nothing else, by the C library. */
static bool
plain_iso(struct slice text, int64_t *us)
{
	static const char shape[] = "0000-00-00T00:00:00Z";
	struct tm tm = { 0 }, again;
	char copy[sizeof(shape)];
	time_t s;
	size_t i;

	if (text.len != sizeof(shape) - 1)
		return false;
	for (i = 0; i < text.len; i++) {
		if (shape[i] == '0' ?
		    !isdigit((unsigned char)text.p[i]) : text.p[i] != shape[i])
			return false;
	}
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	if (sscanf(copy, "%4d-%2d-%2dT%2d:%2d:%2dZ", &tm.tm_year, &tm.tm_mon,
	    &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	again = tm;
	s = timegm(&again);
	*us = (int64_t)s * US;
	return again.tm_year == tm.tm_year && again.tm_mon == tm.tm_mon &&
	    again.tm_mday == tm.tm_mday && again.tm_hour == tm.tm_hour &&
	    again.tm_min == tm.tm_min && again.tm_sec == tm.tm_sec;
}

/* Blanks around it and the case of its words are none of a moment. */
static void
check_dressed(struct slice text, int64_t us)
{
	struct buf dressed;
	int64_t again = 0;
	size_t i;

	buf_init(&dressed, 0);
	buf_add_text(&dressed, " \t");
	buf_add_slice(&dressed, text);
	/* A unit after digits is written as it is. */
	for (i = 0; strpbrk(dressed.data, "0123456789") == NULL &&
	    i < dressed.len; i++)
		dressed.data[i] = (char)toupper((unsigned char)
		    dressed.data[i]);
	buf_add_text(&dressed, "  ");
	MUST(when_parse(buf_slice(&dressed), NOW_US, &again) && again == us);
	buf_clear(&dressed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const struct slice rest = input_rest(&input);
	char *const copy = fuzz_copy(rest);
	char *const word = fuzz_text(rest);
	const struct slice text = { copy, rest.len };
	int64_t us = 1, when_us = 1, want = 0, read_us = 1;
	const bool plain = plain_iso(text, &want);
	const bool time = clock_parse(text, &us);
	const bool when = when_parse(text, NOW_US, &when_us);
	struct err err = { "" };

	MUST(time || us == 1);
	MUST(when || when_us == 1);
	MUST(!time || (when && us == when_us));
	MUST(!plain || (time && us == want));
	if (when) {
		check_text(when_us);
		check_dressed(text, when_us);
	}
	if (when_read("--since", word, NOW_US, &read_us, &err) == RC_OK)
		check_text(read_us);
	else
		MUST(err.text[0] != '\0' && read_us == 1);
	free(copy);
	free(word);
	return 0;
}
