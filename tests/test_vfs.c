/* What reaches SQLite's driver of files: few writes, all before the sync. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/vfs.h"
#include "support.h"

#define N_DELIVERIES 64
#define FRAME_SIZE (24 + 4096)
#define WAL_HEADER_LEN 32
/* os_unix.c says of 131,072 bytes that the disk is full. */
#define DRIVER_MAX 131071

/* ------------------------------------------------------------------------
 * SQLite's own driver, with a record of what a WAL was asked for
 */

static struct {
	size_t n_writes, n_reads, n_syncs;
	int64_t bytes;		/* written */
	int largest;		/* write */
	int64_t unsynced;	/* bytes written since the last sync */
	bool locked;		/* the writers' lock, at a sync */
	bool header_alone;	/* was all that was written, at a sync */
	int fail_with;		/* the next write fails so, once */
	int fail_sync_with;	/* the next sync */
	const char *lock;	/* to be looked at */
} seen;

static sqlite3_vfs watching;
static const sqlite3_io_methods *own;	/* the driver's, of a WAL */
static sqlite3_io_methods watched;

static int
watched_write(sqlite3_file *file, const void *bytes, int len,
    sqlite3_int64 at)
{
	const int fail_with = seen.fail_with;

	seen.fail_with = SQLITE_OK;
	if (fail_with != SQLITE_OK)
		return fail_with;
	seen.n_writes++;
	seen.bytes += len;
	seen.unsynced += len;
	if (len > seen.largest)
		seen.largest = len;
	return own->xWrite(file, bytes, len, at);
}

static int
watched_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
	seen.n_reads++;
	return own->xRead(file, bytes, len, at);
}

/* Whether somebody holds it; a flock of another open file, as another process
 * has it. */
static bool
is_locked(const char *lock)
{
	const int fd = open(lock, O_RDWR | O_CLOEXEC);
	const bool is_free = flock(fd, LOCK_EX | LOCK_NB) == 0;

	assert_true(fd >= 0);
	(void)close(fd);
	return !is_free;
}

static int
watched_sync(sqlite3_file *file, int flags)
{
	const int fail_with = seen.fail_sync_with;

	seen.fail_sync_with = SQLITE_OK;
	if (fail_with != SQLITE_OK)
		return fail_with;
	seen.n_syncs++;
	if (seen.unsynced == WAL_HEADER_LEN)
		seen.header_alone = true;
	seen.unsynced = 0;
	if (seen.lock != NULL && is_locked(seen.lock))
		seen.locked = true;
	return own->xSync(file, flags);
}

static int
watching_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
    int flags, int *out_flags)
{
	sqlite3_vfs *const unix_vfs = vfs->pAppData;
	const int code = unix_vfs->xOpen(unix_vfs, name, file, flags,
	    out_flags);

	if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0) {
		own = file->pMethods;
		watched = *own;
		watched.xWrite = watched_write;
		watched.xRead = watched_read;
		watched.xSync = watched_sync;
		file->pMethods = &watched;
	}
	return code;
}

/* Before the program's own driver looks for the one below it. */
static int
watch(void **state)
{
	sqlite3_vfs *const unix_vfs = sqlite3_vfs_find("unix");

	(void)state;
	assert_non_null(unix_vfs);
	watching = *unix_vfs;
	watching.zName = "watching";
	watching.pAppData = unix_vfs;
	watching.xOpen = watching_open;
	return sqlite3_vfs_register(&watching, 1);
}

/* ------------------------------------------------------------------------
 * Appending
 */

struct samples {
	struct sample *sample[N_DELIVERIES];
	struct delivery *batch[N_DELIVERIES];
};

