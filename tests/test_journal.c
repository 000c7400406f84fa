/* The journal on real SQLite: what is appended, judged, refused and kept. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "journal/file.h"
#include "journal/journal.h"
#include "support.h"

#define ACCOUNT "AccountSid=AC00000000000000000000000000000001"
#define SERVICE "ServiceSid=IS00000000000000000000000000000001"
#define COMMON ACCOUNT "&" SERVICE "&Identity=alice"
#define DOCUMENT COMMON "&DocumentSid=ET00000000000000000000000000000001" \
	"&DocumentUniqueName=doc"
#define LIST COMMON "&ListSid=ES00000000000000000000000000000001" \
	"&ListUniqueName=list"
#define MAP COMMON "&MapSid=MP00000000000000000000000000000001" \
	"&MapUniqueName=map"

#define UPDATED(n, data) "EventType=document_updated&" DOCUMENT \
	"&DocumentRevision=" n "&DocumentData=" data
#define CREATED(n) "EventType=document_created&" DOCUMENT \
	"&DocumentRevision=" n "&DocumentData={}"
#define REMOVED(n) "EventType=document_removed&" DOCUMENT \
	"&DocumentRevision=" n
#define LIST_SET(n, index) "EventType=list_item_updated&" LIST \
	"&EventId=" n "&ItemIndex=" index "&ItemData=" n \
	"&ItemRevision=" n "&ListRevision=" n
#define LIST_DROP(n, index) "EventType=list_item_removed&" LIST \
	"&EventId=" n "&ItemIndex=" index "&ListRevision=" n
#define MAP_SET(n, key) "EventType=map_item_updated&" MAP \
	"&EventId=" n "&ItemKey=" key "&ItemData=" n \
	"&ItemRevision=" n "&MapRevision=" n
#define ONLINE(n, flag) "EventType=endpoint_connected&" COMMON \
	"&EndpointId=e1&EventId=" n "&IsIdentityOnline=" flag

static const char open_gaps[] = "SELECT stream_kind, first_missing, "
    "last_missing FROM gaps WHERE state = 'open' ORDER BY 1, 2";

static void
a_new_journal_is_private_and_stamped(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_wal_journal(place);
	enum file_state what;
	struct stat status;
	int64_t version;
	struct err err;

	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_string_equal(journal_mode(journal), "wal");
	assert_string_equal(look(place->path, "SELECT journal_mode, "
	    "deliveries, rejects_total, substr(schema_version, 1, 2) "
	    "FROM journal_info"), "wal|0|0|1.");
	assert_string_equal(look(place->path, "SELECT length(uuid) "
	    "FROM journal"), "36");
	journal_close(journal);
	assert_int_equal(file_look(place->path, &what, &version, &err),
	    RC_OK);
	assert_int_equal(what, FILE_JOURNAL);
	assert_true(version >= 1);
	/* Opened again it is the same one. */
	journal = open_wal_journal(place);
	journal_close(journal);
}

static void
a_cgi_process_makes_a_journal_without_a_wal(void **state)
{
	const struct place *place = *state;
	const struct journal_options options = { place->path, CONF_MODE_AUTO,
	    false, false, false };
	struct journal *journal;
	struct err err;

	assert_int_equal(journal_open(&journal, &options, 1000, &err), RC_OK);
	assert_string_equal(journal_mode(journal), "truncate");
	assert_string_equal(append(journal, UPDATED("1", "1")), "baseline");
	journal_close(journal);
	assert_string_equal(look(place->path, "PRAGMA journal_mode"),
	    "delete");
	/* A responder that comes later keeps what was decided. */
	journal = open_journal(place);
	assert_string_equal(journal_mode(journal), "truncate");
	journal_close(journal);
}

static void
a_foreign_file_is_refused_and_not_touched(void **state)
{
	static const char text[] = "this is not a database, and has more "
	    "than the hundred bytes that a header of SQLite takes: so says "
	    "the documentation of the format.";
	const struct place *place = *state;
	const struct journal_options options = { place->path, CONF_MODE_AUTO,
	    true, false, false };
	char before[16384], after[16384];
	struct journal *journal = NULL;
	struct err err;
	size_t len;

	write_file(place->path, text, sizeof(text));
	assert_int_equal(journal_open(&journal, &options, 100, &err),
	    RC_FOREIGN);
	assert_non_null(strstr(err.text, place->path));
	assert_int_equal(read_file(place->path, after, sizeof(after)),
	    sizeof(text));
	assert_memory_equal(after, text, sizeof(text));

	assert_int_equal(unlink(place->path), 0);
	assert_int_equal(change(place->path, "CREATE TABLE theirs (x);"),
	    SQLITE_OK);
	len = read_file(place->path, before, sizeof(before));
	assert_int_equal(journal_open(&journal, &options, 100, &err),
	    RC_FOREIGN);
	assert_int_equal(read_file(place->path, after, sizeof(after)), len);
	assert_memory_equal(after, before, len);
	assert_null(journal);
}

