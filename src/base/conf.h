/*
 * conf -- the configuration: an INI file completed by the environment.
 *
 * The keys are those of docs/design.md section 4 and of syncjournal.fcgi(8).
 * A file is taken whole or not at all.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Default of max_body_bytes: 16 KiB of data percent-encode to 49 KB
 * (docs/twilio.md section 4), and the rest of a delivery is small. */
#define CONF_MAX_BODY_DEFAULT 131072
/* Bounds of max_body_bytes: below, no delivery fits; above, a batch does not
 * fit its bound of 4 MiB. */
#define CONF_MAX_BODY_LEAST 1024
#define CONF_MAX_BODY_MOST 4194304

/* Default of rebalance_window_s. */
#define CONF_REBALANCE_WINDOW_S 60

enum conf_mode {	/* how the journal is written, when it is created */
	CONF_MODE_AUTO,
	CONF_MODE_WAL,
	CONF_MODE_TRUNCATE,
	N_CONF_MODES
};

enum conf_answer {
	CONF_UNKNOWN,
	CONF_NO,
	CONF_YES,
	N_CONF_ANSWERS
};

enum conf_base {	/* of a service's revisions; hex is refused for now */
	CONF_BASE_AUTO,
	CONF_BASE_DECIMAL,
	CONF_BASE_HEX,
	N_CONF_BASES
};

struct conf_token {
	char *secret;	/* any bytes; wiped when freed */
	size_t len;	/* >= 1 */
};

struct conf_account {
	char *sid;	/* "AC..." or "*" */
	struct conf_token *tokens;
	size_t n_tokens;	/* >= 1 */
};

struct conf_service {
	char *sid;
	enum conf_answer webhooks_from_rest;
	enum conf_base revision_base;
	int rebalance_window_s;	/* 0 to 3600 */
};

struct conf {
	char *file;		/* what was read, or NULL: environment alone */
	char *journal_path;	/* never NULL */
	enum conf_mode journal_mode;
	char **public_urls;	/* as written, without their fragment */
	size_t n_public_urls;
	size_t max_body_bytes;
	struct conf_account *accounts;
	size_t n_accounts;	/* may be 0 where no token was asked for */
	struct conf_service *services;
	size_t n_services;
	struct conf_watch *watch;	/* the files it was made of */
	size_t n_watch;
};

/* What conf_load must insist on. */
enum conf_need {
	CONF_NEED_JOURNAL,	/* the audit program: a journal's path */
	CONF_NEED_TOKENS	/* the responder: at least one token as well */
};

/*
 * conf_load -- find, read and check the configuration.
 *
 * file     the argument of --config, or NULL to search: SYNCJOURNAL_CONFIG,
 *          ~/syncjournal/syncjournal.conf (home of the effective user from
 *          the passwd file), syncjournal.conf beside the program (its real
 *          path), /etc/syncjournal/syncjournal.conf; none found is not an
 *          error if the environment is enough
 * envp     "NAME=VALUE" strings ending in NULL: SYNCJOURNAL_CONFIG,
 *          SYNCJOURNAL_JOURNAL, TWILIO_AUTH_TOKEN, TWILIO_ACCOUNT_SID and
 *          DOCUMENT_ROOT are looked at; an empty value is none
 * *conf    set only on RC_OK; freed with conf_free
 *
 * In the file a relative path begins at the file's directory. A comment after
 * a value is a blank and a semicolon; after auth_token a blank must follow it
 * as well, and auth_token is printable ASCII without blanks. A token file is
 * the token, any bytes, but for one line's end; a file that only names token
 * files need not be private itself. Sections of one SID are one section.
 *
 * RC_CONFIG  names the file and the line, the rule, and the mend: unknown
 *            section or key, repeated single key, value out of range, a line
 *            too long for the parser, a file with a token that group or
 *            others can read or that lies under DOCUMENT_ROOT (symbolic links
 *            resolved), a token file that is empty or unreadable, no journal,
 *            no token. A message never holds a token.
 * RC_SYSTEM  a file that was named or found cannot be read
 * RC_MEMORY
 */
enum rc conf_load(struct conf **conf, const char *file, char *const *envp,
    enum conf_need need, struct err *err);

/* conf_free -- NULL is accepted; secrets are wiped. */
void conf_free(struct conf *conf);

/*
 * conf_changed -- whether a file that conf was made of (token files too) has
 * another inode, size or modification time than when it was read, or is gone.
 */
bool conf_changed(const struct conf *conf);

/*
 * conf_under -- whether one of the files with a token lies under this
 * directory (symbolic links resolved; false for an empty or "/" directory,
 * which no web server serves from on purpose).
 */
bool conf_under(const struct conf *conf, const char *directory);

/*
 * conf_forget -- wipe the tokens' bytes, once keys were made of them; how many
 * there are stays.
 */
void conf_forget(struct conf *conf);

/*
 * conf_directory -- the directories that the files of conf lie in, symbolic
 * links resolved: that of the name, and that of the file.
 *
 * i  from 0 on; NULL: there are no more. One may come several times.
 */
const char *conf_directory(const struct conf *conf, size_t i);

/* conf_confined -- from now on this process reaches those directories alone: a
 * reason to tell when a file cannot be opened. */
void conf_confined(void);

/* conf_env -- the value of a name in envp, or NULL; first match. */
const char *conf_env(char *const *envp, const char *name);

/* The variables that conf_load looks at. */
#define CONF_N_ENV 5
struct conf_env {
	char *list[CONF_N_ENV + 1];	/* an envp for conf_load */
};

/*
 * conf_env_take -- copy them, and wipe the token in envp: what reads the
 * process's environment later on does not find it there.
 *
 * RC_MEMORY  nothing is changed
 */
enum rc conf_env_take(struct conf_env *env, char *const *envp,
    struct err *err);

/* conf_env_wipe -- wipe the token in envp; its variable stays, empty. */
void conf_env_wipe(char *const *envp);

/* conf_env_clear -- wipes and frees. */
void conf_env_clear(struct conf_env *env);

#endif
