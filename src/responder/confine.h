/*
 * confine -- once started, the responder can reach its journal's directory, its
 * socket, and the directories of its configuration, and nothing else: by
 * Landlock and by a filter of system calls, as far as there are any.
 *
 *     directory of               may
 *     the journal                make, read, write, remove and rename files
 *     the configuration, tokens  read files, since they may be replaced
 *     our own unix socket        remove files: the socket, at the stop
 *
 * and what lies below them; beside these /dev/urandom is read (by SQLite, for
 * the first file that it makes).
 */
#ifndef RESPONDER_CONFINE_H
#define RESPONDER_CONFINE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "responder/listen.h"

/*
 * confine -- give up the rest, for ever.
 *
 * conf      as it was loaded; its files may be read again
 * said      appended to: what is on, and what is not and why, in one line
 *
 * What cannot be had is left: a responder that cannot be confined serves. Where
 * somebody else's filter of system calls is on (a service's, a container's),
 * a child tries first, since such a filter may end who asks.
 */
void confine(const struct conf *conf, const struct listener *listener,
    struct buf *said);

/*
 * confine_brief -- the same for a process that answers one request and ends:
 * Landlock alone, and of the files the journal's directory alone. That takes
 * some 30 us; a filter would take 70 to 100 more, of each request. Where
 * somebody else's filter is on, nothing is given up.
 */
void confine_brief(const struct conf *conf);

/*
 * confine_wanted -- what the environment's SYNCJOURNAL_CONFINE says.
 *
 * value    of the variable, or NULL
 * *wanted  set only on RC_OK: true, but for "no"
 *
 * RC_USAGE  it is neither yes nor no
 */
enum rc confine_wanted(const char *value, bool *wanted, struct err *err);

/*
 * confine_admits -- whether a journal can lie at a path, as far as confinement
 * goes.
 *
 * RC_SYSTEM  its directory is there and is one that this process gave up; says
 *            what to do
 */
enum rc confine_admits(const char *path, struct err *err);

#endif