static void
a_newer_journal_is_refused_and_not_touched(void **state)
{
	const struct place *place = *state;
	const struct journal_options options = { place->path, CONF_MODE_AUTO,
	    false, false, false };
	static char before[1 << 20], after[1 << 20];
	struct journal *journal = NULL;
	struct err err;
	size_t len;

	assert_int_equal(journal_open(&journal, &options, 100, &err), RC_OK);
	journal_close(journal);
	journal = NULL;
	assert_int_equal(change(place->path, "PRAGMA user_version = 9999"),
	    SQLITE_OK);
	len = read_file(place->path, before, sizeof(before));
	assert_int_equal(journal_open(&journal, &options, 100, &err),
	    RC_NEWER);
	assert_non_null(strstr(err.text, "9999"));
	assert_int_equal(read_file(place->path, after, sizeof(after)), len);
	assert_memory_equal(after, before, len);
}

static void
a_migration_under_a_running_responder_stops_it(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct sample *sample = sample_new(UPDATED("1", "1"));
	struct delivery *delivery = sample_delivery(sample);
	struct err err;

	assert_int_equal(change(place->path, "PRAGMA user_version = 9999"),
	    SQLITE_OK);
	assert_int_equal(journal_append(journal, &delivery, 1, 100, &err),
	    RC_NEWER);
	assert_int_equal(delivery->rc, RC_NEWER);
	assert_int_equal(journal_ready(journal, 100, &err), RC_NEWER);
	assert_string_equal(look(place->path, "SELECT count(*) "
	    "FROM delivery"), "0");
	sample_free(sample);
	journal_close(journal);
}

static void
a_journal_that_is_replaced_is_not_written_to(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct sample *sample = sample_new(UPDATED("1", "1"));
	struct delivery *delivery = sample_delivery(sample);
	struct err err;

	assert_int_equal(unlink(place->path), 0);
	assert_int_equal(journal_append(journal, &delivery, 1, 100, &err),
	    RC_FOREIGN);
	write_file(place->path, "", 0);
	assert_int_equal(journal_append(journal, &delivery, 1, 100, &err),
	    RC_FOREIGN);
	sample_free(sample);
	journal_close(journal);
}

/* A lock that cannot be opened is what a confined process finds in a directory
 * that it was not started with. */
static void
another_directory_in_its_place_is_another_journal(void **state)
{
	struct place place = *(struct place *)*state;
	struct sample *sample = sample_new(UPDATED("1", "1"));
	struct delivery *delivery = sample_delivery(sample);
	char away[256], lock[256];
	struct journal *journal;
	struct err err;

	(void)snprintf(away, sizeof(away), "%s/away", place.directory);
	(void)strcat(place.directory, "/in");
	(void)snprintf(place.path, sizeof(place.path), "%s/j.db",
	    place.directory);
	(void)snprintf(lock, sizeof(lock), "%s-lock", place.path);
	assert_int_equal(mkdir(place.directory, 0700), 0);
	journal = open_journal(&place);

	/* It may come back. */
	assert_int_equal(rename(place.directory, away), 0);
	assert_int_equal(journal_append(journal, &delivery, 1, 100, &err),
	    RC_SYSTEM);
	assert_int_equal(journal_ready(journal, 100, &err), RC_SYSTEM);

	assert_int_equal(mkdir(place.directory, 0700), 0);
	assert_int_equal(symlink("nowhere", lock), 0);
	assert_int_equal(journal_append(journal, &delivery, 1, 100, &err),
	    RC_FOREIGN);
	assert_non_null(strstr(err.text, "is gone"));
	assert_int_equal(journal_ready(journal, 100, &err), RC_FOREIGN);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(rmdir(place.directory), 0);

	assert_int_equal(rename(away, place.directory), 0);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(symlink("nowhere", lock), 0);
	assert_int_equal(journal_append(journal, &delivery, 1, 100, &err),
	    RC_SYSTEM);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(journal_append(journal, &delivery, 1, 100, &err),
	    RC_OK);
	sample_free(sample);
	journal_close(journal);
}

static void
half_a_journal_never_has_its_name(void **state)
{
	const struct place *place = *state;
	const struct journal_options options = { place->path,
	    CONF_MODE_TRUNCATE, true, false, false };
	struct journal *journal = NULL;
	char path[128];
	struct err err;

	/* An attempt that was cut off, and an empty file that others may
	 * write to. */
	(void)snprintf(path, sizeof(path), "%s-new", place->path);
	write_file(path, "half", 4);
	write_file(place->path, "", 0);
	assert_int_equal(chmod(place->path, 0666), 0);
	assert_int_equal(journal_open(&journal, &options, 1000, &err), RC_OK);
	assert_string_equal(journal_mode(journal), "truncate");
	journal_close(journal);
	assert_int_equal(access(path, F_OK), -1);
	assert_string_equal(look(place->path, "SELECT mode FROM journal"),
	    "truncate");
}

static void
a_log_without_its_journal_is_set_aside_and_kept(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	char wal[128], left[160], kept[16];

	(void)append(journal, UPDATED("1", "1"));
	journal_close(journal);
	(void)snprintf(wal, sizeof(wal), "%s-wal", place->path);
	(void)snprintf(left, sizeof(left), "%s-left", wal);
	assert_int_equal(unlink(place->path), 0);
	write_file(wal, "of another journal", 18);
	journal = open_journal(place);
	assert_int_equal(read_file(left, kept, sizeof(kept)), sizeof(kept));
	assert_memory_equal(kept, "of another journ", sizeof(kept));
	assert_string_equal(look(place->path, "SELECT kind FROM actions"),
	    "set_aside");
	assert_string_equal(append(journal, UPDATED("1", "1")), "baseline");
	journal_close(journal);
}

