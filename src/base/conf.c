#include "base/conf_parts.h"

#include <stdlib.h>
#include <string.h>

/* take_file -- what the file says. */
static enum rc
take_file(struct conf *conf, struct err *err)
{
	struct buf text;
	enum rc rc;

	buf_init(&text, 0);
	rc = conf_watch_read(conf, conf->file, CONF_FILE_MOST, &text, err);
	if (rc != RC_OK) {
		err_prefix(err, "%s", conf->file);
		goto out;
	}
	rc = conf_ini_read(conf, conf->file, buf_slice(&text), err);
	if (rc != RC_OK)
		goto out;
	if (conf->watch[0].secret)
		rc = conf_watch_secret(&conf->watch[0], err);
out:
	buf_clear(&text);
	return rc;
}

/* take_environment -- what completes the file, or stands for it. */
static enum rc
take_environment(struct conf *conf, char *const *envp, struct err *err)
{
	const char *journal = conf_env(envp, "SYNCJOURNAL_JOURNAL");
	const char *token = conf_env(envp, "TWILIO_AUTH_TOKEN");
	const char *sid = conf_env(envp, "TWILIO_ACCOUNT_SID");

	if (conf->journal_path == NULL && journal != NULL) {
		conf->journal_path = strdup(journal);
		if (conf->journal_path == NULL)
			return conf_no_memory(err);
	}
	if (token == NULL)
		return RC_OK;
	if (sid != NULL && !conf_sid(sid, "AC"))
		return err_set(err, RC_CONFIG, "TWILIO_ACCOUNT_SID: not AC "
		    "and 32 hexadecimal digits");
	return conf_add_token(conf, sid == NULL ? "*" : sid, slice_of(token),
	    err);
}

static void
take_defaults(struct conf *conf)
{
	struct conf_service *service;

	if (conf->journal_mode == N_CONF_MODES)
		conf->journal_mode = CONF_MODE_AUTO;
	if (conf->max_body_bytes == 0)
		conf->max_body_bytes = CONF_MAX_BODY_DEFAULT;
	for (size_t i = 0; i < conf->n_services; i++) {
		service = &conf->services[i];
		if (service->webhooks_from_rest == N_CONF_ANSWERS)
			service->webhooks_from_rest = CONF_UNKNOWN;
		if (service->revision_base == N_CONF_BASES)
			service->revision_base = CONF_BASE_AUTO;
		if (service->rebalance_window_s == -1)
			service->rebalance_window_s =
			    CONF_REBALANCE_WINDOW_S;
	}
}

/* missing -- the message for what neither file nor environment has. */
static enum rc
missing(const struct conf *conf, const struct conf_places *places,
    const char *what, const char *mend, struct err *err)
{
	struct buf looked;

	if (conf->file != NULL)
		return err_set(err, RC_CONFIG, "%s: no %s: %s", conf->file,
		    what, mend);
	buf_init(&looked, ERR_TEXT_SIZE);
	for (size_t i = 0; i < places->n; i++)
		buf_printf(&looked, "%s%s", i == 0 ? "" : ", ",
		    places->path[i]);
	err_set(err, RC_CONFIG, "no %s, and no configuration file (looked "
	    "for %s): name one with --config or SYNCJOURNAL_CONFIG, or %s",
	    what, looked.len == 0 ? "none" : looked.data, mend);
	buf_clear(&looked);
	return RC_CONFIG;
}

/* check -- that all is there, and where it may be. */
static enum rc
check(const struct conf *conf, char *const *envp, enum conf_need need,
    const struct conf_places *places, struct err *err)
{
	const char *root = conf_env(envp, "DOCUMENT_ROOT");
	const struct conf_watch *served = NULL;

	if (root != NULL)
		served = conf_watch_under(conf, root);
	if (served != NULL)
		return err_set(err, RC_CONFIG, "%s: holds a token and lies "
		    "under DOCUMENT_ROOT %s: move it to where the web server "
		    "does not serve it", served->path, root);
	if (conf->journal_path == NULL)
		return missing(conf, places, "journal", "put path = FILE "
		    "under [journal], or set SYNCJOURNAL_JOURNAL", err);
	for (size_t i = 0; i < conf->n_accounts; i++) {
		if (conf->accounts[i].n_tokens == 0)
			return err_set(err, RC_CONFIG, "%s: [account %s] has "
			    "no token: put auth_token or auth_token_file "
			    "under it", conf->file, conf->accounts[i].sid);
	}
	if (need == CONF_NEED_TOKENS && conf->n_accounts == 0)
		return missing(conf, places, "token", "put auth_token = "
		    "TOKEN under [account *], or set TWILIO_AUTH_TOKEN", err);
	return RC_OK;
}

enum rc
conf_load_from(struct conf **conf, const char *file, char *const *envp,
    enum conf_need need, const struct conf_places *places, struct err *err)
{
	struct conf *made;
	enum rc rc;

	rc = conf_new(&made, err);
	if (rc != RC_OK)
		goto out;
	rc = conf_find(file, envp, places, &made->file, err);
	if (rc == RC_OK && made->file != NULL)
		rc = take_file(made, err);
	if (rc == RC_OK)
		rc = take_environment(made, envp, err);
	if (rc != RC_OK)
		goto out;
	take_defaults(made);
	rc = check(made, envp, need, places, err);
	if (rc != RC_OK)
		goto out;
	*conf = made;
	made = NULL;
out:
	conf_free(made);
	return rc;
}

enum rc
conf_load(struct conf **conf, const char *file, char *const *envp,
    enum conf_need need, struct err *err)
{
	struct conf_places places = { .n = 0 };
	enum rc rc = RC_OK;

	/* A file that is named is not searched for: to look up the user's home
	 * takes a CGI request as long as to verify its delivery. */
	if (file == NULL && conf_env(envp, "SYNCJOURNAL_CONFIG") == NULL)
		rc = conf_places_init(&places, err);
	if (rc != RC_OK)
		return rc;
	rc = conf_load_from(conf, file, envp, need, &places, err);
	conf_places_clear(&places);
	return rc;
}
