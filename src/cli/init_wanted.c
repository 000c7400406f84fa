#include "cli/init_wanted.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "cli/init_parts.h"
#include "doctor/roots.h"
#include "twilio/sid.h"
#include "twilio/url.h"

/* A line that is typed; a URL as long as servers take. */
#define TYPED_MAX 4096
/* As of a token file of the configuration. */
#define TOKEN_MAX 4096

enum rc
init_no_memory(struct err *err)
{
	return err_set(err, RC_MEMORY, "init: no memory");
}

/* ------------------------------------------------------------------------
 * A terminal
 */

static bool
is_interactive(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static void
take_line(struct buf *line)
{
	char c;

	while (line->len < TYPED_MAX && read(STDIN_FILENO, &c, 1) == 1 &&
	    c != '\n')
		buf_add_char(line, c);
}

static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
#define N_ENDING (sizeof(ending) / sizeof(ending[0]))

/* The signal that came while nothing was shown; 0: none. */
static volatile sig_atomic_t came;

static void
note_signal(int number)
{
	came = number;
}

/* A terminal that shows nothing is given back as it was, whatever ends us. */
static void
ask_muted(struct buf *line, const struct termios *old)
{
	const struct sigaction note = { .sa_handler = note_signal };
	struct sigaction before[N_ENDING];
	struct termios mute = *old;
	size_t i;

	for (i = 0; i < N_ENDING; i++)
		(void)sigaction(ending[i], &note, &before[i]);
	mute.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &mute);
	take_line(line);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, old);
	(void)fputc('\n', stderr);
	for (i = 0; i < N_ENDING; i++)
		(void)sigaction(ending[i], &before[i], NULL);
	if (came != 0)
		(void)raise(came);
}

/* One line, without its end. Nothing is shown of a secret. */
static enum rc
ask(const char *question, bool is_secret, struct buf *line, struct err *err)
{
	struct termios old;

	(void)fputs(question, stderr);
	(void)fflush(stderr);
	if (is_secret && tcgetattr(STDIN_FILENO, &old) == 0)
		ask_muted(line, &old);
	else
		take_line(line);
	return buf_ok(line) ? RC_OK : init_no_memory(err);
}

/* ------------------------------------------------------------------------
 * The URL
 */

bool
init_is_simple(struct slice text)
{
	static const char others[] = "/._~+@,=-";
	unsigned char c;
	size_t i;

	for (i = 0; i < text.len; i++) {
		c = (unsigned char)text.p[i];
		if ((c < '0' || c > '9') && (c < 'a' || c > 'z') &&
		    (c < 'A' || c > 'Z') && c < 0x80 &&
		    (c == '\0' || strchr(others, c) == NULL))
			return false;
	}
	return true;
}

/* host and port, path. */
static bool
split_url(struct init_wanted *wanted)
{
	const char *const url = wanted->url;
	const char *at = strstr(url, "://");
	size_t len, i;

	if (at == NULL || (strncasecmp(url, "https:", 6) != 0 &&
	    strncasecmp(url, "http:", 5) != 0))
		return false;
	at += 3;
	len = strcspn(at, "/?");
	wanted->userinfo = (struct slice){ at, 0 };
	for (i = len; i > 0; i--) {
		if (at[i - 1] == '@') {
			wanted->userinfo.len = i;
			break;
		}
	}
	wanted->host = (struct slice){ at + wanted->userinfo.len,
	    len - wanted->userinfo.len };
	at += len;
	wanted->path = (struct slice){ at, strcspn(at, "?") };
	if (wanted->path.len == 0)
		wanted->path = slice_of("/");
	return wanted->host.len > 0;
}

static bool
is_host(struct slice host)
{
	size_t i;

	for (i = 0; i < host.len; i++) {
		if (strchr("abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]",
		    host.p[i]) == NULL || host.p[i] == '\0')
			return false;
	}
	return true;
}