static void
a_link_that_leads_nowhere_is_refused(void **state)
{
	const struct place *place = *state;
	const struct journal_options options = { place->path, CONF_MODE_AUTO,
	    true, false, false };
	struct journal *journal = NULL;
	char path[128];
	struct err err;

	assert_int_equal(symlink("/nonexistent/journal.db", place->path), 0);
	assert_int_equal(journal_open(&journal, &options, 100, &err),
	    RC_SYSTEM);
	assert_non_null(strstr(err.text, "leads nowhere"));
	(void)snprintf(path, sizeof(path), "%s-lock", place->path);
	assert_int_equal(access(path, F_OK), -1);
}

static void
a_reader_at_the_start_does_not_keep_others_from_writing(void **state)
{
	const struct place *place = *state;
	const struct journal_options options = { place->path, CONF_MODE_AUTO,
	    true, false, false };
	struct journal *journal = open_wal_journal(place), *second = NULL;
	sqlite3 *shell;
	pid_t child;
	struct err err;
	int status, i;

	(void)append(journal, UPDATED("1", "1"));
	assert_int_equal(sqlite3_open(place->path, &shell), SQLITE_OK);
	assert_int_equal(sqlite3_exec(shell, "BEGIN; SELECT * FROM journal",
	    NULL, NULL, NULL), SQLITE_OK);
	(void)append(journal, UPDATED("2", "1"));
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		/* Another process: it waits for the reader all the time. */
		for (i = 0; i < 3; i++)
			if (journal_open(&second, &options, 2000, &err) !=
			    RC_OK)
				_exit(1);
			else
				journal_close(second);
		/* Not by an exit, at which valgrind would look for what the
		 * parent still holds. */
		(void)raise(SIGKILL);
	}
	for (i = 3; i < 40; i++) {
		struct sample *sample = sample_new(UPDATED("9", "1"));
		struct delivery *delivery = sample_delivery(sample);

		/* Shorter than that wait, but long enough for valgrind. */
		assert_int_equal(journal_append(journal, &delivery, 1, 1000,
		    &err), RC_OK);
		sample_free(sample);
		(void)usleep(10000);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	(void)sqlite3_close(shell);
	journal_close(journal);
}

static void
a_missing_directory_is_named_with_the_mend(void **state)
{
	const struct journal_options options = {
	    "/nonexistent/place/journal.db", CONF_MODE_AUTO, true, false, false };
	struct journal *journal = NULL;
	struct err err;

	(void)state;
	assert_int_equal(journal_open(&journal, &options, 100, &err),
	    RC_SYSTEM);
	assert_non_null(strstr(err.text, "/nonexistent/place"));
	assert_non_null(strstr(err.text, "make it"));
}

static void
a_document_ends_in_the_state_of_its_largest_number(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	assert_string_equal(append(journal, UPDATED("25", "25")), "baseline");
	assert_string_equal(append(journal, UPDATED("27", "27")), "ahead");
	assert_string_equal(look(place->path, open_gaps), "document|26|26");
	assert_string_equal(append(journal, UPDATED("26", "26")), "late");
	assert_string_equal(look(place->path, open_gaps), "");
	assert_string_equal(look(place->path, "SELECT unique_name, revision, "
	    "data, updated_by, removed, open_gaps FROM documents"),
	    "doc|27|27|alice|0|0");
	assert_string_equal(look(place->path, "SELECT first_missing, "
	    "last_missing, state, opened_by, filled_by FROM gaps "
	    "WHERE state <> 'unobserved'"), "26|26|filled|2|3");
	assert_string_equal(look(place->path, "SELECT position, seq, head, "
	    "behind, verdict, event_type FROM stale_deliveries"),
	    "3|26|27|1|late|document_updated");
	journal_close(journal);
}

static void
lists_and_maps_end_in_the_state_of_their_largest_numbers(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	assert_string_equal(append(journal, LIST_SET("25", "0")), "baseline");
	assert_string_equal(append(journal, LIST_SET("27", "0")), "ahead");
	assert_string_equal(append(journal, LIST_SET("26", "0")), "late");
	assert_string_equal(append(journal, MAP_SET("25", "k")), "baseline");
	assert_string_equal(append(journal, MAP_SET("27", "k")), "ahead");
	assert_string_equal(append(journal, MAP_SET("26", "k")), "late");
	assert_string_equal(look(place->path, open_gaps), "");
	assert_string_equal(look(place->path, "SELECT item_index, data, "
	    "event_id, position FROM list_items"), "0|27|27|2");
	assert_string_equal(look(place->path, "SELECT item_key, data, "
	    "event_id, position FROM map_items"), "k|27|27|6");
	assert_string_equal(look(place->path, "SELECT unique_name, items, "
	    "removed, open_gaps, position FROM lists"), "list|1|0|0|2");
	assert_string_equal(look(place->path, "SELECT observed, missing, "
	    "first_seq, head FROM streams WHERE stream_kind = 'map'"),
	    "3|0|25|27");
	journal_close(journal);
}

