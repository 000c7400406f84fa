#include "base/conf_parts.h"

#include <stdlib.h>
#include <string.h>

enum rc
conf_no_memory(struct err *err)
{
	return err_set(err, RC_MEMORY, "out of memory");
}

enum rc
conf_new(struct conf **conf, struct err *err)
{
	*conf = malloc(sizeof(**conf));
	if (*conf == NULL)
		return conf_no_memory(err);
	**conf = (struct conf){ .journal_mode = N_CONF_MODES };
	return RC_OK;
}

static void
account_forget(struct conf_account *account)
{
	for (size_t i = 0; i < account->n_tokens; i++)
		explicit_bzero(account->tokens[i].secret,
		    account->tokens[i].len);
}

void
conf_forget(struct conf *conf)
{
	for (size_t i = 0; i < conf->n_accounts; i++)
		account_forget(&conf->accounts[i]);
}

static void
account_clear(struct conf_account *account)
{
	account_forget(account);
	for (size_t i = 0; i < account->n_tokens; i++)
		free(account->tokens[i].secret);
	free(account->tokens);
	free(account->sid);
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	for (size_t i = 0; i < conf->n_accounts; i++)
		account_clear(&conf->accounts[i]);
	free(conf->accounts);
	for (size_t i = 0; i < conf->n_services; i++)
		free(conf->services[i].sid);
	free(conf->services);
	for (size_t i = 0; i < conf->n_public_urls; i++) {
		/* It may hold user:password. */
		explicit_bzero(conf->public_urls[i],
		    strlen(conf->public_urls[i]));
		free(conf->public_urls[i]);
	}
	free(conf->public_urls);
	for (size_t i = 0; i < conf->n_watch; i++)
		conf_watch_clear(&conf->watch[i]);
	free(conf->watch);
	free(conf->journal_path);
	free(conf->file);
	free(conf);
}

bool
conf_sid(const char *text, const char *prefix)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 &&
	    strlen(text) == len + CONF_SID_DIGITS &&
	    strspn(text + len, digits) == CONF_SID_DIGITS;
}

enum rc
conf_account_find(struct conf *conf, const char *sid, size_t *index,
    struct err *err)
{
	struct conf_account *accounts;
	char *copy;

	for (*index = 0; *index < conf->n_accounts; (*index)++) {
		if (strcmp(conf->accounts[*index].sid, sid) == 0)
			return RC_OK;
	}
	accounts = reallocarray(conf->accounts, *index + 1,
	    sizeof(*accounts));
	if (accounts == NULL)
		return conf_no_memory(err);
	conf->accounts = accounts;
	copy = strdup(sid);
	if (copy == NULL)
		return conf_no_memory(err);
	accounts[*index] = (struct conf_account){ .sid = copy };
	conf->n_accounts++;
	return RC_OK;
}

enum rc
conf_service_find(struct conf *conf, const char *sid, size_t *index,
    struct err *err)
{
	struct conf_service *services;
	char *copy;

	for (*index = 0; *index < conf->n_services; (*index)++) {
		if (strcmp(conf->services[*index].sid, sid) == 0)
			return RC_OK;
	}
	services = reallocarray(conf->services, *index + 1,
	    sizeof(*services));
	if (services == NULL)
		return conf_no_memory(err);
	conf->services = services;
	copy = strdup(sid);
	if (copy == NULL)
		return conf_no_memory(err);
	services[*index] = (struct conf_service){
		.sid = copy,
		.webhooks_from_rest = N_CONF_ANSWERS,
		.revision_base = N_CONF_BASES,
		.rebalance_window_s = -1,
	};
	conf->n_services++;
	return RC_OK;
}

enum rc
conf_add_token(struct conf *conf, const char *sid, struct slice secret,
    struct err *err)
{
	struct conf_account *account;
	struct conf_token *tokens;
	size_t index;
	char *copy;
	enum rc rc = conf_account_find(conf, sid, &index, err);

	if (rc != RC_OK)
		return rc;
	account = &conf->accounts[index];
	tokens = reallocarray(account->tokens, account->n_tokens + 1,
	    sizeof(*tokens));
	if (tokens == NULL)
		return conf_no_memory(err);
	account->tokens = tokens;
	copy = malloc(secret.len);
	if (copy == NULL)
		return conf_no_memory(err);
	memcpy(copy, secret.p, secret.len);
	tokens[account->n_tokens++] = (struct conf_token){ copy, secret.len };
	return RC_OK;
}
