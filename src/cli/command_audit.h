/*
 * command_audit -- "audit": all findings, and what to do about them.
 */
#ifndef CLI_COMMAND_AUDIT_H
#define CLI_COMMAND_AUDIT_H

#include "cli/command.h"

extern const struct command command_audit;

#endif
