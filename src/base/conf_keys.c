#include "base/conf_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A message never holds a value: a token may have been written in the wrong
 * place. Names are shown when they look like names of ours. */

#define NAME_MOST 32

/* What a section is, and how a message names it. */
static const struct section {
	const char *name;
	const char *prefix;	/* of its SID; NULL: it has none */
} sections[N_CONF_SECTIONS] = {
	[CONF_SECTION_NONE] = { "", NULL },
	[CONF_SECTION_JOURNAL] = { "journal", NULL },
	[CONF_SECTION_RECEIVE] = { "receive", NULL },
	[CONF_SECTION_ACCOUNT] = { "account", "AC" },
	[CONF_SECTION_SERVICE] = { "service", "IS" },
};

enum rc
conf_fail(const struct conf_cursor *at, const char *fmt, ...)
{
	char text[ERR_TEXT_SIZE];
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	va_end(args);
	return err_set(at->err, RC_CONFIG, "%s:%u: %s", at->file, at->line,
	    text);
}

/* Headings */

static struct slice
cut_word(struct slice *s)
{
	static const char blanks[] = " \t";
	struct slice word;

	while (s->len > 0 && strchr(blanks, *s->p) != NULL) {
		s->p++;
		s->len--;
	}
	word = (struct slice){ s->p, 0 };
	while (s->len > 0 && strchr(blanks, *s->p) == NULL) {
		s->p++;
		s->len--;
		word.len++;
	}
	return word;
}

/* begin_sid -- a section of one account or one service. */
static enum rc
begin_sid(struct conf_cursor *at, struct slice word)
{
	const char *prefix = sections[at->section].prefix;
	char sid[2 + CONF_SID_DIGITS + 1];

	if (at->section == CONF_SECTION_ACCOUNT && slice_is(word, "*"))
		return conf_account_find(at->conf, "*", &at->target, at->err);
	if (word.len == sizeof(sid) - 1) {
		memcpy(sid, word.p, word.len);
		sid[word.len] = '\0';
		if (conf_sid(sid, prefix) &&
		    at->section == CONF_SECTION_ACCOUNT)
			return conf_account_find(at->conf, sid, &at->target,
			    at->err);
		if (conf_sid(sid, prefix))
			return conf_service_find(at->conf, sid, &at->target,
			    at->err);
	}
	return conf_fail(at, "[%s ...] needs a SID, %s and %d hexadecimal "
	    "digits%s", sections[at->section].name, prefix, CONF_SID_DIGITS,
	    at->section == CONF_SECTION_ACCOUNT ? ", or *" : "");
}

enum rc
conf_section_begin(struct conf_cursor *at, struct slice text)
{
	const struct slice name = cut_word(&text);
	const struct slice sid = cut_word(&text);
	const bool more = cut_word(&text).len > 0;

	at->section = CONF_SECTION_NONE;
	for (int i = CONF_SECTION_JOURNAL; i < N_CONF_SECTIONS; i++) {
		if (slice_is(name, sections[i].name))
			at->section = (enum conf_section)i;
	}
	if (at->section == CONF_SECTION_NONE)
		return conf_fail(at, "unknown section: it must be [journal], "
		    "[receive], [account SID] or [service SID]");
	if (more || (sid.len > 0 && sections[at->section].prefix == NULL))
		return conf_fail(at, "too many words in the heading of [%s]",
		    sections[at->section].name);
	if (sections[at->section].prefix == NULL)
		return RC_OK;
	return begin_sid(at, sid);
}

/* Values */

/* again -- a key that may be given once was given twice. */
static enum rc
again(const struct conf_cursor *at, const char *name)
{
	return conf_fail(at, "%s is given a second time", name);
}

/* find_word -- the place of value among n words; n when it is none. */
static int
find_word(const char *const *words, int n, const char *value)
{
	int i = 0;

	while (i < n && strcmp(words[i], value) != 0)
		i++;
	return i;
}

/* read_number -- digits only, within [low, high]. */
static bool
read_number(const char *value, long low, long high, long *number)
{
	const size_t len = strlen(value);

	/* Nine digits fit a long everywhere. */
	if (len == 0 || len > 9 || strspn(value, "0123456789") != len)
		return false;
	*number = strtol(value, NULL, 10);
	return *number >= low && *number <= high;
}

