#include "cli/command_export.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "cli/arguments.h"
#include "cli/manifest.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/range.h"
#include "cli/reading.h"
#include "cli/whole.h"

/* One transaction reads so many events, or for so long. */
#define SLICE_EVENTS 2000
#define SLICE_US 200000
#define COLUMNS_MAX 32
#define CHUNK_SIZE 65536

/* Columns of export_about. */
enum {
	ABOUT_GENERATION = 5,
	ABOUT_CHANGES,
	ABOUT_LAST
};

struct export {
	struct reading reading;
	enum output_format format;
	struct manifest manifest;
	int64_t generation, changes;	/* by which verdicts were judged */
	int64_t position;	/* written up to here */
	FILE *file;		/* where it goes */
	const char *name;	/* its name, for a message */
	struct whole whole;	/* with --output */
	struct whole about;	/* with --manifest */
	struct digest *hash;
	/* A slice as text, between two transactions. */
	struct output *output;
	FILE *slice;
	struct progress progress;
};

/* ------------------------------------------------------------------------
 * What is wanted
 */

static enum rc
read_format(const char *word, struct export *export, struct err *err)
{
	export->manifest.format = "ndjson";
	export->format = OUTPUT_JSON;
	if (word == NULL || strcmp(word, "ndjson") == 0 ||
	    strcmp(word, "json") == 0)
		return RC_OK;
	if (strcmp(word, "csv") != 0)
		return err_set(err, RC_USAGE, "--format is ndjson or csv, "
		    "not: %s", word);
	export->manifest.format = "csv";
	export->format = OUTPUT_CSV;
	return RC_OK;
}

/* What is to be written: after which position, and up to which. */
static enum rc
read_positions(const struct call *call, struct manifest *manifest,
    struct err *err)
{
	const char *range = call->option[OPTION_RANGE];
	int64_t first = 0, last = INT64_MAX;
	enum rc rc;

	manifest->after = 0;
	rc = arguments_number(call, OPTION_FROM, "--from", "a position",
	    &manifest->after, err);
	if (rc == RC_OK && range != NULL)
		rc = range_read(range, &first, &last, err);
	if (rc != RC_OK)
		return rc;
	if (first - 1 > manifest->after)
		manifest->after = first - 1;
	manifest->up_to = last;
	return RC_OK;
}

/* ------------------------------------------------------------------------
 * Where it goes
 */

static bool
is_same_file(const char *one, const char *other)
{
	struct stat a, b;

	return strcmp(one, other) == 0 || (stat(one, &a) == 0 &&
	    stat(other, &b) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino);
}

/* What is written takes the place of what had the name. */
static enum rc
spare_journal(const char *journal, const char *path, struct err *err)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal",
	    "-lock", "-reserve" };
	char name[PATH_MAX];
	size_t i;
	int n;

	for (i = 0; path != NULL && i < sizeof(ends) / sizeof(ends[0]); i++) {
		n = snprintf(name, sizeof(name), "%s%s", journal, ends[i]);
		if (n > 0 && (size_t)n < sizeof(name) &&
		    is_same_file(name, path))
			return err_set(err, RC_USAGE, "%s belongs to the "
			    "journal: name another file", path);
	}
	return RC_OK;
}

static enum rc
check_files(const struct export *export, const struct call *call,
    struct err *err)
{
	const char *output = call->option[OPTION_OUTPUT];
	const char *manifest = call->option[OPTION_MANIFEST];
	const char *journal = export->reading.source.path;
	enum rc rc;

	if (output != NULL && manifest != NULL &&
	    is_same_file(output, manifest))
		return err_set(err, RC_USAGE, "--output and --manifest are "
		    "one file: name two");
	rc = spare_journal(journal, output, err);
	if (rc == RC_OK)
		rc = spare_journal(journal, manifest, err);
	return rc;
}

/* ------------------------------------------------------------------------
 * Slices
 */

