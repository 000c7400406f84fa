/* Steps that write. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults_steps.h"
#include "journal/check.h"
#include "journal/merge.h"
#include "journal/readmit.h"
#include "journal/rebuild.h"

#define A "AC00000000000000000000000000000001"
#define COMMON "AccountSid=" A "&Identity=alice&" \
	"ServiceSid=IS00000000000000000000000000000001"
#define SECOND "AccountSid=" A "&Identity=alice&" \
	"ServiceSid=IS00000000000000000000000000000002"
#define DOCUMENT "DocumentSid=ET00000000000000000000000000000001&" \
	"DocumentUniqueName=cart"
#define MAP "MapSid=MP00000000000000000000000000000001&MapUniqueName=map"
#define LIST "ListSid=ES00000000000000000000000000000001"

enum rc
step_journal_open(const struct place *place, bool is_resident, bool is_brief,
    struct journal **journal, struct err *err)
{
	const struct journal_options options = { .path = place->path,
	    .mode = CONF_MODE_AUTO, .resident = is_resident,
	    .brief = is_brief };

	return journal_open(journal, &options, WAIT_MS, err);
}

static enum rc
open_and_close(struct work *work, bool is_resident, bool is_brief,
    struct err *err)
{
	struct journal *journal = NULL;
	enum rc rc;

	rc = step_journal_open(work->place, is_resident, is_brief, &journal,
	    err);
	journal_close(journal);
	return rc;
}

static enum rc
run_open_resident(struct work *work, struct err *err)
{
	return open_and_close(work, true, false, err);
}

static enum rc
run_open(struct work *work, struct err *err)
{
	return open_and_close(work, false, false, err);
}

static enum rc
run_open_brief(struct work *work, struct err *err)
{
	return open_and_close(work, false, true, err);
}

/* ------------------------------------------------------------------------
 * Appending
 */

/* What fills, opens and splits gaps, moves a head, removes, is learned from,
 * and cannot be read. */
static const char *const batch[] = {
	"EventType=document_updated&" COMMON "&" DOCUMENT
	    "&DocumentRevision=7&DocumentData=7&Unknown=column",
	"EventType=document_updated&" COMMON "&" DOCUMENT
	    "&DocumentRevision=5&DocumentData=5",
	"EventType=document_updated&" COMMON "&" DOCUMENT
	    "&DocumentRevision=12&DocumentData=%FF%00",
	"EventType=document_created&" COMMON "&DocumentSid="
	    "ET00000000000000000000000000000007&DocumentRevision=0"
	    "&DocumentUniqueName=basket&DateCreated=2026-01-01T10:00:00Z",
	"EventType=document_removed&" COMMON "&DocumentSid="
	    "ET00000000000000000000000000000007&DocumentRevision=1",
	"EventType=map_item_updated&" COMMON "&" MAP "&EventId=3&ItemKey=k"
	    "&ItemData=3&ItemRevision=3&MapRevision=3",
	"EventType=map_item_removed&" COMMON "&" MAP "&EventId=9&ItemKey=j"
	    "&ItemRevision=9&MapRevision=9",
	"EventType=list_created&" COMMON "&" LIST "&ListRevision=0",
	"EventType=list_item_added&" COMMON "&" LIST "&EventId=3&ItemIndex=1"
	    "&ItemData=%22y%22&ItemRevision=3&ListRevision=4",
	"EventType=endpoint_disconnected&" COMMON
	    "&EndpointId=e1&EventId=9&IsIdentityOnline=false",
	"EventType=document_updated&" SECOND "&DocumentSid="
	    "ET00000000000000000000000000000006&DocumentRevision=1a"
	    "&DocumentData=1",
	"EventType=document_updated&" SECOND "&DocumentSid="
	    "ET00000000000000000000000000000003&DocumentRevision=11"
	    "&DocumentData=11",
	"EventType=unheard_of&" COMMON,
	"EventType=document_updated&" COMMON "&" DOCUMENT
	    "&DocumentRevision=x",
};
#define N_BATCH (sizeof(batch) / sizeof(batch[0]))

static char signatures[N_BATCH][16];

