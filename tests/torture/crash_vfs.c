#include "crash_vfs.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crash_record.h"

/* Files that SQLite has open at once, in one process. */
#define OPEN_MAX_FILES 32
#define METHODS_MAX 8

struct crash_process crash_process;

/* ------------------------------------------------------------------------
 * The trace
 */

struct trace *
trace_new(void)
{
	struct trace *const trace = mmap(NULL, sizeof(*trace), PROT_READ |
	    PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (trace == MAP_FAILED)
		crash_die("no memory for a trace");
	return trace;
}

void
trace_free(struct trace *trace)
{
	if (trace != NULL)
		(void)munmap(trace, sizeof(*trace));
}

void
trace_begin(struct trace *trace, const char *directory,
    const struct fault *fault)
{
	size_t i;

	memset(trace->failures, 0, sizeof(trace->failures));
	memset(trace->n_ops_of, 0, sizeof(trace->n_ops_of));
	memset(trace->n_syncs_of, 0, sizeof(trace->n_syncs_of));
	(void)snprintf(trace->directory, sizeof(trace->directory), "%s",
	    directory);
	trace->n_names = 0;
	for (i = 0; i < CRASH_NAMES; i++)
		trace->live[i] = -1;
	trace->n_files = 0;
	trace->n_ops = 0;
	trace->n_bytes = 0;
	trace->n_states = 0;
	trace->n_answers = 0;
	trace->fault = *fault;
	trace->struck = false;
	trace->failure[0] = '\0';
}

int
record_name(const char *path)
{
	struct trace *const trace = crash_process.trace;
	size_t len, i;

	if (trace == NULL || path == NULL)
		return -1;
	len = strlen(trace->directory);
	if (strncmp(path, trace->directory, len) != 0 || path[len] != '/')
		return -1;
	path += len + 1;
	for (i = 0; i < trace->n_names; i++) {
		if (strcmp(trace->names[i], path) == 0)
			return (int)i;
	}
	if (trace->n_names == CRASH_NAMES || strlen(path) >= CRASH_NAME_SIZE)
		crash_die("%s: one name too many", path);
	(void)strcpy(trace->names[trace->n_names], path);
	return (int)trace->n_names++;
}

static void
die_now(void)
{
	crash_process.trace->struck = true;
	(void)kill(getpid(), SIGKILL);
}

static void
add(const struct op *op)
{
	struct trace *const trace = crash_process.trace;
	unsigned char *bytes = trace->bytes + trace->n_bytes;

	if (trace->n_ops == TRACE_OPS || op->len > TRACE_BYTES -
	    trace->n_bytes)
		crash_die("the trace is full");
	trace->ops[trace->n_ops] = *op;
	if (op->len > 0)
		memcpy(bytes, op->bytes, op->len);
	trace->ops[trace->n_ops].bytes = bytes;
	trace->n_bytes += op->len;
	trace->n_ops++;
	trace->n_ops_of[crash_process.worker]++;
}

bool
record_is_last(void)
{
	const struct trace *const trace = crash_process.trace;

	return trace->fault.kind == FAULT_KILL && !trace->struck &&
	    trace->fault.worker == crash_process.worker &&
	    trace->fault.at == trace->n_ops_of[crash_process.worker];
}

void
record(const struct op *op)
{
	if (record_is_last())
		die_now();
	add(op);
}

/* Half of a write is done; so much the page cache has. */
void
record_half(const struct op *op)
{
	add(op);
	die_now();
}

bool
record_sync(int file)
{
	struct trace *const trace = crash_process.trace;
	const struct fault *const fault = &trace->fault;
	struct op op = { .kind = OP_SYNC, .file = file };

	op.failed = (fault->kind == FAULT_SYNC ||
	    fault->kind == FAULT_SYNC_KILL) && !trace->struck &&
	    fault->worker == crash_process.worker &&
	    fault->at == trace->n_syncs_of[crash_process.worker];
	record(&op);
	trace->n_syncs_of[crash_process.worker]++;
	trace->failures[file] += op.failed;
	if (op.failed && fault->kind == FAULT_SYNC_KILL)
		die_now();
	trace->struck |= op.failed;
	return !op.failed;
}

/* ------------------------------------------------------------------------
 * SQLite's driver
 */

static struct open_file {
	const sqlite3_file *handle;
	int file;
	bool is_wal;
	bool new_name;		/* the directory is synced with its first sync:
				 * os_unix.c, UNIXFILE_DIRSYNC */
	unsigned int failures;	/* that this descriptor was told of */
	bool header_alone;	/* all that was written since the last sync */
} open_files[OPEN_MAX_FILES];

static sqlite3_vfs recording;
/* The driver has some for files with locks, and some for those without. */
static struct methods {
	sqlite3_io_methods recorded;	/* first: what the file has */
	const sqlite3_io_methods *own;	/* the driver's */
} methods[METHODS_MAX];

static struct open_file *
find(const sqlite3_file *handle)
{
	size_t i;

	for (i = 0; i < OPEN_MAX_FILES; i++) {
		if (open_files[i].handle == handle)
			return &open_files[i];
	}
	return NULL;
}

static const sqlite3_io_methods *
own(const sqlite3_file *handle)
{
	return ((const struct methods *)(const void *)handle->pMethods)->own;
}

static int
write_half(sqlite3_file *handle, const struct op *op)
{
	struct op half = *op;
	int code;

	half.len = op->len / 2 / 512 * 512;
	if (half.len == 0)
		die_now();
	code = own(handle)->xWrite(handle, half.bytes, (int)half.len, half.at);
	if (code == SQLITE_OK)
		record_half(&half);
	return code;
}

static int
write_file(sqlite3_file *handle, const void *bytes, int len, sqlite3_int64 at)
{
	struct open_file *const file = find(handle);
	const struct op op = { .kind = OP_WRITE, .file = file == NULL ? -1 :
	    file->file, .at = at, .len = (size_t)len, .bytes = bytes };

	if (file == NULL)
		return own(handle)->xWrite(handle, bytes, len, at);
	if (record_is_last())
		return write_half(handle, &op);
	record(&op);
	file->header_alone = file->is_wal && at == 0 && len == 32;
	return own(handle)->xWrite(handle, bytes, len, at);
}

static int
truncate_file(sqlite3_file *handle, sqlite3_int64 size)
{
	struct open_file *const file = find(handle);
	const struct op op = { .kind = OP_TRUNCATE, .file = file == NULL ? -1 :
	    file->file, .at = size };

	if (file != NULL) {
		record(&op);
		file->header_alone = false;
	}
	return own(handle)->xTruncate(handle, size);
}

static int
sync_file(sqlite3_file *handle, int flags)
{
	struct open_file *const file = find(handle);
	const struct op names = { .kind = OP_SYNC_DIRECTORY };

	(void)flags;
	if (file == NULL || (file->is_wal &&
	    crash_process.broken == BROKEN_SYNC) || (file->header_alone &&
	    crash_process.broken == BROKEN_HEADER))
		return SQLITE_OK;
	/* Linux since 4.13 tells each descriptor of a failure once
	 * (lib/errseq.c). */
	if (!record_sync(file->file) ||
	    file->failures != crash_process.trace->failures[file->file]) {
		file->failures = crash_process.trace->failures[file->file];
		return SQLITE_IOERR_FSYNC;
	}
	file->header_alone = false;
	if (file->new_name)
		record(&names);
	file->new_name = false;
	return SQLITE_OK;
}

static int
close_file(sqlite3_file *handle)
{
	struct open_file *const file = find(handle);

	if (file != NULL)
		file->handle = NULL;
	return own(handle)->xClose(handle);
}

static const sqlite3_io_methods *
methods_for(const sqlite3_io_methods *driver)
{
	size_t i = 0;

	while (i < METHODS_MAX && methods[i].own != NULL &&
	    methods[i].own != driver)
		i++;
	if (i == METHODS_MAX)
		crash_die("the driver has more methods than are known");
	methods[i].own = driver;
	methods[i].recorded = *driver;
	methods[i].recorded.xWrite = write_file;
	methods[i].recorded.xTruncate = truncate_file;
	methods[i].recorded.xSync = sync_file;
	methods[i].recorded.xClose = close_file;
	return &methods[i].recorded;
}

static void
note_open(const sqlite3_file *handle, int name, int flags)
{
	struct open_file *const file = find(NULL);

	if (file == NULL)
		crash_die("one open file too many");
	*file = (struct open_file){ .handle = handle,
	    .file = crash_process.trace->live[name],
	    .failures = crash_process.trace->failures[
	    crash_process.trace->live[name]],
	    .is_wal = (flags & SQLITE_OPEN_WAL) != 0,
	    .new_name = (flags & SQLITE_OPEN_CREATE) != 0 && (flags &
	    (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0 };
}

static int
open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *handle, int flags,
    int *out_flags)
{
	sqlite3_vfs *const driver = vfs->pAppData;
	const int kinds = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL |
	    SQLITE_OPEN_WAL;
	const int name = (flags & kinds) == 0 ? -1 : record_name(path);
	int code;

	if (name >= 0 && (flags & SQLITE_OPEN_CREATE) != 0)
		record_create(name);
	code = driver->xOpen(driver, path, handle, flags, out_flags);
	if (code != SQLITE_OK)
		return code;
	handle->pMethods = methods_for(handle->pMethods);
	if (name >= 0)
		note_open(handle, name, flags);
	return code;
}

static int
delete_file(sqlite3_vfs *vfs, const char *path, int sync_directory)
{
	sqlite3_vfs *const driver = vfs->pAppData;
	const struct op names = { .kind = OP_SYNC_DIRECTORY };
	const int name = record_name(path);
	int code;

	if (name >= 0)
		record_unlink(name);
	code = driver->xDelete(driver, path, 0);
	if (name >= 0 && code == SQLITE_OK && sync_directory != 0 &&
	    !sqlite3_compileoption_used("DISABLE_DIRSYNC"))
		record(&names);
	return code;
}

static int
randomness(sqlite3_vfs *vfs, int len, char *out)
{
	int i;

	(void)vfs;
	for (i = 0; i < len; i++)
		out[i] = (char)crash_random(crash_process.random++, 30, 0);
	return len;
}

static int
current_time(sqlite3_vfs *vfs, double *days)
{
	(void)vfs;
	/* 2026-01-01 */
	*days = 2461041.5 + (double)crash_process.step / 86400;
	return SQLITE_OK;
}

static int
current_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *ms)
{
	(void)vfs;
	*ms = INT64_C(212633942400000) + (int64_t)crash_process.step * 1000;
	return SQLITE_OK;
}

void
crash_vfs_register(void)
{
	sqlite3_vfs *const driver = sqlite3_vfs_find("unix");

	if (driver == NULL)
		crash_die("SQLite has no driver of files");
	recording = *driver;
	recording.zName = "recording";
	recording.pAppData = driver;
	recording.xOpen = open_file;
	recording.xDelete = delete_file;
	recording.xRandomness = randomness;
	recording.xCurrentTime = current_time;
	recording.xCurrentTimeInt64 = current_time_ms;
	if (sqlite3_vfs_register(&recording, 1) != SQLITE_OK)
		crash_die("SQLite takes no other driver of files");
}

void
crash_vfs_begin(struct trace *trace, int worker, uint64_t seed)
{
	crash_process.trace = trace;
	crash_process.worker = worker;
	crash_process.mono_us = 0;
	crash_process.random = seed * 1000000;
	crash_process.opening = false;
	crash_process.before_sync = NULL;
	memset(open_files, 0, sizeof(open_files));
	/* Is asked for its seed again. */
	sqlite3_randomness(0, NULL);
}