static void
a_late_addition_does_not_bring_back_a_removed_item(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	assert_string_equal(append(journal, LIST_DROP("9", "0")), "baseline");
	assert_string_equal(append(journal, LIST_SET("8", "0")), "late");
	assert_string_equal(look(place->path, "SELECT count(*) "
	    "FROM list_items"), "0");
	assert_string_equal(append(journal, LIST_SET("10", "0")), "in_order");
	assert_string_equal(look(place->path, "SELECT data "
	    "FROM list_items"), "10");
	journal_close(journal);
}

static void
a_conflict_about_another_item_changes_no_item(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	assert_string_equal(append(journal, LIST_SET("2", "0")), "baseline");
	assert_string_equal(append(journal, LIST_SET("2", "1")), "conflict");
	assert_string_equal(append(journal, LIST_DROP("2", "0")), "conflict");
	assert_string_equal(look(place->path, "SELECT item_index, position "
	    "FROM list_items"), "0|1");
	assert_string_equal(look(place->path, "SELECT items FROM lists"),
	    "1");
	assert_string_equal(append(journal, LIST_SET("3", "1")), "in_order");
	assert_string_equal(look(place->path, "SELECT items FROM lists"),
	    "2");
	journal_close(journal);
}

static void
a_removed_document_stays_removed(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	assert_string_equal(append(journal, UPDATED("4", "4")), "baseline");
	assert_string_equal(append(journal, REMOVED("5")), "in_order");
	assert_string_equal(append(journal, UPDATED("5", "5")), "late");
	assert_string_equal(append(journal, UPDATED("6", "6")), "in_order");
	assert_string_equal(look(place->path, "SELECT revision, data, "
	    "removed, position FROM documents"), "5||1|2");
	assert_string_equal(look(place->path, "SELECT revision, event_type, "
	    "verdict FROM document_revisions ORDER BY position"),
	    "4|document_updated|baseline\n5|document_removed|in_order\n"
	    "5|document_updated|late\n6|document_updated|in_order");
	assert_string_equal(look(place->path, "SELECT observed, missing "
	    "FROM streams"), "3|0");
	journal_close(journal);
}

static void
equal_content_is_a_duplicate_and_other_content_a_conflict(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	assert_string_equal(append(journal, UPDATED("4", "4")), "baseline");
	assert_string_equal(append(journal, UPDATED("4", "4")
	    "&DateCreated=2023-11-07T11:57:43.715Z&RetryCount=1"),
	    "duplicate");
	assert_string_equal(append(journal, UPDATED("4", "5")), "conflict");
	assert_string_equal(append(journal, UPDATED("4", "5")), "duplicate");
	assert_string_equal(look(place->path, "SELECT data FROM documents"),
	    "4");
	assert_string_equal(look(place->path, "SELECT data, verdict "
	    "FROM document_revisions ORDER BY position"),
	    "4|baseline\n5|conflict");
	journal_close(journal);
}

static void
a_gap_is_bounded_by_the_times_around_it(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	/* 5 says no time of its own: its receipt is no lower bound. */
	(void)append(journal, UPDATED("4", "4")
	    "&DateCreated=2023-11-07T11:00:00Z");
	(void)append(journal, UPDATED("5", "5"));
	(void)append(journal, UPDATED("7", "7")
	    "&DateCreated=2023-11-07T12:00:00Z");
	assert_string_equal(look(place->path, "SELECT first_missing, after_at, "
	    "before_at FROM gaps WHERE state = 'open'"),
	    "6|2023-11-07 11:00:00.000|2023-11-07 12:00:00.000");
	(void)append(journal, UPDATED("9", "9"));
	assert_string_equal(look(place->path, "SELECT after_at, before_at = "
	    "(SELECT received_at FROM events WHERE seq = 9) FROM gaps "
	    "WHERE first_missing = 8"), "2023-11-07 12:00:00.000|1");
	journal_close(journal);
}

static void
an_identity_follows_its_largest_number(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	assert_string_equal(append(journal, ONLINE("7", "true")), "baseline");
	assert_string_equal(append(journal, ONLINE("12", "true")),
	    "in_order");
	assert_string_equal(append(journal, ONLINE("9", "false")), "late");
	assert_string_equal(look(place->path, "SELECT count(*) FROM gap_a"),
	    "0");
	assert_string_equal(look(place->path, "SELECT stream_kind, "
	    "stream_key, head, observed FROM streams"),
	    "identity|alice|12|3");
	assert_string_equal(look(place->path, "SELECT state_position "
	    "FROM stream_a"), "2");
	journal_close(journal);
}

static void
what_cannot_be_judged_is_journaled_with_what_is_wrong(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	assert_string_equal(append(journal, UPDATED("xyz", "1")),
	    "unsequenced");
	assert_string_equal(append(journal, "EventType=brand_new&" COMMON
	    "&Flavour=sweet"), "none");
	assert_string_equal(append(journal, "nothing=at%20all"), "none");
	assert_string_equal(append(journal, "EventType=document_updated&"
	    COMMON), "none");
	assert_string_equal(look(place->path, "SELECT count(*) FROM events "
	    "WHERE problem IS NOT NULL"), "4");
	assert_string_equal(look(place->path, "SELECT event_type, "
	    "extra FROM events WHERE position = 2"),
	    "brand_new|{\"Flavour\":\"sweet\"}");
	assert_string_equal(look(place->path, "SELECT revision_text, seq "
	    "FROM events WHERE position = 1"), "xyz|");
	assert_string_equal(look(place->path, "SELECT removed, position "
	    "FROM documents"), "0|");
	journal_close(journal);
}

