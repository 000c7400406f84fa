/*
 * list -- the commands that list what a view holds, and never write; what is
 * wrong with the rows is no finding of the command.
 */
#ifndef CLI_COMMAND_LIST_H
#define CLI_COMMAND_LIST_H

#include "cli/command.h"

extern const struct command list_findings;
extern const struct command list_events;
extern const struct command list_streams;
extern const struct command list_gaps;
extern const struct command list_stale;
extern const struct command list_conflicts;
extern const struct command list_documents;
extern const struct command list_lists;
extern const struct command list_maps;
extern const struct command list_presence;
extern const struct command list_sessions;
extern const struct command list_services;
extern const struct command list_rejects;
extern const struct command list_actions;
extern const struct command list_info;

#endif
