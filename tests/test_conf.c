/* What base/conf.h promises. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/conf.h"
#include "base/conf_parts.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define AC1 "AC0123456789abcdef0123456789abcdef"
#define AC2 "AC00000000000000000000000000000002"
#define IS1 "IS0123456789abcdef0123456789abcdef"

/* A whole configuration with one token, but for what a row adds. */
#define JOURNAL "[journal]\npath = /j.db\n"
#define ACCOUNT "[account *]\nauth_token = t\n"

static const struct conf_places nowhere = { .n = 0 };
static char *no_env[] = { NULL };

static char top[] = "/tmp/test_conf.XXXXXX";	/* of all tests */
static char dir[64];				/* of the one that runs */
static int n_dirs;

/* Each test has a directory of its own. */
static int
setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s/%d", top, n_dirs++);
	return mkdir(dir, 0700);
}

/* in -- the path of name in the test's directory; one of a few buffers. */
static const char *
in(const char *name)
{
	static char paths[8][PATH_MAX];
	static size_t next;
	char *path = paths[next++ % N(paths)];

	(void)snprintf(path, PATH_MAX, "%s/%s", dir, name);
	return path;
}

static const char *
put_bytes(const char *name, mode_t mode, const char *bytes, size_t len)
{
	const char *path = in(name);
	int fd;

	/* An older one may be read-only. */
	assert_true(unlink(path) == 0 || errno == ENOENT);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
	return path;
}

static const char *
put(const char *name, mode_t mode, const char *text)
{
	return put_bytes(name, mode, text, strlen(text));
}

/* load -- a file, no environment, tokens needed. */
static enum rc
load(struct conf **conf, const char *file, struct err *err)
{
	memset(err, 0, sizeof(*err));
	return conf_load_from(conf, file, no_env, CONF_NEED_TOKENS, &nowhere,
	    err);
}

static struct conf *
must_load(const char *file)
{
	struct conf *conf = NULL;
	struct err err;

	if (load(&conf, file, &err) != RC_OK)
		fail_msg("%s", err.text);
	assert_non_null(conf);
	return conf;
}

static void
must_fail(const char *file, enum rc want, const char *piece)
{
	struct conf *conf = NULL;
	struct err err;

	assert_int_equal(load(&conf, file, &err), want);
	assert_null(conf);
	if (strstr(err.text, piece) == NULL)
		fail_msg("\"%s\" is not in: %s", piece, err.text);
}

static void
token_is(const struct conf *conf, size_t account, size_t token,
    const char *want)
{
	const struct conf_token *t;

	assert_true(account < conf->n_accounts);
	assert_true(token < conf->accounts[account].n_tokens);
	t = &conf->accounts[account].tokens[token];
	assert_int_equal(t->len, strlen(want));
	assert_memory_equal(t->secret, want, t->len);
}

static void
a_file_with_every_key_is_taken_whole(void **state)
{
	struct conf *conf;
	const char *file;

	(void)state;
	put("token", 0600, "from file\n");
	file = put("c", 0600,
	    "; a comment\n# another\n\n"
	    "[journal]\n"
	    "path = /var/lib/syncjournal/journal.db\n"
	    "mode = truncate                  ; auto | wal | truncate\n"
	    "[receive]\n"
	    "public_url = https://h.example/a;b?c=d#rc=5   ; may repeat\n"
	    "public_url: HTTP://user:pw@[::1]:8080\n"
	    "max_body_bytes = 4096\n"
	    "[account " AC1 "]\n"
	    "auth_token = first   ; may repeat: all are tried\n"
	    "auth_token = a=b:c;d#e\"f\n"
	    "auth_token_file = token\n"
	    "[account *]\n"
	    "auth_token = any\n"
	    "[account " AC1 "]   ; more of it\n"
	    "auth_token = last\n"
	    "[service " IS1 "]\n"
	    "webhooks_from_rest = yes     ; yes | no | unknown; see manual\n"
	    "revision_base = decimal\n"
	    "rebalance_window_s = 0\n");
	conf = must_load(file);
	assert_string_equal(conf->file, file);
	assert_string_equal(conf->journal_path,
	    "/var/lib/syncjournal/journal.db");
	assert_int_equal(conf->journal_mode, CONF_MODE_TRUNCATE);
	assert_int_equal(conf->n_public_urls, 2);
	assert_string_equal(conf->public_urls[0],
	    "https://h.example/a;b?c=d");
	assert_string_equal(conf->public_urls[1],
	    "HTTP://user:pw@[::1]:8080");
	assert_int_equal(conf->max_body_bytes, 4096);
	assert_int_equal(conf->n_accounts, 2);
	assert_string_equal(conf->accounts[0].sid, AC1);
	assert_int_equal(conf->accounts[0].n_tokens, 4);
	token_is(conf, 0, 0, "first");
	token_is(conf, 0, 1, "a=b:c;d#e\"f");
	token_is(conf, 0, 2, "from file");
	token_is(conf, 0, 3, "last");
	assert_string_equal(conf->accounts[1].sid, "*");
	token_is(conf, 1, 0, "any");
	assert_int_equal(conf->n_services, 1);
	assert_string_equal(conf->services[0].sid, IS1);
	assert_int_equal(conf->services[0].webhooks_from_rest, CONF_YES);
	assert_int_equal(conf->services[0].revision_base, CONF_BASE_DECIMAL);
	assert_int_equal(conf->services[0].rebalance_window_s, 0);
	conf_free(conf);
}