static void
keys_that_are_no_text_are_kept_apart(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	/* A byte that is not UTF-8, and the text that it is shown as. */
	assert_string_equal(append(journal, MAP_SET("1", "%FF")),
	    "baseline");
	assert_string_equal(append(journal, MAP_SET("2", "%5CxFF")),
	    "in_order");
	assert_string_equal(append(journal, MAP_SET("3", "a%00b")),
	    "in_order");
	assert_string_equal(look(place->path, "SELECT item_key, event_id "
	    "FROM map_items ORDER BY event_id"),
	    "\\xFF|1\n\\xFF|2\na\\x00b|3");
	assert_string_equal(look(place->path, "SELECT typeof(item) FROM item_a "
	    "ORDER BY seq"), "blob\ntext\nblob");
	assert_string_equal(look(place->path, "SELECT count(*) FROM events "
	    "WHERE problem IS NOT NULL"), "2");
	journal_close(journal);
}

static void
the_body_is_kept_to_the_byte(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct sample *sample = sample_new(UPDATED("1", "1"));
	struct delivery *delivery = sample_delivery(sample);
	static const char body[] = "a=\0\xff&b";
	struct err err;

	delivery->body = (struct slice){ body, sizeof(body) - 1 };
	delivery->signature = (struct slice){ "\xff", 1 };
	assert_int_equal(journal_append(journal, &delivery, 1, 100, &err),
	    RC_OK);
	assert_string_equal(look(place->path, "SELECT hex(body), signature, "
	    "idempotency_token IS NULL, url, key_id FROM deliveries"),
	    "613D00FF2662|\\xFF|1|https://example.com/sync|"
	    "0123456789abcdef");
	assert_string_equal(look(place->path, "SELECT length(body_sha256) "
	    "FROM deliveries"), "64");
	sample_free(sample);
	journal_close(journal);
}

static void
one_bad_row_does_not_fail_its_batch(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct sample *samples[4];
	struct delivery *batch[4];
	struct err err;
	size_t i;

	samples[0] = sample_new(UPDATED("1", "1"));
	samples[1] = sample_new(UPDATED("2", "2"));
	samples[2] = sample_new(UPDATED("3", "3"));
	samples[3] = sample_new(UPDATED("4", "4"));
	for (i = 0; i < 4; i++)
		batch[i] = sample_delivery(samples[i]);
	/* Breaks a CHECK of the delivery's own row, and one of the event's. */
	batch[1]->received_us = -1;
	sample_event(samples[2])->is_online = 7;
	assert_int_equal(journal_append(journal, batch, 4, 100, &err), RC_OK);
	assert_non_null(strstr(err.text, "delivery_put"));
	assert_int_equal(batch[0]->rc, RC_OK);
	assert_int_equal(batch[1]->rc, RC_STORE);
	assert_int_equal(batch[2]->rc, RC_OK);
	assert_int_equal(batch[3]->rc, RC_OK);
	assert_int_equal(batch[3]->position, 3);
	assert_string_equal(look(place->path, "SELECT position, verdict, "
	    "substr(problem, 1, 10) FROM events"),
	    "1|baseline|\n2||not judged\n3|ahead|");
	/* What was kept with a problem is no failure. */
	assert_int_equal(journal_append(journal, &batch[2], 1, 100, &err),
	    RC_OK);
	assert_string_equal(err.text, "");
	for (i = 0; i < 4; i++)
		sample_free(samples[i]);
	journal_close(journal);
}

static void
a_held_lock_is_busy_in_time_and_nothing_is_written(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct sample *sample = sample_new(UPDATED("1", "1"));
	struct delivery *delivery = sample_delivery(sample);
	int64_t before_us;
	char path[128];
	struct err err;
	int fd;

	(void)snprintf(path, sizeof(path), "%s-lock", place->path);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	before_us = clock_mono_us();
	assert_int_equal(journal_append(journal, &delivery, 1, 60, &err),
	    RC_BUSY);
	assert_true(clock_mono_us() - before_us >= 55000);
	assert_int_equal(delivery->rc, RC_BUSY);
	assert_int_equal(journal_ready(journal, 0, &err), RC_BUSY);
	assert_int_equal(close(fd), 0);
	assert_int_equal(journal_ready(journal, 0, &err), RC_OK);
	assert_int_equal(journal_append(journal, &delivery, 1, 0, &err),
	    RC_OK);
	assert_int_equal(delivery->position, 1);
	sample_free(sample);
	journal_close(journal);
}

static void
a_lock_file_that_root_makes_is_the_owners(void **state)
{
	const struct place *place = *state;
	struct journal *journal;
	char path[128];
	struct stat status;

	if (geteuid() != 0)
		skip();
	(void)snprintf(path, sizeof(path), "%s-lock", place->path);
	journal = open_wal_journal(place);
	journal_close(journal);
	assert_int_equal(chown(place->path, 65534, 65534), 0);
	assert_int_equal(unlink(path), 0);
	journal = open_wal_journal(place);
	assert_string_equal(append(journal, UPDATED("1", "1")), "baseline");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_uid, 65534);
	assert_int_equal(status.st_mode & 0777, 0600);
	(void)snprintf(path, sizeof(path), "%s-wal", place->path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_uid, 65534);
	journal_close(journal);
}

