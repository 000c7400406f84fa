/* Readmitting: what verifies now is journaled once, as it was received; nothing
 * is doubled, nothing lost. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal/readmit.h"
#include "support.h"
#include "twilio/params.h"
#include "twilio/signature.h"

#define A "AC00000000000000000000000000000001"
#define URL "https://hooks.example.com/sync"
#define WAIT_MS 2000
#define S_US INT64_C(1000000)
/* Long ago: 2026-01-01. */
#define BEGIN_US (INT64_C(1767225600) * S_US)

static struct conf_token tokens[] = { { (char[]){ "new" }, 3 } };
static struct conf_account accounts[] = { { (char[]){ A }, tokens, 1 } };
static const struct conf conf = { .accounts = accounts, .n_accounts = 1 };
static const struct readmit_calls no_calls = { NULL, NULL, NULL };

static const char *
document(int revision)
{
	static char form[512];

	(void)snprintf(form, sizeof(form), "EventType=document_updated&"
	    "AccountSid=" A "&ServiceSid=IS00000000000000000000000000000001&"
	    "Identity=alice&DocumentSid=ET00000000000000000000000000000001&"
	    "DocumentUniqueName=d&DocumentData=%d&DocumentRevision=%d",
	    revision, revision);
	return form;
}

/* What was refused at that second, signed with this token. */
static void
refuse(struct journal *journal, int second, int revision, const char *token)
{
	char signature[SIGNATURE_LEN + 1];
	struct signing_key *key = NULL;
	struct params params;
	struct reject reject = {
		.received_us = BEGIN_US + second * S_US,
		.status = 403,
		.reason = "signature_wrong",
		.account_sid = slice_of(A),
		.url = slice_of(URL),
		.idempotency_token = slice_of("token-1"),
		.content_type = slice_of(FORM_TYPE),
		.likeness = LIKENESS_ACCOUNT,
		.body = slice_of(document(revision)),
	};
	struct err err;

	params_init(&params);
	assert_int_equal(signing_key_new(&key, slice_of(token), NULL), RC_OK);
	assert_int_equal(params_from_form(&params, reject.body, NULL), RC_OK);
	params_sort(&params);
	signature_make(key, reject.url, &params, signature);
	reject.signature = slice_of(signature);
	journal_quarantine(journal, &reject);
	assert_int_equal(journal_flush(journal, WAIT_MS, &err), RC_OK);
	signing_key_free(key);
	params_clear(&params);
}

static struct readmit_report
readmit(struct journal *journal, int64_t reject_id)
{
	struct readmit_report report;
	struct err err;

	if (readmit_run(journal, &conf, reject_id, &no_calls, &report, &err) !=
	    RC_OK)
		fail_msg("%s", err.text);
	return report;
}

static void
what_verifies_now_is_journaled_as_it_was_received(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct readmit_report report;

	(void)append(journal, document(5));
	/* Received in another order than they came into the table. */
	refuse(journal, 9, 3, "new");
	refuse(journal, 7, 2, "old");
	refuse(journal, 5, 1, "new");
	report = readmit(journal, 0);
	assert_int_equal(report.read, 3);
	assert_int_equal(report.readmitted, 2);
	assert_int_equal(report.not[VERIFY_SIGNATURE_WRONG], 1);
	assert_string_equal(look(place->path, "SELECT position, received_at, "
	    "seq, verdict FROM events WHERE position > 1"),
	    "2|2026-01-01 00:00:05.000|1|late\n"
	    "4|2026-01-01 00:00:09.000|3|late");
	assert_string_equal(look(place->path, "SELECT url, content_type, "
	    "idempotency_token, length(key_id), length(signature), "
	    "CAST(body AS TEXT) LIKE '%Revision=1' FROM deliveries "
	    "WHERE position = 2"), URL "|" FORM_TYPE "|token-1|16|28|1");
	assert_string_equal(look(place->path, "SELECT position, kind, detail "
	    "FROM actions"), "3|readmitted|reject 3 as position 2\n"
	    "5|readmitted|reject 1 as position 4");
	assert_string_equal(look(place->path, "SELECT reject_id FROM rejects"),
	    "2");
	assert_string_equal(look(place->path, "SELECT reject_rows, "
	    "reject_bytes = (SELECT sum(bytes) FROM reject), rejects_total "
	    "FROM journal"), "1|1|3");
	journal_close(journal);
}