static void
make_samples(struct samples *samples, int first_stream)
{
	char form[256];

	for (int i = 0; i < N_DELIVERIES; i++) {
		(void)snprintf(form, sizeof(form), "EventType=document_updated"
		    "&AccountSid=AC%032d&ServiceSid=IS%032d&DocumentSid=ET%032d"
		    "&DocumentRevision=1&DocumentData=%%7B%%7D&Identity=user",
		    1, 1, first_stream + i);
		samples->sample[i] = sample_new(form);
		samples->batch[i] = sample_delivery(samples->sample[i]);
	}
}

static void
free_samples(struct samples *samples)
{
	for (int i = 0; i < N_DELIVERIES; i++)
		sample_free(samples->sample[i]);
}

static enum rc
append_samples(struct journal *journal, int first_stream)
{
	struct samples samples;
	struct err err;
	enum rc rc;

	make_samples(&samples, first_stream);
	memset(&seen, 0, offsetof(__typeof__(seen), fail_with));
	rc = journal_append(journal, samples.batch, N_DELIVERIES, 0, &err);
	for (int i = 0; i < N_DELIVERIES; i++)
		assert_int_equal(samples.batch[i]->rc, rc);
	free_samples(&samples);
	return rc;
}

static void
a_commit_is_few_writes_and_one_sync(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	assert_int_equal(append_samples(journal, 0), RC_OK);
	assert_int_equal(append_samples(journal, N_DELIVERIES), RC_OK);
	assert_true(seen.bytes >= 20 * FRAME_SIZE);
	assert_int_equal(seen.bytes % FRAME_SIZE, 0);
	assert_true((int64_t)seen.n_writes <= 1 + seen.bytes / (DRIVER_MAX -
	    FRAME_SIZE));
	assert_true(seen.largest <= DRIVER_MAX);
	assert_int_equal(seen.n_reads, 0);
	assert_int_equal(seen.n_syncs, 1);
	journal_close(journal);
}

static void
all_is_written_before_the_sync(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	char wal[128];
	struct stat status;
	int64_t size;

	assert_int_equal(append_samples(journal, 0), RC_OK);
	(void)snprintf(wal, sizeof(wal), "%s-wal", place->path);
	assert_int_equal(stat(wal, &status), 0);
	size = status.st_size;
	assert_int_equal(append_samples(journal, N_DELIVERIES), RC_OK);
	assert_int_equal(seen.unsynced, 0);
	assert_int_equal(stat(wal, &status), 0);
	assert_int_equal(status.st_size - size, seen.bytes);
	/* Another connection, which knows nothing of what is held back. */
	assert_string_equal(look(place->path, "SELECT count(*) FROM events"),
	    "128");
	journal_close(journal);
}

static void
a_failed_write_fails_its_commit(void **state, int code, enum rc want)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	char reserve[128];

	/* With a reserve it is tried again: tests/test_reserve.c. */
	(void)snprintf(reserve, sizeof(reserve), "%s-reserve", place->path);
	assert_int_equal(unlink(reserve), 0);
	assert_int_equal(append_samples(journal, 0), RC_OK);
	seen.fail_with = code;
	assert_int_equal(append_samples(journal, N_DELIVERIES), want);
	assert_int_equal(seen.fail_with, SQLITE_OK);
	assert_string_equal(look(place->path, "SELECT count(*) FROM events"),
	    "64");
	/* After a failed write nothing is known of the disk; after a full one
	 * all is. */
	assert_int_equal(append_samples(journal, 2 * N_DELIVERIES),
	    want == RC_FULL ? RC_OK : want);
	journal_close(journal);
	assert_string_equal(look(place->path, "SELECT count(*) FROM events"),
	    want == RC_FULL ? "128" : "64");
	assert_string_equal(look(place->path, "PRAGMA integrity_check"), "ok");
}

static void
a_full_disk_fails_its_commit_alone(void **state)
{
	a_failed_write_fails_its_commit(state, SQLITE_FULL, RC_FULL);
}

static void
a_write_error_fails_its_commit_and_all_after(void **state)
{
	a_failed_write_fails_its_commit(state, SQLITE_IOERR_WRITE, RC_SYNC);
}

