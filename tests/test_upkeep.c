/* What follows from earlier deliveries: a base that is learned late, a rebuild,
 * a journal of an older version; and that all of it is what a check finds. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal/check.h"
#include "journal/journal.h"
#include "journal/rebuild.h"
#include "scripts.h"
#include "support.h"

#define COMMON "AccountSid=AC00000000000000000000000000000001&" \
	"ServiceSid=IS00000000000000000000000000000001&Identity=alice"
#define WAIT_MS 2000

/* Forms longer than a macro can hold are made here. */
static const char *form(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

static const char *
form(const char *fmt, ...)
{
	static char text[2048];
	va_list arguments;

	va_start(arguments, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, arguments);
	va_end(arguments);
	return text;
}

static const char *
document(int object, const char *revision)
{
	return form("EventType=document_updated&" COMMON "&DocumentSid="
	    "ET%032d&DocumentUniqueName=doc%d&DocumentRevision=%s"
	    "&DocumentData=%%22%s%%22", object, object, revision, revision);
}

static const char *
map_item(int event_id, const char *key, const char *item_revision,
    const char *map_revision)
{
	return form("EventType=map_item_updated&" COMMON "&MapSid="
	    "MP00000000000000000000000000000001&MapUniqueName=map"
	    "&EventId=%d&ItemKey=%s&ItemData=1&ItemRevision=%s"
	    "&MapRevision=%s", event_id, key, item_revision, map_revision);
}

static void
append_document(struct journal *journal, int object, const char *revision)
{
	(void)append(journal, document(object, revision));
}

/* ------------------------------------------------------------------------
 * Check and upkeep
 */

static char first_difference[512];

static void
differs(void *context, const char *sentence)
{
	(void)context;
	if (first_difference[0] == '\0')
		(void)snprintf(first_difference, sizeof(first_difference),
		    "%s", sentence);
}

/* The number of differences; -1 when something is under way. */
static int
check(const char *path)
{
	const struct check_calls calls = { .differs = differs };
	struct check_report report;
	struct err err = { .text = "" };
	enum rc rc;

	first_difference[0] = '\0';
	rc = check_run(path, &calls, &report, &err);
	if (rc != RC_OK && rc != RC_BUSY)
		fail_msg("%s", err.text);
	return rc == RC_BUSY ? -1 : (int)report.differences;
}

static void
expect_clean(const char *path)
{
	const int n = check(path);

	if (n != 0)
		fail_msg("%d differences: %s", n, first_difference);
}

/* All that is due, as a responder does it. */
static int
do_upkeep(struct journal *journal)
{
	struct err err;
	int n = 0;

	for (; journal_upkeep_due(journal) && n < 10000; n++) {
		if (journal_upkeep(journal, WAIT_MS, &err) != RC_OK)
			fail_msg("%s", err.text);
	}
	assert_false(journal_upkeep_due(journal));
	return n;
}

static void
rebuild(struct journal *journal)
{
	struct rebuild_progress progress = { .state = REBUILD_FILL };
	struct err err;
	int n = 0;

	assert_int_equal(rebuild_want(journal, WAIT_MS, &err), RC_OK);
	while (progress.state != REBUILD_NONE && n++ < 10000)
		assert_int_equal(rebuild_slice(journal, WAIT_MS, &progress,
		    &err), RC_OK);
	assert_int_equal(progress.state, REBUILD_NONE);
	/* Its bases may turn out to be others. */
	(void)do_upkeep(journal);
}

/* ------------------------------------------------------------------------
 * Base
 */

static void
a_letter_turns_a_service_and_its_streams_into_hexadecimal(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	append_document(journal, 1, "8");
	append_document(journal, 1, "9");
	append_document(journal, 2, "9");
	assert_string_equal(append(journal, document(2, "10")), "in_order");
	assert_string_equal(look(place->path, "SELECT kind, severity "
	    "FROM findings"), "base_assumed|notice");
	assert_string_equal(append(journal, document(1, "a")), "in_order");
	/* The other stream is put right without an event of its own. */
	assert_true(journal_upkeep_due(journal));
	assert_true(do_upkeep(journal) >= 1);
	assert_string_equal(look(place->path, "SELECT stream_key, head, "
	    "missing FROM streams ORDER BY 1"),
	    "ET00000000000000000000000000000001|10|0\n"
	    "ET00000000000000000000000000000002|16|6");
	assert_string_equal(look(place->path, "SELECT first_missing, "
	    "last_missing, opened_by FROM gaps WHERE state = 'open'"),
	    "10|15|4");
	assert_string_equal(look(place->path, "SELECT verdict, revision, "
	    "revision_text FROM events WHERE position = 4"),
	    "ahead|16|10");
	assert_string_equal(look(place->path, "SELECT revision_base, "
	    "base_reason FROM services"), "16|letter");
	assert_string_equal(look(place->path, "SELECT position, kind, detail "
	    "FROM actions"), "6|learned_base|service "
	    "IS00000000000000000000000000000001: revisions are hexadecimal: a "
	    "revision has a letter; position 5, document_updated");
	expect_clean(place->path);
	journal_close(journal);
}

static void
a_counter_that_reads_10_at_event_16_does_not(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	char text[16];
	int i;

	/* Each item's own counter: at EventIds 16, 17, 18 it reads 10, 11,
	 * 12, and at the others it does not fit. */
	for (i = 7; i <= 20; i++) {
		(void)snprintf(text, sizeof(text), "%d", i - 6);
		(void)append(journal, map_item(i, "k", text, text));
	}
	assert_string_equal(look(place->path, "SELECT revision_base, "
	    "base_reason FROM services"), "10|assumed");
	/* Three that fit, and none against, would. */
	assert_string_equal(look(place->path, "SELECT w.name, count(*) "
	    "FROM base_evidence_a JOIN word AS w ON w.domain = "
	    "'base_evidence' AND w.code = kind GROUP BY 1 ORDER BY 1"),
	    "hexadecimal|3\nneither|1");
	expect_clean(place->path);
	journal_close(journal);
}

static void
three_event_ids_that_are_repeated_in_one_base_do(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	append_document(journal, 1, "9");
	append_document(journal, 1, "10");
	(void)append(journal, map_item(16, "k", "10", "11"));
	(void)append(journal, map_item(16, "k", "10", "11"));
	(void)append(journal, map_item(17, "k", "11", "12"));
	assert_string_equal(look(place->path, "SELECT revision_base "
	    "FROM services"), "10");
	(void)append(journal, map_item(18, "k", "12", "13"));
	assert_string_equal(look(place->path, "SELECT revision_base, "
	    "base_reason FROM services"), "16|event_ids");
	(void)do_upkeep(journal);
	assert_string_equal(look(place->path, "SELECT first_missing, "
	    "last_missing FROM gaps WHERE state = 'open'"), "10|15");
	/* One that speaks against it takes it back. */
	(void)append(journal, map_item(19, "k", "99", "14"));
	(void)do_upkeep(journal);
	assert_string_equal(look(place->path, "SELECT revision_base, "
	    "base_reason FROM services"), "10|assumed");
	assert_string_equal(look(place->path, "SELECT count(*) FROM gaps "
	    "WHERE state = 'open'"), "0");
	expect_clean(place->path);
	journal_close(journal);
}

static void
set_base(struct journal *journal, enum conf_base base)
{
	static char sid[] = "IS00000000000000000000000000000001";
	struct conf_service service = { sid, CONF_UNKNOWN, base, 60 };
	const struct conf conf = { .services = &service, .n_services = 1 };
	struct err err;

	if (journal_settings(journal, &conf, WAIT_MS, &err) != RC_OK)
		fail_msg("%s", err.text);
}

static void
the_configuration_overrules_what_was_learned(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	append_document(journal, 1, "9");
	append_document(journal, 1, "a");
	append_document(journal, 1, "10");
	assert_string_equal(look(place->path, "SELECT head FROM streams"),
	    "16");
	set_base(journal, CONF_BASE_DECIMAL);
	(void)do_upkeep(journal);
	assert_string_equal(look(place->path, "SELECT revision_base, "
	    "base_reason FROM services"), "10|configured");
	assert_string_equal(look(place->path, "SELECT verdict, seq, problem "
	    "FROM events"), "baseline|9|\n"
	    "unsequenced||DocumentRevision: not a usable number: \"a\"\n"
	    "in_order|10|");
	expect_clean(place->path);
	set_base(journal, CONF_BASE_AUTO);
	(void)do_upkeep(journal);
	assert_string_equal(look(place->path, "SELECT verdict, seq, problem "
	    "FROM events"), "baseline|9|\nin_order|10|\nahead|16|");
	expect_clean(place->path);
	/* What is configured before the first delivery holds from there. */
	set_base(journal, CONF_BASE_HEX);
	append_document(journal, 2, "9");
	assert_string_equal(append(journal, document(2, "10")), "ahead");
	expect_clean(place->path);
	journal_close(journal);
}

/* More events than one transaction may judge again. */
static void
a_stream_that_is_too_long_is_put_right_by_a_rebuild(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	char text[16];
	int i;

	for (i = 0; i < 1100; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		append_document(journal, 1, text);
	}
	assert_string_equal(append(journal, document(2, "a")), "baseline");
	/* It is judged in the base that it has until then. */
	assert_string_equal(append(journal, document(1, "1100")),
	    "in_order");
	assert_string_equal(look(place->path, "SELECT severity FROM findings "
	    "WHERE kind = 'recomputation'"), "notice");
	assert_int_equal(check(place->path), -1);
	(void)do_upkeep(journal);
	assert_string_equal(look(place->path, "SELECT generation "
	    "FROM journal"), "1");
	assert_string_equal(look(place->path, "SELECT head, observed "
	    "FROM streams WHERE unique_name = 'doc1'"), "4352|1101");
	assert_string_equal(look(place->path, "SELECT count(*) FROM event_a"),
	    "0");
	expect_clean(place->path);
	/* What was at hand of the stream before is old, though nobody else has
	 * written. */
	assert_string_equal(append(journal, document(1, "1101")),
	    "in_order");
	expect_clean(place->path);
	journal_close(journal);
}

/* Few events, but long ones: they count for more. */
static void
so_is_one_whose_bodies_are_long(void **state)
{
	static char text[40000];
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	int i, len;

	for (i = 0; i < 100; i++) {
		len = snprintf(text, sizeof(text), "EventType="
		    "document_updated&" COMMON "&DocumentSid=ET%032d"
		    "&DocumentRevision=%d&DocumentData=", 1, i);
		memset(text + len, '7', 30000);
		text[len + 30000] = '\0';
		(void)append(journal, text);
	}
	assert_string_equal(append(journal, document(2, "a")), "baseline");
	assert_string_equal(append(journal, document(1, "100")), "in_order");
	(void)do_upkeep(journal);
	assert_string_equal(look(place->path, "SELECT generation "
	    "FROM journal"), "1");
	assert_string_equal(look(place->path, "SELECT head FROM streams "
	    "WHERE stream_key LIKE '%1'"), "256");
	expect_clean(place->path);
	journal_close(journal);
}

static void
an_explanation_in_the_old_base_is_void(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct gap_closed closed;
	struct err err;
	long long id;

	append_document(journal, 1, "10");
	append_document(journal, 1, "13");
	id = atoll(look(place->path, "SELECT gap_id FROM gaps "
	    "WHERE state = 'open'"));
	assert_int_equal(journal_close_gap(journal, id, GAP_LOST, 12, 12,
	    "alice", "we know", WAIT_MS, &closed, &err), RC_OK);
	assert_int_equal(closed.first, 12);
	assert_int_equal(closed.last, 12);
	assert_string_equal(look(place->path, "SELECT first_missing, "
	    "last_missing, state, actor, reason FROM gaps WHERE state IN "
	    "('open', 'lost') ORDER BY 1"),
	    "11|11|open||\n12|12|lost|alice|we know");
	expect_clean(place->path);
	append_document(journal, 2, "a");
	(void)do_upkeep(journal);
	assert_string_equal(look(place->path, "SELECT first_missing, "
	    "last_missing, state FROM gaps WHERE state <> 'unobserved'"),
	    "17|18|open");
	assert_string_equal(look(place->path, "SELECT severity, position "
	    "FROM findings WHERE kind = 'explanation_void'"), "warning|3");
	expect_clean(place->path);
	/* Back in the base it was made in, it holds again. */
	set_base(journal, CONF_BASE_DECIMAL);
	(void)do_upkeep(journal);
	assert_string_equal(look(place->path, "SELECT first_missing, "
	    "last_missing, state FROM gaps WHERE state <> 'unobserved' "
	    "ORDER BY 1"), "11|11|open\n12|12|lost");
	expect_clean(place->path);
	journal_close(journal);
}

/* ------------------------------------------------------------------------
 * Explanations
 */

static void
a_gap_is_explained_in_parts_and_a_late_arrival_fills_it(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct gap_closed closed;
	struct err err;
	long long id;

	append_document(journal, 1, "1");
	append_document(journal, 1, "9");
	id = atoll(look(place->path, "SELECT gap_id FROM gaps "
	    "WHERE state = 'open'"));
	assert_int_equal(journal_close_gap(journal, id, GAP_EXPLAINED, 4, 5,
	    "bob", "maintenance", WAIT_MS, &closed, &err), RC_OK);
	assert_string_equal(look(place->path, "SELECT first_missing, "
	    "last_missing, state FROM gaps WHERE state <> 'unobserved' "
	    "ORDER BY 1"), "2|3|open\n4|5|explained\n6|8|open");
	assert_string_equal(append(journal, document(1, "5")), "late");
	assert_string_equal(look(place->path, "SELECT first_missing, "
	    "last_missing, state, filled_by FROM gaps "
	    "WHERE state <> 'unobserved' ORDER BY 1"),
	    "2|3|open|\n4|4|explained|\n5|5|filled|4\n6|8|open|");
	expect_clean(place->path);
	rebuild(journal);
	expect_clean(place->path);
	assert_string_equal(look(place->path, "SELECT missing FROM streams"),
	    "6");
	journal_close(journal);
}

static void
what_is_not_missing_cannot_be_explained(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct gap_closed closed;
	struct err err;
	long long id;

	append_document(journal, 1, "5");
	append_document(journal, 1, "9");
	append_document(journal, 1, "8");
	append_document(journal, 1, "7");
	append_document(journal, 1, "6");
	assert_int_equal(journal_close_gap(journal, 999, GAP_LOST, -1, -1,
	    "a", "r", WAIT_MS, &closed, &err), RC_USAGE);
	id = atoll(look(place->path, "SELECT gap_id FROM gaps "
	    "WHERE state = 'unobserved'"));
	assert_int_equal(journal_close_gap(journal, id, GAP_LOST, -1, -1,
	    "a", "r", WAIT_MS, &closed, &err), RC_USAGE);
	id = atoll(look(place->path, "SELECT gap_id FROM gaps "
	    "WHERE state = 'filled'"));
	assert_int_equal(journal_close_gap(journal, id, GAP_LOST, -1, -1,
	    "a", "r", WAIT_MS, &closed, &err), RC_USAGE);
	append_document(journal, 1, "12");
	id = atoll(look(place->path, "SELECT gap_id FROM gaps "
	    "WHERE state = 'open'"));
	assert_int_equal(journal_close_gap(journal, id, GAP_LOST, 9, 10, "a",
	    "r", WAIT_MS, &closed, &err), RC_USAGE);
	assert_int_equal(journal_close_gap(journal, id, GAP_LOST, 10, 12, "a",
	    "r", WAIT_MS, &closed, &err), RC_USAGE);
	assert_string_equal(look(place->path, "SELECT count(*) FROM action"),
	    "0");
	journal_close(journal);
}

/* ------------------------------------------------------------------------
 * Rebuild
 */

/* What a journal is asked. */
static const char everything[] =
    "SELECT group_concat(a, '#') FROM (SELECT quote(position) || quote(verdict)"
    " || quote(revision_verdict) || quote(seq) || quote(problem) AS a "
    "FROM events ORDER BY position) UNION ALL "
    "SELECT group_concat(a, '#') FROM (SELECT quote(gap_id) || quote(state) || "
    "quote(first_missing) || quote(last_missing) || quote(opened_by) || "
    "quote(filled_by) || quote(reason) AS a FROM gaps ORDER BY gap_id) "
    "UNION ALL SELECT group_concat(a, '#') FROM (SELECT quote(stream_key) || "
    "quote(head) || quote(observed) AS a FROM streams ORDER BY stream_key)";

static void
append_some(struct journal *journal)
{
	append_document(journal, 1, "3");
	append_document(journal, 1, "7");
	append_document(journal, 1, "5");
	append_document(journal, 1, "5");
	append_document(journal, 1, "x");
	(void)append(journal, map_item(3, "k", "3", "4"));
	(void)append(journal, map_item(5, "k", "2", "6"));
	(void)append(journal, map_item(4, "j", "4", "9"));
	(void)append(journal, "EventType=unheard_of&" COMMON);
	(void)append(journal, "nothing");
	(void)append(journal, "EventType=endpoint_connected&" COMMON
	    "&EndpointId=e1&EventId=4&IsIdentityOnline=true");
	(void)append(journal, "EventType=endpoint_disconnected&" COMMON
	    "&EndpointId=e1&EventId=3&IsIdentityOnline=false");
}

static void
a_rebuild_gives_the_very_same_rows_again_and_again(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	char before[8192];
	int i;

	append_some(journal);
	(void)snprintf(before, sizeof(before), "%s", look(place->path,
	    everything));
	expect_clean(place->path);
	for (i = 0; i < 3; i++) {
		rebuild(journal);
		assert_string_equal(look(place->path, everything), before);
		expect_clean(place->path);
	}
	assert_string_equal(look(place->path, "SELECT generation "
	    "FROM journal"), "1");
	journal_close(journal);
}

static void
deliveries_go_on_during_a_rebuild_and_another_process_ends_it(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct rebuild_progress progress;
	struct err err;

	append_some(journal);
	assert_int_equal(rebuild_want(journal, WAIT_MS, &err), RC_OK);
	/* As if the first slice had come no further. */
	assert_int_equal(change(place->path, "UPDATE upkeep SET rebuild = 1, "
	    "wanted = 0, position = 0"), SQLITE_OK);
	append_document(journal, 1, "9");
	journal_close(journal);
	journal = open_journal(place);
	append_document(journal, 1, "8");
	assert_int_equal(rebuild_slice(journal, WAIT_MS, &progress, &err),
	    RC_OK);
	assert_true(progress.swapped);
	assert_int_equal(progress.state, REBUILD_EMPTY);
	append_document(journal, 1, "10");
	(void)do_upkeep(journal);
	assert_string_equal(look(place->path, "SELECT count(*) FROM event_a"),
	    "0");
	assert_string_equal(look(place->path, "SELECT head, missing "
	    "FROM streams WHERE unique_name = 'doc1'"), "10|2");
	expect_clean(place->path);
	journal_close(journal);
}

static void
what_a_rebuild_or_a_setting_tells_of_a_base_is_recorded(void **state)
{
	static const char last[] = "SELECT detail FROM actions "
	    "WHERE kind = 'learned_base' ORDER BY position DESC LIMIT 1";
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	append_document(journal, 1, "a");
	/* As if it had been journaled by a program that did not look. */
	assert_int_equal(change(place->path, "UPDATE service_a SET base = 10, "
	    "base_reason = 1"), SQLITE_OK);
	rebuild(journal);
	assert_string_equal(look(place->path, "SELECT count(*) FROM actions "
	    "WHERE kind = 'learned_base'"), "2");
	assert_string_equal(look(place->path, last), "service "
	    "IS00000000000000000000000000000001: revisions are hexadecimal: a "
	    "revision has a letter");
	rebuild(journal);
	assert_string_equal(look(place->path, "SELECT count(*) FROM actions "
	    "WHERE kind = 'learned_base'"), "2");
	set_base(journal, CONF_BASE_DECIMAL);
	assert_string_equal(look(place->path, last), "service "
	    "IS00000000000000000000000000000001: revisions are decimal: the "
	    "configuration says so");
	(void)do_upkeep(journal);
	expect_clean(place->path);
	journal_close(journal);
}

static void
each_changed_row_is_a_difference_that_a_rebuild_mends(void **state)
{
	static const char *const changes[] = {
		"UPDATE event_a SET verdict = 4 WHERE position = 1",
		"UPDATE event_a SET data = 'forged' WHERE position = 2",
		"DELETE FROM event_a WHERE position = 4",
		"UPDATE stream_a SET head = head + 1 WHERE kind = 1",
		"UPDATE stream_a SET removed = 1 WHERE kind = 4",
		"DELETE FROM stream_a WHERE kind = 3",
		"DELETE FROM gap_a WHERE state = 2",
		"UPDATE gap_a SET last = last + 1 WHERE state = 2",
		"INSERT INTO gap_a VALUES (9999, 1, 50, 60, 2, 1, NULL)",
		"UPDATE item_a SET position = 1 WHERE removed = 0",
		"DELETE FROM item_a",
		"UPDATE service_a SET base = 16 WHERE service_sid <> ''",
		"UPDATE service_a SET base_reason = 3",
		"DELETE FROM base_evidence_a",
		("INSERT INTO event_a (position, type, service_id, verdict, "
		    "behind, content) VALUES (999, 0, 1, 0, 0, zeroblob(32))"),
	};
	const struct place *place = *state;
	struct journal *journal;
	size_t i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		journal = open_journal(place);
		append_some(journal);
		expect_clean(place->path);
		assert_int_equal(change(place->path, changes[i]), SQLITE_OK);
		if (check(place->path) <= 0)
			fail_msg("not found: %s", changes[i]);
		rebuild(journal);
		expect_clean(place->path);
		journal_close(journal);
		(void)remove(place->path);
		(void)remove(form("%s-wal", place->path));
		(void)remove(form("%s-shm", place->path));
	}
}

