#include "cli/command_init.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "cli/init_lines.h"
#include "cli/init_wanted.h"
#include "cli/output.h"
#include "cli/plain.h"
#include "cli/whole.h"
#include "doctor/roots.h"
#include "journal/journal.h"

/* Nobody else works on a journal that is being made. */
#define INIT_WAIT_MS 5000
#define JOURNAL_NAME "journal.db"

/* ------------------------------------------------------------------------
 * Places
 */

static char *
directory_of(const char *path)
{
	const char *const slash = strrchr(path, '/');

	return slash == path ? strdup("/") :
	    strndup(path, (size_t)(slash - path));
}

/* What the web server hands out is no place for a token or a journal. */
static enum rc
check_served(const struct init_wanted *wanted, const char *path,
    struct err *err)
{
	const char *const root = getenv("DOCUMENT_ROOT");
	const char *where = NULL;
	char *found = roots_find(path);
	enum rc rc = RC_OK;

	if (found != NULL)
		where = found;
	else if (wanted->root[0] != '\0' && roots_holds(wanted->root, path))
		where = wanted->root;
	else if (root != NULL && roots_holds(root, path))
		where = root;
	if (where != NULL)
		rc = err_set(err, RC_USAGE, "%s: lies under %s, which the web "
		    "server serves: choose a place out of there", path,
		    where);
	free(found);
	return rc;
}

/* Make it, or see that it is this user's alone. */
static enum rc
prepare_directory(const struct init_wanted *wanted, const char *path,
    mode_t mode, struct err *err)
{
	struct stat status;

	if (mkdir(path, mode) == 0)
		/* Whatever the umask. */
		return chmod(path, mode) == 0 ? RC_OK :
		    err_set(err, RC_SYSTEM, "%s: %s", path, strerror(errno));
	if (errno != EEXIST)
		return err_set(err, RC_SYSTEM, "%s: cannot be made: %s", path,
		    strerror(errno));
	if (stat(path, &status) != 0)
		return err_set(err, RC_SYSTEM, "%s: %s", path,
		    strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return err_set(err, RC_SYSTEM, "%s: is no directory", path);
	if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return err_set(err, RC_SYSTEM, "%s: its mode %04o lets others "
		    "write there: run chmod go-w %s", path,
		    (unsigned)(status.st_mode & 07777), path);
	if (status.st_uid != geteuid() && !wanted->is_root)
		return err_set(err, RC_SYSTEM, "%s: belongs to another user",
		    path);
	return RC_OK;
}

static enum rc
prepare(const struct init_wanted *wanted, struct err *err)
{
	struct stat status;
	char *directory;
	enum rc rc;

	/* Said before anything is made. */
	if (lstat(wanted->config, &status) == 0)
		return err_set(err, RC_SYSTEM, "%s: is there already, and "
		    "stays as it is: move it away, or name another with "
		    "--config", wanted->config);
	directory = directory_of(wanted->config);
	if (directory == NULL)
		return err_set(err, RC_MEMORY, "init: no memory");
	rc = check_served(wanted, directory, err);
	if (rc == RC_OK)
		rc = check_served(wanted, wanted->directory, err);
	/* The responder, that is not root, has to find it. */
	if (rc == RC_OK)
		rc = prepare_directory(wanted, directory, wanted->is_root &&
		    strcmp(directory, wanted->directory) != 0 ? 0755 : 0700,
		    err);
	if (rc == RC_OK)
		rc = prepare_directory(wanted, wanted->directory, 0700, err);
	free(directory);
	return rc;
}

/* ------------------------------------------------------------------------
 * Configuration and journal
 */

static void
write_configuration(const struct init_wanted *wanted, FILE *file)
{
	(void)fprintf(file,
	    "; Written by syncjournal init; syncjournal.fcgi(8) has all "
	    "keys.\n\n"
	    "[journal]\n"
	    "path = %s/" JOURNAL_NAME "\n\n"
	    "[receive]\n"
	    "; As it is set at Twilio.\n"
	    "public_url = %s\n\n"
	    "[account %s]\n"
	    "auth_token = %s\n", wanted->directory, wanted->url,
	    wanted->account, wanted->token.data);
}

/* That the responder will read what was meant. */
static enum rc
check_configuration(const struct init_wanted *wanted, const char *path,
    struct err *err)
{
	char *const nothing[] = { NULL };
	const struct conf_token *token;
	struct conf *conf = NULL;
	enum rc rc;

	rc = conf_load(&conf, path, nothing, CONF_NEED_TOKENS, err);
	if (rc != RC_OK)
		return rc;
	token = &conf->accounts[0].tokens[0];
	if (conf->n_accounts != 1 || token->len != wanted->token.len ||
	    memcmp(token->secret, wanted->token.data, token->len) != 0 ||
	    strcmp(conf->public_urls[0], wanted->url) != 0)
		rc = err_set(err, RC_USAGE, "init: the token or the URL cannot "
		    "stand in a configuration file as it is; see "
		    "auth_token_file in syncjournal.fcgi(8)");
	conf_free(conf);
	return rc;
}

/* *is_new says whether it was not there. */
static enum rc
make_journal(const struct init_wanted *wanted, bool *is_new, struct err *err)
{
	struct journal_options options = { .mode = CONF_MODE_AUTO,
	    .resident = wanted->server != INIT_HTACCESS };
	struct journal *journal = NULL;
	struct buf path;
	enum rc rc;

	buf_init(&path, 0);
	buf_printf(&path, "%s/" JOURNAL_NAME, wanted->directory);
	if (!buf_ok(&path))
		return err_set(err, RC_MEMORY, "init: no memory");
	options.path = path.data;
	*is_new = access(path.data, F_OK) != 0;
	rc = journal_open(&journal, &options, INIT_WAIT_MS, err);
	if (rc == RC_OK)
		(void)printf("%s: %s, mode %s\n", path.data, *is_new ? "made" :
		    "was there, and stays as it is", journal_mode(journal));
	journal_close(journal);
	buf_clear(&path);
	return rc;
}

/* The configuration comes last: where it is, all is. */
static enum rc
make(const struct init_wanted *wanted, struct err *err)
{
	struct whole whole;
	bool is_new;
	enum rc rc;

	rc = whole_begin(&whole, wanted->config, err);
	if (rc == RC_OK) {
		write_configuration(wanted, whole.file);
		if (fflush(whole.file) != 0)
			rc = err_set(err, RC_SYSTEM, "%s: %s", whole.part,
			    strerror(errno));
	}
	if (rc == RC_OK)
		rc = check_configuration(wanted, whole.part, err);
	if (rc == RC_OK)
		rc = make_journal(wanted, &is_new, err);
	if (rc == RC_OK)
		rc = whole_keep_new(&whole, err);
	if (rc == RC_OK)
		(void)printf("%s: made, for its owner alone\n",
		    wanted->config);
	whole_drop(&whole);
	return rc;
}

/* ------------------------------------------------------------------------ */

static void
warn(const struct init_wanted *wanted, const struct call *call)
{
	const char *const name = call->option[OPTION_TOKEN_FILE];
	struct stat status;

	if (strncasecmp(wanted->url, "http:", 5) == 0)
		plain_line(stderr, "syncjournal: warning: the URL is http: "
		    "what Twilio sends can be read, and kept from you, on the "
		    "way; https is what to use");
	if (!wanted->is_found)
		plain_line(stderr, "syncjournal: no web server was found: the "
		    "lines are for nginx; --server says for which");
	if (name != NULL && stat(name, &status) == 0 &&
	    S_ISREG(status.st_mode) && (status.st_mode & 0077) != 0)
		plain_line(stderr, "syncjournal: warning: others may read the "
		    "file of --token-file: remove it, it is not needed any "
		    "more");
}

static enum rc
run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	struct init_wanted wanted;
	enum rc rc;

	(void)command;
	if (call->option[OPTION_JOURNAL] != NULL)
		return err_set(err, RC_USAGE, "init: --directory says where "
		    "the journal is to lie");
	rc = init_wanted_read(&wanted, call, err);
	if (rc == RC_OK)
		rc = prepare(&wanted, err);
	if (rc == RC_OK)
		rc = make(&wanted, err);
	if (rc == RC_OK) {
		(void)putchar('\n');
		init_lines_server(&wanted, stdout);
		(void)putchar('\n');
		init_lines_twilio(&wanted, stdout);
		(void)printf("\n# Then see whether all works:\n"
		    "#   syncjournal --config %s doctor\n", wanted.config);
		warn(&wanted, call);
		rc = output_end(err);
	}
	init_wanted_clear(&wanted);
	if (rc == RC_OK)
		*status = STATUS_CLEAN;
	return rc;
}

