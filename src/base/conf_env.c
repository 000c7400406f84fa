#include "base/conf_parts.h"

#include <stdlib.h>
#include <string.h>

/* The one whose value is a secret. */
#define TOKEN "TWILIO_AUTH_TOKEN"

/* value_of -- what follows "name=", or NULL. */
static char *
value_of(char *variable, const char *name)
{
	const size_t len = strlen(name);

	if (strncmp(variable, name, len) != 0 || variable[len] != '=')
		return NULL;
	return variable + len + 1;
}

const char *
conf_env(char *const *envp, const char *name)
{
	const char *value;

	for (; envp != NULL && *envp != NULL; envp++) {
		value = value_of(*envp, name);
		if (value != NULL)
			return *value == '\0' ? NULL : value;
	}
	return NULL;
}

void
conf_env_wipe(char *const *envp)
{
	char *value;

	for (; envp != NULL && *envp != NULL; envp++) {
		value = value_of(*envp, TOKEN);
		if (value != NULL)
			explicit_bzero(value, strlen(value));
	}
}

enum rc
conf_env_take(struct conf_env *env, char *const *envp, struct err *err)
{
	static const char *const names[CONF_N_ENV] = {
		"SYNCJOURNAL_CONFIG", "SYNCJOURNAL_JOURNAL", TOKEN,
		"TWILIO_ACCOUNT_SID", "DOCUMENT_ROOT"
	};
	const char *value;
	size_t n = 0;

	*env = (struct conf_env){ .list = { NULL } };
	for (size_t i = 0; i < CONF_N_ENV; i++) {
		value = conf_env(envp, names[i]);
		if (value == NULL)
			continue;
		/* From its name on, which is before the = before it. */
		env->list[n] = strdup(value - strlen(names[i]) - 1);
		if (env->list[n] == NULL) {
			conf_env_clear(env);
			return conf_no_memory(err);
		}
		n++;
	}
	conf_env_wipe(envp);
	return RC_OK;
}

void
conf_env_clear(struct conf_env *env)
{
	conf_env_wipe(env->list);
	for (size_t i = 0; i < CONF_N_ENV; i++) {
		free(env->list[i]);
		env->list[i] = NULL;
	}
}
