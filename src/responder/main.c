/*
 * syncjournal.fcgi -- receives Twilio Sync's webhooks: FastCGI behind a web
 * server, or CGI. Start-up is a checklist; what serves is in loop.c and cgi.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "config.h"
#include "responder/cgi.h"
#include "responder/confine.h"
#include "responder/gateway.h"
#include "responder/listen.h"
#include "responder/loop.h"
#include "responder/setup.h"
#include "responder/signals.h"

/* How long other programs' locks are waited for at the start, with signals
 * blocked; then the loop goes on trying. */
#define START_WAIT_MS 1000

extern char **environ;

struct arguments {
	const char *config;
	const char *socket;
	bool confined;
	bool help;
	bool version;
};

static const char usage[] =
    "usage: syncjournal.fcgi [--config FILE] [--socket unix:PATH|HOST:PORT]\n"
    "\n"
    "Receives Twilio Sync's webhooks and appends them to a journal. It is\n"
    "started by a web server or a supervisor: with a listening socket on\n"
    "descriptor 0 or by LISTEN_FDS, or as CGI; with --socket it binds its\n"
    "own. "
    "See syncjournal.fcgi(8).\n";

static enum rc
read_arguments(int argc, char **argv, struct arguments *arguments,
    struct err *err)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == 'c')
			arguments->config = optarg;
		else if (option == 's')
			arguments->socket = optarg;
		else if (option == 'h')
			arguments->help = true;
		else if (option == 'V')
			arguments->version = true;
		else
			return err_set(err, RC_USAGE, "%s: %s",
			    argv[optind - 1], option == ':' ?
			    "needs an argument" : "no such option");
	}
	if (optind < argc)
		return err_set(err, RC_USAGE, "%s: no arguments are wanted",
		    argv[optind]);
	return RC_OK;
}

/* hold_standard -- see that descriptors 0 to 2 are there: a database that was
 * opened as descriptor 2 would be written to by every message. */
static enum rc
hold_standard(struct err *err)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return err_set(err, RC_SYSTEM, "/dev/null: %s",
			    strerror(errno));
	return RC_OK;
}

/* guard -- secrets are in memory, and deliveries in files: neither is for
 * others. */
static enum rc
guard(struct err *err)
{
	const struct rlimit none = { 0, 0 };

	umask(077);
	/* A limit on the size of files is to be an error, as a quota is. */
	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return err_set(err, RC_SYSTEM, "no core dump: %s",
		    strerror(errno));
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_set(err, RC_SYSTEM, "PR_SET_DUMPABLE: %s",
		    strerror(errno));
	return RC_OK;
}

/* raise_files -- each connection is a descriptor. Best effort: with fewer,
 * fewer are served at once. */
static void
raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_line(LOG_WARNING, 0, "open files: %s", strerror(errno));
}

static enum rc
run_cgi(const struct arguments *arguments, struct err *err)
{
	struct setup setup = {
		.file = arguments->config,
		.confined = arguments->confined,
	};
	enum rc rc;

	/* A request's header "Proxy:" in disguise. */
	unsetenv("HTTP_PROXY");
	setup.envp = environ;
	rc = cgi_run(&setup, err);
	setup_close(&setup);
	return rc;
}

/* open_journal -- and say in it that we start. */
static enum rc
open_journal(struct setup *setup, struct err *err)
{
	enum rc rc;

	rc = setup_open(setup, START_WAIT_MS, err);
	if (rc == RC_OK)
		rc = setup_record(setup, "start", START_WAIT_MS, err);
	/* With a full disk, or a lock that somebody holds, we start, answer
	 * 503, and serve as soon as that is over. */
	if (rc == RC_FULL || rc == RC_BUSY) {
		log_line(LOG_WARNING, 0, "%s: %s", setup->journal == NULL ?
		    "the journal cannot be opened yet" :
		    "the start is not in the journal", err->text);
		rc = RC_OK;
	}
	return rc;
}

