/*
 * gap -- what an operator says of missing numbers.
 */
#ifndef CLI_COMMAND_GAP_H
#define CLI_COMMAND_GAP_H

#include "cli/command.h"

/* gap_command -- gap explain|lose GAP_ID: one line says what was closed. */
enum rc gap_command(const struct command *command, const struct call *call,
    enum status *status, struct err *err);

#endif
