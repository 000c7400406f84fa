/* How a journal is written, by where it lies and who makes it; and what a process
 * that serves one request leaves to the next. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "journal/arena.h"
#include "journal/file.h"
#include "journal/journal_parts.h"
#include "journal/lock.h"
#include "support.h"

#define WAIT_MS 1000
#define UPDATED(revision) "EventType=document_updated&AccountSid=AC1&" \
    "ServiceSid=IS1&DocumentSid=ET1&DocumentRevision=" revision "&" \
    "DocumentData={}"

static void
a_file_system_is_known_by_its_type(void **state)
{
	static const struct {
		uint64_t type;
		enum file_place place;
	} cases[] = {
		{ 0xef53, FILE_LOCAL },		/* ext4 */
		{ 0x58465342, FILE_LOCAL },	/* XFS */
		{ 0x9123683e, FILE_LOCAL },	/* btrfs */
		{ 0x2fc12fc1, FILE_LOCAL },	/* ZFS */
		{ 0x794c7630, FILE_LAYER },	/* overlayfs */
		{ 0, FILE_LOCAL },
		{ 0x6969, FILE_NETWORK },
		{ 0x6968, FILE_LOCAL },
		{ 0x696a, FILE_LOCAL },
		{ 0xff534d42, FILE_NETWORK },
		/* as a signed f_type of 32 bits is widened */
		{ 0xffffffffff534d42, FILE_NETWORK },
		{ 0xfe534d42, FILE_NETWORK },
		{ 0x65735546, FILE_NETWORK },
		{ 0x01021997, FILE_NETWORK },
		{ 0x01021994, FILE_IN_MEMORY },
		{ 0xffffffff858458f6, FILE_IN_MEMORY },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(file_place_of(cases[i].type),
		    cases[i].place);
}

static void
a_mode_is_chosen_by_the_place_and_by_who_asks(void **state)
{
	static const struct {
		enum conf_mode asked;
		bool resident;
		enum file_place place;
		const char *want;	/* NULL: refused */
	} cases[] = {
		{ CONF_MODE_AUTO, true, FILE_LOCAL, "wal" },
		{ CONF_MODE_AUTO, false, FILE_LOCAL, "truncate" },
		{ CONF_MODE_AUTO, true, FILE_NETWORK, "truncate" },
		{ CONF_MODE_AUTO, false, FILE_NETWORK, "truncate" },
		{ CONF_MODE_AUTO, true, FILE_LAYER, "wal" },
		{ CONF_MODE_AUTO, true, FILE_IN_MEMORY, NULL },
		{ CONF_MODE_AUTO, false, FILE_IN_MEMORY, NULL },
		{ CONF_MODE_WAL, true, FILE_LOCAL, "wal" },
		{ CONF_MODE_WAL, false, FILE_LOCAL, "wal" },
		{ CONF_MODE_WAL, true, FILE_NETWORK, NULL },
		{ CONF_MODE_WAL, true, FILE_IN_MEMORY, "wal" },
		{ CONF_MODE_TRUNCATE, true, FILE_LOCAL, "truncate" },
		{ CONF_MODE_TRUNCATE, true, FILE_NETWORK, "truncate" },
		{ CONF_MODE_TRUNCATE, false, FILE_IN_MEMORY, "truncate" },
	};
	enum db_journal_mode mode;
	struct err err;
	enum rc rc;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct journal_options options = { .path = "j.db",
		    .mode = cases[i].asked, .resident = cases[i].resident };

		rc = journal_choose_mode(&options, cases[i].place, &mode,
		    &err);
		assert_int_equal(rc, cases[i].want == NULL ? RC_SYSTEM :
		    RC_OK);
		if (cases[i].want != NULL)
			assert_string_equal(journal_mode_text(mode),
			    cases[i].want);
		else
			assert_non_null(strstr(err.text, "mode = "));
	}
}

/* ------------------------------------------------------------------------
 * One request, one process
 */

static struct journal *
open_as(const struct place *place, bool resident)
{
	const struct journal_options options = { .path = place->path,
	    .mode = CONF_MODE_WAL, .resident = resident, .brief = !resident };
	struct journal *journal = NULL;
	struct err err;

	if (journal_open(&journal, &options, WAIT_MS, &err) != RC_OK)
		fail_msg("%s", err.text);
	return journal;
}

