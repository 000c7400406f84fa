/* Configurations: what is taken is the same when it is written out and read
 * again; what is refused is refused with the file, the line and a reason that
 * can be printed and holds no token.
 *
 * SECRET in a line of auth_token is such a token. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf_parts.h"
#include "fuzz.h"

#define SECRET "5ec4e7-t0ken"
/* Of a path: its line must fit inih's buffer of 200. One that was made absolute
 * may not. All lines are written as short as can be. */
#define PATH_MOST 193

static char *const no_env[] = { NULL };
static const struct conf_places no_places;

static char file[96];

static void
put_file(struct slice text)
{
	FILE *out;

	if (file[0] == '\0')
		snprintf(file, sizeof(file), "%s/conf", fuzz_directory());
	/* To write over a file takes ext4 a sync. */
	(void)unlink(file);
	out = fopen(file, "wb");
	MUST(out != NULL && fchmod(fileno(out), 0600) == 0);
	MUST(fwrite(text.p, 1, text.len, out) == text.len);
	MUST(fclose(out) == 0);
}

static bool
load(struct slice text, struct conf **conf, struct err *err)
{
	enum rc rc;

	*conf = NULL;
	err->text[0] = '\0';
	put_file(text);
	rc = conf_load_from(conf, file, no_env, CONF_NEED_JOURNAL, &no_places,
	    err);
	MUST(rc == RC_OK || rc == RC_CONFIG);
	MUST((rc == RC_OK) == (*conf != NULL));
	return rc == RC_OK;
}

/* Whether the token is only where a token belongs. */
static bool
is_secret(struct slice text)
{
	struct input input = { (const uint8_t *)text.p, text.len };
	struct slice line;
	bool found = false;

	while (input.left > 0) {
		line = input_line(&input);
		if (!fuzz_holds(line, SECRET))
			continue;
		found = true;
		if (line.len < 11 || memcmp(line.p, "auth_token ", 11) != 0)
			return false;
	}
	return found;
}

static void
check_refused(struct slice text, const struct err *err)
{
	const struct slice reason = slice_of(err->text);
	size_t i;

	MUST(reason.len > 0 && fuzz_holds(reason, file));
	if (is_secret(text))
		MUST(!fuzz_holds(reason, SECRET));
	for (i = 0; i < reason.len; i++)
		MUST(!iscntrl((unsigned char)reason.p[i]));
}

/* --- Written out -------------------------------------------------------- */

static void
put_path(struct buf *out, const char *path)
{
	const char *const relative = path + strlen(fuzz_directory()) + 1;

	if (strlen(path) > PATH_MOST &&
	    strncmp(path, fuzz_directory(), strlen(fuzz_directory())) == 0)
		path = relative;
	buf_printf(out, "[journal]\npath=%s\n", path);
}

static void
put_accounts(struct buf *out, const struct conf *conf)
{
	size_t i, j;

	for (i = 0; i < conf->n_accounts; i++) {
		const struct conf_account *const account = &conf->accounts[i];

		buf_printf(out, "[account %s]\n", account->sid);
		for (j = 0; j < account->n_tokens; j++) {
			buf_add_text(out, "auth_token=");
			buf_add(out, account->tokens[j].secret,
			    account->tokens[j].len);
			buf_add_char(out, '\n');
		}
	}
}

static void
put_services(struct buf *out, const struct conf *conf)
{
	static const char *const answers[] = { "unknown", "no", "yes" };
	static const char *const bases[] = { "auto", "decimal", "hex" };
	size_t i;

	for (i = 0; i < conf->n_services; i++) {
		const struct conf_service *const service = &conf->services[i];

		MUST(service->webhooks_from_rest < N_CONF_ANSWERS);
		MUST(service->revision_base < N_CONF_BASES);
		buf_printf(out, "[service %s]\nwebhooks_from_rest = %s\n"
		    "revision_base = %s\nrebalance_window_s = %d\n",
		    service->sid, answers[service->webhooks_from_rest],
		    bases[service->revision_base],
		    service->rebalance_window_s);
	}
}

static void
put_conf(struct buf *out, const struct conf *conf)
{
	static const char *const modes[] = { "auto", "wal", "truncate" };
	size_t i;

	MUST(conf->journal_path != NULL);
	MUST(conf->journal_mode < N_CONF_MODES);
	MUST(conf->max_body_bytes >= CONF_MAX_BODY_LEAST &&
	    conf->max_body_bytes <= CONF_MAX_BODY_MOST);
	put_path(out, conf->journal_path);
	buf_printf(out, "mode = %s\n[receive]\nmax_body_bytes = %zu\n",
	    modes[conf->journal_mode], conf->max_body_bytes);
	for (i = 0; i < conf->n_public_urls; i++)
		buf_printf(out, "public_url=%s\n", conf->public_urls[i]);
	put_accounts(out, conf);
	put_services(out, conf);
}

/* --- Compared ----------------------------------------------------------- */

static void
same_account(const struct conf_account *a, const struct conf_account *b)
{
	size_t i;

	MUST(strcmp(a->sid, b->sid) == 0);
	MUST(a->n_tokens == b->n_tokens && a->n_tokens > 0);
	for (i = 0; i < a->n_tokens; i++) {
		MUST(a->tokens[i].len == b->tokens[i].len);
		MUST(memcmp(a->tokens[i].secret, b->tokens[i].secret,
		    a->tokens[i].len) == 0);
	}
}

static void
same(const struct conf *a, const struct conf *b)
{
	size_t i;

	MUST(strcmp(a->journal_path, b->journal_path) == 0);
	MUST(a->journal_mode == b->journal_mode);
	MUST(a->max_body_bytes == b->max_body_bytes);
	MUST(a->n_public_urls == b->n_public_urls);
	for (i = 0; i < a->n_public_urls; i++)
		MUST(strcmp(a->public_urls[i], b->public_urls[i]) == 0);
	MUST(a->n_accounts == b->n_accounts);
	for (i = 0; i < a->n_accounts; i++)
		same_account(&a->accounts[i], &b->accounts[i]);
	MUST(a->n_services == b->n_services);
	for (i = 0; i < a->n_services; i++) {
		const struct conf_service *const x = &a->services[i];
		const struct conf_service *const y = &b->services[i];

		MUST(strcmp(x->sid, y->sid) == 0);
		MUST(x->webhooks_from_rest == y->webhooks_from_rest);
		MUST(x->revision_base == y->revision_base);
		MUST(x->rebalance_window_s == y->rebalance_window_s);
	}
}

static void
once_more(const struct conf *conf)
{
	struct conf *again = NULL;
	struct buf text;
	struct err err;

	buf_init(&text, 0);
	put_conf(&text, conf);
	if (!load(buf_slice(&text), &again, &err))
		fuzz_broken(__FILE__, __LINE__, err.text);
	same(conf, again);
	conf_free(again);
	buf_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const struct slice text = input_rest(&input);
	struct conf *conf;
	struct err err;

	if (load(text, &conf, &err)) {
		MUST(!conf_changed(conf));
		/* A token from a file can be any bytes. */
		if (conf->n_watch <= 1)
			once_more(conf);
	} else {
		check_refused(text, &err);
	}
	conf_free(conf);
	return 0;
}
