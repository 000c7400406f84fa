#include "cli/command_log.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/log_parts.h"

/* ------------------------------------------------------------------------
 * The journal as it is now
 */

/* How far it goes; positions are never taken back. */
static enum rc
look(struct log *log, struct err *err)
{
	int64_t last;
	enum rc rc;

	rc = db_number(log->reading.db, STATEMENT_POSITION_LAST, &last, err);
	if (rc != RC_OK)
		return rc;
	if (last < log->last)
		return err_set(err, RC_FOREIGN, "%s: ended at position %lld, "
		    "and now at %lld: a backup was restored into it",
		    log->reading.source.path, (long long)log->last,
		    (long long)last);
	log->last = last;
	return RC_OK;
}

/* Refused where what is only in the WAL is not seen. */
static enum rc
check_sight(const struct log *log, struct err *err)
{
	if (!log->reading.file_only)
		return RC_OK;
	if (!log->wanted.follow && log->wanted.cursor == NULL)
		return RC_OK;
	return err_set(err, RC_DENIED, "%s: %s needs to see what is in the "
	    "journal's WAL: give this user permission to write to its "
	    "directory, or run it as the responder's user",
	    log->reading.source.path, log->wanted.follow ? "--follow" :
	    "--cursor");
}

static enum rc
open_cursor(struct log *log, struct err *err)
{
	enum rc rc;

	rc = cursor_open(&log->cursor, log->wanted.cursor, err);
	if (rc == RC_OK)
		rc = reading_begin(&log->reading, err);
	if (rc == RC_OK)
		rc = look(log, err);
	if (rc == RC_OK)
		rc = cursor_check(log->cursor, log->reading.db,
		    log->reading.source.path, log->last, err);
	reading_end(&log->reading);
	return rc;
}

/* The position before the newest rows that are wanted. */
static enum rc
find_newest(struct log *log, int64_t *after, struct err *err)
{
	const int64_t *position;
	int64_t left = log->wanted.rows;
	enum rc rc = RC_OK;
	size_t n;

	if (left == 0) {
		*after = log->last;
		return RC_OK;
	}
	events_range(log->events, *after + 1, log->last, true);
	while (rc == RC_OK && !events_are_done(log->events)) {
		rc = log_find(log, err);
		position = events_piece(log->events, &n);
		if (rc == RC_OK && (int64_t)n >= left) {
			*after = position[left - 1] - 1;
			break;
		}
		left -= (int64_t)n;
		progress_say(&log->progress, "looking for the newest");
	}
	progress_clear(&log->progress);
	return rc;
}

/* After which position to begin: what the cursor holds, else as the other
 * options say. */
static enum rc
find_start(struct log *log, struct err *err)
{
	enum rc rc;

	rc = look(log, err);
	if (rc != RC_OK)
		return rc;
	log->at = log->wanted.after;
	log->left = log->wanted.reverse ? log->wanted.rows : -1;
	log->handed_on = -1;
	if (log->cursor != NULL &&
	    cursor_position(log->cursor, &log->handed_on)) {
		log->at = log->handed_on;
		return RC_OK;
	}
	if (log->wanted.reverse || log->wanted.rows < 0)
		return RC_OK;
	return find_newest(log, &log->at, err);
}

static enum rc
follow(struct log *log, struct err *err)
{
	struct db *const db = log->reading.db;
	int64_t until_us;
	enum rc rc = RC_OK;
	bool over;

	while (!log->is_over) {
		until_us = log->cursor != NULL && log->at != log->handed_on ?
		    log->move_us : INT64_MAX;
		rc = follow_wait(&log->follow, db, fileno(stdout), until_us,
		    &over, err);
		if (rc == RC_OK && over)
			break;
		if (rc == RC_OK)
			rc = look(log, err);
		if (rc == RC_OK)
			rc = log_print(log, log->at + 1, log->last, err);
		if (rc == RC_OK)
			rc = log_move_on(log, false, err);
		if (!follow_may_pass(&log->follow, rc))
			return rc;
	}
	return RC_OK;
}