static void
the_writers_lock_is_free_while_a_commit_is_synced(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	char lock[128];

	(void)snprintf(lock, sizeof(lock), "%s-lock", place->path);
	seen.lock = lock;
	assert_int_equal(append_samples(journal, 0), RC_OK);
	assert_int_equal(append_samples(journal, N_DELIVERIES), RC_OK);
	seen.lock = NULL;
	assert_int_equal(seen.n_syncs, 1);
	assert_false(seen.locked);
	journal_close(journal);
}

static void
a_failed_sync_fails_its_commit_and_all_after(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);

	assert_int_equal(append_samples(journal, 0), RC_OK);
	seen.fail_sync_with = SQLITE_IOERR_FSYNC;
	assert_int_equal(append_samples(journal, N_DELIVERIES), RC_SYNC);
	assert_int_equal(seen.fail_sync_with, SQLITE_OK);
	assert_int_equal(append_samples(journal, 2 * N_DELIVERIES), RC_SYNC);
	assert_int_equal(seen.n_writes, 0);
	journal_close(journal);
}

/* The header of a WAL that is begun anew is synced before its frames: SQLite's
 * ticket ff5be73dee. */
static void
a_wal_that_is_begun_anew_is_synced_twice(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_journal(place);
	struct err err;
	int n = 0;

	while (!journal_wal_is_long(journal))
		assert_int_equal(append_samples(journal, n++ * N_DELIVERIES),
		    RC_OK);
	assert_int_equal(journal_maintain(journal, true, &err), RC_OK);
	assert_int_equal(append_samples(journal, 0), RC_OK);
	assert_int_equal(seen.n_syncs, 2);
	assert_true(seen.header_alone);
	assert_int_equal(seen.unsynced, 0);
	assert_int_equal(append_samples(journal, 0), RC_OK);
	assert_int_equal(seen.n_syncs, 1);
	journal_close(journal);
}

/* ------------------------------------------------------------------------
 * A transaction that is larger than SQLite's cache: pages go to the WAL before
 * the commit, and are read there.
 */

static sqlite3 *
open_small(const struct place *place)
{
	const char *name = NULL;
	sqlite3 *sqlite = NULL;
	struct err err;

	assert_int_equal(vfs_name(&name, &err), RC_OK);
	assert_int_equal(sqlite3_open_v2(place->path, &sqlite,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, name), SQLITE_OK);
	assert_int_equal(sqlite3_exec(sqlite, "PRAGMA journal_mode = wal; "
	    "PRAGMA synchronous = FULL; PRAGMA cache_size = 10; "
	    "PRAGMA wal_autocheckpoint = 0; CREATE TABLE IF NOT EXISTS t "
	    "(n INTEGER PRIMARY KEY, x BLOB)", NULL, NULL, NULL), SQLITE_OK);
	return sqlite;
}

/* COMMIT as db_commit does it, or ROLLBACK. */
static void
end_transaction(sqlite3 *sqlite, const char *end)
{
	sqlite3_file *wal = NULL;
	const bool commits = strcmp(end, "COMMIT") == 0;

	assert_int_equal(sqlite3_file_control(sqlite, "main",
	    SQLITE_FCNTL_JOURNAL_POINTER, &wal), SQLITE_OK);
	if (commits)
		assert_true(vfs_defer(wal, true));
	assert_int_equal(sqlite3_exec(sqlite, end, NULL, NULL, NULL),
	    SQLITE_OK);
	if (commits) {
		assert_true(vfs_defer(wal, false));
		assert_int_equal(vfs_sync(wal), SQLITE_OK);
	}
}

static void
fill(sqlite3 *sqlite, int first, const char *end)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql), "BEGIN; WITH RECURSIVE c(n) AS "
	    "(VALUES (%d) UNION ALL SELECT n + 1 FROM c WHERE n < %d) "
	    "INSERT INTO t SELECT n, zeroblob(900) FROM c; "
	    "UPDATE t SET x = CAST(n AS TEXT) || ':' || hex(x) "
	    "WHERE n >= %d", first, first + 499, first);
	assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL),
	    SQLITE_OK);
	end_transaction(sqlite, end);
}

