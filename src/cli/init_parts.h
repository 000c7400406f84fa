/*
 * init_parts -- what the files of init_wanted share; only they include it.
 *
 *     init_wanted.c  URL, token, places
 *     init_server.c  who serves, from where, with which program
 */
#ifndef CLI_INIT_PARTS_H
#define CLI_INIT_PARTS_H

#include <stdbool.h>

#include "cli/init_wanted.h"

/* init_server_find -- set root, server, is_found and program; codes as
 * init_wanted_read. */
enum rc init_server_find(struct init_wanted *wanted, const struct call *call,
    struct err *err);

/* init_no_memory -- RC_MEMORY, with its message. */
enum rc init_no_memory(struct err *err);

/* init_join -- directory, a slash and name, allocated; NULL: no memory. */
char *init_join(const char *directory, const char *name);

/* init_is_simple -- whether other programs' configuration takes it as it is. */
bool init_is_simple(struct slice text);

/* init_take_path -- the path that an option was given, resolved; allocated. */
enum rc init_take_path(const char *option, const char *given, char **path,
    struct err *err);

#endif