/* ------------------------------------------------------------------------
 * An older journal
 */

/* A journal as version 1 of the program left it, its projections by hand. */
static void
make_version_1(const struct place *place)
{
	static const char rows[] =
	    "INSERT INTO journal (id, uuid, created_us, mode, schema_version, "
	    "program_version) VALUES (1, 'u-1', 1, 'truncate', '1.1', '0.1');"
	    "INSERT INTO evidence VALUES (1, 'https://h/', 'k', "
	    "'application/x-www-form-urlencoded');"
	    "INSERT INTO delivery VALUES (1, 1000000, 1, 's', NULL, "
	    "CAST('%s' AS BLOB), zeroblob(32), NULL, NULL);"
	    "INSERT INTO delivery VALUES (3, 2000000, 1, 's', NULL, "
	    "CAST('%s' AS BLOB), zeroblob(32), NULL, NULL);"
	    "INSERT INTO setting VALUES (2, 1, "
	    "'IS00000000000000000000000000000001', 'revision_base', 'auto');"
	    "INSERT INTO service VALUES (1, "
	    "'AC00000000000000000000000000000001', "
	    "'IS00000000000000000000000000000001');"
	    "INSERT INTO stream VALUES (1, 1, 1, "
	    "'ET00000000000000000000000000000001', NULL, 'doc1', 9, 10, 2, 0, "
	    "NULL, 0, 3, 10, 1000000, 2000000);"
	    "INSERT INTO event (position, type, service_id, stream_id, seq, "
	    "verdict, behind, content) VALUES (1, 2, 1, 1, 9, 1, 0, "
	    "zeroblob(32)), (3, 2, 1, 1, 10, 2, 0, zeroblob(32));"
	    "INSERT INTO gap VALUES (1, 1, 0, 8, 1, 1, NULL);"
	    "PRAGMA user_version = 1; PRAGMA application_id = 1400457838;";
	char first[512], second[512], sql[4096];

	(void)snprintf(first, sizeof(first), "%s", document(1, "9"));
	(void)snprintf(second, sizeof(second), "%s", document(1, "10"));
	(void)snprintf(sql, sizeof(sql), rows, first, second);
	assert_int_equal(change(place->path, migration_text[0]), SQLITE_OK);
	assert_int_equal(change(place->path, sql), SQLITE_OK);
}

