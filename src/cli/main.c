/*
 * syncjournal -- the audit program: syncjournal(1).
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/command_gap.h"
#include "cli/command_list.h"
#include "cli/command_merge.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/plain.h"
#include "cli/command_rebuild.h"
#include "config.h"
#include "journal/merge.h"

/* --------------------------------------------------------------------------
 * The commands
 */

#define LISTING(name_, statement_, what_, more_) { \
	.name = (name_), \
	.what = (what_), \
	.arguments = "[--format table|json|csv] [-n ROWS]", \
	.more = (more_), \
	.example = name_ " --format json -n 20", \
	.options = OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_ROWS), \
	.statement = (statement_), \
	.run = list_command, \
}

static const struct command listings[] = {
	LISTING("findings", STATEMENT_LIST_FINDINGS,
	    "what is missing, contradicts itself or looks wrong, worst first",
	    "That there are any is no error of this command: it ends with "
	    "0.\n"),
	LISTING("events", STATEMENT_LIST_EVENTS,
	    "what was delivered, the newest first", ""),
	LISTING("streams", STATEMENT_LIST_STREAMS,
	    "each sequence: its numbers, and how many are missing",
	    "An identity's numbers have natural holes.\n"),
	LISTING("gaps", STATEMENT_LIST_GAPS,
	    "intervals of missing numbers, the open ones first",
	    "gap_id is what the command gap takes.\n"),
	LISTING("stale", STATEMENT_LIST_STALE,
	    "deliveries that came behind their stream's head", ""),
	LISTING("documents", STATEMENT_LIST_DOCUMENTS,
	    "each document as it is now", ""),
	LISTING("lists", STATEMENT_LIST_LISTS, "each list as it is now", ""),
	LISTING("maps", STATEMENT_LIST_MAPS, "each map as it is now", ""),
	LISTING("presence", STATEMENT_LIST_PRESENCE,
	    "each identity: whether it is online, and since when", ""),
	LISTING("sessions", STATEMENT_LIST_SESSIONS,
	    "each online period of an identity", ""),
	LISTING("services", STATEMENT_LIST_SERVICES,
	    "each service, and the base of its revisions", ""),
	LISTING("rejects", STATEMENT_LIST_REJECTS,
	    "requests that did not verify or could not be read", ""),
	LISTING("actions", STATEMENT_LIST_ACTIONS,
	    "what the program or an operator did", ""),
	LISTING("info", STATEMENT_LIST_INFO, "the journal itself", ""),
};

static const struct command works[] = {
	{
		.name = "gap",
		.what = "explain missing numbers, or give them up",
		.arguments = "explain|lose GAP_ID [--range FIRST-LAST]\n"
		    "    --reason TEXT [--actor NAME]",
		.more = "explain: there is a reason why they never come; "
		    "lose: they should have come.\n"
		    "GAP_ID and the numbers are those of the listing gaps. "
		    "One that arrives\n"
		    "late all the same fills its place. Not to be taken "
		    "back, but said anew.\n",
		.example = "gap explain 192 --range 26-27 \\\n"
		    "      --reason 'written while the webhook was off'",
		.options = OPTION_BIT(OPTION_RANGE) |
		    OPTION_BIT(OPTION_REASON) | OPTION_BIT(OPTION_ACTOR),
		.least = 2,
		.most = 2,
		.run = gap_command,
	},
	{
		.name = "rebuild",
		.what = "make all that follows from the record anew, or check "
		    "it",
		.arguments = "[--check]",
		.more = "Deliveries are taken meanwhile. Stopped or killed, "
		    "it goes on with the next\n"
		    "rebuild, or by the responder. --check ends with 1 when "
		    "anything differs.\n",
		.example = "rebuild --check",
		.options = OPTION_BIT(OPTION_CHECK),
		.run = rebuild_command,
	},
	{
		.name = "merge",
		.what = "journal the deliveries of other journals that are not "
		    "here yet",
		.arguments = "OTHER.db...",
		.more = "The others are only read. Merging again changes "
		    "nothing.\n",
		.example = "merge second-host.db third-host.db",
		.least = 1,
		.most = MERGE_MAX,
		.run = merge_command,
	},
};