static void
what_is_not_given_has_its_default(void **state)
{
	struct conf *conf;

	(void)state;
	conf = must_load(put("c", 0600, JOURNAL ACCOUNT
	    "[service " IS1 "]\n"));
	assert_int_equal(conf->journal_mode, CONF_MODE_AUTO);
	assert_int_equal(conf->n_public_urls, 0);
	assert_int_equal(conf->max_body_bytes, CONF_MAX_BODY_DEFAULT);
	assert_int_equal(conf->n_services, 1);
	assert_int_equal(conf->services[0].webhooks_from_rest, CONF_UNKNOWN);
	assert_int_equal(conf->services[0].revision_base, CONF_BASE_AUTO);
	assert_int_equal(conf->services[0].rebalance_window_s, 60);
	conf_free(conf);
	conf_free(NULL);
}

static void
numbers_are_taken_to_their_bounds(void **state)
{
	static const struct {
		const char *text;
		size_t body;
		int window;
	} rows[] = {
		{ "[receive]\nmax_body_bytes=1024\n"
		    "[service " IS1 "]\nrebalance_window_s=3600\n", 1024,
		    3600 },
		{ "[receive]\nmax_body_bytes=4194304\n"
		    "[service " IS1 "]\nrebalance_window_s=01\n", 4194304,
		    1 },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct conf *conf;

		(void)snprintf(text, sizeof(text), JOURNAL ACCOUNT "%s",
		    rows[i].text);
		conf = must_load(put("c", 0600, text));
		assert_int_equal(conf->max_body_bytes, rows[i].body);
		assert_int_equal(conf->services[0].rebalance_window_s,
		    rows[i].window);
		conf_free(conf);
	}
}

/* Wrong files; a token is always spelt "s3cr3t", so that it can be looked
 * for in the message. */
