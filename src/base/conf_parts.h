/*
 * conf_parts -- what the files of conf share; only they and their test
 * include it.
 *
 *     conf.c        load, complete by the environment, check, free
 *     conf_env.c    the environment
 *     conf_find.c   which file
 *     conf_ini.c    the file's lines, through inih
 *     conf_keys.c   what a section or key means
 *     conf_token.c  what the keys that name a token mean
 *     conf_made.c   the structure: making, adding, freeing
 *     conf_watch.c  files: reading, permissions, changes, places
 */
#ifndef BASE_CONF_PARTS_H
#define BASE_CONF_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/slice.h"

/* Largest configuration: some 3,000 accounts of one token each. */
#define CONF_FILE_MOST 262144
/* Largest token file: Twilio's tokens have 32 bytes, its signing keys are
 * not documented; what is larger is some other file. */
#define CONF_TOKEN_FILE_MOST 4096

#define CONF_SID_DIGITS 32	/* hexadecimal, after two letters */

enum conf_section {
	CONF_SECTION_NONE,	/* before the first heading */
	CONF_SECTION_JOURNAL,
	CONF_SECTION_RECEIVE,
	CONF_SECTION_ACCOUNT,
	CONF_SECTION_SERVICE,
	N_CONF_SECTIONS
};

/* Where the reading of a file is. */
struct conf_cursor {
	struct conf *conf;	/* being filled */
	const char *file;
	unsigned line;		/* from 1 */
	struct slice raw;	/* the line, without its end and indentation */
	enum conf_section section;
	size_t target;		/* index of the section's account or service */
	struct err *err;
};

/* A file that the configuration was made of, as it was when it was read. */
struct conf_watch {
	char *path;		/* as it was opened */
	char *real;		/* all symbolic links resolved */
	char *real_dir;		/* of the directory that path names it in */
	char *lies_in;		/* the directory of real */
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
	mode_t mode;
	bool secret;		/* it holds a token */
};

/* The places that are searched, in order; all are allocated. */
#define CONF_N_PLACES 3
struct conf_places {
	char *path[CONF_N_PLACES];
	size_t n;
};

/* conf_no_memory -- RC_MEMORY, with its message. */
enum rc conf_no_memory(struct err *err);

/* conf_fail -- RC_CONFIG; the message begins with the cursor's file:line. */
enum rc conf_fail(const struct conf_cursor *at, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* conf_new -- nothing given yet: numbers and enums that a file or a default
 * has still to set are at their N_, 0 or -1. */
enum rc conf_new(struct conf **conf, struct err *err);

/* conf_account_find, conf_service_find -- the index of the one with this
 * SID, added when it is not there. */
enum rc conf_account_find(struct conf *conf, const char *sid, size_t *index,
    struct err *err);
enum rc conf_service_find(struct conf *conf, const char *sid, size_t *index,
    struct err *err);

/* conf_add_token -- one more token of sid ("AC..." or "*"), copied. */
enum rc conf_add_token(struct conf *conf, const char *sid,
    struct slice secret, struct err *err);

/* conf_sid -- whether text is prefix and 32 hexadecimal digits. */
bool conf_sid(const char *text, const char *prefix);

/* conf_section_begin -- a heading, given what is between its brackets. */
enum rc conf_section_begin(struct conf_cursor *at, struct slice heading);

/* conf_key_set -- a key of the cursor's section. */
enum rc conf_key_set(struct conf_cursor *at, const char *name,
    const char *value);

/*
 * conf_path -- a path that is the value of a key: from / on, or relative to
 * the directory of the configuration file; *path is allocated.
 */
enum rc conf_path(const struct conf_cursor *at, const char *value,
    char **path);

/* The keys that name a token. */
enum rc conf_set_auth_token(struct conf_cursor *at, const char *value);
enum rc conf_set_auth_token_file(struct conf_cursor *at, const char *value);

/* conf_ini_read -- take the sections and keys of a file's text into conf. */
enum rc conf_ini_read(struct conf *conf, const char *file, struct slice text,
    struct err *err);

/* conf_places_init -- the places of this user and this program. */
enum rc conf_places_init(struct conf_places *places, struct err *err);
void conf_places_clear(struct conf_places *places);

/*
 * conf_find -- the file that is named, else the first that exists.
 *
 * *path   allocated; NULL when there is none
 */
enum rc conf_find(const char *file, char *const *envp,
    const struct conf_places *places, char **path, struct err *err);

/* conf_load_from -- conf_load with these places instead of the real ones. */
enum rc conf_load_from(struct conf **conf, const char *file,
    char *const *envp, enum conf_need need, const struct conf_places *places,
    struct err *err);

/*
 * conf_watch_read -- read a regular file of at most `most` bytes, and keep
 * it as the last of conf's watches.
 *
 * text     appended to
 *
 * RC_SYSTEM  it cannot be opened or read; the message does not hold path: a
 *            token may have been written where a path belongs
 * RC_CONFIG  it is not a regular file, or larger
 */
enum rc conf_watch_read(struct conf *conf, const char *path, size_t most,
    struct buf *text, struct err *err);

/* conf_watch_secret -- the watch's file holds a token: RC_CONFIG when group
 * or others may read it. */
enum rc conf_watch_secret(struct conf_watch *watch, struct err *err);

/* conf_watch_under -- the first file with a token under directory, or NULL;
 * see conf_under. */
const struct conf_watch *conf_watch_under(const struct conf *conf,
    const char *directory);

void conf_watch_clear(struct conf_watch *watch);

/* conf_join -- directory (of len bytes), a slash and name, allocated; NULL:
 * no memory. */
char *conf_join(const char *directory, size_t len, const char *name);

#endif