static void
a_journal_of_version_1_is_brought_up_and_rebuilt(void **state)
{
	const struct place *place = *state;
	const struct journal_options options = { place->path, CONF_MODE_AUTO,
	    false, true, false };
	struct journal *journal;
	struct err err;

	make_version_1(place);
	if (journal_open(&journal, &options, WAIT_MS, &err) != RC_OK)
		fail_msg("%s", err.text);
	/* At once it is as it was, and goes on. */
	assert_string_equal(look(place->path, "SELECT unique_name, head, "
	    "missing FROM streams"), "doc1|10|0");
	assert_string_equal(append(journal, document(1, "11")), "in_order");
	/* A stream may be judged again before the rebuild. */
	assert_string_equal(append(journal, document(3, "a")), "baseline");
	assert_string_equal(append(journal, document(1, "12")), "in_order");
	/* Then it gets what version 1 did not keep. */
	(void)do_upkeep(journal);
	assert_string_equal(look(place->path, "SELECT head, observed "
	    "FROM streams WHERE unique_name = 'doc1'"), "18|4");
	assert_string_equal(look(place->path, "SELECT verdict, data "
	    "FROM events WHERE unique_name = 'doc1' ORDER BY position"),
	    "baseline|\"9\"\nahead|\"10\"\nin_order|\"11\"\n"
	    "in_order|\"12\"");
	assert_string_equal(look(place->path, "SELECT count(*) FROM events "
	    "WHERE problem IS NOT NULL"), "0");
	expect_clean(place->path);
	journal_close(journal);
}