static const struct bad {
	const char *text;
	int line;
	const char *piece;
} bad[] = {
	/* headings */
	{ "[jurnal]\n", 1, "unknown section" },
	{ "\n\n[]\n", 3, "unknown section" },
	{ "[Journal]\n", 1, "unknown section" },
	{ "[s3cr3t]\n", 1, "unknown section" },
	{ "[journal\npath = /j\n", 1, "without its ]" },
	{ "[journal] path = /j\n", 1, "may follow" },
	{ "[journal x]\n", 1, "too many words" },
	{ "[account " AC1 " x]\n", 1, "too many words" },
	{ "[account]\n", 1, "needs a SID, AC" },
	{ "[account s3cr3t]\n", 1, "needs a SID, AC" },
	{ "[account AC0123456789abcdef0123456789abcde]\n", 1, "needs a SID" },
	{ "[account AC0123456789abcdef0123456789abcdeff]\n", 1,
	    "needs a SID" },
	{ "[account AC0123456789abcdef0123456789abcdeg]\n", 1,
	    "needs a SID" },
	{ "[account " IS1 "]\n", 1, "needs a SID" },
	{ "[account **]\n", 1, "needs a SID" },
	{ "[service " AC1 "]\n", 1, "needs a SID, IS" },
	{ "[service *]\n", 1, "needs a SID, IS" },
	/* A section's name that inih would cut at 49 bytes to a good one */
	{ "[account   " AC1 "    x]\n", 1, "too many words" },
	/* keys */
	{ "path = /j\n", 1, "before any heading: it belongs under [journal]" },
	{ "colour = red\n", 1, "unknown key colour" },
	{ "[journal]\npaht = /j\n", 2, "unknown key paht" },
	{ "[journal]\nPath = /j\n", 2, "unknown key" },
	{ "[receive]\n\npath = /j\n", 3,
	    "path does not belong under [receive] but under [journal]" },
	{ "[journal]\nauth_token = s3cr3t\n", 2, "under [account]" },
	{ ACCOUNT "s3cr3t==\n", 3, "unknown key" },
	{ ACCOUNT "   s3cr3t continued\n", 3, "key = value" },
	{ ACCOUNT "s3cr3t\n", 3, "key = value" },
	{ "[journal]\npath = /a\n  more\n", 3, "a value ends with its line" },
	{ "[journal]\npath = /a\npath = /a\n", 3, "path is given a second" },
	{ "[journal]\npath = /a\n[receive]\n[journal]\npath = /b\n", 5,
	    "path is given a second time" },
	{ "[journal]\nmode = wal\nmode = wal\n", 3, "a second time" },
	{ "[receive]\nmax_body_bytes=4096\nmax_body_bytes=4096\n", 3,
	    "a second time" },
	{ "[service " IS1 "]\nrebalance_window_s=1\n"
	    "[service " IS1 "]\nrebalance_window_s=1\n", 4,
	    "a second time" },
	{ "[service " IS1 "]\nrevision_base=auto\nrevision_base=auto\n", 3,
	    "a second time" },
	{ "[service " IS1 "]\nwebhooks_from_rest=no\n"
	    "webhooks_from_rest=yes\n", 3, "a second time" },
	/* values */
	{ "[journal]\npath =\n", 2, "path has no value" },
	{ "[journal]\npath = ; where it lies\n", 2, "path has no value" },
	{ "[journal]\npath = \"/j.db\"\n", 2, "without quotes" },
	{ "[journal]\npath = ~/j.db\n", 2, "~ means nothing" },
	{ "[journal]\npath = /j.db # here\n", 2, "begins with ;" },
	{ "[journal]\nmode = WAL\n", 2, "mode must be" },
	{ "[journal]\nmode = delete\n", 2, "mode must be" },
	{ "[receive]\nmax_body_bytes = 1023\n", 2, "from 1024 to 4194304" },
	{ "[receive]\nmax_body_bytes = 4194305\n", 2, "from 1024 to" },
	{ "[receive]\nmax_body_bytes = 18446744073709555712\n", 2,
	    "from 1024" },
	{ "[receive]\nmax_body_bytes = -4096\n", 2, "from 1024" },
	{ "[receive]\nmax_body_bytes = +4096\n", 2, "from 1024" },
	{ "[receive]\nmax_body_bytes = 128k\n", 2, "from 1024" },
	{ "[receive]\nmax_body_bytes = 0x1000\n", 2, "from 1024" },
	{ "[receive]\nmax_body_bytes = 4 096\n", 2, "from 1024" },
	{ "[receive]\npublic_url = ftp://h/\n", 2, "http:// or https://" },
	{ "[receive]\npublic_url = h.example/sync\n", 2, "http://" },
	{ "[receive]\npublic_url = https://\n", 2, "and a host" },
	{ "[receive]\npublic_url = https:///path\n", 2, "and a host" },
	{ "[receive]\npublic_url = https://#h\n", 2, "and a host" },
	{ "[receive]\npublic_url = https://:443/\n", 2, "and a host" },
	{ "[receive]\npublic_url = https://u:s3cr3t@/\n", 2, "and a host" },
	{ "[receive]\npublic_url = https://?h\n", 2, "and a host" },
	{ "[receive]\npublic_url = https://h/a b\n", 2, "percent-encoded" },
	{ "[receive]\npublic_url = https://h/\xc3\xa9\n", 2,
	    "percent-encoded" },
	{ "[service " IS1 "]\nrevision_base = octal\n", 2,
	    "auto, decimal or hex" },
	{ "[service " IS1 "]\nwebhooks_from_rest = true\n", 2, "yes, no" },
	{ "[service " IS1 "]\nrebalance_window_s = 3601\n", 2,
	    "from 0 to 3600" },
	{ "[service " IS1 "]\nrebalance_window_s = -1\n", 2, "from 0" },
	{ "[service " IS1 "]\nrebalance_window_s = 1.5\n", 2, "from 0" },
	/* tokens, and what a semicolon does to them */
	{ "[account *]\nauth_token =\n", 2, "no value" },
	{ "[account *]\nauth_token = 's3cr3t'\n", 2, "without quotes" },
	{ "[account *]\nauth_token = s3cr3t ;s3cr3t\n", 2, "auth_token_file" },
	{ "[account *]\nauth_token = ;s3cr3t\n", 2, "no value" },
	{ "[account *]\nauth_token = s3cr3t more ; x\n", 2, "a blank or" },
	{ "[account *]\nauth_token = s3cr3t # x\n", 2, "a blank or" },
	{ "[account *]\nauth_token = s3cr3t\xc2\xa0\n", 2, "not ASCII" },
	{ "[account *]\nauth_token_file = /nowhere/s3cr3t\n", 2,
	    "auth_token_file cannot be opened: No such file" },
	{ "[account *]\nauth_token_file = /\n", 2, "not a regular file" },
	/* lines */
	{ JOURNAL "mode = wal\x01\n", 3, "control character" },
	{ JOURNAL "; \x1b[2J\n", 3, "control character" },
	{ JOURNAL "mode = wal\rmode = wal\n", 3, "control character" },
	/* The first wrong line is told, though inih would read on */
	{ "no key\n[bad]\n", 1, "key = value" },
	{ "no key\npath = /j\n", 1, "key = value" },
	{ "colour = red\nno key\n", 1, "unknown key colour" },
};

static void
a_wrong_line_is_refused_by_file_and_line_without_any_value(void **state)
{
	char where[PATH_MAX];
	const char *file;
	struct err err;

	(void)state;
	for (size_t i = 0; i < N(bad); i++) {
		struct conf *conf = NULL;

		file = put("c", 0600, bad[i].text);
		if (load(&conf, file, &err) != RC_CONFIG || conf != NULL)
			fail_msg("taken: %s", bad[i].text);
		(void)snprintf(where, sizeof(where), "%s:%d: ", file,
		    bad[i].line);
		if (strncmp(err.text, where, strlen(where)) != 0 ||
		    strstr(err.text, bad[i].piece) == NULL)
			fail_msg("%s -> %s", bad[i].text, err.text);
		if (strstr(err.text, "s3cr3t") != NULL)
			fail_msg("a token is told: %s", err.text);
	}
}

static void
a_nul_in_the_file_is_refused(void **state)
{
	static const char text[] = JOURNAL "mode = wal\0 trailing\n" ACCOUNT;

	(void)state;
	must_fail(put_bytes("c", 0600, text, sizeof(text) - 1), RC_CONFIG,
	    ":3: a control character");
}

