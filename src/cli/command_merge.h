/*
 * merge -- the command that journals other journals' deliveries here.
 */
#ifndef CLI_COMMAND_MERGE_H
#define CLI_COMMAND_MERGE_H

#include "cli/command.h"

/* merge_command -- merge OTHER...: "read N, merged M", also when it fails
 * after it has merged some. */
enum rc merge_command(const struct command *command, const struct call *call,
    enum status *status, struct err *err);

#endif