static enum rc
read_url(struct init_wanted *wanted, const char *text, struct err *err)
{
	const struct slice url = url_without_fragment(slice_of(text));
	size_t i;

	for (i = 0; i < url.len; i++) {
		if (url.p[i] <= ' ' || url.p[i] > '~')
			return err_set(err, RC_USAGE, "--url has a blank, or a "
			    "character that must be percent-encoded");
	}
	wanted->url = strndup(url.p, url.len);
	if (wanted->url == NULL)
		return init_no_memory(err);
	if (!split_url(wanted))
		return err_set(err, RC_USAGE, "--url is https:// and a host "
		    "and path, as it is to be set at Twilio");
	if (!is_host(wanted->host) || !init_is_simple(wanted->path))
		return err_set(err, RC_USAGE, "--url: for a configuration of "
		    "a web server, host and path may only have letters, "
		    "digits and . _ ~ + @ , = - /");
	return RC_OK;
}

static enum rc
find_url(struct init_wanted *wanted, const struct call *call, struct err *err)
{
	struct buf line;
	enum rc rc = RC_OK;

	if (call->option[OPTION_URL] != NULL)
		return read_url(wanted, call->option[OPTION_URL], err);
	if (!is_interactive())
		return err_set(err, RC_USAGE, "init: --url is missing: the "
		    "public URL, as https://hooks.example.com/sync");
	buf_init(&line, 0);
	rc = ask("Public URL for Twilio "
	    "(https://hooks.example.com/sync): ", false, &line, err);
	if (rc == RC_OK)
		rc = read_url(wanted, line.len == 0 ? "" : line.data, err);
	buf_clear(&line);
	return rc;
}

/* ------------------------------------------------------------------------
 * The token
 */

static enum rc
read_all(int fd, const char *name, struct buf *token, struct err *err)
{
	char bytes[512];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, RC_SYSTEM, "%s: %s", name,
			    strerror(errno));
		buf_add(token, bytes, (size_t)n);
		explicit_bzero(bytes, sizeof(bytes));
		if (token->len > TOKEN_MAX)
			return err_set(err, RC_USAGE, "%s: is larger than %d "
			    "bytes: no token", name, TOKEN_MAX);
	}
	return buf_ok(token) ? RC_OK : init_no_memory(err);
}

static enum rc
read_token(struct init_wanted *wanted, const char *name, struct err *err)
{
	enum rc rc;
	int fd;

	if (name == NULL || strcmp(name, "-") == 0)
		return read_all(STDIN_FILENO, "the token on standard input",
		    &wanted->token, err);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_set(err, RC_SYSTEM, "%s: %s", name,
		    strerror(errno));
	rc = read_all(fd, name, &wanted->token, err);
	(void)close(fd);
	return rc;
}

/* What stands in the configuration; another kind needs a file of its own. */
static enum rc
check_token(struct init_wanted *wanted, struct err *err)
{
	struct buf *const token = &wanted->token;
	size_t i;

	while (token->len > 0 && (token->data[token->len - 1] == '\n' ||
	    token->data[token->len - 1] == '\r'))
		token->data[--token->len] = '\0';
	if (token->len == 0)
		return err_set(err, RC_USAGE, "init: there is no token: name "
		    "a file with --token-file, or send it to standard input; "
		    "never on the command line, which other users can read");
	for (i = 0; i < token->len; i++) {
		if (token->data[i] <= ' ' || token->data[i] > '~')
			return err_set(err, RC_USAGE, "the token holds a blank "
			    "or a character that is not ASCII: it needs a "
			    "file of its own, see auth_token_file in "
			    "syncjournal.fcgi(8)");
	}
	return RC_OK;
}

static enum rc
find_token(struct init_wanted *wanted, const struct call *call,
    struct err *err)
{
	const char *const name = call->option[OPTION_TOKEN_FILE];
	enum rc rc;

	if (name == NULL && is_interactive())
		rc = ask("Auth token of the account (is not shown): ", true,
		    &wanted->token, err);
	else
		rc = read_token(wanted, name, err);
	return rc == RC_OK ? check_token(wanted, err) : rc;
}

