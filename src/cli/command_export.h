/*
 * export -- events for another program or another person.
 */
#ifndef CLI_COMMAND_EXPORT_H
#define CLI_COMMAND_EXPORT_H

#include "cli/command.h"

/* command_export -- the events of a range of positions, in their order. */
extern const struct command command_export;

#endif
