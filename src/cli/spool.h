/*
 * spool -- what is printed, kept until no transaction is open.
 *
 * A reader such as a pager may take as long as it likes. While a transaction
 * waited for it, the WAL could not be begun anew. So what is printed is kept:
 * some MiB in memory, then in a file without a name in TMPDIR (else /tmp). What
 * goes to a regular file is not kept beyond the memory: such a file does not
 * wait for anybody.
 */
#ifndef CLI_SPOOL_H
#define CLI_SPOOL_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* In memory, a NUL apart; most listings are smaller. */
#define SPOOL_MEMORY_SIZE (4U * 1024 * 1024 - 1)

struct spool {
	FILE *to;		/* of a descriptor; borrowed */
	bool is_regular;	/* to is a regular file */
	bool is_over;		/* the reader has gone */
	struct buf memory;	/* follows what is in the file */
	int fd;			/* -1: no file yet */
	off_t len;		/* bytes in it */
	enum rc rc;		/* the first failure, as spool_flush says it */
	struct err err;
};

/* spool_init -- nothing is kept yet. Cleared with spool_clear, also when it
 * failed. */
void spool_init(struct spool *spool, FILE *to);

/* spool_clear -- forget what was not written. */
void spool_clear(struct spool *spool);

/* spool_add -- keep some bytes. A failure is remembered. */
void spool_add(struct spool *spool, struct slice bytes);

/*
 * spool_flush -- write all that is kept, and the file's buffer; the spool is
 * empty then. Waits for the reader.
 *
 * RC_OK      also when the reader has gone: see spool_is_over
 * RC_SYSTEM  now, or at an addition: the file cannot be written to, or
 *            nothing can be kept in TMPDIR
 * RC_MEMORY
 * A failure is the result of each later call too.
 */
enum rc spool_flush(struct spool *spool, struct err *err);

/* spool_is_over -- whether the reader of a pipe or socket has gone: what is
 * added from now on is for nobody, and is not kept. */
bool spool_is_over(struct spool *spool);

/* spool_reader_gone -- the same of a file, asked now: nothing can be written to
 * it because nobody is left to read it. */
bool spool_reader_gone(FILE *file);

#endif