static void
request(const struct place *place, const char *form)
{
	struct journal *journal = open_as(place, false);

	(void)append(journal, form);
	journal_close(journal);
}

static int64_t
wal_size(const struct place *place)
{
	return file_wal_size(place->path);
}

static void
leave_word(const struct place *place, enum lock_word word)
{
	struct lock *lock = NULL;
	struct err err;

	assert_int_equal(lock_open(&lock, place->path, &err), RC_OK);
	assert_int_equal(lock_leave(lock, word, true, &err), RC_OK);
	lock_close(lock);
}

static bool
is_plain(const struct place *place)
{
	struct lock *lock = NULL;
	struct err err;
	bool plain;

	assert_int_equal(lock_open(&lock, place->path, &err), RC_OK);
	plain = lock_is_plain(lock);
	lock_close(lock);
	return plain;
}

static void
a_request_goes_on_with_the_wal_that_it_finds(void **state)
{
	const struct place *place = *state;
	int64_t size;

	request(place, UPDATED("1"));
	size = wal_size(place);
	assert_true(size > 0);
	assert_true(is_plain(place));
	request(place, UPDATED("2"));
	assert_true(wal_size(place) > size);
	assert_true(is_plain(place));
	assert_string_equal(look(place->path, "SELECT verdict FROM events"),
	    "baseline\nin_order");
}

static void
what_may_not_be_synced_is_brought_to_the_disk_first(void **state)
{
	const struct place *place = *state;
	int word;

	request(place, UPDATED("1"));
	for (word = 0; word < N_LOCK_WORDS; word++) {
		struct journal *journal;

		assert_true(wal_size(place) > 0);
		leave_word(place, (enum lock_word)word);
		assert_false(is_plain(place));
		journal = open_as(place, false);
		assert_int_equal(wal_size(place), 0);
		assert_true(is_plain(place));
		(void)append(journal, UPDATED("2"));
		journal_close(journal);
	}
}

static void
a_reader_in_the_way_leaves_the_word_for_the_next(void **state)
{
	const struct place *place = *state;
	struct db *reader = NULL;
	struct err err;

	request(place, UPDATED("1"));
	assert_int_equal(db_open(&reader, place->path, DB_READ, &err), RC_OK);
	assert_int_equal(db_script(reader, "BEGIN; SELECT 1 FROM delivery;",
	    &err), RC_OK);
	request(place, UPDATED("2"));
	leave_word(place, LOCK_COMMITTING);
	request(place, UPDATED("3"));
	assert_true(wal_size(place) > 0);
	assert_false(is_plain(place));
	db_close(reader);
	request(place, UPDATED("4"));
	assert_true(is_plain(place));
	assert_string_equal(look(place->path, "SELECT count(*) FROM events"),
	    "4");
}

static void
a_wal_of_requests_stays_near_one_mib(void **state)
{
	const struct place *place = *state;
	static char form[70000];
	int64_t size, longest = 0;
	int i, n_shorter = 0;

	for (i = 0; i < 60; i++) {
		const int64_t before = i == 0 ? 0 : wal_size(place);

		(void)snprintf(form, sizeof(form), UPDATED("%d") "%060000d",
		    i, i);
		request(place, form);
		size = wal_size(place);
		n_shorter += size < before;
		longest = size > longest ? size : longest;
	}
	assert_true(n_shorter >= 2);
	assert_true(longest > (1 << 20));
	/* It is looked at before the append: one more of them. */
	assert_true(longest < (1 << 20) + 200000);
}

static void
what_a_responder_committed_is_brought_to_the_disk_first(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_as(place, true);

	assert_true(is_plain(place));
	(void)append(journal, UPDATED("1"));
	assert_false(is_plain(place));
	journal_close(journal);
	assert_true(wal_size(place) > 0);
	journal_close(open_as(place, false));
	assert_int_equal(wal_size(place), 0);
	assert_true(is_plain(place));
}

static void
a_responder_that_starts_takes_every_word_back(void **state)
{
	const struct place *place = *state;

	request(place, UPDATED("1"));
	leave_word(place, LOCK_UNSYNCED);
	journal_close(open_as(place, true));
	assert_int_equal(wal_size(place), 0);
	assert_true(is_plain(place));
}

