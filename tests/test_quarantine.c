/* The quarantine: what is kept of rejects, what is counted, what goes first; and
 * that none of it holds up or harms deliveries. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "journal/journal.h"
#include "support.h"

#define WAIT_MS 2000
#define S_US 1000000

static const char *
document(int revision)
{
	static char form[256];

	(void)snprintf(form, sizeof(form), "EventType=document_updated&"
	    "AccountSid=AC00000000000000000000000000000001&"
	    "ServiceSid=IS00000000000000000000000000000001&Identity=alice&"
	    "DocumentSid=ET00000000000000000000000000000001&"
	    "DocumentUniqueName=d&DocumentData=1&DocumentRevision=%d",
	    revision);
	return form;
}

static struct reject
make(int64_t at_us, enum likeness likeness, struct slice body)
{
	return (struct reject){
		.received_us = at_us,
		.status = 403,
		.reason = "signature_wrong",
		.url = slice_of("https://example.com/sync"),
		.likeness = likeness,
		.body = body,
	};
}

static void
add(struct journal *journal, size_t n, int64_t at_us,
    enum likeness likeness)
{
	const struct reject reject = make(at_us, likeness, slice_of("a"));
	size_t i;

	for (i = 0; i < n; i++)
		journal_quarantine(journal, &reject);
}

static void
flush(struct journal *journal)
{
	struct err err;

	if (journal_flush(journal, WAIT_MS, &err) != RC_OK)
		fail_msg("%s", err.text);
}

static void
rejects_are_kept_up_to_a_rate_and_counted_beyond(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	const int64_t now_us = clock_now_us();

	assert_false(journal_pending(journal));
	add(journal, 10, now_us, LIKENESS_NO);
	assert_true(journal_pending(journal));
	flush(journal);
	assert_false(journal_pending(journal));
	add(journal, 1000, now_us + 100000, LIKENESS_NO);
	flush(journal);
	assert_string_equal(look(place->path, "SELECT count(*), "
	    "min(reject_id), max(reject_id) FROM rejects"), "50|1|50");
	assert_string_equal(look(place->path, "SELECT rejects_total "
	    "FROM journal_info"), "1010");
	/* A second later there is room again. */
	add(journal, 1, now_us + 2 * S_US, LIKENESS_NO);
	flush(journal);
	assert_string_equal(look(place->path, "SELECT count(*) "
	    "FROM rejects"), "51");
	assert_string_equal(look(place->path, "SELECT reason, requests, "
	    "like_twilio FROM reject_counts"), "signature_wrong|1011|0");
	journal_close(journal);
}

static void
a_flood_leaves_room_for_what_looks_like_twilios(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	const int64_t now_us = clock_now_us();

	/* In the same second, in one batch and in others. */
	add(journal, 1000, now_us, LIKENESS_NO);
	add(journal, 2, now_us + 1000, LIKENESS_ACCOUNT);
	add(journal, 1000, now_us + 2000, LIKENESS_FORM);
	flush(journal);
	add(journal, 1000, now_us + 3000, LIKENESS_NO);
	add(journal, 1, now_us + 4000, LIKENESS_ACCOUNT);
	flush(journal);
	assert_string_equal(look(place->path, "SELECT looks_like_twilio, "
	    "count(*) FROM rejects GROUP BY 1"), "account|3\nno|50\nyes|50");
	assert_string_equal(look(place->path, "SELECT requests, like_twilio "
	    "FROM reject_counts"), "3003|1003");
	/* Ids are in the order of receipt. */
	assert_string_equal(look(place->path, "SELECT count(*) FROM rejects "
	    "AS a JOIN rejects AS b ON b.reject_id = a.reject_id + 1 "
	    "WHERE b.received_at < a.received_at"), "0");
	journal_close(journal);
}