static void
make_batch(struct work *work)
{
	struct delivery *delivery;
	size_t i;

	for (i = 0; i < N_BATCH; i++) {
		work->sample[i] = sample_new(batch[i]);
		work->kept[i] = false;
		(void)snprintf(signatures[i], sizeof(signatures[i]), "run-%02u",
		    (unsigned int)i);
		delivery = sample_delivery(work->sample[i]);
		delivery->signature = slice_of(signatures[i]);
		delivery->received_us = INT64_C(1767229200000000) +
		    (int64_t)i;
	}
	sample_delivery(work->sample[1])->idempotency_token =
	    slice_of("token\t");
	work->n_samples = N_BATCH;
}

static void
free_batch(struct work *work)
{
	size_t i;

	for (i = 0; i < work->n_samples; i++)
		sample_free(work->sample[i]);
	work->n_samples = 0;
}

/* What was not acknowledged comes again, as Twilio would send it. */
static enum rc
run_append(struct work *work, struct err *err)
{
	struct delivery *wanted[N_BATCH];
	size_t which[N_BATCH], n = 0, i;
	enum rc rc;

	for (i = 0; i < work->n_samples; i++) {
		if (work->kept[i])
			continue;
		which[n] = i;
		wanted[n++] = sample_delivery(work->sample[i]);
	}
	if (n == 0)
		return RC_OK;
	rc = journal_append(work->journal, wanted, n, WAIT_MS, err);
	for (i = 0; i < n; i++) {
		if (rc != RC_OK)
			assert_int_equal(wanted[i]->rc, rc);
		else if (wanted[i]->rc == RC_OK)
			work->kept[which[i]] = true;
		else
			rc = wanted[i]->rc;
	}
	return rc;
}

static const char appended[] = "SELECT group_concat(signature) FROM (SELECT "
    "DISTINCT signature FROM delivery WHERE signature LIKE 'run-%' "
    "AND length(body) > 30 AND (idempotency_token IS NOT NULL) = "
    "(signature = 'run-01') AND received_us - 1767229200000000 = "
    "CAST(substr(signature, 5) AS INTEGER) ORDER BY 1)";
static const char all_appended[] = "run-00,run-01,run-02,run-03,run-04,run-05,"
    "run-06,run-07,run-08,run-09,run-10,run-11,run-12,run-13";

/* ------------------------------------------------------------------------
 * Rejects
 */

static void
add_rejects(struct work *work)
{
	struct reject reject = {
		.received_us = INT64_C(1767225600000000),
		.status = 403,
		.reason = "run",
		.url = slice_of("https://hooks.example.com/sync"),
		.signature = slice_of("bad \t one"),
		.content_type = slice_of("text/plain"),
		.body = slice_of("body"),
	};
	int i;

	for (i = 0; i < 3; i++) {
		reject.likeness = (enum likeness)(i % (int)N_LIKENESSES);
		journal_quarantine(work->journal, &reject);
	}
}

static void
make_batch_and_rejects(struct work *work)
{
	make_batch(work);
	add_rejects(work);
}

/* As if so much were kept that something has to go. */
static void
fill_quarantine(struct work *work)
{
	assert_int_equal(change(work->place->path, "UPDATE journal SET "
	    "reject_bytes = 67108864 - 10"), 0);
}

/* What is added here too may find no memory, and is counted then. */
static enum rc
run_flush(struct work *work, struct err *err)
{
	if (!journal_pending(work->journal))
		add_rejects(work);
	return journal_flush(work->journal, WAIT_MS, err);
}

static const struct readmit_calls no_readmit_calls = { NULL, NULL, NULL };
static struct conf_token tokens[] = { { (char[]){ "new" }, 3 } };
static struct conf_account accounts[] = { { (char[]){ A }, tokens, 1 } };

static enum rc
run_readmit(struct work *work, struct err *err)
{
	const struct conf conf = { .accounts = accounts, .n_accounts = 1 };
	struct readmit_report report;

	return readmit_run(work->journal, &conf, 0, &no_readmit_calls, &report,
	    err);
}

/* ------------------------------------------------------------------------
 * Actions
 */

static enum rc
run_act(struct work *work, struct err *err)
{
	return journal_act(work->journal, "run", "some\tbody", "said so",
	    WAIT_MS, err);
}

static enum rc
run_settings(struct work *work, struct err *err)
{
	static char first[] = "IS00000000000000000000000000000001";
	static char second[] = "IS00000000000000000000000000000002";
	struct conf_service services[] = {
		{ first, CONF_YES, CONF_BASE_DECIMAL, 30 },
		{ second, CONF_UNKNOWN, CONF_BASE_HEX, 60 },
	};
	const struct conf conf = { .services = services, .n_services = 2 };

	return journal_settings(work->journal, &conf, WAIT_MS, err);
}

