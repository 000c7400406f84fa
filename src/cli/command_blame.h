/*
 * blame -- who last changed each part of a document.
 */
#ifndef CLI_COMMAND_BLAME_H
#define CLI_COMMAND_BLAME_H

#include "cli/command.h"

/* command_blame -- a row for each leaf of the present version, or of that which
 * --rev names. STATUS_FINDINGS when there is none. */
extern const struct command command_blame;

#endif
