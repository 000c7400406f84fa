/*
 * crash_vfs -- between the program and its files: writes down, in order,
 * all that is asked of the files in one directory, by SQLite through its
 * driver and by the program through the system (the linker's --wrap, see
 * Makefile.am). Nothing is really synced.
 *
 * Also here is what makes a run the same each time, its clocks and SQLite's
 * random numbers, and what is broken on purpose.
 *
 * A trace is in memory that processes share; one of them runs at a time.
 */
#ifndef TESTS_TORTURE_CRASH_VFS_H
#define TESTS_TORTURE_CRASH_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crash_disk.h"

#define TRACE_OPS 32768
#define TRACE_BYTES ((size_t)192 * 1024 * 1024)
#define TRACE_STATES 1024
#define TRACE_ANSWERS 512
#define TRACE_WORKERS 2
#define STATE_POSITIONS 192

/* What happens to a process in the middle of its work. */
enum fault_kind {
	FAULT_NONE,
	FAULT_KILL,		/* SIGKILL before its at-th change or sync, of
				 * which a part is done */
	FAULT_SYNC,		/* its at-th sync of a file fails, and it is
				 * told; so are others that have the file open,
				 * by their next */
	FAULT_SYNC_KILL,	/* the same, and it is killed before it knows */
	N_FAULT_KINDS
};

struct fault {
	enum fault_kind kind;
	int worker;
	size_t at;		/* from 0 */
};

/* The journal as it was between two transactions. */
struct state {
	size_t at;		/* ops before it */
	uint64_t sum;		/* of all rows */
	size_t steps;		/* that are done */
	bool promised;		/* it has been said that it is durable */
	unsigned char verdicts[STATE_POSITIONS];	/* of deliveries */
};

/* A delivery that could be acknowledged. */
struct answer {
	size_t at;		/* ops before it */
	size_t state;		/* the first that it is in for certain */
	size_t step, place;	/* which one it is */
	int64_t position;
	int verdict;
};

struct trace {
	char directory[64];
	char names[CRASH_NAMES][CRASH_NAME_SIZE];
	size_t n_names;
	int live[CRASH_NAMES];	/* the file that a name leads to, or -1 */
	int n_files;
	unsigned int failures[CRASH_FILES];	/* syncs that failed */
	struct op ops[TRACE_OPS];
	size_t n_ops;
	size_t n_bytes;
	struct fault fault;
	bool struck;		/* the fault has happened */
	size_t n_ops_of[TRACE_WORKERS];
	size_t n_syncs_of[TRACE_WORKERS];
	struct state states[TRACE_STATES];
	size_t n_states;
	struct answer answers[TRACE_ANSWERS];
	size_t n_answers;
	char failure[ERR_TEXT_SIZE];	/* why a worker gave up */
	unsigned char bytes[TRACE_BYTES];
};

/* trace_new, trace_free -- shared with processes that are made later. */
struct trace *trace_new(void);
void trace_free(struct trace *trace);

/* trace_begin -- an empty trace of an empty directory. */
void trace_begin(struct trace *trace, const char *directory,
    const struct fault *fault);

/* What is broken on purpose, to see that it is found. */
enum broken {
	BROKEN_NOTHING,
	BROKEN_NORMAL,		/* synchronous=NORMAL */
	BROKEN_DELETE,		/* journal_mode=DELETE */
	BROKEN_SYNC,		/* no sync of a WAL */
	BROKEN_ANSWER,		/* the answer goes out before the sync */
	BROKEN_HEADER,		/* no sync of a new WAL's header alone */
	BROKEN_DIRECTORY,	/* no sync of the directory by us */
	BROKEN_START,		/* nothing is done about the WAL at the start */
	BROKEN_RENEW,		/* that copies what only the page cache has */
	BROKEN_WORDS,		/* no look at the words in the lock file */
	N_BROKEN
};

/* The process's own part. */
struct crash_process {
	struct trace *trace;	/* NULL: nothing is written down */
	int worker;
	enum broken broken;
	bool opening;		/* in journal_open */
	size_t step;		/* the time, in seconds */
	int64_t mono_us;
	uint64_t random;
	void (*before_sync)(void);	/* of a commit, when others may
					 * write; or NULL */
};
extern struct crash_process crash_process;

/* crash_vfs_register -- once, before SQLite is used. */
void crash_vfs_register(void);

/* crash_vfs_begin -- this process's clocks and random numbers begin anew. */
void crash_vfs_begin(struct trace *trace, int worker, uint64_t seed);

#endif
