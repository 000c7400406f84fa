/*
 * command_status -- "status": how the journal does, on one screen.
 */
#ifndef CLI_COMMAND_STATUS_H
#define CLI_COMMAND_STATUS_H

#include "cli/command.h"

extern const struct command command_status;

#endif
