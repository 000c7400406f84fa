/* Room that is kept for a full disk: what its file says, and that nothing is
 * appended while it is given back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/db.h"
#include "journal/file.h"
#include "journal/journal.h"
#include "journal/reserve.h"
#include "support.h"

#define WAIT_MS 1000
#define UPDATED(revision) "EventType=document_updated&AccountSid=AC1&" \
    "ServiceSid=IS1&DocumentSid=ET1&DocumentRevision=" revision "&" \
    "DocumentData={}"

static const char *
path_of(const struct place *place)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s-reserve", place->path);
	return path;
}

static void
need_room(const struct place *place)
{
	if (file_room(place->path) < 5 * RESERVE_SIZE)
		skip();
}

/* A limit on the size of files, until it is lifted: no more than bytes. */
static void
limit_files(int64_t bytes)
{
	struct rlimit limit;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < 0 ? limit.rlim_max : (rlim_t)bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
its_file_says_what_it_is(void **state)
{
	const struct place *place = *state;
	const char *path = path_of(place);
	struct stat status;
	struct err err;

	need_room(place);
	assert_int_equal(reserve_check(path, &err), RC_OK);
	assert_false(reserve_is_given_back(path));
	assert_false(reserve_give_back(path));
	assert_int_equal(access(path, F_OK), -1);

	reserve_make(path, place->path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, RESERVE_SIZE);
	assert_int_equal(status.st_mode & 07777, 0600);
	/* Its room is taken, not promised. */
	assert_true((int64_t)status.st_blocks * 512 >= RESERVE_SIZE);
	assert_int_equal(reserve_check(path, &err), RC_OK);

	assert_true(reserve_give_back(path));
	assert_true(reserve_is_given_back(path));
	assert_false(reserve_give_back(path));
	/* Made is only what is not there. */
	reserve_make(path, place->path);
	assert_true(reserve_is_given_back(path));

	assert_int_equal(reserve_check(path, &err), RC_OK);
	assert_false(reserve_is_given_back(path));
	assert_int_equal(file_size(path), RESERVE_SIZE);
}

static void
what_cannot_be_filled_whole_is_not_filled(void **state)
{
	const struct place *place = *state;
	const char *path = path_of(place);
	struct err err;

	need_room(place);
	limit_files(RESERVE_SIZE - 1);
	reserve_make(path, place->path);
	assert_int_equal(access(path, F_OK), -1);
	write_file(path, "", 0);
	assert_int_equal(reserve_check(path, &err), RC_FULL);
	assert_non_null(strstr(err.text, "make room"));
	assert_int_equal(file_size(path), 0);
	limit_files(-1);
	assert_int_equal(reserve_check(path, &err), RC_OK);
}

/* A limit on files stands for a quota, which statvfs() does not show either. */
static void
filled_again_it_leaves_some_room(void **state)
{
	const struct place *place = *state;
	const char *path = path_of(place);
	struct err err;

	need_room(place);
	write_file(path, "", 0);
	limit_files(RESERVE_SIZE + 4096);
	assert_int_equal(reserve_check(path, &err), RC_FULL);
	limit_files(-1);
	assert_int_equal(file_size(path), 0);
	assert_non_null(strstr(err.text, "quota"));
	/* It is not the disk that is full. */
	assert_null(strstr(err.text, "KiB free"));
	assert_int_equal(reserve_check(path, &err), RC_OK);
	assert_int_equal(file_size(path), RESERVE_SIZE);
}

static void
a_sparse_copy_is_no_room(void **state)
{
	const struct place *place = *state;
	const char *path = path_of(place);
	struct stat status;
	struct err err;

	need_room(place);
	write_file(path, "", 0);
	assert_int_equal(truncate(path, RESERVE_SIZE), 0);
	assert_int_equal(stat(path, &status), 0);
	if (status.st_blocks > 0)
		skip();
	assert_true(reserve_is_given_back(path));
	assert_int_equal(reserve_check(path, &err), RC_OK);
	assert_false(reserve_is_given_back(path));
	assert_int_equal(stat(path, &status), 0);
	assert_true((int64_t)status.st_blocks * 512 >= RESERVE_SIZE);
}

static void
one_that_root_makes_is_the_owners(void **state)
{
	const struct place *place = *state;
	const char *path = path_of(place);
	struct stat status;

	need_room(place);
	if (geteuid() != 0)
		skip();
	write_file(place->path, "", 0);
	assert_int_equal(chown(place->path, 12345, 54321), 0);
	reserve_make(path, place->path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_uid, 12345);
	assert_int_equal(status.st_gid, 54321);
}

static void
nothing_is_appended_while_it_is_given_back(void **state)
{
	const struct place *place = *state;
	const char *path = path_of(place);
	struct sample *sample = sample_new(UPDATED("2"));
	struct delivery *delivery = sample_delivery(sample);
	struct journal *journal;
	struct err err;

	need_room(place);
	journal = open_wal_journal(place);
	assert_int_equal(file_size(path), RESERVE_SIZE);
	assert_string_equal(append(journal, UPDATED("1")), "baseline");

	assert_true(reserve_give_back(path));
	limit_files(RESERVE_SIZE - 1);
	assert_int_equal(journal_append(journal, &delivery, 1, WAIT_MS, &err),
	    RC_FULL);
	assert_int_equal(journal_ready(journal, WAIT_MS, &err), RC_FULL);
	limit_files(-1);
	assert_int_equal(journal_ready(journal, WAIT_MS, &err), RC_OK);
	assert_int_equal(journal_append(journal, &delivery, 1, WAIT_MS, &err),
	    RC_OK);
	assert_int_equal(file_size(path), RESERVE_SIZE);
	journal_close(journal);
	sample_free(sample);
	assert_string_equal(look(place->path, "SELECT seq FROM events"),
	    "1\n2");
}

/* tests/torture/disk.py has real ones. */
static void
a_full_disk_has_it_given_back(void **state)
{
	const struct place *place = *state;
	const char *path = path_of(place);
	struct sample *sample = sample_new(UPDATED("2"));
	struct delivery *delivery = sample_delivery(sample);
	struct journal *journal;
	struct err err;

	need_room(place);
	journal = open_wal_journal(place);
	assert_string_equal(append(journal, UPDATED("1")), "baseline");
	assert_true(file_wal_size(place->path) > 0);
	limit_files(file_wal_size(place->path));
	assert_int_equal(journal_append(journal, &delivery, 1, WAIT_MS, &err),
	    RC_FULL);
	assert_true(reserve_is_given_back(path));
	assert_true(file_wal_size(place->path) > 0);
	limit_files(-1);
	assert_int_equal(journal_append(journal, &delivery, 1, WAIT_MS, &err),
	    RC_OK);
	assert_int_equal(file_size(path), RESERVE_SIZE);
	journal_close(journal);
	sample_free(sample);
}

/* n of them, of 60 kB. */
static void
append_large(struct journal *journal, int n)
{
	static char form[61000];
	int i;

	for (i = 0; i < n; i++) {
		(void)snprintf(form, sizeof(form), UPDATED("%d") "%060000d",
		    i, i);
		(void)append(journal, form);
	}
}

static void
what_fits_once_there_is_room_is_not_refused(void **state)
{
	const struct place *place = *state;
	const char *path = path_of(place);
	struct sample *sample = sample_new(UPDATED("1000"));
	struct delivery *delivery = sample_delivery(sample);
	struct journal *journal;
	struct err err;
	int64_t size;

	need_room(place);
	journal = open_wal_journal(place);
	append_large(journal, 100);
	size = file_wal_size(place->path);
	/* It is to be filled again under the same limit. */
	assert_true(size > RESERVE_SIZE + (1 << 20));
	limit_files(size);
	assert_int_equal(journal_append(journal, &delivery, 1, WAIT_MS, &err),
	    RC_OK);
	assert_int_equal(delivery->rc, RC_OK);
	limit_files(-1);
	assert_true(file_size(place->path) > RESERVE_SIZE);
	assert_int_equal(file_size(path), RESERVE_SIZE);
	journal_close(journal);
	sample_free(sample);
	assert_string_equal(look(place->path, "SELECT count(*) FROM events"),
	    "101");
}

static void
what_another_process_gave_back_is_no_room_for_a_wal(void **state)
{
	const struct place *place = *state;
	struct journal *journal;
	struct err err;

	need_room(place);
	journal = open_wal_journal(place);
	append_large(journal, 100);
	assert_true(file_wal_size(place->path) >
	    (int64_t)JOURNAL_WAL_PAGES * 4096);
	assert_true(reserve_give_back(path_of(place)));
	/* Emptied, not begun anew: its room is wanted. */
	assert_int_equal(journal_maintain(journal, false, &err), RC_OK);
	assert_int_equal(file_wal_size(place->path), 0);
	journal_close(journal);
}

/* The last rc of it. */
static enum rc
maintain_until(struct journal *journal, enum rc want)
{
	enum rc rc = RC_OK;
	struct err err;
	int i;

	for (i = 0; i < 300; i++) {
		rc = journal_maintain(journal, false, &err);
		if (rc == want)
			break;
		(void)usleep(10000);
	}
	return rc;
}

static void
a_wal_that_a_reader_kept_is_emptied_after_it(void **state)
{
	const struct place *place = *state;
	struct sample *sample = sample_new(UPDATED("2"));
	struct delivery *delivery = sample_delivery(sample);
	struct db *reader = NULL;
	struct journal *journal;
	struct err err;

	need_room(place);
	journal = open_wal_journal(place);
	assert_string_equal(append(journal, UPDATED("1")), "baseline");
	assert_int_equal(db_open(&reader, place->path, DB_READ, &err), RC_OK);
	assert_int_equal(db_script(reader, "BEGIN; SELECT 1 FROM delivery;",
	    &err), RC_OK);
	append_large(journal, 10);
	limit_files(file_wal_size(place->path));
	assert_int_equal(journal_append(journal, &delivery, 1, WAIT_MS, &err),
	    RC_FULL);
	assert_true(reserve_is_given_back(path_of(place)));

	assert_int_equal(journal_maintain(journal, false, &err), RC_BUSY);
	assert_int_equal(journal_maintain(journal, true, &err), RC_BUSY);
	db_close(reader);
	assert_true(file_wal_size(place->path) > 0);
	assert_int_equal(maintain_until(journal, RC_OK), RC_OK);
	assert_int_equal(file_wal_size(place->path), 0);
	/* And then there is nothing to do. */
	assert_int_equal(journal_maintain(journal, true, &err), RC_OK);
	limit_files(-1);
	assert_int_equal(journal_append(journal, &delivery, 1, WAIT_MS, &err),
	    RC_OK);
	journal_close(journal);
	sample_free(sample);
}

static void
without_a_wal_or_for_one_request_none_is_made(void **state)
{
	const struct place *place = *state;
	struct journal_options options = { .path = place->path,
	    .mode = CONF_MODE_TRUNCATE, .resident = true };
	struct journal *journal;
	struct err err;

	assert_int_equal(journal_open(&journal, &options, WAIT_MS, &err),
	    RC_OK);
	journal_close(journal);
	assert_int_equal(access(path_of(place), F_OK), -1);
	assert_int_equal(unlink(place->path), 0);
	options = (struct journal_options){ .path = place->path,
	    .mode = CONF_MODE_WAL, .brief = true };
	assert_int_equal(journal_open(&journal, &options, WAIT_MS, &err),
	    RC_OK);
	journal_close(journal);
	assert_int_equal(access(path_of(place), F_OK), -1);
}

#define IN_A_PLACE(test) \
	cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(its_file_says_what_it_is),
		IN_A_PLACE(what_cannot_be_filled_whole_is_not_filled),
		IN_A_PLACE(filled_again_it_leaves_some_room),
		IN_A_PLACE(a_sparse_copy_is_no_room),
		IN_A_PLACE(one_that_root_makes_is_the_owners),
		IN_A_PLACE(nothing_is_appended_while_it_is_given_back),
		IN_A_PLACE(a_full_disk_has_it_given_back),
		IN_A_PLACE(what_fits_once_there_is_room_is_not_refused),
		IN_A_PLACE(what_another_process_gave_back_is_no_room_for_a_wal),
		IN_A_PLACE(a_wal_that_a_reader_kept_is_emptied_after_it),
		IN_A_PLACE(without_a_wal_or_for_one_request_none_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
