/*
 * changes -- what changed in a JSON value, for people and programs.
 */
#ifndef CLI_CHANGES_H
#define CLI_CHANGES_H

#include <stdio.h>

#include "base/err.h"
#include "base/slice.h"
#include "cli/output.h"
#include "json/diff.h"

/*
 * changes_print -- print all changes.
 *
 * from, to      what is compared, for the head of the tree; may hold anything
 * OUTPUT_TABLE  a tree by JSON path, "-" before what is gone and "+" before what
 *               is new; on a terminal in colour and cut to its width. Nothing
 *               when nothing changed
 * OUTPUT_JSON   one JSON Patch (RFC 6902) in a line
 * OUTPUT_CSV    a row a change: path, change, before, after
 *
 * Codes of output_finish.
 */
enum rc changes_print(const struct diff *diff, struct slice from,
    struct slice to, enum output_format format, FILE *file, struct err *err);

#endif