/* Make the quarantine of a new journal one of version 3. */
static void
undo_version_4(const struct place *place)
{
	assert_int_equal(change(place->path, "DROP VIEW rejects; "
	    "DROP VIEW reject_counts; DROP VIEW findings; "
	    "DROP VIEW journal_info; "
	    "DROP TABLE reject_count; DROP INDEX reject_likeness; "
	    "CREATE TABLE old AS SELECT * FROM reject; DROP TABLE reject; "
	    "CREATE TABLE reject (reject_id INTEGER PRIMARY KEY, "
	    "received_us INTEGER NOT NULL, status INTEGER NOT NULL, "
	    "reason TEXT NOT NULL, account_sid TEXT, remote_addr TEXT, "
	    "url TEXT, signature TEXT, content_type TEXT, body BLOB); "
	    "INSERT INTO reject SELECT reject_id, received_us, status, "
	    "reason, account_sid, remote_addr, url, signature, "
	    "content_type, body FROM old; DROP TABLE old; "
	    "CREATE TABLE old AS SELECT * FROM journal; DROP TABLE journal; "
	    "CREATE TABLE journal (id INTEGER PRIMARY KEY, uuid TEXT, "
	    "created_us INTEGER, mode TEXT, schema_version TEXT, "
	    "program_version TEXT, rejects_total INTEGER, "
	    "reject_bytes INTEGER, generation INTEGER); "
	    "INSERT INTO journal SELECT id, uuid, created_us, mode, '1.3', "
	    "program_version, rejects_total, 0, generation FROM old; "
	    "DROP TABLE old; PRAGMA user_version = 3"), SQLITE_OK);
}