/* Twenty pages round and round: each is in the WAL, but not for long, when its
 * turn comes again. */
static void
go_round(sqlite3 *sqlite, int first)
{
	char sql[128];

	assert_int_equal(sqlite3_exec(sqlite, "BEGIN", NULL, NULL, NULL),
	    SQLITE_OK);
	for (int i = 0; i < 60; i++) {
		(void)snprintf(sql, sizeof(sql), "UPDATE t SET x = x || '.' "
		    "WHERE n = %d", first + i % 20 * 25);
		assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL),
		    SQLITE_OK);
	}
	end_transaction(sqlite, "COMMIT");
}

static void
copy_file(const char *from, const char *to)
{
	const size_t size = 64 * 1024 * 1024;
	char *bytes = malloc(size);
	size_t len;

	assert_non_null(bytes);
	len = read_file(from, bytes, size);
	assert_true(len < size);
	write_file(to, bytes, len);
	free(bytes);
}

/* As after a crash: without -shm the WAL is read again, and its checksums
 * with it. */
static const char *
look_after_recovery(const struct place *place, const char *sql)
{
	char copy[128], wal[128], copied_wal[136];

	(void)snprintf(copy, sizeof(copy), "%s/copy.db", place->directory);
	(void)snprintf(wal, sizeof(wal), "%s-wal", place->path);
	(void)snprintf(copied_wal, sizeof(copied_wal), "%s-wal", copy);
	copy_file(place->path, copy);
	copy_file(wal, copied_wal);
	return look(copy, sql);
}

static void
what_is_spilled_is_read_back(void **state)
{
	static const char rows[] = "SELECT count(*), sum(x = "
	    "CAST(n AS TEXT) || ':' || hex(zeroblob(900)) || "
	    "CASE n % 25 WHEN 1 THEN '...' ELSE '' END) FROM t";
	const struct place *place = *state;
	sqlite3 *sqlite = open_small(place);

	memset(&seen, 0, sizeof(seen));
	fill(sqlite, 1, "ROLLBACK");
	assert_true(seen.n_reads > 0);
	fill(sqlite, 1, "COMMIT");
	go_round(sqlite, 1);
	fill(sqlite, 501, "ROLLBACK");
	fill(sqlite, 1001, "COMMIT");
	go_round(sqlite, 1001);
	assert_string_equal(look(place->path, rows), "1000|1000");
	assert_string_equal(look_after_recovery(place, rows), "1000|1000");
	assert_string_equal(look(place->path, "PRAGMA integrity_check"), "ok");
	(void)sqlite3_close(sqlite);
}

/* The driver by itself: SQLite reads a frame in a COMMIT if it has to compute its
 * checksum anew. */
static void
what_is_gathered_is_there_when_it_is_asked_for(void **state)
{
	const struct place *place = *state;
	sqlite3 *sqlite = open_small(place);
	sqlite3_vfs *vfs = sqlite3_vfs_find("syncjournal");
	sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
	char path[128] = "", read[8] = "";
	sqlite3_int64 size = 0;
	int flags;

	(void)sqlite3_close(sqlite);
	(void)snprintf(path, sizeof(path) - 8, "%s-wal", place->path);
	assert_int_equal(vfs->xOpen(vfs, path, file, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL, &flags), SQLITE_OK);
	assert_int_equal(file->pMethods->xTruncate(file, 0), SQLITE_OK);
	memset(&seen, 0, sizeof(seen));
	assert_true(vfs_defer(file, true));
	assert_int_equal(file->pMethods->xWrite(file, "one", 3, 0), SQLITE_OK);
	assert_int_equal(file->pMethods->xWrite(file, "two", 3, 3), SQLITE_OK);
	assert_int_equal(seen.n_writes, 0);
	assert_int_equal(file->pMethods->xRead(file, read, 6, 0), SQLITE_OK);
	assert_string_equal(read, "onetwo");
	assert_int_equal(seen.n_writes, 1);
	assert_int_equal(file->pMethods->xWrite(file, "six", 3, 6), SQLITE_OK);
	assert_int_equal(file->pMethods->xFileSize(file, &size), SQLITE_OK);
	assert_int_equal(size, 9);
	assert_int_equal(file->pMethods->xWrite(file, "ten", 3, 9), SQLITE_OK);
	assert_true(vfs_defer(file, false));
	assert_int_equal(file->pMethods->xClose(file), SQLITE_OK);
	assert_int_equal(seen.n_writes, 2);
	free(file);
}

