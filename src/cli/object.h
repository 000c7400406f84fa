/*
 * object -- the document, list, map or identity that the words of a command
 * line mean (audit/name.h).
 */
#ifndef CLI_OBJECT_H
#define CLI_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/name.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/reading.h"

struct object {
	bool is_found;
	struct name_found found;	/* found.subject: what is meant */
};

/*
 * object_find -- find what words mean, in --service if that is given. Reads in
 * a transaction of its own; none may be open.
 *
 * words      n_words of them, 1 or 2, of the command line
 * moment_us  of those that had the name, the one of this moment; NULL: the
 *            present one
 * *object    set in any case, cleared with object_clear
 *
 * When it is found, others of this name are told of on standard error. When it
 * is not, or the words fit several, that is said there with the candidates,
 * one a line, as they are to be typed: the result is RC_OK with is_found
 * false, and the command ends with STATUS_USAGE.
 *
 * Codes of name_find but RC_USAGE, explained by reading_explain.
 */
enum rc object_find(struct object *object, struct reading *reading,
    const struct call *call, char *const *words, int n_words,
    const int64_t *moment_us, struct err *err);

/* object_clear -- also after a failure. */
void object_clear(struct object *object);

/* object_say -- write lines that were made of names and data to standard error,
 * each made plain and begun with "syncjournal: ". */
void object_say(struct slice lines);

#endif