/* ------------------------------------------------------------------------ */

static enum rc
print(struct log *log, struct err *err)
{
	enum rc rc;

	progress_init(&log->progress, "log");
	rc = find_start(log, err);
	if (rc == RC_OK)
		rc = log_begin(log, err);
	if (rc == RC_OK)
		rc = log_print(log, log->at + 1, log->last, err);
	if (log->wanted.follow && log->output != NULL && !log->is_over &&
	    follow_may_pass(&log->follow, rc))
		rc = follow(log, err);
	if (rc == RC_OK && !log->is_cut)
		rc = output_finish(log->output, err);
	if (rc == RC_OK)
		rc = log_move_on(log, true, err);
	return rc;
}

static enum rc
run_found(struct log *log, struct err *err)
{
	enum rc rc;

	log->wanted.filter.subject = log->object.is_found ?
	    &log->object.found.subject : NULL;
	rc = events_new(&log->events, &log->wanted.filter, err);
	/* Before the first look: what comes after it is news. */
	if (rc == RC_OK && log->wanted.follow)
		rc = follow_begin(&log->follow, log->reading.source.path,
		    log->reading.db, err);
	if (rc == RC_OK && log->wanted.cursor != NULL)
		rc = open_cursor(log, err);
	if (rc == RC_OK)
		rc = print(log, err);
	return reading_explain(&log->reading, rc, err);
}

static enum rc
run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	struct log log = { .last = 0 };
	enum rc rc;

	(void)command;
	rc = log_wanted_read(&log.wanted, call, err);
	if (rc == RC_OK)
		rc = reading_open(&log.reading, call, err);
	if (rc == RC_OK)
		rc = check_sight(&log, err);
	if (rc == RC_OK && call->n_words > 0)
		rc = object_find(&log.object, &log.reading, call, call->word,
		    call->n_words, NULL, err);
	if (rc == RC_OK && call->n_words > 0 && !log.object.is_found)
		*status = STATUS_USAGE;
	else if (rc == RC_OK && (rc = run_found(&log, err)) == RC_OK)
		*status = STATUS_CLEAN;
	output_free(log.output);
	cursor_close(log.cursor);
	events_free(log.events);
	object_clear(&log.object);
	reading_close(&log.reading);
	log_wanted_clear(&log.wanted);
	return rc;
}

const struct command command_log = {
	.name = "log",
	.group = GROUP_PAST,
	.what = "events in the order of their positions, and those to come",
	.arguments = "[NAME] [OPTION...]",
	.more = "NAME is a document, list, map or identity, a removed one "
	    "too: a SID, a unique\nname, or a kind and a name. An identity's "
	    "own events are those of its presence;\n--identity is who did "
	    "something.\n\n"
	    "-n takes the newest ROWS; --reverse begins with the newest. "
	    "--follow begins with\nthe last 10, unless told where, and ends "
	    "with 0 on SIGINT and SIGTERM. With\n--cursor, where the FILE "
	    "begins goes before -n and --from; it moves once the\nevents are "
	    "written, so after a kill some may come twice, but none is left "
	    "out.\n",
	.example = "log cart --since 2h --verdict late,conflict",
	.options = OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_ROWS) |
	    OPTION_BIT(OPTION_REVERSE) | OPTION_BIT(OPTION_SINCE) |
	    OPTION_BIT(OPTION_UNTIL) | OPTION_BIT(OPTION_SERVICE) |
	    OPTION_BIT(OPTION_TYPE) | OPTION_BIT(OPTION_IDENTITY) |
	    OPTION_BIT(OPTION_VERDICT) | OPTION_BIT(OPTION_FOLLOW) |
	    OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_CURSOR) |
	    OPTION_BIT(OPTION_SECONDS),
	.least = 0,
	.most = 2,
	.run = run,
};
