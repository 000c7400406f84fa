#include "doctor/doctor_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHECK "configuration"

/* A web server's document root is a check of its own: all but that variable, in
 * an array that the caller frees. */
static char **
without_root(char *const *envp)
{
	char **kept;
	size_t n = 0, i;

	while (envp[n] != NULL)
		n++;
	kept = calloc(n + 1, sizeof(*kept));
	if (kept == NULL)
		return NULL;
	for (i = 0, n = 0; envp[i] != NULL; i++) {
		if (strncmp(envp[i], "DOCUMENT_ROOT=", 14) != 0)
			kept[n++] = envp[i];
	}
	return kept;
}

/* Who owns it, and who but its owner may write to it or to its directory. */
static void
check_file(struct doctor *doctor)
{
	const char *const file = doctor->conf->file;
	char *const directory = doctor_directory(file);
	struct stat own, around, journal;

	if (directory == NULL || stat(file, &own) != 0 ||
	    stat(directory, &around) != 0)
		goto out;
	if ((own.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		report_add(doctor->report, REPORT_FAILURE, "modes",
		    "%s: its mode %04o lets others change it", file,
		    (unsigned)(own.st_mode & 07777));
		report_mend(doctor->report, "Run chmod 600 %s.", file);
	}
	if ((around.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		report_add(doctor->report, (around.st_mode & S_IWOTH) != 0 &&
		    (around.st_mode & S_ISVTX) == 0 ? REPORT_FAILURE :
		    REPORT_WARNING, "modes", "%s: its mode %04o lets %s put "
		    "another configuration there", directory,
		    (unsigned)(around.st_mode & 07777),
		    (around.st_mode & S_IWOTH) != 0 ? "everybody" :
		    "its group");
		report_mend(doctor->report, "Run chmod go-w %s.", directory);
	}
	if (stat(doctor->journal, &journal) == 0 &&
	    journal.st_uid != own.st_uid && (own.st_mode & 0044) == 0) {
		report_add(doctor->report, REPORT_FAILURE, "owners",
		    "%s belongs to %s, but not so the journal: whoever writes "
		    "to it cannot read this file", file,
		    doctor_user(own.st_uid));
		report_mend(doctor->report, "Run chown %s on it, or let the "
		    "responder run as its owner.",
		    doctor_user(journal.st_uid));
	}
out:
	free(directory);
}

static void
tell(struct doctor *doctor)
{
	const struct conf *const conf = doctor->conf;
	size_t i, n_tokens = 0;

	for (i = 0; i < conf->n_accounts; i++)
		n_tokens += conf->accounts[i].n_tokens;
	report_add(doctor->report, REPORT_OK, CHECK, "%s; %zu token%s of %zu "
	    "account%s, %zu public_url%s", conf->file == NULL ?
	    "no file, the environment is enough" : conf->file, n_tokens,
	    n_tokens == 1 ? "" : "s", conf->n_accounts,
	    conf->n_accounts == 1 ? "" : "s", conf->n_public_urls,
	    conf->n_public_urls == 1 ? "" : "s");
	if (conf->n_public_urls == 0) {
		report_add(doctor->report, REPORT_WARNING, "public_url",
		    "there is none: the URL is taken from each request, which "
		    "is wrong behind a proxy that ends TLS or changes the "
		    "path");
		report_mend(doctor->report, "Put public_url = URL under "
		    "[receive], as it is set at Twilio.");
	}
	for (i = 0; i < conf->n_public_urls; i++) {
		if (strncasecmp(conf->public_urls[i], "http:", 5) != 0)
			continue;
		report_add(doctor->report, REPORT_WARNING, "public_url",
		    "it is http: what Twilio sends can be read, and kept from "
		    "you, on the way");
		report_mend(doctor->report, "Let the web server do https, "
		    "and set https URLs here and at Twilio.");
		break;
	}
}

void
check_conf(struct doctor *doctor)
{
	const struct doctor_ask *const ask = doctor->ask;
	struct err why = { .text = "" };
	char **envp;
	enum rc rc;

	doctor->journal = ask->journal;
	if (ask->journal != NULL) {
		report_add(doctor->report, REPORT_OK, CHECK, "not looked at: "
		    "--journal names the journal");
		return;
	}
	envp = without_root(ask->envp);
	if (envp == NULL) {
		doctor->report->is_out_of_memory = true;
		return;
	}
	rc = conf_load(&doctor->conf, ask->config, envp, CONF_NEED_TOKENS,
	    &why);
	if (rc != RC_OK) {
		report_add(doctor->report, REPORT_FAILURE, CHECK, "%s",
		    why.text);
		report_mend(doctor->report, "Until this is put right the "
		    "responder takes nothing: syncjournal.fcgi(8) has all "
		    "keys, syncjournal init makes a new configuration.");
		/* It may still name the journal. */
		if (conf_load(&doctor->conf, ask->config, envp,
		    CONF_NEED_JOURNAL, NULL) != RC_OK)
			doctor->conf = NULL;
	}
	free(envp);
	if (doctor->conf == NULL)
		return;
	doctor->journal = doctor->conf->journal_path;
	if (rc == RC_OK)
		tell(doctor);
	if (doctor->conf->file != NULL)
		check_file(doctor);
}
