/*
 * faults -- the Nth allocation, call of SQLite, access to a file of SQLite's,
 * or system call fails, in a program that is linked with --wrap for each of
 * them (Makefile.am, tests_test_faults_LDFLAGS).
 */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

enum fault {
	FAULT_MEMORY,	/* malloc and its like, called by src */
	FAULT_SQLITE_MEMORY,	/* SQLite's own */
	FAULT_SQLITE,	/* what src/journal calls of SQLite */
	FAULT_DISK,	/* what SQLite calls of its driver of files */
	FAULT_SYSTEM,	/* what src calls of the system, but for SQLite */
	N_FAULTS
};

struct fault_plan {
	enum fault fault;
	long at;	/* the call that fails, from 1; 0: none */
	bool lasting;	/* and all after it, until faults_end; of the
			 * system those of the same call */
	int way;	/* of those that the call can fail in, from 0; of
			 * what lasts always the first */
};

struct fault_seen {
	long calls[N_FAULTS];
	long n_failed;		/* 0: there was no call so late */
	const char *call;	/* the first that failed */
	int n_ways;		/* that it can fail in */
	int code;		/* that it failed with; of memory 0 */
};

/*
 * faults_start -- before the first connection. Nothing is synced from then on:
 * what a loss of power leaves is not looked at here.
 *
 * own_memory  SQLite's allocations are to fail too, and to be counted; false
 *             where they are the program's own (journal_brief)
 */
void faults_start(bool own_memory);

/* faults_still -- from here on the time, and what SQLite takes for random, are
 * as they were after the last faults_still: the same work leaves the same
 * bytes. */
void faults_still(void);

/* faults_begin, faults_end -- between them calls are counted, and fail as
 * planned. */
void faults_begin(const struct fault_plan *plan);
void faults_end(struct fault_seen *seen);

/* faults_live -- blocks of memory that were not given back. */
long faults_live(void);

const char *fault_name(enum fault fault);

/* fault_now -- whether this call is to fail; *code is one of the n ways. For
 * the calls themselves. */
bool fault_now(enum fault fault, const char *call, const int *ways, int n,
    int *code);
#define FAULT_NOW(fault, call, code, ...) \
	fault_now(fault, call, (const int[]){ __VA_ARGS__ }, \
	    (int)(sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int)), code)

/* faults_counted -- a block that somebody else has allocated, and will be given
 * back as any other; NULL is accepted. */
void *faults_counted(void *piece);

/* faults_disk_start -- the driver below that of the program. */
void faults_disk_start(void);

#endif