/* Else the bytes would be written when this connection next reads, over what
 * another one has committed and acknowledged meanwhile. */
static void
what_is_rolled_back_is_never_written(void **state)
{
	const struct place *place = *state;
	sqlite3 *sqlite = open_small(place), *other = open_small(place);
	char sql[256];

	fill(sqlite, 1, "COMMIT");
	for (int last = 510; last < 530; last++) {
		assert_int_equal(sqlite3_exec(sqlite,
		    "PRAGMA wal_checkpoint(RESTART)", NULL, NULL, NULL),
		    SQLITE_OK);
		(void)snprintf(sql, sizeof(sql), "BEGIN IMMEDIATE; "
		    "WITH RECURSIVE c(n) AS (VALUES (502) UNION ALL "
		    "SELECT n + 1 FROM c WHERE n < %d) INSERT INTO t "
		    "SELECT n, zeroblob(3000) FROM c; ROLLBACK", last);
		assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL),
		    SQLITE_OK);
		assert_int_equal(sqlite3_exec(other, "REPLACE INTO t VALUES "
		    "(501, zeroblob(90000))", NULL, NULL, NULL), SQLITE_OK);
		memset(&seen, 0, sizeof(seen));
		assert_int_equal(sqlite3_exec(sqlite, "SELECT count(*), "
		    "sum(length(x)) FROM t", NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(seen.n_writes, 0);
		assert_string_equal(look(place->path,
		    "PRAGMA integrity_check"), "ok");
	}
	(void)sqlite3_close(other);
	(void)sqlite3_close(sqlite);
}

static void
only_kernels_that_tell_each_process_put_syncs_off(void **state)
{
	static const struct { const char *release; bool want; } table[] = {
		{ "3.10.0-1160.el7.x86_64", false },
		{ "4.17.19", false },
		{ "4.18", true },
		{ "4.18.0-553.el8_10.x86_64", true },
		{ "5.4.0", true },
		{ "6", true },
		{ "", false },
		{ "?", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(vfs_may_defer(table[i].release),
		    table[i].want);
}

#define AT_A_PLACE(test) \
	cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_A_PLACE(a_commit_is_few_writes_and_one_sync),
		AT_A_PLACE(all_is_written_before_the_sync),
		AT_A_PLACE(a_full_disk_fails_its_commit_alone),
		AT_A_PLACE(a_write_error_fails_its_commit_and_all_after),
		AT_A_PLACE(the_writers_lock_is_free_while_a_commit_is_synced),
		AT_A_PLACE(a_failed_sync_fails_its_commit_and_all_after),
		AT_A_PLACE(a_wal_that_is_begun_anew_is_synced_twice),
		AT_A_PLACE(what_is_spilled_is_read_back),
		AT_A_PLACE(what_is_gathered_is_there_when_it_is_asked_for),
		AT_A_PLACE(what_is_rolled_back_is_never_written),
		cmocka_unit_test(
		    only_kernels_that_tell_each_process_put_syncs_off),
	};

	return cmocka_run_group_tests(tests, watch, NULL);
}
