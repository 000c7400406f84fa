/*
 * merge -- the command that journals other journals' deliveries here.
 */
#ifndef CLI_COMMAND_MERGE_H
#define CLI_COMMAND_MERGE_H

#include "cli/command.h"

/* command_merge -- merge OTHER...: "read N, merged M", also when it fails after
 * it has merged some. */
extern const struct command command_merge;

#endif
