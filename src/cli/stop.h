/*
 * stop -- signals that ask a command to end.
 */
#ifndef CLI_STOP_H
#define CLI_STOP_H

#include <stdbool.h>

#include "base/err.h"

/*
 * stop_catch -- have handler called for SIGINT, SIGTERM and, if asked, SIGHUP.
 * What is ignored, as by nohup(1), stays so.
 *
 * hang_up   SIGHUP too: for what goes on beside a terminal
 * flags     SA_RESTART where no call of a library may be cut off; else 0
 *
 * RC_SYSTEM  a handler cannot be set; some may be
 */
enum rc stop_catch(void (*handler)(int), bool hang_up, int flags,
    struct err *err);

#endif
