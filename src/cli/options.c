#include "cli/options.h"

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"

/* Long options have codes beyond any character's. */
#define FIRST_CODE 256

#define COMMON (OPTION_BIT(OPTION_CONFIG) | OPTION_BIT(OPTION_JOURNAL) | \
    OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION))

static const struct {
	const char *name;
	char letter;		/* of the short form; '\0': none */
	const char *argument;	/* NULL: takes none */
	const char *what;
} options[N_OPTIONS] = {
	[OPTION_CONFIG] = { "--config", '\0', "FILE",
	    "the configuration that names the journal" },
	[OPTION_JOURNAL] = { "--journal", '\0', "FILE",
	    "the journal itself" },
	[OPTION_FORMAT] = { "--format", '\0', "WORD",
	    "table, json (an object a line) or csv" },
	[OPTION_ROWS] = { "-n", 'n', "ROWS", "at most so many rows" },
	[OPTION_SORT] = { "--sort", '\0', "COLUMN",
	    "order by this column; -COLUMN: the largest first" },
	[OPTION_REVERSE] = { "--reverse", 'r', NULL, "the other way round" },
	[OPTION_SINCE] = { "--since", '\0', "TIME",
	    "not before: a date, a time, 2h, yesterday (UTC)" },
	[OPTION_UNTIL] = { "--until", '\0', "TIME", "not after" },
	[OPTION_SERVICE] = { "--service", '\0', "SID",
	    "of this service only" },
	[OPTION_KIND] = { "--kind", '\0', "KIND",
	    "document, list, map or identity" },
	[OPTION_TYPE] = { "--type", '\0', "TYPE",
	    "of this event type; TYPE* for all that begin so" },
	[OPTION_IDENTITY] = { "--identity", '\0', "NAME",
	    "by this identity" },
	[OPTION_VERDICT] = { "--verdict", '\0', "WORD",
	    "with this verdict; several as WORD,WORD" },
	[OPTION_STATE] = { "--state", '\0', "WORD",
	    "in this state; several as WORD,WORD" },
	[OPTION_SEVERITY] = { "--severity", '\0', "WORD",
	    "error, warning, notice, info; several as WORD,WORD" },
	[OPTION_FOLLOW] = { "--follow", 'f', NULL,
	    "go on with what arrives, until stopped" },
	[OPTION_FROM] = { "--from", '\0', "POSITION",
	    "only what comes after this position" },
	[OPTION_CURSOR] = { "--cursor", '\0', "FILE",
	    "begin after the position in FILE, and keep it up to date" },
	[OPTION_REV] = { "--rev", '\0', "N",
	    "this revision; of an item, this EventId" },
	[OPTION_AT] = { "--at", '\0', "TIME", "as it was at this time" },
	[OPTION_ITEM] = { "--item", '\0', "KEY",
	    "this item of the list or map" },
	[OPTION_RAW] = { "--raw", '\0', NULL,
	    "the data byte for byte, as it arrived" },
	[OPTION_PARTIAL] = { "--partial", '\0', NULL,
	    "what is known, though something is missing" },
	[OPTION_GRACE] = { "--grace", '\0', "SECONDS",
	    "a younger gap is only pending" },
	[OPTION_QUIET] = { "--quiet", 'q', NULL,
	    "print nothing when all is well" },
	[OPTION_NAGIOS] = { "--nagios", '\0', NULL,
	    "one line, and the exit status of a monitoring plugin" },
	[OPTION_OUTPUT] = { "--output", 'o', "FILE",
	    "write to FILE, which appears when it is whole" },
	[OPTION_MANIFEST] = { "--manifest", '\0', "FILE",
	    "say in FILE what was written: counts, range, SHA-256" },
	[OPTION_SECONDS] = { "--seconds", '\0', "N",
	    "let it read for longer than a second; 0: no limit" },
	[OPTION_RANGE] = { "--range", '\0', "FIRST-LAST",
	    "only these: numbers of the gap, or positions" },
	[OPTION_REASON] = { "--reason", '\0', "TEXT", "why, in one line" },
	[OPTION_ACTOR] = { "--actor", '\0', "NAME",
	    "who says so; your login name if not given" },
	[OPTION_CHECK] = { "--check", '\0', NULL,
	    "only compare; nothing is written" },
	[OPTION_URL] = { "--url", '\0', "URL",
	    "as it is set at Twilio, or to be set" },
	[OPTION_TOKEN_FILE] = { "--token-file", '\0', "FILE",
	    "holds the auth token; -: it comes on standard input" },
	[OPTION_ACCOUNT] = { "--account", '\0', "SID",
	    "of this account only: AC..." },
	[OPTION_DIRECTORY] = { "--directory", '\0', "DIR",
	    "where the journal lies" },
	[OPTION_SERVER] = { "--server", '\0', "WORD",
	    "nginx, apache, htaccess or lighttpd" },
	[OPTION_PROGRAM] = { "--program", '\0', "FILE",
	    "the responder, where the web server runs it" },
	[OPTION_ROOT] = { "--root", '\0', "DIR",
	    "the web server's document root" },
	[OPTION_NO_DELIVERIES] = { "--no-deliveries", '\0', NULL,
	    "send no test deliveries" },
	[OPTION_SIGNATURE] = { "--signature", '\0', "TEXT",
	    "its X-Twilio-Signature" },
	[OPTION_CONTENT_TYPE] = { "--content-type", '\0', "TYPE",
	    "its Content-Type; a form if not given" },
	[OPTION_BODY] = { "--body", '\0', "FILE",
	    "its body, byte for byte; - for standard input" },
	[OPTION_ALL] = { "--all", '\0', NULL, "each one" },
	[OPTION_HELP] = { "--help", 'h', NULL,
	    "say what there is; after a COMMAND, more on it" },
	[OPTION_VERSION] = { "--version", '\0', NULL,
	    "the program's version" },
};

