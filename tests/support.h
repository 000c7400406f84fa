/*
 * support -- what the tests of the journal share: a directory of their own,
 * deliveries made of form bodies, and a second connection to look with.
 */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/journal.h"

struct place {
	char directory[64];
	char path[96];		/* journal.db in it; not made yet */
};

/* place_setup, place_teardown -- cmocka's setup and teardown; *state is a
 * struct place. The directory is removed with all that is in it. */
int place_setup(void **state);
int place_teardown(void **state);

/* test_mode -- how new journals are to be written: auto, or what the
 * environment's SYNCJOURNAL_TEST_MODE names, so that all tests can be run in each
 * mode. */
enum conf_mode test_mode(void);

/* open_journal -- a resident journal at the place's path; in WAL mode unless
 * test_mode says something else. */
struct journal *open_journal(const struct place *place);

/* open_wal_journal -- the same without test_mode: for what concerns the WAL, or
 * readers that are in a commit's way where there is none. */
struct journal *open_wal_journal(const struct place *place);

/* Something to append: its memory lives until sample_free. */
struct sample;

/* sample_new -- a verified delivery of this form body, decoded. */
struct sample *sample_new(const char *form);
void sample_free(struct sample *sample);
struct delivery *sample_delivery(struct sample *sample);
struct event *sample_event(struct sample *sample);

/* append -- append one form body; fails the test unless RC_OK. Returns its
 * verdict's name ("none" for no verdict). */
const char *append(struct journal *journal, const char *form);

/* look -- the rows of a query in the file, values joined by '|' and rows by
 * newlines, NULL as nothing. Valid until the next call. */
const char *look(const char *path, const char *sql);

/* change -- run SQL on the file; returns SQLite's code. */
int change(const char *path, const char *sql);

/* read_file, write_file -- a whole file; the first returns its length. */
size_t read_file(const char *path, char *bytes, size_t size);
void write_file(const char *path, const char *bytes, size_t len);

#endif
