/*
 * listing -- what a listing can be asked, and the printing of it.
 *
 * A listing by position is read in slices of positions, each a transaction of
 * its own, so that none is long, however many events there are. Of rows that
 * arrive meanwhile none is shown. In another order, and where rows have an id,
 * it is read first which they are, and then they in slices. Else all rows are
 * read at once. A transaction that takes longer than it may ends with RC_LIMIT.
 */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/command.h"
#include "journal/db.h"
#include "twilio/event.h"

/* The longest order that a listing has. */
#define LISTING_ORDER 5

struct listing_order {
	const char *column;	/* NULL: the order ends before */
	const char *word;	/* as of select_order */
	bool descending;
};

/* What is the .own of a command. Columns are of the statement. */
struct listing {
	enum statement statement;
	bool is_position;	/* position is the order, and an index */
	const char *id;		/* an integer, unique and an index; or NULL */
	bool has_tables;	/* the statement has tables of a generation */
	/* Columns that options are about where they are not the usual ones:
	 * service_sid, stream_kind, event_type, identity, verdict, state,
	 * severity. */
	const char *time;	/* of --since and --until */
	const char *type;
	const char *identity;
	/* Of NAME: stream_kind and stream_key, or this kind and column. */
	enum stream_kind kind;
	const char *key;
	const char *hidden_state;	/* not shown unless --state names it */
	struct listing_order order[LISTING_ORDER];
};

/* listing_run -- the .run of a command whose .own is a struct listing, and
 * whose words are those of object_find, or none. */
enum rc listing_run(const struct command *command, const struct call *call,
    enum status *status, struct err *err);

#endif
