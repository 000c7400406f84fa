/*
 * options -- the command line taken apart, in getopt_long(3)'s grammar.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "cli/command.h"

/*
 * options_read -- take all options from the command line, wherever they stand.
 *
 * argv   its order is changed
 * *call  all words that are no options, the command's name too; set only on
 *        RC_OK
 *
 * RC_USAGE  no such option, or its argument is missing
 */
enum rc options_read(int argc, char **argv, struct call *call,
    struct err *err);

/*
 * options_check -- whether a command takes what was given.
 *
 * call  without the command's name
 *
 * RC_USAGE  says what it takes instead
 */
enum rc options_check(const struct command *command, const struct call *call,
    struct err *err);

/* options_help -- a line on each of these options (bits), and on those that
 * all commands take. */
void options_help(uint64_t options, FILE *file);

#endif
