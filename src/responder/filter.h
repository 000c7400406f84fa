/*
 * filter -- give up the system calls that serving does not need (seccomp(2)).
 *
 * The list is in filter_make.c. Any other call fails with ENOSYS: it does not
 * kill, and a C library that knows newer calls goes back to the older ones.
 */
#ifndef RESPONDER_FILTER_H
#define RESPONDER_FILTER_H

#include "base/err.h"

/*
 * filter_install -- for ever, and for all that this process starts.
 *
 * RC_SYSTEM  this program was made without it, or the kernel has none; says
 *            which, and nothing is refused
 */
enum rc filter_install(struct err *err);

#endif
