/*
 * arena -- memory for a process that ends soon: quick to get, and what is given
 * back is kept for the next of its size, or about it, until the process ends.
 *
 * SQLite reads a schema into some 10,000 small pieces, which in a CGI request is
 * most of the work (bench/README.md).
 */
#ifndef JOURNAL_ARENA_H
#define JOURNAL_ARENA_H

/* arena_get -- size bytes, > 0, aligned to 8; NULL: no memory. */
void *arena_get(int size);

/* arena_put -- give back. */
void arena_put(void *piece);

/* arena_resize -- a piece of another size with the same bytes, as far as they
 * fit; NULL: no memory, and the old one stays. */
void *arena_resize(void *piece, int size);

/* arena_size -- how many bytes of a piece may be used: what was asked for, or
 * somewhat more. */
int arena_size(void *piece);

/* arena_round -- what arena_size of a piece of so many bytes will be. */
int arena_round(int size);

#endif
