#include "responder/loop_parts.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "responder/confine.h"
#include "responder/signals.h"

/* The configuration is looked at no more often (docs/design.md section 4). */
#define CONF_MS 1000
/* At a stop: how long the last words may wait for the writers' lock. */
#define LAST_WAIT_MS 100
/* What of upkeep could not be done is tried again after a while. */
#define UPKEEP_PAUSE_MS 60000
/* That the WAL grows is told again after this. */
#define WAL_MS 60000

void
loop_stop_now(struct loop *l)
{
	if (l->stopping)
		return;
	l->stopping = true;
	l->stop_us = l->now_us;
}

/* is_fatal -- whether this process must not write to the journal again. */
static bool
is_fatal(enum rc rc)
{
	return rc == RC_SYNC || rc == RC_NEWER || rc == RC_FOREIGN;
}

/* tell -- log what the journal said, and remember it; what lasts is told
 * again only now and then. */
static void
tell(struct loop *l, enum rc rc, const struct err *err)
{
	if (rc == RC_OK) {
		if (l->trouble != RC_OK)
			log_line(LOG_INFO, 0, "the journal can be written "
			    "again");
		l->trouble = RC_OK;
		return;
	}
	if (rc == l->trouble && l->now_us - l->trouble_us < loop_ms(TROUBLE_MS))
		return;
	log_line(rc == RC_BUSY ? LOG_WARNING : LOG_ERROR, 0, "%s", err->text);
	l->trouble = rc;
	l->trouble_us = l->now_us;
}

/* end -- for a supervisor to start the next process. */
static void
end(struct loop *l, enum rc rc)
{
	log_line(LOG_ERROR, 0, "nothing is acknowledged any more; ending");
	l->fatal = rc;
	loop_stop_now(l);
}

/* judge -- what an rc of the journal means for the loop. */
static void
judge(struct loop *l, enum rc rc, const struct err *err)
{
	tell(l, rc, err);
	if (is_fatal(rc) && l->fatal == RC_OK)
		end(l, rc);
}

struct journal *
loop_usable(const struct loop *l)
{
	return l->fatal == RC_OK ? l->setup->journal : NULL;
}

void
loop_soil(struct loop *l)
{
	if (!l->dirty)
		l->dirty_us = l->now_us;
	l->dirty = true;
}

/* tell_wal -- that it grows, since only somebody else can end that; and that it
 * has ended. */
static void
tell_wal(struct loop *l, const struct journal *journal)
{
	if (!journal_wal_is_huge(journal)) {
		if (l->wal_told_us != 0)
			log_line(LOG_INFO, 0, "%s-wal is begun anew",
			    journal_path(journal));
		l->wal_told_us = 0;
		return;
	}
	if (l->wal_told_us != 0 &&
	    l->now_us - l->wal_told_us < loop_ms(WAL_MS))
		return;
	log_line(LOG_WARNING, 0, "%s-wal is longer than 63 MiB and grows: most "
	    "likely another program has been reading the journal for long in "
	    "one transaction; end it. Deliveries are journaled meanwhile",
	    journal_path(journal));
	l->wal_told_us = l->now_us;
}

/* maintain -- a checkpoint, if it is time for one. */
static enum rc
maintain(struct loop *l, bool urgent)
{
	struct err err = { .text = "" };
	struct journal *journal = loop_usable(l);
	enum rc rc = RC_OK;

	if (journal == NULL)
		return RC_OK;
	rc = journal_maintain(journal, urgent, &err);
	if (rc != RC_OK && rc != RC_BUSY)
		judge(l, rc, &err);
	tell_wal(l, journal);
	return rc;
}

void
loop_commit(struct loop *l, int wait_ms)
{
	struct err err = { .text = "" };
	enum rc rc;
	size_t n;

	if (batch_waiting(l->batch) == 0)
		return;
	n = batch_commit(l->batch, loop_usable(l), wait_ms, clock_mono_us(),
	    &rc, &err);
	if (rc != RC_BUSY || n > 0)
		judge(l, rc, &err);
	loop_answer_first(l, n, rc == RC_OK ? &err : NULL);
	l->locked_out = rc == RC_BUSY && batch_waiting(l->batch) > 0;
	loop_soil(l);
	if (rc == RC_OK)
		(void)maintain(l, true);
}

void
loop_answer_health(struct loop *l)
{
	struct err err = { .text = "" };
	struct exchange *e;
	enum rc rc;

	if (l->health == NULL)
		return;
	if (loop_usable(l) == NULL)
		rc = l->fatal;
	else if (l->locked_out)
		rc = RC_BUSY;
	else
		rc = journal_ready(loop_usable(l), LOCK_WAIT_MS, &err);
	if (is_fatal(rc))
		judge(l, rc, &err);
	while ((e = l->health) != NULL) {
		l->health = e->next;
		receipt_health(e->receipt, rc);
		loop_answer(l, e);
	}
}