static void
readmitting_again_changes_nothing(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct readmit_report report;
	struct err err;

	refuse(journal, 1, 1, "new");
	refuse(journal, 2, 2, "old");
	report = readmit(journal, 1);
	assert_int_equal(report.readmitted, 1);
	report = readmit(journal, 0);
	assert_int_equal(report.read, 1);
	assert_int_equal(report.readmitted, 0);
	report = readmit(journal, 2);
	assert_int_equal(report.readmitted, 0);
	assert_int_equal(readmit_run(journal, &conf, 1, &no_calls, &report,
	    &err), RC_USAGE);
	assert_string_equal(look(place->path, "SELECT deliveries, (SELECT "
	    "count(*) FROM rejects), (SELECT count(*) FROM actions) "
	    "FROM journal_info"), "1|1|1");
	journal_close(journal);
}

/* Somebody else takes every other one in between. */
static void
on_progress(void *context, int64_t done, int64_t total)
{
	const struct place *place = context;

	(void)total;
	if (done == 1)
		assert_int_equal(change(place->path, "DELETE FROM reject "
		    "WHERE reject_id % 2 = 0"), SQLITE_OK);
}

static void
what_is_gone_meanwhile_hinders_no_other(void **state)
{
	struct place *place = *state;
	const struct readmit_calls calls = { NULL, on_progress, place };
	struct journal *journal = open_journal(place);
	struct readmit_report report;
	struct err err;
	int i;

	for (i = 1; i <= 40; i++)
		refuse(journal, i, i, "new");
	/* Up to 32 are seated when they go. */
	assert_int_equal(readmit_run(journal, &conf, 0, &calls, &report, &err),
	    RC_OK);
	assert_int_equal(report.readmitted, 20);
	assert_int_equal(report.gone, 20);
	assert_string_equal(look(place->path, "SELECT count(*), sum(seq % 2), "
	    "(SELECT count(*) FROM rejects), (SELECT count(*) FROM actions) "
	    "FROM events"), "20|20|0|20");
	journal_close(journal);
}

/* It leaves the quarantine in the transaction that journals it, however that is
 * made: here no stream can be written, so that each is kept with a problem. */
static void
one_that_cannot_be_judged_is_kept_with_its_mark(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct readmit_report report;

	refuse(journal, 1, 1, "new");
	refuse(journal, 2, 2, "new");
	assert_int_equal(change(place->path, "CREATE UNIQUE INDEX no_more ON "
	    "event_a (type) WHERE seq IS NOT NULL"), SQLITE_OK);
	report = readmit(journal, 0);
	assert_int_equal(report.readmitted, 2);
	assert_string_equal(look(place->path, "SELECT position, seq, "
	    "problem IS NULL FROM events"), "1|1|1\n3||0");
	assert_string_equal(look(place->path, "SELECT position, detail "
	    "FROM actions"), "2|reject 1 as position 1\n"
	    "4|reject 2 as position 3");
	assert_string_equal(look(place->path, "SELECT count(*) FROM rejects"),
	    "0");
	journal_close(journal);
}

static void
run_until_killed(const struct place *place, int after_us)
{
	const pid_t pid = fork();
	struct readmit_report report;
	struct journal *journal;
	struct err err;

	assert_true(pid >= 0);
	if (pid == 0) {
		journal = open_journal(place);
		(void)readmit_run(journal, &conf, 0, &no_calls, &report, &err);
		_exit(0);
	}
	(void)usleep((useconds_t)after_us);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
what_is_killed_between_doubles_and_loses_nothing(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	int i;

	for (i = 1; i <= 300; i++)
		refuse(journal, i, i, "new");
	journal_close(journal);
	for (i = 0; i < 20; i++) {
		run_until_killed(place, 2000 + i * 700);
		assert_string_equal(look(place->path, "SELECT (SELECT count(*) "
		    "FROM deliveries) + (SELECT count(*) FROM rejects), "
		    "(SELECT count(*) FROM deliveries) = (SELECT count(*) FROM "
		    "actions WHERE kind = 'readmitted'), (SELECT reject_rows "
		    "FROM journal) = (SELECT count(*) FROM rejects)"),
		    "300|1|1");
	}
	journal = open_journal(place);
	(void)readmit(journal, 0);
	assert_string_equal(look(place->path, "SELECT count(*), "
	    "count(DISTINCT seq), sum(verdict = 'in_order') FROM events"),
	    "300|300|299");
	journal_close(journal);
}

#define AT_A_PLACE(test) \
	cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_A_PLACE(what_verifies_now_is_journaled_as_it_was_received),
		AT_A_PLACE(readmitting_again_changes_nothing),
		AT_A_PLACE(what_is_gone_meanwhile_hinders_no_other),
		AT_A_PLACE(one_that_cannot_be_judged_is_kept_with_its_mark),
		AT_A_PLACE(what_is_killed_between_doubles_and_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
