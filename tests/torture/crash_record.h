/*
 * crash_record -- what crash_vfs.c and crash_wrap.c share: how something is
 * written down in the trace of this process. Any of them may not return,
 * when a fault strikes.
 */
#ifndef TESTS_TORTURE_CRASH_RECORD_H
#define TESTS_TORTURE_CRASH_RECORD_H

#include <stdbool.h>

#include "crash_vfs.h"

/* record_name -- the number of a path, or -1: not of this directory, or
 * nothing is written down. */
int record_name(const char *path);

/* record -- write down, before it is done. */
void record(const struct op *op);

/* record_create -- a name is to be opened, and made if it is not there. */
void record_create(int name);

/* record_unlink -- a name is to be removed, if it is there. */
void record_unlink(int name);

/* record_is_last, record_half -- whether the next one is what the process
 * is killed in; a part of it that has been done, and the kill. */
bool record_is_last(void);
void record_half(const struct op *op);

/* record_sync -- returns false: the sync is to fail. */
bool record_sync(int file);

#endif