/* complain -- why the old configuration stays; once for each reason. */
static void
complain(struct loop *l, const struct err *err)
{
	if (strcmp(err->text, l->conf_told.text) == 0)
		return;
	log_line(LOG_ERROR, 0, "the old configuration stays in force: %s",
	    err->text);
	l->conf_told = *err;
}

/* open_late -- the journal, if its lock or a full disk kept it from being
 * opened at the start; deliveries are answered 503 until then. If the directory
 * is another by now, out of our reach for ever, the next process opens it. */
static void
open_late(struct loop *l)
{
	struct err err = { .text = "" };
	enum rc rc;

	rc = setup_open(l->setup, LOCK_WAIT_MS, &err);
	judge(l, rc, &err);
	if (rc != RC_OK && l->fatal == RC_OK &&
	    confine_admits(l->setup->conf->journal_path, &err) != RC_OK) {
		log_line(LOG_ERROR, 0, "%s", err.text);
		end(l, RC_DENIED);
	}
	if (rc == RC_OK && setup_record(l->setup, "start", LOCK_WAIT_MS,
	    &err) != RC_OK)
		log_line(LOG_WARNING, 0, "the start is not in the journal: %s",
		    err.text);
}

void
loop_reload(struct loop *l)
{
	struct err err = { .text = "" };
	enum rc rc;

	if (signals_reload()) {
		l->reload = true;
		l->conf_told.text[0] = '\0';
	}
	if (batch_waiting(l->batch) > 0 || l->stopping ||
	    (!l->reload && l->now_us < l->conf_at_us))
		return;
	l->conf_at_us = l->now_us + loop_ms(CONF_MS);
	if (l->setup->journal == NULL)
		open_late(l);
	(void)listen_unblock(l->listener);
	if (!l->reload && !conf_changed(l->setup->conf)) {
		l->conf_told.text[0] = '\0';
		return;
	}
	l->reload = false;
	rc = setup_reload(l->setup, LOCK_WAIT_MS, &err);
	if (is_fatal(rc))
		judge(l, rc, &err);
	if (rc != RC_OK) {
		complain(l, &err);
		return;
	}
	l->conf_told.text[0] = '\0';
	log_line(LOG_INFO, 0, "configuration taken over: %s, journal %s",
	    l->setup->conf->file == NULL ? "environment" :
	    l->setup->conf->file, l->setup->conf->journal_path);
}

/* keep_up -- a slice of upkeep: under load one a second, else as many as there
 * is quiet for. It must not hinder deliveries: what fails is put off. */
static void
keep_up(struct loop *l, struct journal *journal)
{
	struct err err = { .text = "" };
	enum rc rc;

	if (!journal_upkeep_due(journal) || l->now_us < l->upkeep_at_us)
		return;
	rc = journal_upkeep(journal, 0, &err);
	if (rc == RC_OK || rc == RC_BUSY)
		return;
	if (is_fatal(rc)) {
		judge(l, rc, &err);
		return;
	}
	l->upkeep_at_us = l->now_us + loop_ms(UPKEEP_PAUSE_MS);
	log_line(LOG_WARNING, 0, "upkeep of the journal is put off: %s",
	    err.text);
}

void
loop_tidy(struct loop *l, bool idle)
{
	struct err err = { .text = "" };
	struct journal *journal = loop_usable(l);
	enum rc rc = RC_OK, maintained;
	bool again;

	if (journal == NULL) {
		l->dirty = false;
		return;
	}
	if (journal_pending(journal))
		rc = journal_flush(journal, LOCK_WAIT_MS, &err);
	if (rc != RC_OK && rc != RC_BUSY)
		judge(l, rc, &err);
	/* On a full disk it is what may give room. */
	if (rc == RC_OK || rc == RC_FULL) {
		maintained = maintain(l, !idle);
		rc = rc == RC_OK ? maintained : rc;
	}
	if (rc == RC_OK)
		keep_up(l, journal);
	/* What could not be done now is tried again, but not at once. */
	again = rc != RC_OK || journal_wal_is_huge(journal);
	l->quiet_us = again ? loop_ms(FLUSH_MS) : loop_ms(IDLE_MS);
	l->dirty = again || !idle || (journal_upkeep_due(journal) &&
	    l->now_us >= l->upkeep_at_us);
	l->dirty_us = l->now_us;
}

void
loop_last_words(struct loop *l)
{
	struct err err = { .text = "" };
	struct journal *journal = loop_usable(l);
	enum rc rc = RC_OK;

	if (journal == NULL)
		return;
	if (journal_pending(journal))
		rc = journal_flush(journal, LAST_WAIT_MS, &err);
	if (rc == RC_OK)
		rc = journal_act(journal, "stop", NULL, NULL, LAST_WAIT_MS,
		    &err);
	if (rc != RC_OK)
		log_line(LOG_WARNING, 0, "the stop is not in the journal: %s",
		    err.text);
}
