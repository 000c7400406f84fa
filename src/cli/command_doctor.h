/*
 * doctor -- the command that looks at the installation.
 */
#ifndef CLI_COMMAND_DOCTOR_H
#define CLI_COMMAND_DOCTOR_H

#include "cli/command.h"

extern const struct command command_doctor;

#endif
