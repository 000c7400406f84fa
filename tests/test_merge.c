/* Merging: what other journals have and this one has not, once. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "journal/merge.h"
#include "support.h"

#define COMMON "AccountSid=AC00000000000000000000000000000001&" \
	"ServiceSid=IS00000000000000000000000000000001&Identity=alice"
#define WAIT_MS 2000

static const char *
path_of(const struct place *place, const char *name)
{
	static char path[4][128];
	static unsigned next;

	next = (next + 1) % 4;
	(void)snprintf(path[next], sizeof(path[next]), "%s/%s",
	    place->directory, name);
	return path[next];
}

static struct journal *
open_named(const struct place *place, const char *name)
{
	const struct journal_options options = { path_of(place, name),
	    test_mode(), true, false, false };
	struct journal *journal = NULL;
	struct err err;

	if (journal_open(&journal, &options, WAIT_MS, &err) != RC_OK)
		fail_msg("%s", err.text);
	return journal;
}

/* One delivery with its time of receipt. */
static void
append_at(struct journal *journal, int64_t received_us, const char *form)
{
	struct sample *sample = sample_new(form);
	struct delivery *delivery = sample_delivery(sample);
	struct err err;

	delivery->received_us = received_us;
	if (journal_append(journal, &delivery, 1, WAIT_MS, &err) != RC_OK)
		fail_msg("%s", err.text);
	sample_free(sample);
}

static const char *
document(int object, int revision)
{
	static char text[512];

	(void)snprintf(text, sizeof(text), "EventType=document_updated&" COMMON
	    "&DocumentSid=ET%032d&DocumentRevision=%d&DocumentData=%d",
	    object, revision, revision);
	return text;
}

static const char *
map_item(int event_id, int key)
{
	static char text[512];

	(void)snprintf(text, sizeof(text), "EventType=map_item_%s&" COMMON
	    "&MapSid=MP00000000000000000000000000000001&EventId=%d&ItemKey=%d"
	    "&ItemData=%d&ItemRevision=%d&MapRevision=%d", event_id % 5 == 4 ?
	    "removed" : "updated", event_id, key, event_id, event_id,
	    event_id + 1);
	return text;
}

/* Merge others, by name, NULL at the end; returns how many came. */
static int64_t
merge(struct journal *journal, const struct place *place, enum rc want,
    struct err *err, ...)
{
	const struct merge_calls calls = { .progress = NULL };
	struct merge_report report;
	const char *paths[4], *name;
	va_list names;
	size_t n = 0;
	enum rc rc;

	va_start(names, err);
	while ((name = va_arg(names, const char *)) != NULL)
		paths[n++] = path_of(place, name);
	va_end(names);
	rc = merge_run(journal, paths, n, &calls, &report, err);
	if (rc != want)
		fail_msg("%d, not %d: %s", rc, want, err->text);
	return report.merged;
}

/* What must be the same however deliveries came: open numbers and state. */
static const char final_state[] =
    "SELECT quote(stream_key) || quote(first_missing) || quote(last_missing) "
    "AS a FROM gaps WHERE state = 'open' "
    "UNION ALL SELECT quote(document_sid) || quote(revision) || quote(data) "
    "|| quote(removed) FROM documents "
    "UNION ALL SELECT quote(item_key) || quote(data) || quote(event_id) "
    "FROM map_items "
    "UNION ALL SELECT quote(stream_key) || quote(first_seq) || quote(head) || "
    "quote(observed) FROM streams ORDER BY 1";

static char whole[65536];

static void
expect_whole(const struct place *place, const char *name)
{
	assert_string_equal(look(path_of(place, name), final_state), whole);
}

static unsigned int
seed(void)
{
	const char *given = getenv("SYNCJOURNAL_SEED");
	const unsigned int n = given != NULL ? (unsigned int)atol(given) :
	    (unsigned int)time(NULL) ^ (unsigned int)getpid() << 16;

	print_message("# SYNCJOURNAL_SEED=%u\n", n);
	return n;
}