static void
a_journal_of_version_2_gets_what_lookups_need_and_no_rebuild(void **state)
{
	static const char indexes[] = "SELECT group_concat(name) FROM (SELECT "
	    "name FROM sqlite_master WHERE name LIKE 'stream_key%' "
	    "OR name LIKE 'gap_state%' ORDER BY name)";
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	assert_string_equal(append(journal, document(1, "9")), "baseline");
	journal_close(journal);
	undo_version_4(place);
	assert_int_equal(change(place->path, "DROP INDEX stream_key_a; "
	    "DROP INDEX stream_key_b; DROP INDEX gap_state_a; "
	    "DROP INDEX gap_state_b; PRAGMA user_version = 2; "
	    "UPDATE journal SET schema_version = '1.2'"), SQLITE_OK);
	assert_string_equal(look(place->path, indexes), "");
	journal = open_journal(place);
	assert_string_equal(look(place->path, indexes),
	    "gap_state_a,gap_state_b,stream_key_a,stream_key_b");
	assert_string_equal(look(place->path, "SELECT schema_version, "
	    "(SELECT wanted FROM upkeep) FROM journal_info"), "1.4|0");
	assert_string_equal(append(journal, document(1, "10")), "in_order");
	expect_clean(place->path);
	journal_close(journal);
}