/* That of number 2 of the first document. */
static enum rc
run_close_gap(struct work *work, struct err *err)
{
	const int64_t id = *(int64_t *)work->own;
	struct gap_closed closed;

	return journal_close_gap(work->journal, id, GAP_EXPLAINED, -1, -1,
	    "alice", "maintenance", WAIT_MS, &closed, err);
}

static void
find_gap(struct work *work)
{
	int64_t *const id = calloc(1, sizeof(*id));

	assert_non_null(id);
	*id = atoll(look(work->place->path, "SELECT gap_id FROM gaps "
	    "WHERE state = 'open' AND unique_name = 'cart' "
	    "AND first_missing = 2"));
	work->own = id;
}

static void
free_own(struct work *work)
{
	free(work->own);
	work->own = NULL;
}

/* ------------------------------------------------------------------------
 * Maintenance
 */

static enum rc
run_ready(struct work *work, struct err *err)
{
	return journal_ready(work->journal, WAIT_MS, err);
}

/* A WAL that is due; a reject each is the quickest way to one. */
static void
lengthen_wal(struct work *work)
{
	static char body[1024 * 1024];
	struct reject reject = {
		.received_us = INT64_C(1767225600000000),
		.status = 403,
		.reason = "long",
		.likeness = LIKENESS_ACCOUNT,
		.body = { body, sizeof(body) },
	};
	struct err err;
	int i;

	for (i = 0; i < 5; i++) {
		reject.received_us += 1000000;
		journal_quarantine(work->journal, &reject);
		assert_int_equal(journal_flush(work->journal, WAIT_MS, &err),
		    RC_OK);
	}
	assert_false(journal_wal_is_huge(work->journal));
}

static enum rc
run_maintain(struct work *work, struct err *err)
{
	return journal_maintain(work->journal, false, err);
}

/* What is due is known after a first transaction. */
static enum rc
run_upkeep(struct work *work, struct err *err)
{
	enum rc rc;
	int n = 0;

	rc = journal_ready(work->journal, WAIT_MS, err);
	while (rc == RC_OK && journal_upkeep_due(work->journal)) {
		rc = journal_upkeep(work->journal, WAIT_MS, err);
		assert_true(n++ < 10000);
	}
	return rc;
}

static enum rc
run_rebuild(struct work *work, struct err *err)
{
	struct rebuild_progress progress = { .state = REBUILD_FILL };
	enum rc rc;

	rc = rebuild_want(work->journal, WAIT_MS, err);
	while (rc == RC_OK && progress.state != REBUILD_NONE)
		rc = rebuild_slice(work->journal, WAIT_MS, &progress, err);
	return rc;
}

static enum rc
run_merge(struct work *work, struct err *err)
{
	const struct merge_calls calls = { .progress = NULL };
	const char *const paths[] = { other_path(work->place) };
	struct merge_report report;

	return merge_run(work->journal, paths, 1, &calls, &report, err);
}