enum rc
conf_path(const struct conf_cursor *at, const char *value, char **path)
{
	const char *slash = strrchr(at->file, '/');

	if (value[0] == '~')
		return conf_fail(at, "~ means nothing here: write the path "
		    "from / on");
	if (strstr(value, " #") != NULL || strstr(value, "\t#") != NULL)
		return conf_fail(at, "a comment after a value begins with ; "
		    "and not with #");
	if (value[0] == '/' || slash == NULL)
		*path = strdup(value);
	else
		*path = conf_join(at->file, (size_t)(slash - at->file),
		    value);
	return *path == NULL ? conf_no_memory(at->err) : RC_OK;
}

static enum rc
set_path(struct conf_cursor *at, const char *value)
{
	if (at->conf->journal_path != NULL)
		return again(at, "path");
	return conf_path(at, value, &at->conf->journal_path);
}

static enum rc
set_mode(struct conf_cursor *at, const char *value)
{
	static const char *const words[N_CONF_MODES] = {
		[CONF_MODE_AUTO] = "auto",
		[CONF_MODE_WAL] = "wal",
		[CONF_MODE_TRUNCATE] = "truncate",
	};
	const int found = find_word(words, N_CONF_MODES, value);

	if (at->conf->journal_mode != N_CONF_MODES)
		return again(at, "mode");
	if (found == N_CONF_MODES)
		return conf_fail(at, "mode must be auto, wal or truncate");
	at->conf->journal_mode = (enum conf_mode)found;
	return RC_OK;
}

/* has_host -- whether a URL without fragment names http(s) and a host. */
static bool
has_host(const char *url, size_t len)
{
	const char *const end = url + len;
	const char *at;
	const char *host;

	if (len >= 8 && strncasecmp(url, "https://", 8) == 0)
		host = url + 8;
	else if (len >= 7 && strncasecmp(url, "http://", 7) == 0)
		host = url + 7;
	else
		return false;
	at = host;
	while (at < end && *at != '/' && *at != '?') {
		if (*at++ == '@')
			host = at;
	}
	return host < at && *host != ':';
}

static enum rc
set_public_url(struct conf_cursor *at, const char *value)
{
	const size_t len = strcspn(value, "#");
	struct conf *conf = at->conf;
	char **urls;
	char *url;

	/* A blank or a byte beyond ASCII cannot be part of a URL; Twilio
	 * signs what it calls, where they are percent-encoded. */
	for (size_t i = 0; value[i] != '\0'; i++) {
		if (value[i] <= ' ' || value[i] > '~')
			return conf_fail(at, "public_url has a blank or a "
			    "character that must be percent-encoded");
	}
	if (!has_host(value, len))
		return conf_fail(at, "public_url must be http:// or https:// "
		    "and a host, as it is configured at Twilio");
	urls = reallocarray(conf->public_urls, conf->n_public_urls + 1,
	    sizeof(*urls));
	if (urls == NULL)
		return conf_no_memory(at->err);
	conf->public_urls = urls;
	url = strndup(value, len);
	if (url == NULL)
		return conf_no_memory(at->err);
	urls[conf->n_public_urls++] = url;
	return RC_OK;
}

static enum rc
set_max_body_bytes(struct conf_cursor *at, const char *value)
{
	long number;

	if (at->conf->max_body_bytes != 0)
		return again(at, "max_body_bytes");
	if (!read_number(value, CONF_MAX_BODY_LEAST, CONF_MAX_BODY_MOST,
	    &number))
		return conf_fail(at, "max_body_bytes must be a number from "
		    "%d to %d", CONF_MAX_BODY_LEAST, CONF_MAX_BODY_MOST);
	at->conf->max_body_bytes = (size_t)number;
	return RC_OK;
}

