/*
 * syncjournal -- the audit program: syncjournal(1).
 */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "cli/output.h"
#include "config.h"
#include "journal/reader.h"

/* Exit status; 1 is reserved for findings. */
enum status {
	STATUS_CLEAN = 0,
	STATUS_USAGE = 2,
	STATUS_UNREADABLE = 3
};

extern char **environ;

static const struct command {
	const char *name;
	enum statement statement;
	const char *what;
} commands[] = {
	{ "events", STATEMENT_LIST_EVENTS,
	    "what was delivered, the newest first" },
	{ "streams", STATEMENT_LIST_STREAMS,
	    "each sequence: its numbers, and how many are missing (an "
	    "identity's\n             holes are natural)" },
	{ "gaps", STATEMENT_LIST_GAPS,
	    "intervals of missing numbers, the open ones first" },
	{ "stale", STATEMENT_LIST_STALE,
	    "deliveries that came behind their stream's head" },
	{ "documents", STATEMENT_LIST_DOCUMENTS,
	    "each document as it is now" },
	{ "rejects", STATEMENT_LIST_REJECTS,
	    "requests that did not verify or could not be read" },
	{ "actions", STATEMENT_LIST_ACTIONS,
	    "what the program or an operator did" },
	{ "info", STATEMENT_LIST_INFO,
	    "the journal itself" },
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

struct options {
	const char *config;
	const char *journal;
	enum output_format format;
	int64_t limit;
	const struct command *command;
};

static void
print_help(FILE *file)
{
	size_t i;

	(void)fputs("usage: syncjournal [--config FILE | --journal FILE] "
	    "COMMAND\n"
	    "                   [--format table|json|csv] [-n ROWS]\n\n"
	    "Reads a journal of Twilio Sync webhooks; never writes to it.\n\n"
	    "commands:\n", file);
	for (i = 0; i < N_COMMANDS; i++)
		(void)fprintf(file, "  %-10s %s\n", commands[i].name,
		    commands[i].what);
	(void)fputs("\noptions:\n"
	    "  --config FILE   the configuration that names the journal\n"
	    "  --journal FILE  the journal itself\n"
	    "  --format WORD   table (default), json (an object a line), "
	    "csv\n"
	    "  -n ROWS         at most so many rows\n"
	    "  --help, --version\n\n"
	    "exit status: 0 clean, 2 usage, 3 the journal could not be read; "
	    "1 is\nreserved for findings\n", file);
}

static int
usage(const char *what, const char *word)
{
	(void)fprintf(stderr, "syncjournal: %s%s%s; try --help\n", what,
	    word == NULL ? "" : ": ", word == NULL ? "" : word);
	return STATUS_USAGE;
}

static const struct command *
command_of(const char *word)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, word) == 0)
			return &commands[i];
	}
	return NULL;
}

static bool
read_limit(const char *word, int64_t *limit)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(word, &end, 10);
	if (errno != 0 || end == word || *end != '\0' || value < 0)
		return false;
	*limit = value;
	return true;
}

/* Returns -1 to go on, else the exit status. */
static int
read_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "journal", required_argument, NULL, 'j' },
		{ "format", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 }
	};
	int letter;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":n:", known, NULL)) != -1) {
		switch (letter) {
		case 'c':
			options->config = optarg;
			break;
		case 'j':
			options->journal = optarg;
			break;
		case 'f':
			if (!output_format_of(optarg, &options->format))
				return usage("--format is table, json or csv, "
				    "not", optarg);
			break;
		case 'n':
			if (!read_limit(optarg, &options->limit))
				return usage("-n takes a number of rows, not",
				    optarg);
			break;
		case 'h':
			print_help(stdout);
			return STATUS_CLEAN;
		case 'v':
			(void)puts(PACKAGE_STRING);
			return STATUS_CLEAN;
		case ':':
			return usage("this option needs an argument",
			    argv[optind - 1]);
		default:
			return usage("no such option", argv[optind - 1]);
		}
	}
	if (options->config != NULL && options->journal != NULL)
		return usage("--config and --journal exclude each other",
		    NULL);
	if (optind == argc)
		return usage("a command is missing", NULL);
	if (optind + 1 < argc)
		return usage("one command at a time, not also",
		    argv[optind + 1]);
	options->command = command_of(argv[optind]);
	if (options->command == NULL)
		return usage("there is no command", argv[optind]);
	return -1;
}

static enum rc
list(const struct options *options, const char *path, struct err *err)
{
	const enum statement statement = options->command->statement;
	struct db *db = NULL;
	enum rc rc;
	bool file_only;

	rc = reader_open(&db, path, &file_only, err);
	if (rc != RC_OK)
		return rc;
	if (file_only)
		(void)fprintf(stderr, "syncjournal: %s: no permission to "
		    "write beside it: what is only in its WAL is not shown\n",
		    path);
	db_bind_int(db, statement, 1, options->limit);
	rc = output_rows(db, statement, options->format, stdout, err);
	db_close(db);
	return rc;
}

static enum rc
run(const struct options *options, struct err *err)
{
	struct conf *conf = NULL;
	enum rc rc;

	if (options->journal != NULL)
		return list(options, options->journal, err);
	rc = conf_load(&conf, options->config, environ, CONF_NEED_JOURNAL,
	    err);
	if (rc == RC_OK)
		rc = list(options, conf->journal_path, err);
	conf_free(conf);
	return rc;
}

int
main(int argc, char **argv)
{
	struct options options = { .format = OUTPUT_TABLE, .limit = -1 };
	struct err err;
	int status;

	status = read_options(argc, argv, &options);
	if (status >= 0)
		return status;
	if (run(&options, &err) == RC_OK)
		return STATUS_CLEAN;
	(void)fprintf(stderr, "syncjournal: %s\n", err.text);
	return STATUS_UNREADABLE;
}