static void
usual_ways_of_writing_are_read(void **state)
{
	static const char *const rows[] = {
		"[journal]\r\npath = /j.db\r\n[account *]\r\nauth_token=t\r\n",
		"\xef\xbb\xbf[journal]\npath=/j.db\n" ACCOUNT,
		"[journal]\n  path = /j.db\n\tmode = auto\n\n"
		    "  [account *]\n    ; indented\n    auth_token = t\n",
		"[journal]\npath: /j.db\n[account *]\nauth_token:t\n",
		"  [ journal ]  ; x\npath=/j.db\n[ account\t* ]# y\n"
		    "auth_token = t ;\n",
		"[journal]\npath=/j.db\n[account *]\nauth_token=t",
		"[journal]\npath = /j.db;v2\n[account *]\nauth_token = t\t; x",
		"[account *]\n[account *]\nauth_token = t\n" JOURNAL
		    "[receive]\n",
	};
	static const char *const paths[N(rows)] = { [6] = "/j.db;v2" };

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct conf *conf = must_load(put("c", 0600, rows[i]));

		assert_string_equal(conf->journal_path,
		    paths[i] == NULL ? "/j.db" : paths[i]);
		assert_int_equal(conf->n_accounts, 1);
		assert_int_equal(conf->accounts[0].n_tokens, 1);
		token_is(conf, 0, 0, "t");
		conf_free(conf);
	}
}

static void
a_line_fits_whole_or_is_refused(void **state)
{
	/* inih's buffer of 200 bytes less a line's end and a NUL. */
	static const size_t most = 198;
	char text[1024];
	char token[512];
	const size_t key_len = strlen("auth_token = ");

	(void)state;
	for (size_t len = most - 3; len < most + 20; len++) {
		struct conf *conf;

		memset(token, 't', len - key_len);
		token[len - key_len] = '\0';
		(void)snprintf(text, sizeof(text), JOURNAL "[account *]\n"
		    "auth_token = %s\n", token);
		put("c", 0600, text);
		if (len > most) {
			must_fail(in("c"), RC_CONFIG, ":4: the line has more "
			    "than 198 bytes");
			continue;
		}
		conf = must_load(in("c"));
		token_is(conf, 0, 0, token);
		conf_free(conf);
	}
}

static void
a_comment_may_be_longer_than_any_line(void **state)
{
	char text[1024];

	(void)state;
	(void)snprintf(text, sizeof(text), "; %0600d path = /no\n" JOURNAL
	    ACCOUNT, 0);
	conf_free(must_load(put("c", 0600, text)));
}

static void
a_file_with_a_token_must_be_private(void **state)
{
	static const struct {
		mode_t mode;
		bool good;
	} rows[] = {
		{ 0600, true }, { 0400, true }, { 0700, true },
		{ 0611, true }, { 0640, false }, { 0604, false },
		{ 0644, false }, { 0440, false }, { 0666, false },
	};
	char piece[32];

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		put("c", rows[i].mode, JOURNAL ACCOUNT);
		put("token", rows[i].mode, "t\n");
		put("d", 0644, JOURNAL "[account *]\nauth_token_file=token\n");
		(void)snprintf(piece, sizeof(piece), "its mode %04o",
		    (unsigned)rows[i].mode);
		if (rows[i].good) {
			conf_free(must_load(in("c")));
			conf_free(must_load(in("d")));
			continue;
		}
		must_fail(in("c"), RC_CONFIG, piece);
		must_fail(in("c"), RC_CONFIG, "run chmod 600");
		must_fail(in("d"), RC_CONFIG, piece);
		must_fail(in("d"), RC_CONFIG, "d:4: ");
		must_fail(in("d"), RC_CONFIG, "/token: holds a token");
	}
	/* Without a token there is nothing to hide. */
	put("c", 0644, JOURNAL);
	must_fail(in("c"), RC_CONFIG, "no token");
	/* The audit program reads by the same rule. */
	put("c", 0644, JOURNAL ACCOUNT);
	{
		struct conf *conf = NULL;
		struct err err;

		assert_int_equal(conf_load_from(&conf, in("c"), no_env,
		    CONF_NEED_JOURNAL, &nowhere, &err), RC_CONFIG);
	}
}

static void
a_token_file_is_its_bytes_but_one_line_end(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		size_t want;	/* bytes of the token; 0: refused as empty */
	} rows[] = {
		{ "abc", 3, 3 }, { "abc\n", 4, 3 }, { "abc\r\n", 5, 3 },
		{ "abc\n\n", 5, 4 }, { "abc\r", 4, 4 }, { "\nabc", 4, 4 },
		{ " abc ; # \"\n", 11, 10 }, { "a\0b\xff\n", 5, 4 },
		{ "\0\n", 2, 1 }, { "", 0, 0 }, { "\n", 1, 0 },
		{ "\r\n", 2, 0 }, { " \t\n\n ", 5, 0 },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct conf *conf;

		put_bytes("token", 0600, rows[i].bytes, rows[i].len);
		put("c", 0644, JOURNAL "[account *]\nauth_token_file=token\n");
		if (rows[i].want == 0) {
			must_fail(in("c"), RC_CONFIG, "empty token file");
			must_fail(in("c"), RC_CONFIG, "c:4: ");
			continue;
		}
		conf = must_load(in("c"));
		assert_int_equal(conf->accounts[0].tokens[0].len,
		    rows[i].want);
		assert_memory_equal(conf->accounts[0].tokens[0].secret,
		    rows[i].bytes, rows[i].want);
		conf_free(conf);
	}
}