/* ------------------------------------------------------------------------
 * Where
 */

char *
init_join(const char *directory, const char *name)
{
	struct buf path;

	buf_init(&path, 0);
	buf_printf(&path, "%s/%s", directory, name);
	if (buf_ok(&path))
		return path.data;
	buf_clear(&path);
	return NULL;
}

enum rc
init_take_path(const char *option, const char *given, char **path,
    struct err *err)
{
	*path = roots_real(given);
	if (*path == NULL)
		return err_set(err, RC_SYSTEM, "%s: cannot be resolved",
		    given);
	if (!init_is_simple(slice_of(*path)))
		return err_set(err, RC_USAGE, "%s: for the configuration of "
		    "other programs, it may only have letters, digits and "
		    ". _ ~ + @ , = - /", option);
	return RC_OK;
}

/* Of the effective user from the passwd file, where the responder looks too. */
static enum rc
find_places(struct init_wanted *wanted, const struct call *call,
    struct err *err)
{
	const struct passwd *const user = getpwuid(geteuid());
	const char *config = call->option[OPTION_CONFIG];
	const char *directory = call->option[OPTION_DIRECTORY];
	char *home = NULL, *in_home = NULL;
	enum rc rc = RC_OK;

	wanted->is_root = geteuid() == 0;
	/* The responder will look there. */
	if (config == NULL && getenv("SYNCJOURNAL_CONFIG") != NULL)
		config = getenv("SYNCJOURNAL_CONFIG")[0] == '\0' ? NULL :
		    getenv("SYNCJOURNAL_CONFIG");
	if (user != NULL && user->pw_dir[0] == '/')
		home = init_join(user->pw_dir, "syncjournal");
	if (home == NULL && !wanted->is_root &&
	    (config == NULL || directory == NULL))
		return err_set(err, RC_USAGE, "init: this user has no home: "
		    "--config and --directory say where");
	if (directory == NULL)
		directory = wanted->is_root ? "/var/lib/syncjournal" : home;
	if (home != NULL)
		in_home = init_join(home, "syncjournal.conf");
	if (config == NULL)
		config = wanted->is_root ? "/etc/syncjournal/syncjournal.conf" :
		    in_home;
	if (directory == NULL || config == NULL)
		rc = init_no_memory(err);
	if (rc == RC_OK)
		rc = init_take_path("--directory", directory,
		    &wanted->directory, err);
	if (rc == RC_OK)
		rc = init_take_path("--config", config, &wanted->config, err);
	wanted->socket_directory = wanted->is_root ? "/run/syncjournal" :
	    wanted->directory;
	free(in_home);
	free(home);
	return rc;
}

/* ------------------------------------------------------------------------ */

enum rc
init_wanted_read(struct init_wanted *wanted, const struct call *call,
    struct err *err)
{
	const char *const account = call->option[OPTION_ACCOUNT];
	enum rc rc;

	*wanted = (struct init_wanted){ .account = account == NULL ? "*" :
	    account };
	buf_init(&wanted->token, 0);
	if (account != NULL && !sid_valid(slice_of(account), "AC"))
		return err_set(err, RC_USAGE, "--account is AC and 32 "
		    "hexadecimal digits");
	rc = find_places(wanted, call, err);
	if (rc == RC_OK)
		rc = init_server_find(wanted, call, err);
	if (rc == RC_OK)
		rc = find_url(wanted, call, err);
	if (rc == RC_OK)
		rc = find_token(wanted, call, err);
	return rc;
}

void
init_wanted_clear(struct init_wanted *wanted)
{
	if (wanted->url != NULL)
		explicit_bzero(wanted->url, strlen(wanted->url));
	free(wanted->url);
	free(wanted->directory);
	free(wanted->config);
	free(wanted->program);
	free(wanted->root);
	buf_clear(&wanted->token);
}
