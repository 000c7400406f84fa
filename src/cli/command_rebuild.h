/*
 * rebuild -- the command that makes every projection anew, or compares them.
 */
#ifndef CLI_COMMAND_REBUILD_H
#define CLI_COMMAND_REBUILD_H

#include "cli/command.h"

/* command_rebuild -- until nothing remains to be done. With --check:
 * STATUS_FINDINGS when a row is not as it should be. */
extern const struct command command_rebuild;

#endif