static void
a_second_keeps_no_more_than_so_many_bytes(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	const size_t len = REJECT_BYTES_PER_S / 4;
	char *bytes = calloc(1, 2 * REJECT_BYTES_PER_S);
	const int64_t now_us = clock_now_us();
	struct reject reject;
	size_t i;

	assert_non_null(bytes);
	reject = make(now_us, LIKENESS_FORM, (struct slice){ bytes, len });
	for (i = 0; i < 10; i++) {
		journal_quarantine(journal, &reject);
		flush(journal);
	}
	assert_string_equal(look(place->path, "SELECT count(*), "
	    "max(length(body)) FROM rejects"), "3|262144");
	/* One that is larger than all of it, if it is the first. */
	reject = make(now_us + 2 * S_US, LIKENESS_FORM,
	    (struct slice){ bytes, 2 * REJECT_BYTES_PER_S });
	for (i = 0; i < 3; i++)
		journal_quarantine(journal, &reject);
	flush(journal);
	assert_string_equal(look(place->path, "SELECT count(*), "
	    "max(length(body)) FROM rejects"), "4|2097152");
	assert_string_equal(look(place->path, "SELECT reject_rows, "
	    "reject_bytes = (SELECT sum(bytes) FROM reject) FROM journal"),
	    "4|1");
	free(bytes);
	journal_close(journal);
}

static void
a_reject_that_cannot_be_written_hinders_no_delivery(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct reject reject = make(clock_now_us(), LIKENESS_NO,
	    slice_of(NULL));

	/* Breaks a NOT NULL. */
	reject.reason = NULL;
	journal_quarantine(journal, &reject);
	assert_string_equal(append(journal, document(1)), "baseline");
	assert_false(journal_pending(journal));
	assert_string_equal(append(journal, document(2)), "in_order");
	assert_string_equal(look(place->path, "SELECT count(*) FROM rejects"),
	    "0");
	journal_close(journal);
}

/* As many as there may be, of each likeness in turn, the oldest first. */
static void
fill(const struct place *place, const char *bytes)
{
	char sql[1024];

	(void)snprintf(sql, sizeof(sql), "DELETE FROM reject; "
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
	    "WHERE i < %d) INSERT INTO reject (reject_id, received_us, status, "
	    "reason, likeness, bytes, body) SELECT i, i, 403, 'x', i %% 3, "
	    "%s, x'00' FROM n; UPDATE journal SET reject_rows = %d, "
	    "reject_last = %d, reject_bytes = (SELECT sum(bytes) "
	    "FROM reject)", REJECTS_MAX, bytes, REJECTS_MAX, REJECTS_MAX);
	assert_int_equal(change(place->path, sql), SQLITE_OK);
}

static void
what_looks_least_like_twilios_goes_first(void **state)
{
	static const char counts[] = "SELECT likeness, count(*), "
	    "min(reject_id) FROM reject GROUP BY 1";
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	int64_t now_us = clock_now_us();

	fill(place, "100");
	assert_string_equal(look(place->path, counts),
	    "0|3333|3\n1|3334|1\n2|3333|2");
	add(journal, 2, now_us, LIKENESS_ACCOUNT);
	flush(journal);
	assert_string_equal(look(place->path, counts),
	    "0|3331|9\n1|3334|1\n2|3335|2");
	/* Also when it is what has just come: nothing else makes room. */
	assert_int_equal(change(place->path, "UPDATE reject SET likeness = 2 "
	    "WHERE likeness = 0"), SQLITE_OK);
	now_us += 2 * S_US;
	add(journal, 1, now_us, LIKENESS_NO);
	add(journal, 1, now_us, LIKENESS_FORM);
	flush(journal);
	assert_string_equal(look(place->path, counts),
	    "1|3334|4\n2|6666|2");
	/* Of the best too the oldest goes. */
	assert_int_equal(change(place->path, "UPDATE reject SET likeness = "
	    "2"), SQLITE_OK);
	add(journal, 1, now_us + 2 * S_US, LIKENESS_ACCOUNT);
	flush(journal);
	assert_string_equal(look(place->path, "SELECT count(*), "
	    "min(reject_id) FROM reject"), "10000|4");
	journal_close(journal);
}

static void
a_quarantine_that_is_full_of_bytes_makes_room(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	/* 64 MiB by what is said of them. */
	fill(place, "6711");
	add(journal, 1, clock_now_us(), LIKENESS_FORM);
	flush(journal);
	assert_string_equal(look(place->path, "SELECT count(*) FROM reject"),
	    "10000");
	fill(place, "6800");
	add(journal, 1, clock_now_us() + 2 * S_US, LIKENESS_FORM);
	flush(journal);
	assert_string_equal(look(place->path, "SELECT reject_bytes <= "
	    "64 * 1024 * 1024 AND reject_bytes > 64 * 1024 * 1024 - 6800, "
	    "reject_rows = (SELECT count(*) FROM reject), "
	    "reject_bytes = (SELECT sum(bytes) FROM reject) FROM journal"),
	    "1|1|1");
	journal_close(journal);
}

