/*
 * log_parts -- what the files of log share; for them alone.
 */
#ifndef CLI_LOG_PARTS_H
#define CLI_LOG_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/events.h"
#include "base/err.h"
#include "cli/cursor.h"
#include "cli/follow.h"
#include "cli/log_wanted.h"
#include "cli/object.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reading.h"

struct log {
	struct log_wanted wanted;
	struct reading reading;
	struct object object;
	struct events *events;
	struct output *output;
	struct cursor *cursor;
	struct follow follow;
	struct progress progress;
	int64_t last;	/* the journal's last position, at the last look */
	int64_t at;	/* all up to here was printed, or left out */
	int64_t left;	/* rows still wanted; -1: all */
	int64_t handed_on;	/* as the cursor has it */
	int64_t move_us;	/* not before, for what was left out */
	bool is_over;	/* a signal came, or nobody reads any more */
	bool is_cut;	/* what was printed last did not get there */
};

/* log_begin -- begin the output. Codes of db_prepare and output_begin. */
enum rc log_begin(struct log *log, struct err *err);

/* log_find -- the next piece of log->events, in a transaction of its own.
 * Codes of events_find. */
enum rc log_find(struct log *log, struct err *err);

/*
 * log_print -- print all that is wanted of the positions from first to last, and
 * move the cursor after them.
 *
 * When it failed, log->at says how far it came: what is printed next goes on
 * from there. Codes of db_row, output_flush and cursor_move.
 */
enum rc log_print(struct log *log, int64_t first, int64_t last,
    struct err *err);

/* log_move_on -- move the cursor over what was left out, too: at once, or not
 * before it is due. Codes of cursor_move. */
enum rc log_move_on(struct log *log, bool now, struct err *err);

#endif
