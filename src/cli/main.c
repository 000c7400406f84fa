/*
 * syncjournal -- the audit program: syncjournal(1).
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/err.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/nagios.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/plain.h"
#include "config.h"

/* --------------------------------------------------------------------------
 * Help
 */

#define USAGE "usage: syncjournal [--config FILE | --journal FILE]"

static void
print_commands(void)
{
	static const char *const heads[N_COMMAND_GROUPS] = {
		[GROUP_PAST] = "what happened",
		[GROUP_LISTING] = "listings",
		[GROUP_AUDIT] = "audits",
		[GROUP_DATA] = "for other programs",
		[GROUP_WORK] = "work on the journal (all else only reads)",
	};
	enum command_group group = N_COMMAND_GROUPS;
	const struct command *command;
	size_t i;

	for (i = 0; (command = commands_at(i)) != NULL; i++) {
		if (command->group != group)
			(void)printf("\n%s:\n", heads[command->group]);
		group = command->group;
		(void)printf("  %-10s %s\n", command->name, command->what);
	}
}

static void
print_help(void)
{
	(void)puts(USAGE " COMMAND [ARGUMENT...]\n    [OPTION...]\n\n"
	    "Audits a journal of Twilio Sync webhooks, also beside a running "
	    "responder.");
	print_commands();
	(void)puts("\noptions of all commands:");
	options_help(0, stdout);
	(void)puts("\nsyncjournal COMMAND --help says more of one.\n\n"
	    "exit status: 0 clean, 1 findings, or what was asked for is not "
	    "known,\n2 usage, 3 the journal could not be read or written");
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

	rc = commands_find(call->word[0], &command, err);
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
	const struct rlimit none = { 0, 0 };
	struct err err = { .text = "" };
	enum rc rc;

	/* Some commands have tokens in memory. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* A limit on the size of files is to be an error, as a quota is. */
	(void)signal(SIGXFSZ, SIG_IGN);
	rc = run(argc, argv, &status, &err);
	if (rc == RC_OK)
		return (int)status;
	/* A monitoring system reads standard output alone, and takes 2 for
	 * critical. */
	if (nagios_is_wanted(argc, argv)) {
		nagios_print(NAGIOS_UNKNOWN, err.text, NULL);
		return (int)NAGIOS_UNKNOWN;
	}
	err_prefix(&err, "syncjournal");
	plain_line(stderr, err.text);
	return rc == RC_USAGE ? STATUS_USAGE : STATUS_FAILED;
}
