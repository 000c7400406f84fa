/*
 * rebuild -- the command that makes every projection anew, or compares them.
 */
#ifndef CLI_COMMAND_REBUILD_H
#define CLI_COMMAND_REBUILD_H

#include "cli/command.h"

/* rebuild_command -- rebuild: until nothing remains to be done. With --check:
 * STATUS_FINDINGS when a row is not as it should be. */
enum rc rebuild_command(const struct command *command,
    const struct call *call, enum status *status, struct err *err);

#endif