/* Bytes that this process has written; skips where that is not told. */
static int64_t
written(void)
{
	FILE *const file = fopen("/proc/self/io", "r");
	long long bytes = -1;
	char line[128];

	if (file == NULL)
		skip();
	while (fgets(line, sizeof(line), file) != NULL)
		(void)sscanf(line, "wchar: %lld", &bytes);
	(void)fclose(file);
	if (bytes < 0)
		skip();
	return bytes;
}

static void
what_could_not_be_brought_to_the_disk_at_the_start_is_later(void **state)
{
	const struct place *place = *state;
	static char form[61000];
	struct db *writer = NULL;
	struct journal *journal;
	int64_t size, before;
	struct err err;
	int i, pass;

	request(place, UPDATED("1"));
	leave_word(place, LOCK_UNSYNCED);
	assert_int_equal(db_open(&writer, place->path, DB_WRITE, &err), RC_OK);
	assert_int_equal(db_script(writer, "BEGIN IMMEDIATE;", &err), RC_OK);
	journal = open_as(place, true);
	db_close(writer);
	assert_true(wal_size(place) > 0);

	/* A checkpoint writes less than the WAL has: its frames have headers. */
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < 80; i++) {
			(void)snprintf(form, sizeof(form), UPDATED("%d")
			    "%060000d", 100 * pass + i, i);
			(void)append(journal, form);
		}
		size = wal_size(place);
		before = written();
		assert_int_equal(journal_maintain(journal, false, &err), RC_OK);
		assert_int_equal(written() - before > size, pass == 0);
	}
	journal_close(journal);
}

/* ------------------------------------------------------------------------
 * Its memory
 */

static void
pieces_keep_their_bytes_and_are_used_again(void **state)
{
	static const int sizes[] = { 1, 7, 8, 9, 1007, 1008, 1009, 1016, 1017,
	    4096, 70000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *const piece = arena_get(sizes[i]);
		char *other;

		assert_non_null(piece);
		assert_int_equal((uintptr_t)piece % 8, 0);
		assert_true(arena_size(piece) >= sizes[i]);
		assert_int_equal(arena_size(piece), arena_round(sizes[i]));
		memset(piece, 'x', (size_t)arena_size(piece));
		other = arena_resize(piece, sizes[i] * 3);
		assert_non_null(other);
		assert_int_equal(other[0], 'x');
		assert_int_equal(other[sizes[i] - 1], 'x');
		arena_put(other);
	}
}

static void
what_was_given_back_is_given_out_again(void **state)
{
	void *const first = arena_get(100);
	void *const second = arena_get(100);

	(void)state;
	assert_ptr_not_equal(first, second);
	arena_put(first);
	assert_ptr_equal(arena_get(104), first);
	assert_ptr_not_equal(arena_get(100), second);
}

static void
many_pieces_do_not_overlap(void **state)
{
	enum { N = 20000 };
	static unsigned char *pieces[N];
	int i;

	(void)state;
	for (i = 0; i < N; i++) {
		const int size = 1 + i * 37 % 900;

		pieces[i] = arena_get(size);
		assert_non_null(pieces[i]);
		memset(pieces[i], i & 0xff, (size_t)size);
	}
	for (i = 0; i < N; i++) {
		const int size = 1 + i * 37 % 900;

		assert_int_equal(pieces[i][0], i & 0xff);
		assert_int_equal(pieces[i][size - 1], i & 0xff);
		arena_put(pieces[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_system_is_known_by_its_type),
		cmocka_unit_test(a_mode_is_chosen_by_the_place_and_by_who_asks),
		cmocka_unit_test_setup_teardown(
		    a_request_goes_on_with_the_wal_that_it_finds,
		    place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(
		    what_may_not_be_synced_is_brought_to_the_disk_first,
		    place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(
		    a_reader_in_the_way_leaves_the_word_for_the_next,
		    place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(
		    a_wal_of_requests_stays_near_one_mib,
		    place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(
		    what_a_responder_committed_is_brought_to_the_disk_first,
		    place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(
		    a_responder_that_starts_takes_every_word_back,
		    place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(
		    what_could_not_be_brought_to_the_disk_at_the_start_is_later,
		    place_setup, place_teardown),
		cmocka_unit_test(pieces_keep_their_bytes_and_are_used_again),
		cmocka_unit_test(what_was_given_back_is_given_out_again),
		cmocka_unit_test(many_pieces_do_not_overlap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