static void
a_file_that_is_too_large_or_no_file_is_refused(void **state)
{
	static char bytes[CONF_FILE_MOST + 1];
	const char *file;

	(void)state;
	memset(bytes, 't', sizeof(bytes));
	put("c", 0644, JOURNAL "[account *]\nauth_token_file=token\n");
	put_bytes("token", 0600, bytes, CONF_TOKEN_FILE_MOST);
	conf_free(must_load(in("c")));
	put_bytes("token", 0600, bytes, CONF_TOKEN_FILE_MOST + 1);
	must_fail(in("c"), RC_CONFIG, "is larger than 4096 bytes");
	/* A pipe that nobody writes to holds up nothing. */
	assert_int_equal(unlink(in("token")), 0);
	assert_int_equal(mkfifo(in("token"), 0600), 0);
	must_fail(in("c"), RC_CONFIG, "not a regular file");
	must_fail(in("token"), RC_CONFIG, "not a regular file");
	must_fail(dir, RC_CONFIG, "not a regular file");
	must_fail("/dev/null", RC_CONFIG, "/dev/null: is not a regular file");
	memset(bytes, '\n', sizeof(bytes));
	memcpy(bytes, JOURNAL ACCOUNT, strlen(JOURNAL ACCOUNT));
	file = put_bytes("c", 0600, bytes, sizeof(bytes) - 1);
	conf_free(must_load(file));
	file = put_bytes("c", 0600, bytes, sizeof(bytes));
	must_fail(file, RC_CONFIG, "is larger than");
}

static void
a_relative_path_begins_where_the_file_lies(void **state)
{
	struct conf *conf;
	char here[PATH_MAX];

	(void)state;
	put("c", 0600, "[journal]\npath = sub/j.db\n" ACCOUNT);
	conf = must_load(in("c"));
	assert_string_equal(conf->journal_path, in("sub/j.db"));
	conf_free(conf);
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(dir), 0);
	conf = must_load("c");
	assert_string_equal(conf->journal_path, "sub/j.db");
	conf_free(conf);
	assert_int_equal(chdir(here), 0);
}

static void
journal_and_token_are_insisted_on_where_they_are_needed(void **state)
{
	struct conf *conf = NULL;
	struct err err;

	(void)state;
	must_fail(put("c", 0600, ""), RC_CONFIG, "c: no journal: put path");
	must_fail(put("c", 0600, ACCOUNT), RC_CONFIG, "c: no journal");
	must_fail(put("c", 0600, JOURNAL), RC_CONFIG, "c: no token: put auth");
	must_fail(put("c", 0600, JOURNAL "[account " AC1 "]\n" ACCOUNT),
	    RC_CONFIG, "[account " AC1 "] has no token");
	put("c", 0600, JOURNAL);
	assert_int_equal(conf_load_from(&conf, in("c"), no_env,
	    CONF_NEED_JOURNAL, &nowhere, &err), RC_OK);
	assert_int_equal(conf->n_accounts, 0);
	conf_free(conf);
}

static void
the_environment_alone_is_enough(void **state)
{
	static char journal[] = "SYNCJOURNAL_JOURNAL=/e.db";
	static char token[] = "TWILIO_AUTH_TOKEN=e;n v=";
	static char sid[] = "TWILIO_ACCOUNT_SID=" AC2;
	static char bad_sid[] = "TWILIO_ACCOUNT_SID=ACx";
	static char empty[] = "TWILIO_AUTH_TOKEN=";
	static char forged[] = "HTTP_TWILIO_AUTH_TOKEN=x";
	static char longer[] = "TWILIO_AUTH_TOKENS=x";
	static const struct {
		char *env[4];
		enum rc rc;
		const char *want;	/* SID, or part of the message */
	} rows[] = {
		{ { journal, token }, RC_OK, "*" },
		{ { journal, token, sid }, RC_OK, AC2 },
		{ { journal, token, bad_sid }, RC_CONFIG,
		    "TWILIO_ACCOUNT_SID" },
		{ { journal }, RC_CONFIG, "no token, and no configuration" },
		{ { journal, sid }, RC_CONFIG, "no token" },
		{ { journal, empty }, RC_CONFIG, "no token" },
		{ { journal, forged }, RC_CONFIG, "no token" },
		{ { journal, longer }, RC_CONFIG, "no token" },
		{ { token }, RC_CONFIG, "no journal, and no configuration" },
		{ { NULL }, RC_CONFIG, "/nowhere/x.conf" },
	};
	static char place[] = "/nowhere/x.conf";
	const struct conf_places places = { { place }, 1 };

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct conf *conf = NULL;
		struct err err;

		assert_int_equal(conf_load_from(&conf, NULL, rows[i].env,
		    CONF_NEED_TOKENS, &places, &err), rows[i].rc);
		if (rows[i].rc != RC_OK) {
			if (strstr(err.text, rows[i].want) == NULL)
				fail_msg("%s", err.text);
			continue;
		}
		assert_null(conf->file);
		assert_string_equal(conf->journal_path, "/e.db");
		assert_int_equal(conf->n_accounts, 1);
		assert_string_equal(conf->accounts[0].sid, rows[i].want);
		token_is(conf, 0, 0, "e;n v=");
		assert_false(conf_changed(conf));
		assert_false(conf_under(conf, "/tmp"));
		conf_free(conf);
	}
}

