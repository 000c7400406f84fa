#include "cli/arguments.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/slice.h"
#include "base/when.h"
#include "journal/ledger.h"
#include "twilio/number.h"

enum rc
arguments_format(const struct call *call, enum output_format *format,
    struct err *err)
{
	const char *const word = call->option[OPTION_FORMAT];

	if (word == NULL || output_format_of(word, format))
		return RC_OK;
	return err_set(err, RC_USAGE, "--format is table, json or csv, not: "
	    "%s", word);
}

enum rc
arguments_number(const struct call *call, enum option_id option,
    const char *name, const char *what, int64_t *number, struct err *err)
{
	const char *const word = call->option[option];

	if (word == NULL || number_parse(slice_of(word), 10, number))
		return RC_OK;
	return err_set(err, RC_USAGE, "%s takes %s, not: %s", name, what,
	    word);
}

enum rc
arguments_rows(const struct call *call, int64_t *rows, struct err *err)
{
	return arguments_number(call, OPTION_ROWS, "-n", "a number of rows",
	    rows, err);
}

enum rc
arguments_rev(const struct call *call, int64_t *rev, struct err *err)
{
	return arguments_number(call, OPTION_REV, "--rev", "a number, as the "
	    "command history shows it", rev, err);
}

enum rc
arguments_time(const struct call *call, enum option_id option,
    const char *name, char time[CLOCK_TEXT_SIZE], struct err *err)
{
	const char *const word = call->option[option];
	int64_t us;
	enum rc rc;

	if (word == NULL)
		return RC_OK;
	rc = when_read(name, word, clock_now_us(), &us, err);
	if (rc == RC_OK)
		clock_text(us, time);
	return rc;
}

static enum rc
refuse_word(const char *name, const char *(*known)(int code),
    struct slice word, struct err *err)
{
	struct buf words;
	const char *one;
	enum rc rc;
	int code;

	buf_init(&words, 0);
	for (code = 1; (one = known(code)) != NULL; code++)
		buf_printf(&words, "%s%s", code == 1 ? "" : ", ", one);
	rc = err_set(err, RC_USAGE, "%s is one or several of %s, with commas "
	    "between them, not: %.*s", name, buf_ok(&words) ? words.data :
	    "its words", (int)(word.len < ERR_TEXT_SIZE ? word.len :
	    ERR_TEXT_SIZE), word.p);
	buf_clear(&words);
	return rc;
}

enum rc
arguments_words(const struct call *call, enum option_id option,
    const char *name, const char *(*known)(int code),
    struct arguments_words *words, struct err *err)
{
	const char *text = call->option[option];
	bool is_wanted[ARGUMENTS_WORDS + 1] = { false };
	const char *one;
	struct slice word;
	int code;

	if (text == NULL)
		return RC_OK;
	for (;; text += word.len + 1) {
		word = (struct slice){ text, strcspn(text, ",") };
		for (code = 1; (one = known(code)) != NULL; code++)
			if (slice_is(word, one))
				break;
		if (one == NULL)
			return refuse_word(name, known, word, err);
		is_wanted[code] = true;
		if (text[word.len] == '\0')
			break;
	}
	words->n = 0;
	for (code = 1; (one = known(code)) != NULL; code++) {
		if (is_wanted[code])
			words->word[words->n++] = one;
	}
	return RC_OK;
}

const char *
arguments_verdict(int code)
{
	return code < N_VERDICTS ? verdict_name((enum verdict)code) : NULL;
}
