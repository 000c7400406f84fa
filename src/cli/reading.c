#include "cli/reading.h"

#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/slice.h"
#include "journal/reader.h"
#include "twilio/number.h"

/* A day: nobody waits for longer, and it fits an int in ms. */
#define SECONDS_MAX 86400
/* A number of 63 bits, and " s". */
#define WORDS_SIZE 24

static enum rc
read_limit(const char *seconds, int *limit_ms, struct err *err)
{
	int64_t n;

	*limit_ms = READING_LIMIT_MS;
	if (seconds == NULL)
		return RC_OK;
	if (!number_parse(slice_of(seconds), 10, &n) || n > SECONDS_MAX)
		return err_set(err, RC_USAGE, "--seconds takes a number of "
		    "seconds, at most %d, 0 for no limit, not: %s",
		    SECONDS_MAX, seconds);
	*limit_ms = (int)n * 1000;
	return RC_OK;
}

enum rc
reading_open(struct reading *reading, const struct call *call,
    struct err *err)
{
	enum rc rc;

	*reading = (struct reading){ .db = NULL };
	rc = read_limit(call->option[OPTION_SECONDS], &reading->limit_ms,
	    err);
	if (rc == RC_OK)
		rc = source_find(&reading->source, call, err);
	if (rc == RC_OK)
		rc = reader_open(&reading->db, reading->source.path,
		    &reading->file_only, err);
	if (rc == RC_OK && reading->file_only)
		(void)fprintf(stderr, "syncjournal: %s: no permission to "
		    "write beside it: what is only in its WAL is not shown\n",
		    reading->source.path);
	return rc;
}

void
reading_close(struct reading *reading)
{
	db_close(reading->db);
	reading->db = NULL;
	source_clear(&reading->source);
}

/* How far a statement is cannot be known, only how long it has run. */
static void
tell(void *to)
{
	struct reading *const reading = to;
	char words[WORDS_SIZE];

	(void)snprintf(words, sizeof(words), "%lld s",
	    (long long)((clock_mono_us() - reading->begun_us) / 1000000));
	progress_say(&reading->progress, words);
}

void
reading_start(struct reading *reading)
{
	reading->begun_us = clock_mono_us();
	progress_init(&reading->progress, "reading");
	db_watch(reading->db, tell, reading);
	db_limit(reading->db, reading->limit_ms);
}

void
reading_stop(struct reading *reading)
{
	db_limit(reading->db, 0);
	db_watch(reading->db, NULL, NULL);
	progress_clear(&reading->progress);
}

enum rc
reading_begin(struct reading *reading, struct err *err)
{
	reading_start(reading);
	return db_run(reading->db, STATEMENT_BEGIN_READ, err);
}

void
reading_end(struct reading *reading)
{
	if (reading->db == NULL)
		return;
	reading_stop(reading);
	if (db_in_transaction(reading->db))
		(void)db_run(reading->db, STATEMENT_ROLLBACK, NULL);
}

enum rc
reading_explain(struct reading *reading, enum rc rc, struct err *err)
{
	/* A view that an older journal does not have is no damage. */
	if (rc == RC_STORE && reading->db != NULL)
		(void)reader_check_version(reading->db, reading->source.path,
		    err);
	if (rc == RC_LIMIT)
		return err_set(err, rc, "%s: this takes more than %d s, for "
		    "which the responder's WAL would grow: ask for less, or "
		    "allow more with --seconds N", reading->source.path,
		    reading->limit_ms / 1000);
	return rc;
}
