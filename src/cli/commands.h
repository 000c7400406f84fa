/*
 * commands -- all commands of syncjournal(1).
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stddef.h>

#include "base/err.h"
#include "cli/command.h"

/* commands_at -- the command of this number, in the order of --help; NULL: there
 * are no more. */
const struct command *commands_at(size_t i);

/*
 * commands_find -- the command of this name.
 *
 * RC_USAGE  there is none: names those that there are
 */
enum rc commands_find(const char *name, const struct command **command,
    struct err *err);

#endif
