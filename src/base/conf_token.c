#include "base/conf_parts.h"

#include <stdlib.h>
#include <string.h>

/*
 * comment_is_plain -- whether what inih took for a comment on this line is
 * one for sure: a semicolon with a blank on each side, or at the end. A token
 * can hold anything, and half a token is worse than none.
 */
static bool
comment_is_plain(struct slice raw)
{
	for (size_t i = 1; i < raw.len; i++) {
		if (raw.p[i] == ';' &&
		    (raw.p[i - 1] == ' ' || raw.p[i - 1] == '\t'))
			return i + 1 == raw.len || raw.p[i + 1] == ' ' ||
			    raw.p[i + 1] == '\t';
	}
	return true;
}

enum rc
conf_set_auth_token(struct conf_cursor *at, const char *value)
{
	static const char mend[] = "put such a token into a file, and name "
	    "it in auth_token_file";
	struct conf *conf = at->conf;

	if (!comment_is_plain(at->raw))
		return conf_fail(at, "a comment after auth_token needs a "
		    "blank on both sides of its ;, and a token cannot hold "
		    "a blank and a ; here: %s", mend);
	for (size_t i = 0; value[i] != '\0'; i++) {
		if (value[i] <= ' ' || value[i] > '~')
			return conf_fail(at, "auth_token holds a blank or a "
			    "character that is not ASCII: %s", mend);
	}
	/* The first file is the one we are in. Its mode is judged at its end,
	 * so that a wrong line is told before a wrong mode. */
	conf->watch[0].secret = true;
	return conf_add_token(conf, conf->accounts[at->target].sid,
	    slice_of(value), at->err);
}

/* strip_end -- the token that a file holds: its bytes but one line's end;
 * no length when there is nothing but blanks. */
static struct slice
strip_end(struct slice text)
{
	if (text.len > 0 && text.p[text.len - 1] == '\n') {
		text.len--;
		if (text.len > 0 && text.p[text.len - 1] == '\r')
			text.len--;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (strchr(" \t\r\n", text.p[i]) == NULL || text.p[i] == '\0')
			return text;
	}
	text.len = 0;
	return text;
}

/* read_token -- the token in the file at path; text is for its bytes. */
static enum rc
read_token(struct conf_cursor *at, const char *path, struct buf *text)
{
	struct conf *conf = at->conf;
	struct slice secret;
	struct err why;
	enum rc rc;

	why.text[0] = '\0';
	rc = conf_watch_read(conf, path, CONF_TOKEN_FILE_MOST, text, &why);
	if (rc == RC_MEMORY)
		return conf_no_memory(at->err);
	if (rc != RC_OK)
		return conf_fail(at, "the file of auth_token_file %s",
		    why.text);
	rc = conf_watch_secret(&conf->watch[conf->n_watch - 1], &why);
	if (rc != RC_OK)
		return conf_fail(at, "%s", why.text);
	secret = strip_end(buf_slice(text));
	if (secret.len == 0)
		return conf_fail(at, "%s: an empty token file", path);
	return conf_add_token(conf, conf->accounts[at->target].sid, secret,
	    at->err);
}

enum rc
conf_set_auth_token_file(struct conf_cursor *at, const char *value)
{
	struct buf text;
	char *path;
	enum rc rc = conf_path(at, value, &path);

	if (rc != RC_OK)
		return rc;
	buf_init(&text, 0);
	rc = read_token(at, path, &text);
	buf_clear(&text);
	free(path);
	return rc;
}