static const struct step journal_steps[] = {
	{ .name = "a journal is created whole or not at all",
	    .state = STATE_NONE, .run = run_open_resident, .resident = true },
	{ .name = "a log that lies there alone is kept, and said",
	    .state = STATE_LEFT, .run = run_open },
	{ .name = "a WAL is emptied when its journal is opened",
	    .state = STATE_WAL, .run = run_open_resident, .resident = true },
	{ .name = "a journal without WAL is opened",
	    .state = STATE_TRUNCATE, .run = run_open },
	{ .name = "a journal of version 1 is brought up",
	    .state = STATE_VERSION_1, .run = run_open,
	    .probe = "PRAGMA user_version", .none = "1", .done = "4",
	    .parts = true },
	{ .name = "a journal of version 3 is brought up",
	    .state = STATE_VERSION_3, .run = run_open,
	    .probe = "PRAGMA user_version", .none = "3", .done = "4",
	    .parts = true },
	{ .name = "a batch is appended with the rejects that wait",
	    .state = STATE_WAL, .open = OPEN_RESIDENT, .resident = true,
	    .before = make_batch_and_rejects, .after = free_batch,
	    .run = run_append, .probe = appended, .none = "",
	    .done = all_appended },
	{ .name = "a batch is appended without a WAL",
	    .state = STATE_TRUNCATE, .open = OPEN_RESIDENT, .resident = true,
	    .before = make_batch, .after = free_batch,
	    .run = run_append, .probe = appended, .none = "",
	    .done = all_appended },
	{ .name = "a batch is appended by a process for one request",
	    .state = STATE_WAL, .open = OPEN_BRIEF,
	    .before = make_batch, .after = free_batch,
	    .run = run_append, .probe = appended, .none = "",
	    .done = all_appended },
	{ .name = "rejects are written, and others go for them",
	    .state = STATE_WAL, .open = OPEN_RESIDENT, .resident = true,
	    .before = fill_quarantine, .run = run_flush,
	    .probe = "SELECT min(requests, 3) FROM reject_counts "
	    "WHERE reason = 'run'", .none = "", .done = "3" },
	{ .name = "rejects are readmitted",
	    .state = STATE_WAL, .open = OPEN_RESIDENT, .resident = true,
	    .run = run_readmit,
	    .probe = "SELECT count(*) FROM actions WHERE kind = 'readmitted'",
	    .none = "0", .done = "2", .parts = true },
	{ .name = "an action is recorded",
	    .state = STATE_TRUNCATE, .open = OPEN_RESIDENT, .resident = true,
	    .run = run_act,
	    .probe = "SELECT count(*) > 0 FROM actions WHERE kind = 'run' "
	    "AND detail = 'said so' AND actor LIKE 'some%body'",
	    .none = "0", .done = "1" },
	{ .name = "settings are recorded",
	    .state = STATE_WAL, .open = OPEN_RESIDENT, .resident = true,
	    .run = run_settings,
	    .probe = "SELECT count(*) FROM setting WHERE name = "
	    "'revision_base' AND value <> 'auto'",
	    .none = "0", .done = "2" },
	{ .name = "a gap is explained",
	    .state = STATE_WAL, .open = OPEN_RESIDENT, .resident = true,
	    .before = find_gap, .after = free_own, .run = run_close_gap,
	    .probe = "SELECT count(*) > 0 FROM gaps WHERE state = 'explained'",
	    .none = "0", .done = "1" },
	{ .name = "it is known whether an append would be possible",
	    .state = STATE_WAL, .open = OPEN_RESIDENT, .resident = true,
	    .run = run_ready },
	{ .name = "a long WAL is begun anew",
	    .state = STATE_WAL, .open = OPEN_RESIDENT, .resident = true,
	    .before = lengthen_wal, .run = run_maintain },
	{ .name = "numbers are read in another base, and projections anew",
	    .state = STATE_REBASED, .open = OPEN_RESIDENT, .resident = true,
	    .run = run_upkeep,
	    .probe = "SELECT head FROM streams WHERE stream_key LIKE '%3'",
	    .none = "10", .done = "16", .parts = true },
	{ .name = "projections are made anew",
	    .state = STATE_TRUNCATE, .open = OPEN_RESIDENT, .resident = true,
	    .run = run_rebuild,
	    .probe = "SELECT generation FROM journal",
	    .none = "0", .done = "1", .parts = true },
	{ .name = "another journal is merged",
	    .state = STATE_TWO, .open = OPEN_RESIDENT, .resident = true,
	    .run = run_merge,
	    .probe = "SELECT count(*) FROM delivery WHERE signature LIKE "
	    "'other-%'", .none = "0", .done = "2", .parts = true },
};

const struct step *
steps_of_journal(size_t *n)
{
	*n = sizeof(journal_steps) / sizeof(journal_steps[0]);
	return journal_steps;
}

static const struct step brief_steps[] = {
	{ .name = "a journal is created by a process for one request",
	    .state = STATE_NONE, .run = run_open_brief },
	{ .name = "a journal is opened by a process for one request",
	    .state = STATE_WAL, .run = run_open_brief },
	{ .name = "a process for one request appends",
	    .state = STATE_WAL, .open = OPEN_BRIEF,
	    .before = make_batch, .after = free_batch,
	    .run = run_append, .probe = appended, .none = "",
	    .done = all_appended },
};

const struct step *
steps_of_brief(size_t *n)
{
	*n = sizeof(brief_steps) / sizeof(brief_steps[0]);
	return brief_steps;
}