/* A history, dealt out to three journals and one that has it all. */
static void
deal(struct journal *const journals[4], int n)
{
	const char *form;
	int i, number;

	/* One content a number: of conflicting ones the first is the state. */
	for (i = 0; i < n; i++) {
		number = rand() % 40;
		form = rand() % 2 == 0 ? document(rand() % 3, number % 12) :
		    map_item(number, number % 3);
		append_at(journals[rand() % 3], 1000000 + i * 10, form);
		append_at(journals[3], 1000000 + i * 10, form);
	}
}

static void
any_split_of_a_history_merges_into_the_whole(void **state)
{
	const struct place *place = *state;
	struct journal *journals[4];
	struct err err;
	int64_t came;

	srand(seed());
	journals[0] = open_named(place, "a.db");
	journals[1] = open_named(place, "b.db");
	journals[2] = open_named(place, "c.db");
	journals[3] = open_named(place, "whole.db");
	deal(journals, 120);
	(void)snprintf(whole, sizeof(whole), "%s", look(path_of(place,
	    "whole.db"), final_state));
	journal_close(journals[3]);
	journal_close(journals[1]);
	journal_close(journals[2]);

	came = merge(journals[0], place, RC_OK, &err, "b.db", "c.db", NULL);
	assert_true(came > 0);
	expect_whole(place, "a.db");
	/* Once more is nothing more. */
	assert_int_equal(merge(journals[0], place, RC_OK, &err, "b.db",
	    "c.db", NULL), 0);
	journal_close(journals[0]);

	/* Round in a circle: each comes by two ways. */
	journals[1] = open_named(place, "b.db");
	(void)merge(journals[1], place, RC_OK, &err, "c.db", "a.db", NULL);
	expect_whole(place, "b.db");
	journal_close(journals[1]);
	journals[2] = open_named(place, "c.db");
	(void)merge(journals[2], place, RC_OK, &err, "b.db", "a.db", NULL);
	expect_whole(place, "c.db");
	journal_close(journals[2]);
	journals[0] = open_named(place, "a.db");
	assert_int_equal(merge(journals[0], place, RC_OK, &err, "b.db",
	    "c.db", NULL), 0);
	assert_string_equal(look(path_of(place, "a.db"), "SELECT count(*) = "
	    "count(DISTINCT quote(origin_id) || '/' || origin_position) "
	    "FROM delivery WHERE origin_id IS NOT NULL"), "1");
	journal_close(journals[0]);
}

static void
the_others_come_in_the_order_of_their_receipt(void **state)
{
	const struct place *place = *state;
	struct journal *a = open_named(place, "a.db");
	struct journal *b = open_named(place, "b.db");
	struct journal *c = open_named(place, "c.db");
	struct err err;

	append_at(b, 3000000, document(1, 3));
	append_at(c, 2000000, document(1, 2));
	append_at(b, 4000000, document(1, 4));
	append_at(c, 1000000, document(1, 1));
	append_at(a, 5000000, document(1, 5));
	journal_close(b);
	journal_close(c);
	assert_int_equal(merge(a, place, RC_OK, &err, "b.db", "c.db", NULL),
	    4);
	assert_string_equal(look(path_of(place, "a.db"), "SELECT revision, "
	    "verdict, substr(received_at, 18, 2) FROM events "
	    "ORDER BY position"), "5|baseline|05\n1|late|01\n2|late|02\n"
	    "3|late|03\n4|late|04");
	assert_string_equal(look(path_of(place, "a.db"), "SELECT count(*), "
	    "min(substr(detail, 1, 25)) FROM actions WHERE kind = 'merged'"),
	    "2|2 deliveries from journal");
	journal_close(a);
}