static void
counts_survive_eviction_and_ids_are_not_used_again(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct reject other = make(clock_now_us(), LIKENESS_FORM,
	    slice_of(NULL));

	add(journal, 3, other.received_us, LIKENESS_NO);
	other.reason = "signature_missing";
	journal_quarantine(journal, &other);
	flush(journal);
	assert_int_equal(change(place->path, "DELETE FROM reject; UPDATE "
	    "journal SET reject_rows = 0, reject_bytes = 0"), SQLITE_OK);
	journal_quarantine(journal, &other);
	flush(journal);
	assert_string_equal(look(place->path, "SELECT reject_id, reason "
	    "FROM rejects"), "5|signature_missing");
	assert_string_equal(look(place->path, "SELECT reason, requests, "
	    "like_twilio FROM reject_counts ORDER BY 1"),
	    "signature_missing|2|2\nsignature_wrong|3|0");
	journal_close(journal);
}

static void
reasons_are_bounded_whatever_they_are(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct reject reject = make(clock_now_us(), LIKENESS_NO,
	    slice_of(NULL));
	char reason[64];
	int i;

	for (i = 0; i < 100; i++) {
		(void)snprintf(reason, sizeof(reason), "reason_%d", i);
		reject.reason = reason;
		journal_quarantine(journal, &reject);
	}
	flush(journal);
	assert_string_equal(look(place->path, "SELECT count(*), "
	    "sum(requests) FROM reject_counts"), "16|100");
	journal_close(journal);
}

/* A flood of the largest bodies, minutes long by the clock of receipt: the file
 * stays within its bound, and a batch with a delivery stays quick. */
static void
a_flood_fills_no_disk_and_holds_up_no_delivery(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	const size_t len = CONF_MAX_BODY_DEFAULT;
	char *bytes = calloc(1, len);
	const int64_t now_us = clock_now_us();
	int64_t begun_us, took_us, longest_us = 0;
	struct reject reject;
	struct stat file;
	struct err err;
	int i, j;

	assert_non_null(bytes);
	for (i = 0; i < 200; i++) {
		reject = make(now_us + i * (int64_t)S_US, LIKENESS_NO,
		    (struct slice){ bytes, len });
		for (j = 0; j < 500; j++) {
			reject.likeness = (enum likeness)(j % N_LIKENESSES);
			journal_quarantine(journal, &reject);
		}
		begun_us = clock_mono_us();
		(void)append(journal, document(i + 1));
		took_us = clock_mono_us() - begun_us;
		longest_us = took_us > longest_us ? took_us : longest_us;
		(void)journal_maintain(journal, false, &err);
	}
	assert_string_equal(look(place->path, "SELECT deliveries, "
	    "rejects_total, (SELECT sum(requests) FROM reject_counts) "
	    "FROM journal_info"), "200|100000|100000");
	assert_string_equal(look(place->path, "SELECT reject_bytes <= "
	    "64 * 1024 * 1024, reject_rows = (SELECT count(*) FROM reject) "
	    "FROM journal"), "1|1");
	assert_int_equal(stat(place->path, &file), 0);
	assert_true(file.st_size < 80 * 1024 * 1024);
	/* A batch is 4 MiB at most, that has to be written and synced. */
	if (longest_us > 2 * (int64_t)S_US)
		fail_msg("a batch took %lld ms", (long long)longest_us / 1000);
	free(bytes);
	journal_close(journal);
}

#define AT_A_PLACE(test) \
	cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_A_PLACE(rejects_are_kept_up_to_a_rate_and_counted_beyond),
		AT_A_PLACE(a_flood_leaves_room_for_what_looks_like_twilios),
		AT_A_PLACE(a_second_keeps_no_more_than_so_many_bytes),
		AT_A_PLACE(a_reject_that_cannot_be_written_hinders_no_delivery),
		AT_A_PLACE(what_looks_least_like_twilios_goes_first),
		AT_A_PLACE(a_quarantine_that_is_full_of_bytes_makes_room),
		AT_A_PLACE(counts_survive_eviction_and_ids_are_not_used_again),
		AT_A_PLACE(reasons_are_bounded_whatever_they_are),
		AT_A_PLACE(a_flood_fills_no_disk_and_holds_up_no_delivery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
