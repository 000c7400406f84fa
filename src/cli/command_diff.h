/*
 * diff -- what changed from one version to another.
 */
#ifndef CLI_COMMAND_DIFF_H
#define CLI_COMMAND_DIFF_H

#include "cli/command.h"

/* command_diff -- a tree of changes; with --format json a JSON Patch (RFC 6902)
 * that makes the second of the first. STATUS_FINDINGS when one of the two is not
 * there, or is not JSON. */
extern const struct command command_diff;

#endif