static void
a_journal_is_not_merged_into_itself_nor_given_twice(void **state)
{
	const struct place *place = *state;
	struct journal *a = open_named(place, "a.db");
	struct journal *b = open_named(place, "b.db");
	struct err err;

	append_at(a, 1000000, document(1, 1));
	append_at(b, 1000000, document(1, 2));
	journal_close(b);
	(void)merge(a, place, RC_FOREIGN, &err, "a.db", NULL);
	assert_non_null(strstr(err.text, "is the journal itself"));
	assert_int_equal(symlink("a.db", path_of(place, "link.db")), 0);
	(void)merge(a, place, RC_FOREIGN, &err, "b.db", "link.db", NULL);
	(void)merge(a, place, RC_FOREIGN, &err, "b.db", "b.db", NULL);
	assert_non_null(strstr(err.text, "twice"));
	(void)merge(a, place, RC_SYSTEM, &err, "none.db", NULL);
	write_file(path_of(place, "text.db"), "not a database, but longer than "
	    "a hundred bytes, which is what is looked at before SQLite is let "
	    "near to it.", 105);
	(void)merge(a, place, RC_FOREIGN, &err, "b.db", "text.db", NULL);
	assert_string_equal(look(path_of(place, "a.db"),
	    "SELECT count(*) FROM delivery"), "1");
	/* Its lock on its own file is whole all the while. */
	append_at(a, 2000000, document(1, 3));
	journal_close(a);
}

static void
copy(const struct place *place, const char *from, const char *to)
{
	static char bytes[4 << 20];

	write_file(path_of(place, to), bytes, read_file(path_of(place, from),
	    bytes, sizeof(bytes)));
}

static void
a_copy_changes_nothing_until_it_is_written_to(void **state)
{
	const struct place *place = *state;
	const struct journal_options options = { path_of(place, "a.db"),
	    CONF_MODE_TRUNCATE, false, false, false };
	struct journal *a = NULL, *b;
	struct err err;

	assert_int_equal(journal_open(&a, &options, WAIT_MS, &err), RC_OK);
	append_at(a, 1000000, document(1, 1));
	journal_close(a);
	copy(place, "a.db", "copy.db");
	a = open_named(place, "a.db");
	append_at(a, 2000000, document(1, 2));
	assert_int_equal(merge(a, place, RC_OK, &err, "copy.db", NULL), 0);
	journal_close(a);
	/* Written to, it has another delivery at the same place. */
	b = open_named(place, "copy.db");
	append_at(b, 3000000, document(1, 7));
	journal_close(b);
	a = open_named(place, "a.db");
	(void)merge(a, place, RC_FOREIGN, &err, "copy.db", NULL);
	assert_non_null(strstr(err.text, "position 2"));
	assert_string_equal(look(path_of(place, "a.db"),
	    "SELECT count(*) FROM delivery"), "2");
	journal_close(a);
	/* Neither does a third journal take one of the two and not the other. */
	a = open_named(place, "third.db");
	(void)merge(a, place, RC_FOREIGN, &err, "a.db", "copy.db", NULL);
	assert_non_null(strstr(err.text, "position 2"));
	assert_string_equal(look(path_of(place, "third.db"),
	    "SELECT count(*) FROM delivery"), "0");
	journal_close(a);
}

static void
what_was_merged_keeps_its_bytes_and_evidence(void **state)
{
	const struct place *place = *state;
	struct journal *a = open_named(place, "a.db");
	struct journal *b = open_named(place, "b.db");
	char theirs[2048];
	struct err err;

	append_at(b, 1000000, document(1, 1));
	append_at(b, 2000000, "EventType=unheard_of&a=%00%ff&" COMMON);
	append_at(b, 3000000, "");
	(void)snprintf(theirs, sizeof(theirs), "%s", look(path_of(place,
	    "b.db"), "SELECT received_at, url, key_id, signature, "
	    "content_type, hex(body), body_sha256 FROM deliveries"));
	journal_close(b);
	assert_int_equal(merge(a, place, RC_OK, &err, "b.db", NULL), 3);
	assert_string_equal(look(path_of(place, "a.db"), "SELECT received_at, "
	    "url, key_id, signature, content_type, hex(body), body_sha256 "
	    "FROM deliveries"), theirs);
	journal_close(a);
}

#define AT_A_PLACE(test) \
	cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_A_PLACE(any_split_of_a_history_merges_into_the_whole),
		AT_A_PLACE(the_others_come_in_the_order_of_their_receipt),
		AT_A_PLACE(a_journal_is_not_merged_into_itself_nor_given_twice),
		AT_A_PLACE(a_copy_changes_nothing_until_it_is_written_to),
		AT_A_PLACE(what_was_merged_keeps_its_bytes_and_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