static void
the_environment_completes_the_file(void **state)
{
	static char journal[] = "SYNCJOURNAL_JOURNAL=/e.db";
	static char token[] = "TWILIO_AUTH_TOKEN=env";
	static char sid[] = "TWILIO_ACCOUNT_SID=" AC1;
	char *env[] = { journal, token, sid, NULL };
	struct conf *conf = NULL;
	struct err err;

	(void)state;
	put("c", 0600, "[account " AC1 "]\nauth_token=f\n" ACCOUNT);
	assert_int_equal(conf_load_from(&conf, in("c"), env, CONF_NEED_TOKENS,
	    &nowhere, &err), RC_OK);
	assert_string_equal(conf->journal_path, "/e.db");
	assert_int_equal(conf->n_accounts, 2);
	assert_int_equal(conf->accounts[0].n_tokens, 2);
	token_is(conf, 0, 0, "f");
	token_is(conf, 0, 1, "env");
	conf_free(conf);
	/* The file's own journal stays. */
	conf = NULL;
	put("c", 0644, JOURNAL "[account " AC1 "]\n");
	assert_int_equal(conf_load_from(&conf, in("c"), env, CONF_NEED_TOKENS,
	    &nowhere, &err), RC_OK);
	assert_string_equal(conf->journal_path, "/j.db");
	token_is(conf, 0, 0, "env");
	conf_free(conf);
}

static void
a_name_is_looked_up_whole_and_empty_is_none(void **state)
{
	static char a[] = "AB=1";
	static char b[] = "A=2";
	static char c[] = "A=3";
	static char d[] = "E=";
	static char e[] = "noequals";
	char *env[] = { a, b, c, d, e, NULL };

	(void)state;
	assert_string_equal(conf_env(env, "A"), "2");
	assert_string_equal(conf_env(env, "AB"), "1");
	assert_null(conf_env(env, "E"));
	assert_null(conf_env(env, "noequals"));
	assert_null(conf_env(env, "ABC"));
	assert_null(conf_env(NULL, "A"));
}

static void
found_is(const char *file, char *const *env, const struct conf_places *places,
    const char *want)
{
	struct err err;
	char *path;

	assert_int_equal(conf_find(file, env, places, &path, &err), RC_OK);
	if (want == NULL)
		assert_null(path);
	else
		assert_string_equal(path, want);
	free(path);
}

static void
the_first_place_that_exists_is_taken(void **state)
{
	char first[128], second[128], third[128];
	char variable[256];
	char *env[] = { variable, NULL };
	const struct conf_places places = { { first, second, third }, 3 };

	(void)state;
	(void)snprintf(first, sizeof(first), "%s", in("1/c"));
	(void)snprintf(second, sizeof(second), "%s", in("2/c"));
	/* Below a file: no directory, which is no error either. */
	(void)snprintf(third, sizeof(third), "%s", in("file/c"));
	put("file", 0600, "");
	(void)snprintf(variable, sizeof(variable), "SYNCJOURNAL_CONFIG=%s",
	    in("named"));
	found_is(NULL, no_env, &places, NULL);
	assert_int_equal(mkdir(in("2"), 0700), 0);
	put("2/c", 0600, "");
	found_is(NULL, no_env, &places, second);
	assert_int_equal(mkdir(in("1"), 0700), 0);
	put("1/c", 0600, "");
	found_is(NULL, no_env, &places, first);
	/* A name counts whether it exists or not. */
	found_is(NULL, env, &places, in("named"));
	found_is("/by/option", env, &places, "/by/option");
	assert_int_equal(unlink(in("file")), 0);
	assert_int_equal(symlink("file", in("file")), 0);
	assert_int_equal(unlink(in("1/c")), 0);
	assert_int_equal(unlink(in("2/c")), 0);
	{
		struct err err;
		char *path;

		assert_int_equal(conf_find(NULL, no_env, &places, &path,
		    &err), RC_SYSTEM);
		assert_non_null(strstr(err.text, third));
		assert_null(path);
	}
}

static void
home_comes_before_the_program_and_etc_is_last(void **state)
{
	const struct passwd *user = getpwuid(geteuid());
	struct conf_places places;
	struct err err;
	char want[PATH_MAX + 64];
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);

	(void)state;
	assert_true(len > 0);
	program[len] = '\0';
	*strrchr(program, '/') = '\0';
	assert_non_null(user);
	/* suEXEC removes HOME; a wrong one must not matter. */
	assert_int_equal(setenv("HOME", "/nowhere", 1), 0);
	assert_int_equal(conf_places_init(&places, &err), RC_OK);
	assert_int_equal(places.n, 3);
	(void)snprintf(want, sizeof(want), "%s/syncjournal/syncjournal.conf",
	    user->pw_dir);
	assert_string_equal(places.path[0], want);
	(void)snprintf(want, sizeof(want), "%s/syncjournal.conf", program);
	assert_string_equal(places.path[1], want);
	assert_string_equal(places.path[2],
	    "/etc/syncjournal/syncjournal.conf");
	conf_places_clear(&places);
}

static void
a_named_file_that_cannot_be_read_is_an_error(void **state)
{
	static char variable[] = "SYNCJOURNAL_CONFIG=/nowhere/named";
	char *env[] = { variable, NULL };
	struct conf *conf = NULL;
	struct err err;

	(void)state;
	must_fail("/nowhere/c", RC_SYSTEM, "/nowhere/c: cannot be opened: No");
	assert_int_equal(conf_load(&conf, NULL, env, CONF_NEED_TOKENS, &err),
	    RC_SYSTEM);
	assert_non_null(strstr(err.text, "/nowhere/named: cannot be opened"));
	assert_null(conf);
	/* conf_load itself, where it succeeds. */
	put("c", 0600, JOURNAL ACCOUNT);
	assert_int_equal(conf_load(&conf, in("c"), env, CONF_NEED_TOKENS,
	    &err), RC_OK);
	conf_free(conf);
}

