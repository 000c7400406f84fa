/*
 * check -- rebuild --check: whether the projections are what they should be.
 */
#ifndef CLI_COMMAND_CHECK_H
#define CLI_COMMAND_CHECK_H

#include "cli/command.h"

/*
 * check_command -- print each difference, and how many there are.
 *
 * *status  STATUS_FINDINGS when there are any; set only on RC_OK
 */
enum rc check_command(const char *path, enum status *status,
    struct err *err);

#endif
