#include "cli/options.h"

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"

/* Long options have codes beyond any character's. */
#define FIRST_CODE 256

#define COMMON (OPTION_BIT(OPTION_CONFIG) | OPTION_BIT(OPTION_JOURNAL) | \
    OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION))

static const struct {
	const char *name;
	const char *argument;	/* NULL: takes none */
	const char *what;
} options[N_OPTIONS] = {
	[OPTION_CONFIG] = { "--config", "FILE",
	    "the configuration that names the journal" },
	[OPTION_JOURNAL] = { "--journal", "FILE", "the journal itself" },
	[OPTION_FORMAT] = { "--format", "WORD",
	    "table (default), json (an object a line), csv" },
	[OPTION_ROWS] = { "-n", "ROWS", "at most so many rows" },
	[OPTION_RANGE] = { "--range", "FIRST-LAST",
	    "only these numbers of the gap" },
	[OPTION_REASON] = { "--reason", "TEXT", "why, in one line" },
	[OPTION_ACTOR] = { "--actor", "NAME",
	    "who says so; your login name if not given" },
	[OPTION_CHECK] = { "--check", NULL,
	    "only compare; nothing is written" },
	[OPTION_HELP] = { "--help", NULL,
	    "say what there is; after a COMMAND, more on it" },
	[OPTION_VERSION] = { "--version", NULL, "the program's version" },
};

/* The names of these options as a list for a sentence. */
static void
add_names(struct buf *text, unsigned bits)
{
	const char *comma = "";
	int i;

	for (i = 0; i < N_OPTIONS; i++) {
		if ((bits & OPTION_BIT(i)) == 0)
			continue;
		buf_printf(text, "%s%s", comma, options[i].name);
		comma = ", ";
	}
}

static enum rc
refuse(const char *what, const char *word, const char *instead, unsigned bits,
    struct err *err)
{
	struct buf text;
	enum rc rc;

	buf_init(&text, 0);
	add_names(&text, bits);
	rc = err_set(err, RC_USAGE, "%s%s; %s %s", what, word, instead,
	    buf_ok(&text) && text.len > 0 ? text.data : "none");
	buf_clear(&text);
	return rc;
}

/* What getopt_long could not read. */
static enum rc
unread(int code, const char *word, struct err *err)
{
	const bool is_long = optopt >= FIRST_CODE;
	const int id = is_long ? optopt - FIRST_CODE : OPTION_ROWS;
	const char letter[] = { '-', (char)optopt, '\0' };

	if (code == ':')
		return err_set(err, RC_USAGE, "%s needs an argument: %s",
		    options[id].name, options[id].argument);
	if (is_long)
		return err_set(err, RC_USAGE, "%s takes no argument: %s",
		    options[id].name, word);
	return refuse("there is no option ", optopt == 0 ? word : letter,
	    "there are", OPTION_BIT(N_OPTIONS) - 1, err);
}

/* The table for getopt_long, of the options with long names. */
static void
fill_known(struct option known[N_OPTIONS + 1])
{
	struct option *next = known;
	int i;

	for (i = 0; i < N_OPTIONS; i++) {
		if (strncmp(options[i].name, "--", 2) != 0)
			continue;
		next->name = options[i].name + 2;
		next->has_arg = options[i].argument == NULL ? no_argument :
		    required_argument;
		next->flag = NULL;
		next->val = FIRST_CODE + i;
		next++;
	}
	memset(next, 0, sizeof(*next));
}

enum rc
options_read(int argc, char **argv, struct call *call, struct err *err)
{
	struct call read = { .option = { NULL } };
	struct option known[N_OPTIONS + 1];
	int code, id;

	fill_known(known);
	opterr = 0;
	while ((code = getopt_long(argc, argv, ":n:", known, NULL)) != -1) {
		if (code == '?' || code == ':')
			return unread(code, argv[optind - 1], err);
		id = code == 'n' ? OPTION_ROWS : code - FIRST_CODE;
		read.option[id] = optarg == NULL ? "" : optarg;
	}
	read.word = argv + optind;
	read.n_words = argc - optind;
	*call = read;
	return RC_OK;
}

enum rc
options_check(const struct command *command, const struct call *call,
    struct err *err)
{
	const unsigned takes = command->options | COMMON;
	int i;

	for (i = 0; i < N_OPTIONS; i++) {
		if (call->option[i] == NULL || (takes & OPTION_BIT(i)) != 0)
			continue;
		(void)refuse("takes no ", options[i].name, "it takes", takes,
		    err);
		err_prefix(err, "%s", command->name);
		return RC_USAGE;
	}
	if (call->option[OPTION_CONFIG] != NULL &&
	    call->option[OPTION_JOURNAL] != NULL)
		return err_set(err, RC_USAGE, "--config and --journal exclude "
		    "each other");
	if (call->n_words < command->least)
		return err_set(err, RC_USAGE, "%s: an argument is missing: "
		    "%s %s", command->name, command->name,
		    command->arguments);
	if (call->n_words > command->most)
		return err_set(err, RC_USAGE, "%s: one argument too many: %s",
		    command->name, call->word[command->most]);
	return RC_OK;
}

void
options_help(unsigned bits, FILE *file)
{
	struct buf text;
	int i;

	buf_init(&text, 0);
	for (i = 0; i < N_OPTIONS; i++) {
		if (((bits | COMMON) & OPTION_BIT(i)) == 0)
			continue;
		buf_reset(&text);
		buf_printf(&text, "%s%s%s", options[i].name,
		    options[i].argument == NULL ? "" : " ",
		    options[i].argument == NULL ? "" : options[i].argument);
		(void)fprintf(file, "  %-19s %s\n", buf_ok(&text) ?
		    text.data : options[i].name, options[i].what);
	}
	buf_clear(&text);
}
