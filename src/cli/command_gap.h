/*
 * gap -- what an operator says of missing numbers.
 */
#ifndef CLI_COMMAND_GAP_H
#define CLI_COMMAND_GAP_H

#include "cli/command.h"

/* command_gap -- gap explain|lose GAP_ID: one line says what was closed. */
extern const struct command command_gap;

#endif