/* Trees for the tests of places that are served. */
static void
make_site(void)
{
	assert_int_equal(mkdir(in("www"), 0700), 0);
	assert_int_equal(mkdir(in("www/sub"), 0700), 0);
	assert_int_equal(mkdir(in("www2"), 0700), 0);
	assert_int_equal(mkdir(in("private"), 0700), 0);
	assert_int_equal(symlink("www", in("link")), 0);
	put("www/sub/c", 0600, JOURNAL ACCOUNT);
	put("www2/c", 0600, JOURNAL ACCOUNT);
	put("private/c", 0600, JOURNAL ACCOUNT);
	put("www/token", 0600, "t");
	put("private/d", 0644, JOURNAL
	    "[account *]\nauth_token_file = ../www/token\n");
	put("private/token", 0600, "t");
	put("www/plain", 0644, JOURNAL
	    "[account *]\nauth_token_file = ../private/token\n");
	assert_int_equal(symlink("www/sub/c", in("to_served")), 0);
	assert_int_equal(symlink("../private/c", in("www/served")), 0);
}

static void
a_token_under_the_document_root_is_refused(void **state)
{
	static const struct {
		const char *file;
		const char *root;
		bool served;
	} rows[] = {
		{ "www/sub/c", "www", true },
		{ "www/sub/c", "www/", true },
		{ "www/sub/c", "www/sub", true },
		{ "www/sub/c", "www2/../www", true },
		{ "www/sub/c", "link", true },
		{ "link/sub/c", "www", true },
		{ "to_served", "www", true },
		/* A web server follows this one out of its directory. */
		{ "www/served", "www", true },
		{ "private/d", "www", true },
		{ "www/plain", "www", false },
		{ "www2/c", "www", false },
		{ "www/sub/c", "www2", false },
		{ "private/c", "www", false },
		{ "private/d", "private", false },
		{ "private/c", "nowhere", false },
		{ "private/c", "private/c/x", false },
	};
	char variable[PATH_MAX];
	char *env[] = { variable, NULL };

	(void)state;
	make_site();
	for (size_t i = 0; i < N(rows); i++) {
		struct conf *conf = NULL;
		const char *root = in(rows[i].root);
		const char *file = in(rows[i].file);
		struct err err;
		enum rc rc;

		(void)snprintf(variable, sizeof(variable),
		    "DOCUMENT_ROOT=%s", root);
		rc = conf_load_from(&conf, file, env, CONF_NEED_TOKENS,
		    &nowhere, &err);
		if (rc != (rows[i].served ? RC_CONFIG : RC_OK))
			fail_msg("%s in %s", rows[i].file, rows[i].root);
		if (rows[i].served) {
			assert_non_null(strstr(err.text,
			    "lies under DOCUMENT_ROOT"));
			assert_non_null(strstr(err.text, root));
		}
		conf_free(conf);
		conf = must_load(file);
		assert_int_equal(conf_under(conf, root), rows[i].served);
		assert_false(conf_under(conf, ""));
		assert_false(conf_under(conf, "/"));
		assert_false(conf_under(conf, "//"));
		conf_free(conf);
	}
}

static void
set_mtime(const char *path, const struct timespec *when)
{
	const struct timespec both[2] = { *when, *when };

	assert_int_equal(utimensat(AT_FDCWD, path, both, 0), 0);
}

static void
a_changed_file_is_noticed(void **state)
{
	static const char *const names[] = { "c", "one", "two" };
	struct timespec tick;
	struct stat st;

	(void)state;
	put("one", 0600, "1\n");
	put("two", 0600, "2\n");
	put("c", 0644, JOURNAL "[account *]\nauth_token_file = one\n"
	    "auth_token_file = two\n");
	for (size_t i = 0; i < N(names); i++) {
		const char *path = in(names[i]);
		struct conf *conf = must_load(in("c"));
		char bytes[256];
		int fd;
		ssize_t len;

		assert_false(conf_changed(conf));
		assert_int_equal(stat(path, &st), 0);
		tick = st.st_mtim;
		/* its time, by a nanosecond */
		tick.tv_nsec += tick.tv_nsec == 999999999 ? -1 : 1;
		set_mtime(path, &tick);
		assert_true(conf_changed(conf));
		set_mtime(path, &st.st_mtim);
		assert_false(conf_changed(conf));
		/* its size */
		fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
		assert_true(fd >= 0);
		len = read(fd, bytes, sizeof(bytes));
		assert_true(len > 0);
		assert_int_equal(write(fd, "\n", 1), 1);
		assert_int_equal(close(fd), 0);
		set_mtime(path, &st.st_mtim);
		assert_true(conf_changed(conf));
		/* its inode, all else equal */
		put_bytes("copy", st.st_mode & 0777, bytes, (size_t)len);
		set_mtime(in("copy"), &st.st_mtim);
		assert_int_equal(rename(in("copy"), path), 0);
		assert_true(conf_changed(conf));
		conf_free(conf);
		/* its being there */
		conf = must_load(in("c"));
		assert_false(conf_changed(conf));
		assert_int_equal(rename(path, in("away")), 0);
		assert_true(conf_changed(conf));
		assert_int_equal(rename(in("away"), path), 0);
		assert_false(conf_changed(conf));
		conf_free(conf);
	}
}

