/*
 * list -- the commands that list what a view holds, and never write.
 */
#ifndef CLI_COMMAND_LIST_H
#define CLI_COMMAND_LIST_H

#include "cli/command.h"

/* list_command -- the rows of the command's statement on standard output;
 * what is wrong with them is no finding of the command. */
enum rc list_command(const struct command *command, const struct call *call,
    enum status *status, struct err *err);

#endif