static enum rc
set_webhooks_from_rest(struct conf_cursor *at, const char *value)
{
	static const char *const words[N_CONF_ANSWERS] = {
		[CONF_UNKNOWN] = "unknown",
		[CONF_NO] = "no",
		[CONF_YES] = "yes",
	};
	struct conf_service *service = &at->conf->services[at->target];
	const int found = find_word(words, N_CONF_ANSWERS, value);

	if (service->webhooks_from_rest != N_CONF_ANSWERS)
		return again(at, "webhooks_from_rest");
	if (found == N_CONF_ANSWERS)
		return conf_fail(at, "webhooks_from_rest must be yes, no or "
		    "unknown");
	service->webhooks_from_rest = (enum conf_answer)found;
	return RC_OK;
}

static enum rc
set_revision_base(struct conf_cursor *at, const char *value)
{
	static const char *const words[N_CONF_BASES] = {
		[CONF_BASE_AUTO] = "auto",
		[CONF_BASE_DECIMAL] = "decimal",
		[CONF_BASE_HEX] = "hex",
	};
	struct conf_service *service = &at->conf->services[at->target];
	const int found = find_word(words, N_CONF_BASES, value);

	if (service->revision_base != N_CONF_BASES)
		return again(at, "revision_base");
	if (found == N_CONF_BASES)
		return conf_fail(at, "revision_base must be auto, decimal or "
		    "hex");
	service->revision_base = (enum conf_base)found;
	return RC_OK;
}

static enum rc
set_rebalance_window_s(struct conf_cursor *at, const char *value)
{
	struct conf_service *service = &at->conf->services[at->target];
	long number;

	if (service->rebalance_window_s != -1)
		return again(at, "rebalance_window_s");
	if (!read_number(value, 0, 3600, &number))
		return conf_fail(at, "rebalance_window_s must be a number of "
		    "seconds from 0 to 3600");
	service->rebalance_window_s = (int)number;
	return RC_OK;
}

/* Keys */

static const struct key {
	enum conf_section section;
	const char *name;
	enum rc (*set)(struct conf_cursor *at, const char *value);
} keys[] = {
	{ CONF_SECTION_JOURNAL, "path", set_path },
	{ CONF_SECTION_JOURNAL, "mode", set_mode },
	{ CONF_SECTION_RECEIVE, "public_url", set_public_url },
	{ CONF_SECTION_RECEIVE, "max_body_bytes", set_max_body_bytes },
	{ CONF_SECTION_ACCOUNT, "auth_token", conf_set_auth_token },
	{ CONF_SECTION_ACCOUNT, "auth_token_file",
	    conf_set_auth_token_file },
	{ CONF_SECTION_SERVICE, "webhooks_from_rest",
	    set_webhooks_from_rest },
	{ CONF_SECTION_SERVICE, "revision_base", set_revision_base },
	{ CONF_SECTION_SERVICE, "rebalance_window_s",
	    set_rebalance_window_s },
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

/* is_quoted -- whether someone expects quotes to be taken off. */
static bool
is_quoted(const char *value)
{
	const size_t len = strlen(value);

	return len >= 2 && (value[0] == '"' || value[0] == '\'') &&
	    value[len - 1] == value[0];
}

/* unknown -- the message for a name that its section does not have. */
static enum rc
unknown(const struct conf_cursor *at, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
	const size_t len = strlen(name);
	const bool shown = len <= NAME_MOST && strspn(name, letters) == len;
	const char *in = NULL;

	for (size_t i = 0; i < N_KEYS; i++) {
		if (strcmp(keys[i].name, name) == 0)
			in = sections[keys[i].section].name;
	}
	if (in != NULL && at->section == CONF_SECTION_NONE)
		return conf_fail(at, "%s before any heading: it belongs "
		    "under [%s]", name, in);
	if (in != NULL)
		return conf_fail(at, "%s does not belong under [%s] but "
		    "under [%s]", name, sections[at->section].name, in);
	return conf_fail(at, "unknown key%s%s", shown ? " " : "",
	    shown ? name : "");
}

enum rc
conf_key_set(struct conf_cursor *at, const char *name, const char *value)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		if (keys[i].section != at->section ||
		    strcmp(keys[i].name, name) != 0)
			continue;
		if (value[0] == '\0')
			return conf_fail(at, "%s has no value", name);
		if (is_quoted(value))
			return conf_fail(at, "the value of %s is written "
			    "without quotes", name);
		return keys[i].set(at, value);
	}
	return unknown(at, name);
}
