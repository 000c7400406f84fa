/*
 * loop -- the responder that stays: one loop over all connections
 * (docs/design.md section 3).
 */
#ifndef RESPONDER_LOOP_H
#define RESPONDER_LOOP_H

#include "base/err.h"
#include "responder/listen.h"
#include "responder/setup.h"

/* What a stop may take: web servers kill after 3 s or more (mod_fcgid), and
 * the last commit and the closing have their share. */
#define LOOP_STOP_MS 1500

/*
 * loop_run -- serve until a signal asks to stop.
 *
 * setup     loaded, its journal open; changed when the configuration is
 * listener  closed on return if it is our own, else left as it is
 *
 * Returns within 2 s of the signal: each request that had begun is answered,
 * connections that wait are closed, a stop is recorded in the journal.
 *
 * RC_OK     a clean stop
 * RC_SYNC, RC_NEWER, RC_FOREIGN
 *           the journal must not be written to any more; requests were refused
 *           with 503 from then on
 * RC_MEMORY, RC_SYSTEM
 *           it could not begin
 */
enum rc loop_run(struct setup *setup, struct listener *listener,
    struct err *err);

#endif
