/*
 * crash_look -- a journal as another program sees it, beside those that are
 * tested.
 */
#ifndef TESTS_TORTURE_CRASH_LOOK_H
#define TESTS_TORTURE_CRASH_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;

/* look_open, look_close -- with SQLite's own driver: nothing of it is written
 * down. */
struct sqlite3 *look_open(const char *path);
void look_close(struct sqlite3 *sqlite);

/* look_number -- the first value of a query, or -1 where there is no row. */
int64_t look_number(struct sqlite3 *sqlite, const char *sql);

/* look_sum -- of all rows of all tables, but for the journal's name and
 * mode. */
uint64_t look_sum(struct sqlite3 *sqlite);

/* look_verdicts -- of each delivery below n, by its position. */
void look_verdicts(struct sqlite3 *sqlite, unsigned char *verdicts, size_t n);

/* look_copy -- a copy of the journal in directory/look, to be opened as
 * whoever comes next would. false: there is no journal. */
bool look_copy(const char *directory);

/* look_now -- what is so now, by the views, whatever the order in which it
 * came: without positions and times. Freed by the caller. */
char *look_now(struct sqlite3 *sqlite);

/* look_body -- whether the delivery of this position has this body. */
bool look_body(struct sqlite3 *sqlite, int64_t position, const char *body);

/* look_has -- how many deliveries have this body. */
int64_t look_has(struct sqlite3 *sqlite, const char *body);

/* look_rows -- of a query, to print. Freed by the caller. */
char *look_rows(struct sqlite3 *sqlite, const char *sql);

/* look_clear -- remove all files in a directory, and make it if it is not
 * there. */
void look_clear(const char *directory);

#endif