static void
a_journal_of_version_3_keeps_its_rejects_and_counts_them(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	assert_string_equal(append(journal, document(1, "9")), "baseline");
	journal_close(journal);
	undo_version_4(place);
	assert_int_equal(change(place->path, "INSERT INTO reject VALUES "
	    "(7, 5, 403, 'signature_wrong', 'AC1', '::1', 'https://h/', 's', "
	    "'t', x'00ff'), (8, 6, 413, 'body_too_large', NULL, NULL, NULL, "
	    "NULL, NULL, NULL); UPDATE journal SET rejects_total = 9"),
	    SQLITE_OK);
	journal = open_journal(place);
	assert_string_equal(look(place->path, "SELECT reject_id, reason, "
	    "hex(body), looks_like_twilio FROM rejects ORDER BY 1"),
	    "7|signature_wrong|00FF|no\n8|body_too_large||no");
	assert_string_equal(look(place->path, "SELECT rejects_total, "
	    "reject_bytes, reject_rows, reject_last, (SELECT group_concat("
	    "bytes) FROM reject) FROM journal"), "9|49|2|8|35,14");
	assert_string_equal(look(place->path, "SELECT reason, requests, "
	    "like_twilio FROM reject_counts ORDER BY 1"),
	    "body_too_large|1|0\nsignature_wrong|1|0");
	assert_string_equal(look(place->path, "SELECT schema_version "
	    "FROM journal_info"), "1.4");
	journal_close(journal);
}

