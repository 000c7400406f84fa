/*
 * reject -- why a request was refused, and taking it after all.
 */
#ifndef CLI_COMMAND_REJECT_H
#define CLI_COMMAND_REJECT_H

#include "cli/command.h"

/*
 * command_reject -- reject explain REJECT_ID | --url .. --signature .. --body ..:
 * status 0 when it verifies as configured, else 1.
 *
 * reject readmit REJECT_ID | --all: status 1 when the one does not verify.
 */
extern const struct command command_reject;

#endif