static void
a_removed_lock_file_is_made_again(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	char path[128];

	(void)snprintf(path, sizeof(path), "%s-lock", place->path);
	assert_int_equal(unlink(path), 0);
	assert_string_equal(append(journal, UPDATED("1", "1")), "baseline");
	assert_int_equal(access(path, F_OK), 0);
	journal_close(journal);
}

static void
a_shell_that_writes_makes_us_wait_and_no_more(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct sample *sample = sample_new(UPDATED("1", "1"));
	struct delivery *delivery = sample_delivery(sample);
	sqlite3 *shell;
	struct err err;

	assert_int_equal(sqlite3_open(place->path, &shell), SQLITE_OK);
	assert_int_equal(sqlite3_exec(shell, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	assert_int_equal(journal_append(journal, &delivery, 1, 50, &err),
	    RC_BUSY);
	assert_int_equal(sqlite3_exec(shell, "ROLLBACK", NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(journal_append(journal, &delivery, 1, 50, &err),
	    RC_OK);
	(void)sqlite3_close(shell);
	sample_free(sample);
	journal_close(journal);
}

static void
the_record_is_append_only(void **state)
{
	static const char *const attempts[] = {
		"UPDATE delivery SET received_us = 1",
		"DELETE FROM delivery",
		"INSERT OR REPLACE INTO delivery SELECT * FROM delivery",
		"UPDATE action SET detail = 'x'",
		"DELETE FROM action",
		"INSERT OR REPLACE INTO action SELECT * FROM action",
		"UPDATE setting SET value = 'x'",
		"DELETE FROM setting",
		"INSERT OR REPLACE INTO setting SELECT * FROM setting",
		"UPDATE evidence SET url = 'x'",
		"DELETE FROM evidence",
		/* One sequence for all three. */
		"INSERT INTO action VALUES (1, 1, 'x', 'x', NULL)",
		"INSERT INTO setting VALUES (2, 1, 'x', 'x', 'x')",
		("INSERT INTO delivery SELECT 2, received_us, evidence_id, "
		    "signature, NULL, body, body_sha256, NULL, NULL "
		    "FROM delivery"),
		"INSERT INTO action VALUES (0, 1, 'x', 'x', NULL)",
		"INSERT OR REPLACE INTO evidence SELECT * FROM evidence",
		("INSERT OR REPLACE INTO evidence SELECT evidence_id + 1, url, "
		    "key_id, content_type FROM evidence"),
	};
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	char sid[] = "IS00000000000000000000000000000001";
	struct conf_service service = { sid, CONF_NO, CONF_BASE_AUTO, 60 };
	struct conf conf;
	struct err err;
	size_t i;

	memset(&conf, 0, sizeof(conf));
	conf.services = &service;
	conf.n_services = 1;
	(void)append(journal, UPDATED("1", "1"));
	assert_int_equal(journal_act(journal, "start", NULL, "x", 100, &err),
	    RC_OK);
	assert_int_equal(journal_settings(journal, &conf, 100, &err), RC_OK);
	for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		assert_int_equal(change(place->path, attempts[i]) & 0xff,
		    SQLITE_CONSTRAINT);
	/* Maintenance opens the gate in its own transaction. */
	assert_int_equal(change(place->path, "BEGIN; UPDATE gate SET open = "
	    "1; DELETE FROM action; UPDATE gate SET open = 0; ROLLBACK"),
	    SQLITE_OK);
	journal_close(journal);
}

static void
deliveries_settings_and_actions_share_one_sequence(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	char sid[] = "IS00000000000000000000000000000001";
	struct conf_service service = { sid, CONF_NO, CONF_BASE_AUTO, 60 };
	struct conf conf;
	struct err err;

	memset(&conf, 0, sizeof(conf));
	conf.services = &service;
	conf.n_services = 1;
	assert_int_equal(journal_act(journal, "start", NULL, NULL, 100,
	    &err), RC_OK);
	(void)append(journal, LIST_SET("1", "0"));
	assert_int_equal(journal_settings(journal, &conf, 100, &err), RC_OK);
	/* What did not change is not written again. */
	assert_int_equal(journal_settings(journal, &conf, 100, &err), RC_OK);
	(void)append(journal, LIST_SET("3", "0"));
	assert_string_equal(look(place->path, "SELECT position, name, value "
	    "FROM setting"), "3|webhooks_from_rest|no\n4|revision_base|auto\n"
	    "5|rebalance_window_s|60");
	assert_string_equal(look(place->path, "SELECT position FROM action "
	    "UNION SELECT position FROM delivery ORDER BY 1"), "1\n2\n6");
	assert_string_equal(look(place->path, "SELECT first_missing, "
	    "likely_silent, opened_by FROM gaps WHERE state = 'open'"),
	    "2|1|6");
	assert_string_equal(look(place->path, "SELECT kind, actor "
	    "FROM actions"), "start|syncjournal 0.1.0");
	/* A section that is gone means the defaults again. */
	conf.n_services = 0;
	assert_int_equal(journal_settings(journal, &conf, 100, &err), RC_OK);
	assert_string_equal(look(place->path, "SELECT position, name, value "
	    "FROM setting WHERE position > 6"),
	    "7|webhooks_from_rest|unknown");
	assert_string_equal(look(place->path, "SELECT likely_silent FROM gaps "
	    "WHERE state = 'open'"), "0");
	journal_close(journal);
}

static void
the_wal_is_begun_anew_when_it_is_long(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_wal_journal(place);
	struct stat status;
	char path[128];
	struct err err;
	char revision[32], form[512];
	off_t longest;
	int i;

	(void)snprintf(path, sizeof(path), "%s-wal", place->path);
	for (i = 0; i < 400; i++) {
		(void)snprintf(revision, sizeof(revision), "%d", i);
		(void)snprintf(form, sizeof(form), "EventType="
		    "document_updated&" DOCUMENT "&DocumentRevision=%s"
		    "&DocumentData=1", revision);
		(void)append(journal, form);
		assert_int_equal(journal_maintain(journal, false, &err),
		    RC_OK);
	}
	assert_int_equal(stat(path, &status), 0);
	longest = status.st_size;
	assert_true(longest < (off_t)2 * JOURNAL_WAL_PAGES * 4200);
	for (i = 0; i < 400; i++) {
		(void)append(journal, UPDATED("5", "1"));
		assert_int_equal(journal_maintain(journal, false, &err),
		    RC_OK);
	}
	assert_int_equal(stat(path, &status), 0);
	assert_true(status.st_size < (off_t)2 * JOURNAL_WAL_PAGES * 4200);
	journal_close(journal);
}

static void
a_reader_in_the_way_is_not_tried_again_at_once(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_wal_journal(place);
	int64_t until_us;
	sqlite3 *shell;
	struct err err;
	enum rc rc;

	(void)append(journal, UPDATED("1", "1"));
	assert_int_equal(sqlite3_open(place->path, &shell), SQLITE_OK);
	assert_int_equal(sqlite3_exec(shell, "BEGIN; SELECT * FROM journal",
	    NULL, NULL, NULL), SQLITE_OK);
	do {
		(void)append(journal, UPDATED("2", "1"));
		rc = journal_maintain(journal, false, &err);
	} while (rc == RC_OK);
	assert_int_equal(rc, RC_BUSY);
	assert_int_equal(journal_maintain(journal, false, &err), RC_OK);
	until_us = clock_mono_us() + 5000000;
	do {
		rc = journal_maintain(journal, false, &err);
	} while (rc == RC_OK && clock_mono_us() < until_us);
	assert_int_equal(rc, RC_BUSY);
	(void)sqlite3_close(shell);
	journal_close(journal);
}

static void
a_json_objects_members_are_parameters(void **state)
{
	static const struct {
		const char *body;
		enum rc rc;
		const char *want;	/* of a */
		size_t n;
	} cases[] = {
		{ "{\"a\":\"x y\",\"b\":null}", RC_OK, "x y", 1 },
		{ "{\"a\":12,\"b\":true}", RC_OK, "12", 2 },
		{ "{\"a\":{\"k\":[1,2]}}", RC_OK, "{\"k\":[1,2]}", 1 },
		{ "{}", RC_OK, NULL, 0 },
		{ "[1]", RC_SYNTAX, NULL, 0 },
		{ "{\"a\":", RC_SYNTAX, NULL, 0 },
		{ "", RC_SYNTAX, NULL, 0 },
		{ "{\"a\":\"\xff\"}", RC_SYNTAX, NULL, 0 },
	};
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct params params;
	struct slice value;
	struct err err;
	size_t i;

	params_init(&params);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(journal_json(journal,
		    slice_of(cases[i].body), &params, &err), cases[i].rc);
		assert_int_equal(params.n, cases[i].n);
		value = params_find(&params, "a");
		if (cases[i].want == NULL)
			assert_null(value.p);
		else
			assert_true(slice_is(value, cases[i].want));
	}
	params_clear(&params);
	journal_close(journal);
}

static void
json_is_read_while_another_process_commits(void **state)
{
	const struct place *place = *state;
	const struct journal_options options = { place->path,
	    CONF_MODE_TRUNCATE, true, false, false };
	struct journal *journal;
	struct params params;
	sqlite3 *shell;
	struct err err;

	assert_int_equal(journal_open(&journal, &options, 100, &err), RC_OK);
	assert_int_equal(sqlite3_open(place->path, &shell), SQLITE_OK);
	assert_int_equal(sqlite3_exec(shell, "BEGIN EXCLUSIVE", NULL, NULL,
	    NULL), SQLITE_OK);
	params_init(&params);
	assert_int_equal(journal_json(journal, slice_of("{\"a\":\"b\"}"),
	    &params, &err), RC_OK);
	assert_int_equal(params.n, 1);
	params_clear(&params);
	(void)sqlite3_close(shell);
	journal_close(journal);
}

static void
references_hold(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	(void)append(journal, CREATED("0"));
	(void)append(journal, UPDATED("3", "1"));
	(void)append(journal, UPDATED("2", "1"));
	(void)append(journal, LIST_SET("3", "0"));
	(void)append(journal, "EventType=list_created&" LIST
	    "&ListRevision=0");
	assert_string_equal(look(place->path, "PRAGMA foreign_key_check"),
	    "");
	assert_string_equal(look(place->path, "PRAGMA integrity_check"),
	    "ok");
	assert_string_equal(look(place->path, open_gaps),
	    "document|1|1\nlist|1|2");
	journal_close(journal);
}

/* ------------------------------------------------------------------------
 * Two programs: SQLite must not be used on both sides of a fork, so the other
 * one is this program begun anew.
 */

static const char *own_path;	/* /proc/self/exe would be valgrind's */

static int
append_for_another(const char *path, const char *form)
{
	struct place place;
	struct journal *journal;

	(void)snprintf(place.path, sizeof(place.path), "%s", path);
	journal = open_journal(&place);
	(void)append(journal, form);
	journal_close(journal);
	return 0;
}

static void
let_another_append(const struct place *place, const char *form)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		(void)execl(own_path, own_path, place->path, form,
		    (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void
what_another_program_appends_is_known_at_the_next_append(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	assert_string_equal(append(journal, UPDATED("5", "a")), "baseline");
	assert_string_equal(append(journal, UPDATED("6", "b")), "in_order");
	let_another_append(place, UPDATED("7", "c"));
	assert_string_equal(append(journal, UPDATED("7", "c")), "duplicate");
	assert_string_equal(append(journal, UPDATED("8", "d")), "in_order");
	let_another_append(place, UPDATED("12", "e"));
	assert_string_equal(append(journal, UPDATED("10", "f")), "late");
	assert_string_equal(append(journal, LIST_SET("3", "0")), "baseline");
	let_another_append(place, LIST_SET("4", "0"));
	assert_string_equal(append(journal, LIST_SET("5", "0")), "in_order");
	assert_string_equal(look(place->path, "SELECT head, observed, missing "
	    "FROM streams ORDER BY stream_kind"), "12|6|2\n5|3|0");
	assert_string_equal(look(place->path, open_gaps),
	    "document|9|9\ndocument|11|11");
	journal_close(journal);
}

#define AT_A_PLACE(test) \
	cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		AT_A_PLACE(
		    what_another_program_appends_is_known_at_the_next_append),
		AT_A_PLACE(a_new_journal_is_private_and_stamped),
		AT_A_PLACE(a_cgi_process_makes_a_journal_without_a_wal),
		AT_A_PLACE(a_foreign_file_is_refused_and_not_touched),
		AT_A_PLACE(a_newer_journal_is_refused_and_not_touched),
		AT_A_PLACE(a_migration_under_a_running_responder_stops_it),
		AT_A_PLACE(a_journal_that_is_replaced_is_not_written_to),
		AT_A_PLACE(another_directory_in_its_place_is_another_journal),
		AT_A_PLACE(half_a_journal_never_has_its_name),
		AT_A_PLACE(a_log_without_its_journal_is_set_aside_and_kept),
		AT_A_PLACE(a_link_that_leads_nowhere_is_refused),
		AT_A_PLACE(
		    a_reader_at_the_start_does_not_keep_others_from_writing),
		AT_A_PLACE(a_missing_directory_is_named_with_the_mend),
		AT_A_PLACE(a_document_ends_in_the_state_of_its_largest_number),
		AT_A_PLACE(
		    lists_and_maps_end_in_the_state_of_their_largest_numbers),
		AT_A_PLACE(a_late_addition_does_not_bring_back_a_removed_item),
		AT_A_PLACE(a_conflict_about_another_item_changes_no_item),
		AT_A_PLACE(a_removed_document_stays_removed),
		AT_A_PLACE(
		    equal_content_is_a_duplicate_and_other_content_a_conflict),
		AT_A_PLACE(a_gap_is_bounded_by_the_times_around_it),
		AT_A_PLACE(an_identity_follows_its_largest_number),
		AT_A_PLACE(
		    what_cannot_be_judged_is_journaled_with_what_is_wrong),
		AT_A_PLACE(keys_that_are_no_text_are_kept_apart),
		AT_A_PLACE(the_body_is_kept_to_the_byte),
		AT_A_PLACE(one_bad_row_does_not_fail_its_batch),
		AT_A_PLACE(a_held_lock_is_busy_in_time_and_nothing_is_written),
		AT_A_PLACE(a_lock_file_that_root_makes_is_the_owners),
		AT_A_PLACE(a_removed_lock_file_is_made_again),
		AT_A_PLACE(a_shell_that_writes_makes_us_wait_and_no_more),
		AT_A_PLACE(the_record_is_append_only),
		AT_A_PLACE(deliveries_settings_and_actions_share_one_sequence),
		AT_A_PLACE(the_wal_is_begun_anew_when_it_is_long),
		AT_A_PLACE(a_reader_in_the_way_is_not_tried_again_at_once),
		AT_A_PLACE(a_json_objects_members_are_parameters),
		AT_A_PLACE(json_is_read_while_another_process_commits),
		AT_A_PLACE(references_hold),
	};

	own_path = argv[0];
	if (argc == 3)
		return append_for_another(argv[1], argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
