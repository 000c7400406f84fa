/*
 * log -- the command that prints events, oldest first, and follows them.
 *
 * A position is given in the transaction that uses it, under one lock, so
 * whoever reads in the order of positions, and up to the last one, leaves none
 * out.
 */
#ifndef CLI_COMMAND_LOG_H
#define CLI_COMMAND_LOG_H

#include "cli/command.h"

extern const struct command command_log;

#endif