/* give_up -- all that serving does not need, and say so. */
static void
give_up(const struct setup *setup, const struct listener *listener)
{
	struct buf said;

	buf_init(&said, 0);
	confine(setup->conf, listener, &said);
	log_line(LOG_INFO, 0, "%s", buf_ok(&said) ? said.data : "");
	buf_clear(&said);
}

/* serve -- from a listening socket, until a signal. */
static enum rc
serve(const struct arguments *arguments, struct setup *setup,
    struct listener *listener, struct err *err)
{
	enum rc rc;

	rc = signals_install(err);
	if (rc == RC_OK)
		rc = gateway_start(err);
	if (rc == RC_OK)
		rc = setup_load(setup, err);
	if (rc == RC_OK)
		rc = open_journal(setup, err);
	if (rc != RC_OK)
		return rc;
	log_line(LOG_INFO, 0, "syncjournal.fcgi %s: configuration %s, journal "
	    "%s (%s), socket %s", PACKAGE_VERSION, setup->conf->file == NULL ?
	    "from the environment" : setup->conf->file,
	    setup->conf->journal_path, setup->journal == NULL ?
	    "not open yet" : journal_mode(setup->journal),
	    listener->name);
	if (arguments->confined)
		give_up(setup, listener);
	else
		log_line(LOG_INFO, 0, "not confined: SYNCJOURNAL_CONFINE is "
		    "no");
	rc = loop_run(setup, listener, err);
	if (rc == RC_OK)
		log_line(LOG_INFO, 0, "stopped");
	return rc;
}

static enum rc
run_fastcgi(const struct arguments *arguments, struct listener *listener,
    struct err *err)
{
	struct setup setup = {
		.file = arguments->config,
		.resident = true,
	};
	struct conf_env env;
	enum rc rc;

	raise_files();
	rc = conf_env_take(&env, environ, err);
	if (rc == RC_OK) {
		setup.envp = env.list;
		rc = serve(arguments, &setup, listener, err);
		conf_env_clear(&env);
	}
	setup_close(&setup);
	listen_close(listener);
	return rc;
}

static enum rc
run(const struct arguments *arguments, struct err *err)
{
	struct listener listener;
	enum rc rc;

	listen_init(&listener);
	rc = hold_standard(err);
	if (rc == RC_OK)
		rc = guard(err);
	if (rc == RC_OK)
		rc = listen_inherited(&listener, err);
	if (rc == RC_OK && listener.fd < 0 && arguments->socket != NULL)
		rc = listen_bind(&listener, arguments->socket, err);
	if (rc != RC_OK)
		return rc;
	if (listener.fd >= 0)
		return run_fastcgi(arguments, &listener, err);
	if (getenv("GATEWAY_INTERFACE") != NULL)
		return run_cgi(arguments, err);
	return err_set(err, RC_USAGE, "no listening socket, and no CGI "
	    "request: a web server or a supervisor starts this program, or "
	    "--socket names a socket");
}

static int
exit_status(enum rc rc)
{
	if (rc == RC_OK)
		return 0;
	return rc == RC_USAGE ? 2 : 1;
}

int
main(int argc, char **argv)
{
	struct arguments arguments = { .config = NULL };
	struct err err = { .text = "" };
	enum rc rc;

	rc = read_arguments(argc, argv, &arguments, &err);
	if (rc == RC_OK && (arguments.help || arguments.version)) {
		if (arguments.help)
			printf("%s", usage);
		else
			printf("syncjournal.fcgi %s\n", PACKAGE_VERSION);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (rc == RC_OK)
		rc = confine_wanted(getenv("SYNCJOURNAL_CONFINE"),
		    &arguments.confined, &err);
	if (rc == RC_OK)
		rc = run(&arguments, &err);
	if (rc != RC_OK)
		log_line(LOG_ERROR, 0, "%s", err.text);
	if (rc == RC_USAGE)
		fprintf(stderr, "\n%s", usage);
	return exit_status(rc);
}