#define N_LISTINGS (sizeof(listings) / sizeof(listings[0]))
#define N_WORKS (sizeof(works) / sizeof(works[0]))
#define N_COMMANDS (N_LISTINGS + N_WORKS)

static const struct command *
command_at(size_t i)
{
	return i < N_LISTINGS ? &listings[i] : &works[i - N_LISTINGS];
}

static enum rc
find_command(const char *word, const struct command **command,
    struct err *err)
{
	struct buf names;
	enum rc rc;
	size_t i;

	buf_init(&names, 0);
	for (i = 0; i < N_COMMANDS; i++) {
		if (strcmp(command_at(i)->name, word) == 0) {
			*command = command_at(i);
			rc = RC_OK;
			goto out;
		}
		buf_printf(&names, "%s%s", i == 0 ? "" : ", ",
		    command_at(i)->name);
	}
	rc = err_set(err, RC_USAGE, "there is no command: %s; the commands "
	    "are %s", word, buf_ok(&names) ? names.data : "in --help");
out:
	buf_clear(&names);
	return rc;
}

/* --------------------------------------------------------------------------
 * Help
 */

#define USAGE "usage: syncjournal [--config FILE | --journal FILE]"
#define ALL_OPTIONS (OPTION_BIT(N_OPTIONS) - 1)

static void
print_commands(const char *head, const struct command *table, size_t n)
{
	size_t i;

	(void)printf("\n%s:\n", head);
	for (i = 0; i < n; i++)
		(void)printf("  %-10s %s\n", table[i].name, table[i].what);
}

static void
print_help(void)
{
	(void)puts(USAGE " COMMAND [ARGUMENT...]\n    [OPTION...]\n\n"
	    "Audits a journal of Twilio Sync webhooks, also beside a running "
	    "responder.");
	print_commands("listings, which never write", listings, N_LISTINGS);
	print_commands("work on the journal", works, N_WORKS);
	(void)puts("\noptions:");
	options_help(ALL_OPTIONS, stdout);
	(void)puts("\nsyncjournal COMMAND --help says more of one.\n\n"
	    "exit status: 0 clean, 1 differences (rebuild --check), 2 usage, "
	    "3 the journal\ncould not be read or written");
}

static void
print_command_help(const struct command *command)
{
	(void)printf(USAGE "\n    %s %s\n\n%s.\n%s", command->name,
	    command->arguments, command->what, command->more);
	(void)puts("\noptions:");
	options_help(command->options, stdout);
	(void)printf("\nexample:\n  syncjournal --journal journal.db %s\n",
	    command->example);
}

/* -------------------------------------------------------------------------- */

static enum rc
run_command(struct call *call, enum status *status, struct err *err)
{
	const struct command *command = NULL;
	enum rc rc;

	rc = find_command(call->word[0], &command, err);
	if (rc != RC_OK)
		return rc;
	if (call->option[OPTION_HELP] != NULL) {
		print_command_help(command);
		*status = STATUS_CLEAN;
		return output_end(err);
	}
	call->word++;
	call->n_words--;
	rc = options_check(command, call, err);
	if (rc == RC_OK)
		rc = command->run(command, call, status, err);
	return rc;
}

static enum rc
run(int argc, char **argv, enum status *status, struct err *err)
{
	struct call call;
	enum rc rc;

	rc = options_read(argc, argv, &call, err);
	if (rc != RC_OK)
		return rc;
	if (call.option[OPTION_VERSION] == NULL && call.n_words > 0)
		return run_command(&call, status, err);
	if (call.option[OPTION_VERSION] != NULL)
		(void)puts(PACKAGE_STRING);
	else if (call.option[OPTION_HELP] != NULL)
		print_help();
	else
		return err_set(err, RC_USAGE, "a command is missing; try "
		    "--help");
	*status = STATUS_CLEAN;
	return output_end(err);
}

int
main(int argc, char **argv)
{
	enum status status = STATUS_CLEAN;
	struct err err = { .text = "" };
	enum rc rc;

	rc = run(argc, argv, &status, &err);
	if (rc == RC_OK)
		return (int)status;
	err_prefix(&err, "syncjournal");
	plain_line(stderr, err.text);
	return rc == RC_USAGE ? STATUS_USAGE : STATUS_FAILED;
}
