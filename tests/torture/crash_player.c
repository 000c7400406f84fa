#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "crash_history.h"
#include "crash_look.h"
#include "crash_vfs.h"
#include "journal/journal_parts.h"
#include "journal/rebuild.h"
#include "support.h"

#define WAIT_MS 2000
/* As far as a test's history goes. */
#define SLICES_MAX 500

const char *
step_form(const struct step *step, size_t place)
{
	return place < STEP_DELIVERIES ? step->forms[place] : NULL;
}

enum rc
player_open(struct player *player, bool brief)
{
	const struct journal_options options = { .path = player->path,
	    .mode = player->mode, .resident = !brief, .brief = brief };
	enum rc rc;

	crash_process.opening = true;
	rc = journal_open(&player->journal, &options, WAIT_MS, &player->err);
	crash_process.opening = false;
	return rc;
}

void
player_close(struct player *player)
{
	journal_close(player->journal);
	player->journal = NULL;
}

static void
refuse(struct player *player, const struct step *step)
{
	struct reject reject = { .received_us = (int64_t)crash_process.step *
	    1000000 + 1, .status = 403, .reason = "signature_wrong",
	    .account_sid = slice_of("AC1"), .remote_addr = slice_of("::1"),
	    .url = slice_of("https://example.com/sync"),
	    .signature = slice_of("c2lnbmF0dXJl"),
	    .content_type = slice_of(FORM_TYPE),
	    .body = slice_of("EventType=document_updated&Forged=1") };
	int i;

	for (i = 0; i < step->rejects; i++)
		journal_quarantine(player->journal, &reject);
}

/* As a readmission; it may be journaled already, if this is done a second
 * time. */
static void
readmit(const struct player *player, int64_t reject_id,
    struct delivery *delivery)
{
	struct sqlite3 *sqlite;
	char sql[128];
	int64_t received_us;

	if (reject_id == 0)
		return;
	(void)snprintf(sql, sizeof(sql), "SELECT received_us FROM reject WHERE "
	    "reject_id = %lld", (long long)reject_id);
	sqlite = look_open(player->path);
	received_us = look_number(sqlite, sql);
	look_close(sqlite);
	if (received_us < 0)
		return;
	delivery->reject_id = reject_id;
	delivery->received_us = received_us;
}

static enum rc
deliver(struct player *player, const struct step *step)
{
	struct sample *samples[STEP_DELIVERIES];
	struct delivery *batch[STEP_DELIVERIES];
	size_t n = 0, i;
	enum rc rc;

	refuse(player, step);
	for (; step_form(step, n) != NULL; n++) {
		samples[n] = sample_new(step->forms[n]);
		batch[n] = sample_delivery(samples[n]);
	}
	readmit(player, step->reject_id, batch[0]);
	rc = journal_append(player->journal, batch, n, WAIT_MS, &player->err);
	for (i = 0; i < n; i++) {
		player->answers[i].rc = batch[i]->rc;
		player->answers[i].position = batch[i]->position;
		player->answers[i].verdict = batch[i]->verdict;
		if (rc == RC_OK)
			rc = batch[i]->rc;
		sample_free(samples[i]);
	}
	return rc;
}

static enum rc
explain(struct player *player, const struct step *step)
{
	struct sqlite3 *const sqlite = look_open(player->path);
	struct gap_closed closed;
	int64_t id;
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "SELECT gap_id FROM gaps WHERE "
	    "stream_key = '%s' AND state = 'open' ORDER BY first_missing",
	    step->text);
	id = look_number(sqlite, sql);
	look_close(sqlite);
	/* It may be explained already, if this is done a second time. */
	if (id < 0)
		return RC_OK;
	return journal_close_gap(player->journal, id, GAP_EXPLAINED, -1, -1,
	    "operator", "known", WAIT_MS, &closed, &player->err);
}

static enum rc
set_base(struct player *player, const struct step *step)
{
	char sid[8];
	struct conf_service services[] = {
		{ sid, CONF_UNKNOWN, step->base, 60 },
		{ (char[]){ "IS2" }, CONF_UNKNOWN, CONF_BASE_DECIMAL, 60 },
	};
	const struct conf conf = { .services = services,
	    .n_services = strcmp(step->text, "IS2") == 0 ? 1 : 2 };

	(void)snprintf(sid, sizeof(sid), "%s", step->text);
	return journal_settings(player->journal, &conf, WAIT_MS, &player->err);
}

/* What a process does not know before its first transaction. */
static enum rc
upkeep(struct player *player)
{
	enum rc rc = journal_ready(player->journal, WAIT_MS, &player->err);

	if (rc == RC_OK)
		rc = journal_upkeep(player->journal, WAIT_MS, &player->err);
	return rc;
}

static enum rc
act(struct player *player, const struct step *step)
{
	struct rebuild_progress progress;
	struct journal *const journal = player->journal;
	struct err *const err = &player->err;

	switch (step->kind) {
	case STEP_APPEND:
	case STEP_REQUEST:
		return deliver(player, step);
	case STEP_FLUSH:
		refuse(player, step);
		return journal_flush(journal, WAIT_MS, err);
	case STEP_BASE:
		return set_base(player, step);
	case STEP_EXPLAIN:
		return explain(player, step);
	case STEP_ACT:
		return journal_act(journal, step->text, NULL, NULL, WAIT_MS,
		    err);
	case STEP_WANT:
		return rebuild_want(journal, WAIT_MS, err);
	case STEP_SLICE:
		return rebuild_slice(journal, WAIT_MS, &progress, err);
	case STEP_SWEEP:
		return upkeep(player);
	case STEP_CHECKPOINT:
		journal->wal_pages_due = 1;
		return journal_maintain(journal, true, err);
	case STEP_OPEN:
	case STEP_CLOSE:
	case N_STEP_KINDS:
		break;
	}
	return RC_OK;
}

enum rc
player_do(struct player *player, const struct history *history, size_t i)
{
	const struct step *const step = &history->steps[i];
	enum rc rc = RC_OK;

	crash_process.step = i;
	player->err.text[0] = '\0';
	if (player->brief || step->kind == STEP_REQUEST) {
		player_close(player);
		rc = player_open(player, true);
		if (rc == RC_OK)
			rc = act(player, step);
		if (rc == RC_OK)
			player_close(player);
		return rc;
	}
	if (step->kind == STEP_CLOSE) {
		player_close(player);
		return RC_OK;
	}
	if (step->kind == STEP_OPEN)
		player_close(player);
	if (player->journal == NULL)
		rc = player_open(player, false);
	if (rc == RC_OK)
		rc = act(player, step);
	return rc;
}

enum rc
player_settle(struct player *player)
{
	struct rebuild_progress progress = { .state = REBUILD_FILL };
	enum rc rc = RC_OK;
	int n = 0;

	if (player->journal == NULL)
		rc = player_open(player, false);
	while (rc == RC_OK && progress.state != REBUILD_NONE &&
	    n++ < SLICES_MAX)
		rc = rebuild_slice(player->journal, WAIT_MS, &progress,
		    &player->err);
	while (rc == RC_OK && journal_upkeep_due(player->journal) &&
	    n++ < SLICES_MAX)
		rc = journal_upkeep(player->journal, WAIT_MS, &player->err);
	return rc;
}
