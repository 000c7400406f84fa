/*
 * crash_disk -- what a disk may hold after a loss of power: the files of
 * one directory, rebuilt from the trace of what was asked of them.
 *
 * The model. A file is sectors. Each write or truncation makes a new
 * version of each sector that it touches, and perhaps of the file's size. A
 * sync that succeeded pins the newest version; of those made since, any one
 * may be what the disk has, each sector for itself and the size for itself:
 * dropped, kept, reordered. A write that was under way may have reached a
 * part of a sector, from its front or from its back on; bytes outside of
 * what was written stay as they were (SQLite's "powersafe overwrite",
 * https://sqlite.org/psow.html; linear writes:
 * https://sqlite.org/atomiccommit.html section 2). Where a file has grown
 * over sectors that were not written, there are zeros or what lay there
 * before. A file that is cut short gives its blocks back: until the disk
 * has the new size, what was written since then lies elsewhere (any file
 * system with a journal, or that copies on writing; not ext2). Names
 * (created, removed, renamed) are durable after a sync of the directory and
 * not before; until then each of those changes is there or not. A rename is
 * there as a whole or not at all.
 *
 * After a sync that failed, what it should have written counts as clean, as
 * in Linux's page cache: no later sync brings it to the disk, unless it is
 * written again. Sizes and names are the file system's own matter, and not
 * lost by that.
 */
#ifndef TESTS_TORTURE_CRASH_DISK_H
#define TESTS_TORTURE_CRASH_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRASH_FILES 64		/* ever made in one trace */
#define CRASH_NAMES 24
#define CRASH_NAME_SIZE 40

enum op_kind {
	OP_WRITE,
	OP_TRUNCATE,		/* at: the new size */
	OP_SYNC,
	OP_CREATE,		/* name: of file */
	OP_UNLINK,		/* name */
	OP_RENAME,		/* name to other */
	OP_SYNC_DIRECTORY,
	N_OP_KINDS
};

struct op {
	enum op_kind kind;
	int file, name, other;
	bool failed;		/* of a sync */
	int64_t at;
	size_t len;
	const unsigned char *bytes;
};

/* What reaches the disk of the changes that no sync has pinned. */
enum weather {
	WEATHER_NOTHING,
	WEATHER_ALL,		/* as after a kill */
	WEATHER_PREFIX,		/* all up to one, and a part of that */
	WEATHER_FEW,		/* of each sector any version, mostly old */
	WEATHER_HALF,
	WEATHER_MOST,
	WEATHER_ONE_LOST,	/* a single sector */
	WEATHER_ONE_KEPT,
	N_WEATHERS
};

/* weather_name -- to print it. */
const char *weather_name(enum weather weather);

struct crash {
	uint64_t seed;
	enum weather weather, names;	/* of sectors, and of the directory */
	size_t sector;		/* 512 or 4096 */
	bool tear;		/* within a sector too */
	bool spoil;		/* not as in the model: a torn sector is
				 * spoilt as a whole */
};

struct disk;

/* disk_new, disk_free -- an empty directory. */
struct disk *disk_new(void);
void disk_free(struct disk *disk);

/* disk_do -- the next change or sync; op is borrowed for as long as the
 * disk. */
void disk_do(struct disk *disk, const struct op *op);

/* disk_pending -- changes that no sync has pinned. */
size_t disk_pending(const struct disk *disk);

/* disk_write -- write the directory as one crash leaves it. names are those
 * that the ops number. */
void disk_write(const struct disk *disk, const struct crash *crash,
    char names[][CRASH_NAME_SIZE], const char *directory);

/* crash_random -- a number that depends on all three alone. */
uint64_t crash_random(uint64_t seed, uint64_t a, uint64_t b);

/* crash_die -- something that is no finding but the test's own failure. */
void crash_die(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#endif
