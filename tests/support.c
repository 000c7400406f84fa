#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "journal/file.h"
#include "support.h"

struct sample {
	char *body;
	struct params params;
	struct event event;
	struct delivery delivery;
};

int
place_setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	int n;

	if (place == NULL)
		return -1;
	/* A journal in memory is refused. */
	n = snprintf(place->directory, sizeof(place->directory), "%s",
	    file_place("/tmp/x") == FILE_IN_MEMORY ?
	    "/var/tmp/test_journal.XXXXXX" : "/tmp/test_journal.XXXXXX");
	if (n < 0 || mkdtemp(place->directory) == NULL)
		return -1;
	n = snprintf(place->path, sizeof(place->path), "%s/journal.db",
	    place->directory);
	*state = place;
	return n < 0 ? -1 : 0;
}

static int
remove_one(const char *path, const struct stat *status, int type,
    struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
place_teardown(void **state)
{
	struct place *place = *state;

	(void)look(NULL, NULL);
	(void)nftw(place->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

enum conf_mode
test_mode(void)
{
	const char *name = getenv("SYNCJOURNAL_TEST_MODE");

	if (name == NULL || *name == '\0')
		return CONF_MODE_AUTO;
	if (strcmp(name, "truncate") == 0)
		return CONF_MODE_TRUNCATE;
	assert_string_equal(name, "wal");
	return CONF_MODE_WAL;
}

static struct journal *
open_in(const struct place *place, enum conf_mode mode)
{
	const struct journal_options options = { .path = place->path,
	    .mode = mode, .resident = true };
	struct journal *journal = NULL;
	struct err err;

	if (journal_open(&journal, &options, 1000, &err) != RC_OK)
		fail_msg("%s", err.text);
	return journal;
}

struct journal *
open_journal(const struct place *place)
{
	return open_in(place, test_mode());
}

struct journal *
open_wal_journal(const struct place *place)
{
	return open_in(place, CONF_MODE_AUTO);
}

struct sample *
sample_new(const char *form)
{
	struct sample *sample = calloc(1, sizeof(*sample));
	struct err err;

	assert_non_null(sample);
	sample->body = strdup(form);
	assert_non_null(sample->body);
	params_init(&sample->params);
	event_init(&sample->event);
	assert_int_equal(params_from_form(&sample->params,
	    slice_of(sample->body), &err), RC_OK);
	params_sort(&sample->params);
	assert_int_equal(event_decode(&sample->event, &sample->params, NULL,
	    &err), RC_OK);
	sample->delivery.received_us = clock_now_us();
	sample->delivery.url = slice_of("https://example.com/sync");
	sample->delivery.key_id = slice_of("0123456789abcdef");
	sample->delivery.signature = slice_of("RSOYDt4T1cUTdK1PDd93/VVr8B8=");
	sample->delivery.content_type =
	    slice_of("application/x-www-form-urlencoded");
	sample->delivery.body = slice_of(sample->body);
	sample->delivery.event = &sample->event;
	return sample;
}

void
sample_free(struct sample *sample)
{
	if (sample == NULL)
		return;
	event_clear(&sample->event);
	params_clear(&sample->params);
	free(sample->body);
	free(sample);
}

struct delivery *
sample_delivery(struct sample *sample)
{
	return &sample->delivery;
}

struct event *
sample_event(struct sample *sample)
{
	return &sample->event;
}

const char *
append(struct journal *journal, const char *form)
{
	struct sample *sample = sample_new(form);
	struct delivery *delivery = &sample->delivery;
	const char *name;
	struct err err;

	if (journal_append(journal, &delivery, 1, 1000, &err) != RC_OK)
		fail_msg("%s", err.text);
	assert_int_equal(delivery->rc, RC_OK);
	name = verdict_name(delivery->verdict);
	sample_free(sample);
	return name == NULL ? "none" : name;
}

/* Append a row's columns. */
static char *
add_row(char *text, sqlite3_stmt *stmt)
{
	const char *value;
	char *longer;
	int i;

	for (i = 0; i < sqlite3_column_count(stmt); i++) {
		value = (const char *)sqlite3_column_text(stmt, i);
		longer = sqlite3_mprintf("%s%s%s", text, i > 0 ? "|" : "",
		    value == NULL ? "" : value);
		sqlite3_free(text);
		text = longer;
	}
	return text;
}

const char *
look(const char *path, const char *sql)
{
	static char *text;
	sqlite3_stmt *stmt = NULL;
	sqlite3 *sqlite = NULL;
	char *longer;
	bool first = true;

	sqlite3_free(text);
	text = NULL;
	if (path == NULL)
		return NULL;
	text = sqlite3_mprintf("");
	assert_int_equal(sqlite3_open_v2(path, &sqlite, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(sqlite));
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		if (!first) {
			longer = sqlite3_mprintf("%s\n", text);
			sqlite3_free(text);
			text = longer;
		}
		first = false;
		text = add_row(text, stmt);
	}
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
	assert_int_equal(sqlite3_close(sqlite), SQLITE_OK);
	return text;
}

int
change(const char *path, const char *sql)
{
	sqlite3 *sqlite = NULL;
	int code;

	code = sqlite3_open_v2(path, &sqlite, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(sqlite, sql, NULL, NULL, NULL);
	(void)sqlite3_close(sqlite);
	return code;
}

size_t
read_file(const char *path, char *bytes, size_t size)
{
	FILE *file = fopen(path, "rb");
	size_t len;

	assert_non_null(file);
	len = fread(bytes, 1, size, file);
	assert_int_equal(fclose(file), 0);
	return len;
}

void
write_file(const char *path, const char *bytes, size_t len)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}