const struct command command_init = {
	.name = "init",
	.group = GROUP_WORK,
	.what = "make configuration and journal, and say what else is to do",
	.arguments = "[--url URL] [--token-file FILE] [--account SID]\n"
	    "    [--directory DIR] [--server WORD] [--program FILE] "
	    "[--root DIR]",
	.more = "Asks for the URL and the token on a terminal. Prints the "
	    "lines for the web server\n"
	    "and the calls for Twilio. Never overwrites. The token comes from "
	    "a file or from\n"
	    "standard input: a command line can be read by other users.\n"
	    "Without a terminal, from cron or a hosting panel's \"run a "
	    "command\", all is given\n"
	    "by options, and what is printed goes to a file:\n\n"
	    "  syncjournal init --url URL --token-file token.txt "
	    ">init.txt 2>&1\n\n"
	    "docs/init.md has what to upload by hand where no command can be "
	    "run.\n",
	.example = "init --url https://hooks.example.com/sync \\\n"
	    "      --token-file token.txt",
	.options = OPTION_BIT(OPTION_URL) | OPTION_BIT(OPTION_TOKEN_FILE) |
	    OPTION_BIT(OPTION_ACCOUNT) | OPTION_BIT(OPTION_DIRECTORY) |
	    OPTION_BIT(OPTION_SERVER) | OPTION_BIT(OPTION_PROGRAM) |
	    OPTION_BIT(OPTION_ROOT),
	.run = run,
};
