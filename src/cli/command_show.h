/*
 * command_show -- a document, an item, or a whole list or map, as it is or was.
 */
#ifndef CLI_COMMAND_SHOW_H
#define CLI_COMMAND_SHOW_H

#include "cli/command.h"

extern const struct command command_show;

#endif
