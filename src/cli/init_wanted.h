/*
 * init_wanted -- what init is to make: from options, by asking on a terminal,
 * and by looking around.
 */
#ifndef CLI_INIT_WANTED_H
#define CLI_INIT_WANTED_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "cli/command.h"

enum init_server {
	INIT_NGINX,
	INIT_APACHE,	/* one's own: the responder is handed requests */
	INIT_HTACCESS,	/* a web space: the responder is started for each */
	INIT_LIGHTTPD,
	N_INIT_SERVERS
};

struct init_wanted {
	char *url;		/* without its fragment; no path is "/" */
	struct slice host;	/* in url, with its port, without userinfo */
	struct slice path;	/* in url, with the first "/" */
	struct slice userinfo;	/* in url, with its "@"; may be empty */
	struct buf token;	/* printable ASCII; wiped when cleared */
	const char *account;	/* "AC..." or "*" */
	char *directory;	/* from / on, links resolved */
	char *config;		/* the same */
	char *program;		/* the responder's, as far as it is known */
	char *root;		/* a web space; "": none was found */
	const char *socket_directory;	/* where a responder that stays
					 * listens */
	enum init_server server;
	bool is_found;		/* the server was; else it is a guess */
	bool is_root;
};

/*
 * init_wanted_read -- take, ask and look.
 *
 * *wanted  set in any case, cleared with init_wanted_clear
 *
 * What is written into other programs' configuration by a person, who trusts
 * it: so hosts, paths and names of files have only letters, digits and
 * "/._~+@,=-", or bytes beyond ASCII.
 *
 * RC_USAGE   an option is wrong or missing
 * RC_SYSTEM  the token cannot be read; RC_MEMORY
 */
enum rc init_wanted_read(struct init_wanted *wanted, const struct call *call,
    struct err *err);
void init_wanted_clear(struct init_wanted *wanted);

/* init_server_name -- as --server has it. */
const char *init_server_name(enum init_server server);

#endif