static void
what_must_be_there_is_not_made(void **state)
{
	const struct place *place = *state;
	const struct journal_options options = { place->path, CONF_MODE_AUTO,
	    false, true, false };
	struct journal *journal = NULL;
	char none[16];
	struct err err;

	assert_int_equal(journal_open(&journal, &options, WAIT_MS, &err),
	    RC_SYSTEM);
	assert_null(journal);
	assert_non_null(strstr(err.text, "there is no such file"));
	assert_null(fopen(place->path, "r"));
	write_file(place->path, "", 0);
	assert_int_equal(journal_open(&journal, &options, WAIT_MS, &err),
	    RC_SYSTEM);
	assert_int_equal(read_file(place->path, none, sizeof(none)), 0);
}

#define AT_A_PLACE(test) \
	cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_A_PLACE(
		    a_letter_turns_a_service_and_its_streams_into_hexadecimal),
		AT_A_PLACE(a_counter_that_reads_10_at_event_16_does_not),
		AT_A_PLACE(three_event_ids_that_are_repeated_in_one_base_do),
		AT_A_PLACE(the_configuration_overrules_what_was_learned),
		AT_A_PLACE(a_stream_that_is_too_long_is_put_right_by_a_rebuild),
		AT_A_PLACE(so_is_one_whose_bodies_are_long),
		AT_A_PLACE(an_explanation_in_the_old_base_is_void),
		AT_A_PLACE(
		    a_gap_is_explained_in_parts_and_a_late_arrival_fills_it),
		AT_A_PLACE(what_is_not_missing_cannot_be_explained),
		AT_A_PLACE(a_rebuild_gives_the_very_same_rows_again_and_again),
		AT_A_PLACE(
		deliveries_go_on_during_a_rebuild_and_another_process_ends_it),
		AT_A_PLACE(
		    what_a_rebuild_or_a_setting_tells_of_a_base_is_recorded),
		AT_A_PLACE(each_changed_row_is_a_difference_that_a_rebuild_mends),
		AT_A_PLACE(a_journal_of_version_1_is_brought_up_and_rebuilt),
		AT_A_PLACE(
		    a_journal_of_version_2_gets_what_lookups_need_and_no_rebuild),
		AT_A_PLACE(
		    a_journal_of_version_3_keeps_its_rejects_and_counts_them),
		AT_A_PLACE(what_must_be_there_is_not_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
