/* What the program asks of the system itself, and what is broken on
 * purpose. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "crash_record.h"
#include "journal/db.h"
#include "journal/lock.h"

/* 2026-01-01 */
#define BEGIN_US INT64_C(1767225600000000)
/* Each look at the clock; a slice of upkeep looks after some rows. */
#define TICK_US 500
#define FDS 1024

/* The linker gives __wrap_x where the program says x, and x as __real_x. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
ssize_t __real_pwrite(int fd, const void *bytes, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t at);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int64_t __wrap_clock_now_us(void);
int64_t __wrap_clock_mono_us(void);
enum rc __real_db_make_durable(struct db *db, enum db_journal_mode mode,
    struct err *err);
enum rc __wrap_db_make_durable(struct db *db, enum db_journal_mode mode,
    struct err *err);
enum rc __real_db_sync(struct db *db, struct err *err);
enum rc __wrap_db_sync(struct db *db, struct err *err);
enum rc __real_db_checkpoint(struct db *db, enum db_checkpoint checkpoint,
    struct err *err);
enum rc __wrap_db_checkpoint(struct db *db, enum db_checkpoint checkpoint,
    struct err *err);
enum rc __real_db_renew_wal(struct db *db, struct err *err);
enum rc __wrap_db_renew_wal(struct db *db, struct err *err);
bool __real_lock_is_plain(const struct lock *lock);
bool __wrap_lock_is_plain(const struct lock *lock);

/* The file that a descriptor of the program's own was opened for, and one
 * more; 0: none. */
static int file_of[FDS];

void
record_create(int name)
{
	struct trace *const trace = crash_process.trace;
	struct op op = { .kind = OP_CREATE, .name = name };

	if (trace->live[name] >= 0)
		return;
	if (trace->n_files == CRASH_FILES)
		crash_die("one file too many");
	op.file = trace->n_files;
	record(&op);
	trace->live[name] = trace->n_files++;
}

void
record_unlink(int name)
{
	struct trace *const trace = crash_process.trace;
	const struct op op = { .kind = OP_UNLINK, .name = name };

	if (trace->live[name] < 0)
		return;
	record(&op);
	trace->live[name] = -1;
}

int
__wrap_open(const char *path, int flags, ...)
{
	const int name = record_name(path);
	unsigned int mode = 0;
	va_list arguments;
	int fd;

	if ((flags & O_CREAT) != 0) {
		va_start(arguments, flags);
		mode = va_arg(arguments, unsigned int);
		va_end(arguments);
		if (name >= 0)
			record_create(name);
	}
	fd = __real_open(path, flags, mode);
	if (fd >= 0 && fd < FDS)
		file_of[fd] = name < 0 ? 0 : crash_process.trace->live[name] +
		    1;
	return fd;
}

int
__wrap_unlink(const char *path)
{
	const int name = record_name(path);

	if (name >= 0)
		record_unlink(name);
	return __real_unlink(path);
}

int
__wrap_rename(const char *from, const char *to)
{
	struct op op = { .kind = OP_RENAME, .name = record_name(from),
	    .other = record_name(to) };
	struct trace *const trace = crash_process.trace;

	if (op.name >= 0 && op.other >= 0 && trace->live[op.name] >= 0) {
		record(&op);
		trace->live[op.other] = trace->live[op.name];
		trace->live[op.name] = -1;
	}
	return __real_rename(from, to);
}

ssize_t
__wrap_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	const int file = fd >= 0 && fd < FDS ? file_of[fd] : 0;
	const struct op op = { .kind = OP_WRITE, .file = file - 1,
	    .at = (int64_t)at, .len = len, .bytes = bytes };

	if (crash_process.trace != NULL && file > 0)
		record(&op);
	return __real_pwrite(fd, bytes, len, at);
}

/* The program syncs nothing itself but the directory. */
int
__wrap_fsync(int fd)
{
	const struct op op = { .kind = OP_SYNC_DIRECTORY };
	struct stat status;

	if (fstat(fd, &status) != 0 || !S_ISDIR(status.st_mode))
		crash_die("a sync that is not known");
	if (crash_process.trace != NULL &&
	    crash_process.broken != BROKEN_DIRECTORY)
		record(&op);
	return 0;
}

/* ------------------------------------------------------------------------
 * Time
 */

int64_t
__wrap_clock_now_us(void)
{
	return BEGIN_US + (int64_t)crash_process.step * 1000000;
}

int64_t
__wrap_clock_mono_us(void)
{
	crash_process.mono_us += TICK_US;
	return crash_process.mono_us;
}

/* ------------------------------------------------------------------------
 * Broken on purpose
 */

enum rc
__wrap_db_make_durable(struct db *db, enum db_journal_mode mode,
    struct err *err)
{
	enum rc rc = __real_db_make_durable(db, mode, err);

	if (rc == RC_OK && crash_process.broken == BROKEN_NORMAL)
		rc = db_script(db, "PRAGMA synchronous = NORMAL;", err);
	if (rc == RC_OK && crash_process.broken == BROKEN_DELETE)
		rc = db_script(db, "PRAGMA journal_mode = DELETE;", err);
	return rc;
}

enum rc
__wrap_db_sync(struct db *db, struct err *err)
{
	void (*const before)(void) = crash_process.before_sync;

	/* Once a step. */
	crash_process.before_sync = NULL;
	if (before != NULL)
		before();
	if (crash_process.broken == BROKEN_ANSWER)
		return RC_OK;
	return __real_db_sync(db, err);
}

enum rc
__wrap_db_checkpoint(struct db *db, enum db_checkpoint checkpoint,
    struct err *err)
{
	if (crash_process.broken == BROKEN_START && crash_process.opening)
		return RC_OK;
	return __real_db_checkpoint(db, checkpoint, err);
}

enum rc
__wrap_db_renew_wal(struct db *db, struct err *err)
{
	if (crash_process.broken == BROKEN_RENEW ||
	    crash_process.broken == BROKEN_START)
		return RC_OK;
	return __real_db_renew_wal(db, err);
}

bool
__wrap_lock_is_plain(const struct lock *lock)
{
	return crash_process.broken == BROKEN_WORDS ||
	    __real_lock_is_plain(lock);
}
