/* The audit program's command line: each word a line. What is taken is what a
 * plain reader makes of it, what is refused is refused with words. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/plain.h"
#include "cli/range.h"
#include "fuzz.h"

#define WORDS_MOST 24

static void
check_rc(enum rc rc, struct err *err)
{
	MUST(rc == RC_OK || rc == RC_USAGE);
	MUST(rc == RC_OK || err->text[0] != '\0');
	err->text[0] = '\0';
}

/* Digits alone that fit. */
static bool
plain_number(const char *text, int64_t *number)
{
	long long value;

	if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	value = strtoll(text, NULL, 10);
	*number = value;
	return errno == 0;
}

static void
check_number(const struct call *call, enum option_id option,
    const char *name)
{
	int64_t have = -5, want = -5;
	struct err err = { "" };
	enum rc rc;

	rc = arguments_number(call, option, name, "a number", &have, &err);
	check_rc(rc, &err);
	if (call->option[option] == NULL)
		MUST(rc == RC_OK && have == -5);
	else if (plain_number(call->option[option], &want))
		MUST(rc == RC_OK && have == want);
	else
		MUST(rc == RC_USAGE && have == -5);
}

static void
check_range(const char *word)
{
	int64_t first = -5, last = -5;
	struct err err = { "" };
	enum rc rc;

	rc = range_read(word, &first, &last, &err);
	check_rc(rc, &err);
	MUST(rc == RC_OK ? first >= 0 && first <= last :
	    first == -5 && last == -5);
}

static void
check_time(const struct call *call, enum option_id option,
    const char *name)
{
	char time[CLOCK_TEXT_SIZE] = "x";
	struct err err = { "" };
	const enum rc rc = arguments_time(call, option, name, time, &err);

	check_rc(rc, &err);
	MUST(rc == RC_OK && call->option[option] != NULL ?
	    strlen(time) == CLOCK_TEXT_SIZE - 1 : strcmp(time, "x") == 0);
}

static void
check_words(const struct call *call)
{
	struct arguments_words words = { .n = 0 };
	struct err err = { "" };
	size_t i;

	check_rc(arguments_words(call, OPTION_VERDICT, "--verdict",
	    arguments_verdict, &words, &err), &err);
	MUST(words.n <= ARGUMENTS_WORDS);
	for (i = 0; i < words.n; i++)
		MUST(words.word[i] != NULL &&
		    strstr(call->option[OPTION_VERDICT], words.word[i]) !=
		    NULL);
}

static void
check_arguments(const struct call *call)
{
	enum output_format format = N_OUTPUT_FORMATS;
	struct err err = { "" };
	int64_t rows = -5;

	check_rc(arguments_format(call, &format, &err), &err);
	check_rc(arguments_rows(call, &rows, &err), &err);
	check_rc(arguments_rev(call, &rows, &err), &err);
	check_number(call, OPTION_FROM, "--from");
	check_number(call, OPTION_GRACE, "--grace");
	check_time(call, OPTION_SINCE, "--since");
	check_time(call, OPTION_AT, "--at");
	check_words(call);
	if (call->option[OPTION_RANGE] != NULL)
		check_range(call->option[OPTION_RANGE]);
}

static void
check_command(struct call *call)
{
	const struct command *command = NULL;
	struct err err = { "" };
	enum rc rc;

	if (call->n_words == 0)
		return;
	rc = commands_find(call->word[0], &command, &err);
	MUST((rc == RC_OK) == (command != NULL));
	check_rc(rc, &err);
	call->word++;
	call->n_words--;
	if (command != NULL)
		check_rc(options_check(command, call, &err), &err);
}

/* Every word was given, or is what follows a '=' or a letter of one. */
static void
check_call(const struct call *call, char *const *argv, int argc)
{
	int option, i;

	MUST(call->n_words >= 0 && call->n_words < argc);
	for (option = 0; option < N_OPTIONS; option++) {
		const char *const value = call->option[option];
		bool found = value == NULL || *value == '\0';

		for (i = 1; !found && i < argc; i++)
			found = value >= argv[i] &&
			    value <= argv[i] + strlen(argv[i]);
		MUST(found);
	}
}

static void
check_plain(struct slice bytes)
{
	struct buf text, cut;
	size_t width;

	buf_init(&text, 0);
	plain_add(&text, bytes);
	MUST(buf_ok(&text) && plain_is(buf_slice(&text).p));
	for (width = 2; width < 12; width += 3) {
		buf_init(&cut, 0);
		plain_cut(&cut, buf_slice(&text), width);
		MUST(plain_width(buf_slice(&cut)) <= width);
		buf_clear(&cut);
	}
	buf_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size }, whole = input;
	char *argv[WORDS_MOST + 2] = { fuzz_text(slice_of("syncjournal")) };
	char *words[WORDS_MOST + 2];
	struct err err = { "" };
	struct call call;
	int argc = 1, i;
	enum rc rc;

	while (input.left > 0 && argc <= WORDS_MOST)
		argv[argc++] = fuzz_text(input_line(&input));
	memcpy(words, argv, sizeof(words));
	optind = 0;	/* of getopt: this is another command line */
	rc = options_read(argc, argv, &call, &err);
	check_rc(rc, &err);
	if (rc == RC_OK) {
		check_call(&call, words, argc);
		check_command(&call);
		check_arguments(&call);
	}
	check_plain(input_rest(&whole));
	for (i = 0; i < argc; i++)
		free(words[i]);
	return 0;
}
