/*
 * project_parts -- what the files of the projector share and nobody else sees.
 */
#ifndef JOURNAL_PROJECT_PARTS_H
#define JOURNAL_PROJECT_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "journal/decode.h"
#include "journal/event_row.h"
#include "journal/project.h"
#include "journal/services.h"
#include "journal/streams.h"

struct projector {
	struct projector_options to;
	struct services *services;
	struct streams *streams;
	struct event_row row;
	struct decoder *decoder;	/* of events judged again; NULL until
					 * then */
	const char *learned;
	int64_t budget;		/* what may still be judged again in this
				 * transaction (PROJECTOR_REPLAY_EVENTS) */
};

/*
 * project_event -- judge the event of a stream, and bring the stream, its gaps
 * and its items up to it. The event's revisions were read in the stream's base.
 *
 * judged  position and service_id are given; the rest is set
 *
 * The event's row is the caller's.
 */
enum rc project_event(struct projector *projector, struct stream *stream,
    struct judged *judged, int64_t received_us, const struct event *event,
    struct err *err);

/*
 * project_replay -- judge all events of a stream again, in this base, if the
 * budget lasts.
 *
 * stream   found or made last
 * service  of it
 * *fits    whether it did; else the stream is as it was. Set on RC_OK
 */
enum rc project_replay(struct projector *projector, struct stream *stream,
    const struct service *service, int base, bool *fits, struct err *err);

/* project_gap -- an operator's explanation takes effect on its stream, unless
 * its numbers were meant in another base. */
enum rc project_gap(struct projector *projector, const struct stream *stream,
    const struct gap_action *action, struct err *err);

/* project_read_gap_action -- the row that a statement with the columns of
 * gap_action_next is at; slices are valid as of db_bytes. */
void project_read_gap_action(struct db *db, enum statement statement,
    struct gap_action *action);

#endif
