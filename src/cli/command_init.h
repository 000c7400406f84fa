/*
 * init -- the command that makes a configuration and a journal, and says what
 * else is to be done.
 */
#ifndef CLI_COMMAND_INIT_H
#define CLI_COMMAND_INIT_H

#include "cli/command.h"

extern const struct command command_init;

#endif