/* The names of these options as a list for a sentence. */
static void
add_names(struct buf *text, uint64_t bits)
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
refuse(const char *what, const char *word, const char *instead, uint64_t bits,
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

/* The option of a letter; N_OPTIONS: there is none. */
static int
of_letter(int letter)
{
	int id;

	for (id = 0; id < N_OPTIONS; id++) {
		if (options[id].letter != '\0' && options[id].letter == letter)
			break;
	}
	return id;
}

/* What getopt_long could not read. */
static enum rc
unread(int code, const char *word, struct err *err)
{
	const bool is_long = optopt >= FIRST_CODE;
	const int id = is_long ? optopt - FIRST_CODE : of_letter(optopt);
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

/* What getopt_long is to know. */
struct grammar {
	struct option known[N_OPTIONS + 1];
	char letters[2 * N_OPTIONS + 2];
};

static void
fill_grammar(struct grammar *grammar)
{
	struct option *next = grammar->known;
	char *letter = grammar->letters;
	int i;

	*letter++ = ':';	/* says which argument is missing */
	for (i = 0; i < N_OPTIONS; i++) {
		if (options[i].letter != '\0') {
			*letter++ = options[i].letter;
			if (options[i].argument != NULL)
				*letter++ = ':';
		}
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
	*letter = '\0';
}

enum rc
options_read(int argc, char **argv, struct call *call, struct err *err)
{
	struct call read = { .option = { NULL } };
	struct grammar grammar;
	int code, id;

	fill_grammar(&grammar);
	opterr = 0;
	while ((code = getopt_long(argc, argv, grammar.letters, grammar.known,
	    NULL)) != -1) {
		if (code == '?' || code == ':')
			return unread(code, argv[optind - 1], err);
		id = code < FIRST_CODE ? of_letter(code) : code - FIRST_CODE;
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
	const uint64_t takes = command->options | COMMON;
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
options_help(uint64_t bits, FILE *file)
{
	struct buf text;
	int i;

	buf_init(&text, 0);
	for (i = 0; i < N_OPTIONS; i++) {
		if (((bits | COMMON) & OPTION_BIT(i)) == 0)
			continue;
		buf_reset(&text);
		buf_add_text(&text, options[i].name);
		if (options[i].letter != '\0' && options[i].name[1] == '-')
			buf_printf(&text, ", -%c", options[i].letter);
		if (options[i].argument != NULL)
			buf_printf(&text, " %s", options[i].argument);
		(void)fprintf(file, "  %-19s %s\n", buf_ok(&text) ?
		    text.data : options[i].name, options[i].what);
	}
	buf_clear(&text);
}