/* How the journal stands: what is judged by, and its last position. */
static enum rc
look(struct export *export, int64_t *generation, int64_t *changes,
    int64_t *last, struct err *err)
{
	const enum statement s = STATEMENT_EXPORT_ABOUT;
	struct db *const db = export->reading.db;
	enum rc rc;
	bool row;

	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	*generation = db_int(db, s, ABOUT_GENERATION);
	*changes = db_int(db, s, ABOUT_CHANGES);
	*last = db_int(db, s, ABOUT_LAST);
	db_done(db, s);
	return RC_OK;
}

/* A file that is nowhere but in memory; NULL: there is none left. */
static FILE *
memory_file(void)
{
	const int fd = memfd_create("export", MFD_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (file == NULL && fd >= 0)
		(void)close(fd);
	return file;
}

static enum rc
begin_output(struct export *export, struct err *err)
{
	const enum statement s = STATEMENT_EXPORT_EVENTS;
	struct output_column columns[COLUMNS_MAX] = { { .name = NULL } };
	enum rc rc;
	int i, n;

	rc = db_prepare(export->reading.db, s, err);
	if (rc != RC_OK)
		return rc;
	n = db_columns(export->reading.db, s);
	for (i = 0; i < n && i < COLUMNS_MAX; i++)
		columns[i].name = db_column_name(export->reading.db, s, i);
	export->hash = digest_new();
	export->slice = memory_file();
	if (export->hash == NULL || export->slice == NULL)
		return err_set(err, RC_MEMORY, "export: no memory");
	rc = output_begin(&export->output, export->format, export->slice,
	    columns, (size_t)n, err);
	if (rc == RC_OK)
		output_look(export->output, export->file);
	return rc;
}

/* Read the next events, each as a row of the output. */
static enum rc
read_slice(struct export *export, bool *more, struct err *err)
{
	const enum statement s = STATEMENT_EXPORT_EVENTS;
	const int64_t end_us = clock_mono_us() + SLICE_US;
	struct db *const db = export->reading.db;
	struct db_value values[COLUMNS_MAX];
	struct manifest *const manifest = &export->manifest;
	int64_t n = 0;
	enum rc rc;
	bool row;
	int i;

	db_bind_int(db, s, 1, export->position);
	db_bind_int(db, s, 2, manifest->up_to);
	db_bind_int(db, s, 3, SLICE_EVENTS);
	for (;;) {
		rc = db_row(db, s, &row, err);
		if (rc != RC_OK || !row)
			break;
		for (i = 0; i < db_columns(db, s); i++)
			values[i] = output_value(db, s, i);
		output_row(export->output, values);
		export->position = db_int(db, s, 0);
		if (manifest->events == 0)
			manifest->first = export->position;
		manifest->events++;
		manifest->last = export->position;
		if (++n < SLICE_EVENTS && clock_mono_us() < end_us)
			continue;
		db_done(db, s);
		break;
	}
	*more = rc == RC_OK && row;
	return rc;
}

/* Some bytes to where they go. */
static enum rc
hand_on(struct export *export, struct slice bytes, struct err *err)
{
	digest_add(export->hash, bytes);
	export->manifest.bytes += (int64_t)bytes.len;
	if (fwrite(bytes.p, 1, bytes.len, export->file) == bytes.len)
		return RC_OK;
	return err_set(err, RC_SYSTEM, "%s: cannot be written to: %s",
	    export->name, strerror(errno));
}

/* Hand on what the slice came to, and begin the next one's text. */
static enum rc
write_slice(struct export *export, struct err *err)
{
	const int fd = fileno(export->slice);
	char bytes[CHUNK_SIZE];
	off_t at = 0;
	ssize_t n;
	enum rc rc;

	rc = output_flush(export->output, err);
	while (rc == RC_OK && (n = pread(fd, bytes, sizeof(bytes), at)) > 0) {
		rc = hand_on(export, (struct slice){ bytes, (size_t)n }, err);
		at += n;
	}
	if (rc == RC_OK && fflush(export->file) != 0)
		rc = err_set(err, RC_SYSTEM, "%s: cannot be written to: %s",
		    export->name, strerror(errno));
	if (rc == RC_OK && (ftruncate(fd, 0) != 0 ||
	    lseek(fd, 0, SEEK_SET) != 0))
		rc = err_set(err, RC_SYSTEM, "export: memory: %s",
		    strerror(errno));
	return rc;
}

static enum rc
write_events(struct export *export, struct err *err)
{
	struct manifest *const manifest = &export->manifest;
	int64_t last = 0;
	bool more = true;
	enum rc rc;

	rc = look(export, &export->generation, &export->changes, &last, err);
	if (rc != RC_OK)
		return rc;
	if (manifest->up_to > last)
		manifest->up_to = last;
	export->position = manifest->after;
	rc = begin_output(export, err);
	while (rc == RC_OK && more) {
		rc = read_slice(export, &more, err);
		if (rc == RC_OK)
			rc = write_slice(export, err);
		progress_show(&export->progress, export->position -
		    manifest->after, manifest->up_to - manifest->after);
	}
	if (rc == RC_OK)
		digest_end(export->hash, manifest->sha256);
	return rc;
}

/* ------------------------------------------------------------------------ */

static enum rc
finish(struct export *export, struct err *err)
{
	int64_t generation = 0, changes = 0, last = 0;
	enum rc rc = RC_OK;

	if (export->whole.file != NULL)
		rc = whole_keep(&export->whole, err);
	if (rc != RC_OK || export->about.file == NULL)
		return rc;
	rc = look(export, &generation, &changes, &last, err);
	if (rc != RC_OK)
		return rc;
	export->manifest.rejudged = generation != export->generation ||
	    changes != export->changes;
	return manifest_write(&export->reading, &export->manifest,
	    &export->about, err);
}

/* What cannot be written is known before hours of work. */
static enum rc
begin_files(struct export *export, const struct call *call, struct err *err)
{
	const char *output = call->option[OPTION_OUTPUT];
	const char *manifest = call->option[OPTION_MANIFEST];
	enum rc rc = RC_OK;

	export->file = stdout;
	export->name = "standard output";
	if (output != NULL) {
		rc = whole_begin(&export->whole, output, err);
		export->file = export->whole.file;
		export->name = output;
	}
	if (rc == RC_OK && manifest != NULL)
		rc = whole_begin(&export->about, manifest, err);
	return rc;
}

static enum rc
export_all(struct export *export, const struct call *call, struct err *err)
{
	enum rc rc;

	rc = begin_files(export, call, err);
	if (rc != RC_OK)
		return rc;
	progress_init(&export->progress, "export");
	rc = write_events(export, err);
	progress_clear(&export->progress);
	if (rc == RC_OK)
		rc = finish(export, err);
	return reading_explain(&export->reading, rc, err);
}

static void
export_clear(struct export *export)
{
	output_free(export->output);
	if (export->slice != NULL)
		(void)fclose(export->slice);
	digest_free(export->hash);
	whole_drop(&export->whole);
	whole_drop(&export->about);
	reading_close(&export->reading);
}

static enum rc
run(const struct command *command, const struct call *call,
    enum status *status, struct err *err)
{
	struct export export = { .position = 0 };
	enum rc rc;

	(void)command;
	rc = read_format(call->option[OPTION_FORMAT], &export, err);
	if (rc == RC_OK)
		rc = read_positions(call, &export.manifest, err);
	if (rc == RC_OK)
		rc = reading_open(&export.reading, call, err);
	if (rc == RC_OK)
		rc = check_files(&export, call, err);
	if (rc == RC_OK)
		rc = export_all(&export, call, err);
	export_clear(&export);
	if (rc == RC_OK)
		*status = STATUS_CLEAN;
	return rc;
}

const struct command command_export = {
	.name = "export",
	.group = GROUP_DATA,
	.what = "events in their order, with times in ISO 8601",
	.arguments = "[--format ndjson|csv] [--range FIRST-LAST] "
	    "[--from POSITION]\n    [--output FILE] [--manifest FILE]",
	.more = "The form is ndjson, unless --format says csv. The columns are "
	    "those of the view\nevents. FIRST and LAST are positions. One that "
	    "was cut off goes on with --from\nand the last position that was "
	    "written.\n",
	.example = "export -o may.ndjson --manifest may.json",
	.options = OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_RANGE) |
	    OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_OUTPUT) |
	    OPTION_BIT(OPTION_MANIFEST),
	.run = run,
};
