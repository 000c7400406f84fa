/*
 * sql -- a person's own query, and the shipped ones by name.
 */
#ifndef CLI_COMMAND_SQL_H
#define CLI_COMMAND_SQL_H

#include "cli/command.h"

/* command_sql -- sql QUERY: its rows. */
extern const struct command command_sql;

/* command_cookbook -- cookbook: a row for each shipped query; cookbook NAME: the
 * rows of that one. */
extern const struct command command_cookbook;

#endif
