/*
 * command_history -- all versions of a document, of the items of a list or map,
 * or of an identity's presence, and what is missing between them.
 */
#ifndef CLI_COMMAND_HISTORY_H
#define CLI_COMMAND_HISTORY_H

#include "cli/command.h"

extern const struct command command_history;

#endif