/* The token that is looked for in memory exists there only as the loader
 * made it: here it is spelt by a function. */
#define HIDDEN_LEN 48

static char
hidden(size_t i)
{
	return (char)('A' + (i * 7 + 3) % 26);
}

static void
write_hidden(void)
{
	const pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		char token[HIDDEN_LEN + 1];
		char text[256];

		for (size_t i = 0; i < HIDDEN_LEN; i++)
			token[i] = hidden(i);
		token[HIDDEN_LEN] = '\0';
		put("token", 0600, token);
		(void)snprintf(text, sizeof(text), JOURNAL "[account *]\n"
		    "auth_token = %s\nauth_token_file = token\n", token);
		put("c", 0600, text);
		(void)snprintf(text, sizeof(text), "[account *]\n"
		    "auth_token = %s\nauth_token_file = token\nbad\n", token);
		put("bad", 0600, text);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Its first bytes are left out: free() writes its own over them. */
static bool
is_hidden(const char *p)
{
	for (size_t i = 16; i < HIDDEN_LEN; i++) {
		if (p[i] != hidden(i))
			return false;
	}
	return true;
}

/* count_in -- copies of the token from low to high, read through chunk. */
static int
count_in(int memory, uintptr_t low, uintptr_t high, char *chunk, size_t size)
{
	const uintptr_t own = (uintptr_t)chunk;
	uintptr_t at = low;
	int found = 0;

	while (at < high) {
		ssize_t n = pread(memory, chunk, size, (off_t)at);

		if (n < HIDDEN_LEN)
			break;
		for (ssize_t i = 0; i + HIDDEN_LEN <= n; i++) {
			const uintptr_t where = at + (uintptr_t)i;

			if ((where < own || where >= own + size) &&
			    is_hidden(chunk + i))
				found++;
		}
		at += (uintptr_t)n - HIDDEN_LEN + 1;
	}
	return found;
}

/* count_hidden -- copies of the token in this process. */
static int
count_hidden(void)
{
	static char chunk[65536];
	FILE *maps = fopen("/proc/self/maps", "re");
	const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned long low;
	unsigned long high;
	char line[512];
	char mode[5];
	int found = 0;

	assert_non_null(maps);
	assert_true(memory >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		/* The sanitizers' shadow is huge, and not ours. */
		if (sscanf(line, "%lx-%lx %4s", &low, &high, mode) == 3 &&
		    mode[0] == 'r' && mode[1] == 'w' &&
		    high - low < 256UL << 20)
			found += count_in(memory, low, high, chunk,
			    sizeof(chunk));
	}
	(void)fclose(maps);
	(void)close(memory);
	return found;
}

/* load_deep -- with frames far below those of what counts afterwards, which
 * would write over what was left there. */
static enum rc __attribute__((noinline))
load_deep(struct conf **conf, const char *file)
{
	volatile char depth[262144];
	struct err err;

	depth[0] = 0;
	depth[sizeof(depth) - 1] = 0;
	return load(conf, file, &err);
}

static void
no_copy_of_a_token_stays_in_memory(void **state)
{
	struct conf *conf = NULL;

	(void)state;
	write_hidden();
	assert_int_equal(count_hidden(), 0);
	assert_int_equal(load_deep(&conf, in("c")), RC_OK);
	/* What is kept, and nothing else. */
	assert_int_equal(count_hidden(), 2);
	conf_free(conf);
	assert_int_equal(count_hidden(), 0);
	assert_int_equal(load_deep(&conf, in("bad")), RC_CONFIG);
	assert_int_equal(count_hidden(), 0);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
		TEST(a_file_with_every_key_is_taken_whole),
		TEST(what_is_not_given_has_its_default),
		TEST(numbers_are_taken_to_their_bounds),
		TEST(
		    a_wrong_line_is_refused_by_file_and_line_without_any_value),
		TEST(a_nul_in_the_file_is_refused),
		TEST(usual_ways_of_writing_are_read),
		TEST(a_line_fits_whole_or_is_refused),
		TEST(a_comment_may_be_longer_than_any_line),
		TEST(a_file_with_a_token_must_be_private),
		TEST(a_token_file_is_its_bytes_but_one_line_end),
		TEST(a_file_that_is_too_large_or_no_file_is_refused),
		TEST(a_relative_path_begins_where_the_file_lies),
		TEST(journal_and_token_are_insisted_on_where_they_are_needed),
		TEST(the_environment_alone_is_enough),
		TEST(the_environment_completes_the_file),
		TEST(a_name_is_looked_up_whole_and_empty_is_none),
		TEST(the_first_place_that_exists_is_taken),
		TEST(home_comes_before_the_program_and_etc_is_last),
		TEST(a_named_file_that_cannot_be_read_is_an_error),
		TEST(a_token_under_the_document_root_is_refused),
		TEST(a_changed_file_is_noticed),
		TEST(no_copy_of_a_token_stays_in_memory),
#undef TEST
	};
	int failed;

	if (mkdtemp(top) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	/* Kept on failure, to be looked at. */
	if (failed == 0)
		(void)nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return failed;
}
