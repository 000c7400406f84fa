/*
 * signals -- asked to stop, or to look at the configuration again.
 *
 * The signals are blocked but while the loop waits: a signal in the middle of
 * libfcgi's read or write would cost a request its body or its answer.
 */
#ifndef RESPONDER_SIGNALS_H
#define RESPONDER_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include "base/err.h"

/*
 * signals_install -- before gateway_start, which else installs libfcgi's own.
 * SIGTERM, SIGINT and SIGUSR1 (Apache's word for it) ask to stop, SIGHUP to
 * reload; SIGPIPE is ignored, and so is SIGALRM, which else ends us when whoever
 * started us had set an alarm: a wait for the writers' lock has its own handler.
 * Handlers do not restart system calls.
 */
enum rc signals_install(struct err *err);

/* signals_open -- the mask to wait with (epoll_pwait). */
const sigset_t *signals_open(void);

/*
 * signals_poll -- let in what is pending. A wait that finds a connection ready,
 * or that may last no time at all, returns without looking at signals, so
 * under load none would ever come in.
 */
void signals_poll(void);

/* signals_stop -- whether a stop was asked for, ever. */
bool signals_stop(void);

/* signals_reload -- whether a reload was asked for since the last call. */
bool signals_reload(void);

#endif
