/* What cli/output.h promises of each format. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <sqlite3.h>

#include "cli/output.h"
#include "cli/plain.h"
#include "journal/reader.h"
#include "sink.h"
#include "support.h"

#define MIB (1024U * 1024)

/* ------------------------------------------------------------------------
 * Formats
 */

static const struct output_column three[] = { { "n", 0 }, { "state", 0 },
	{ "about", 0 } };

static void
test_each_format_has_all_values(void **state)
{
	const struct db_value values[] = {
		number_of(7), text_of("open"), text_of("a,\"b\"\n"),
		number_of(-1234567), null_value, text_of(""),
		null_value, text_of("filled"), real_of("0.5"),
	};
	const struct listing listing = { three, 3, values, 3, "a hole\x1b" };

	(void)state;
	prints(&listing, OUTPUT_TABLE, SINK_FILE,
	    "       n  state   about\n"
	    "       7  open    a,\"b\"\\x0A\n"
	    "-1234567  -       \n"
	    "a hole\\x1B\n"
	    "       -  filled  0.5\n");
	prints(&listing, OUTPUT_CSV, SINK_FILE, "n,state,about\r\n"
	    "7,open,\"a,\"\"b\"\"\n\"\r\n-1234567,,\r\n,filled,0.5\r\n");
	prints(&listing, OUTPUT_JSON, SINK_FILE,
	    "{\"n\":7,\"state\":\"open\",\"about\":\"a,\\\"b\\\"\\n\"}\n"
	    "{\"n\":-1234567,\"state\":null,\"about\":\"\"}\n"
	    "{\"n\":null,\"state\":\"filled\",\"about\":0.5}\n");
}

static void
test_no_rows_are_a_head_alone(void **state)
{
	const struct listing listing = { three, 3, NULL, 0, NULL };

	(void)state;
	prints(&listing, OUTPUT_TABLE, SINK_FILE, "n  state  about\n");
	prints(&listing, OUTPUT_CSV, SINK_FILE, "n,state,about\r\n");
	prints(&listing, OUTPUT_JSON, SINK_FILE, "");
}

static void
test_unusual_values_stay_json(void **state)
{
	static const char bytes[] = "a\0\xff\x1b";
	const struct db_value values[] = {
		real_of("Inf"), real_of("-9.0e+999"),
		{ .type = DB_BLOB, .bytes = { bytes, sizeof(bytes) - 1 } },
		{ .type = DB_TEXT, .bytes = { bytes, sizeof(bytes) - 1 } },
	};
	const struct output_column columns[] = { { "\x1b\"", 0 }, { "b", 0 },
		{ "c", 0 }, { "d", 0 } };
	const struct listing listing = { columns, 4, values, 1, NULL };
	char *text = print_listing(&listing, OUTPUT_JSON, SINK_FILE);
	struct json_object *object = json_tokener_parse(text);

	(void)state;
	assert_non_null(object);
	json_object_put(object);
	assert_string_equal(text, "{\"\\u001b\\\"\":\"Inf\",\"b\":-9.0e+999,"
	    "\"c\":\"6100ff1b\",\"d\":\"a\\\\x00\\\\xFF\\u001b\"}\n");
	free(text);
}

static void
lines_are_plain(const struct listing *listing, enum output_format format,
    int width)
{
	char *text = print_listing(listing, format, width);
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (text[i] == '\n' || (text[i] == '\r' &&
		    text[i + 1] == '\n'))
			text[i] = ' ';
	}
	assert_true(i > 0);
	assert_true(plain_is(text));
	free(text);
}

static void
test_no_value_steers_a_terminal(void **state)
{
	static const char *const hostile[] = { "\x1b]0;t\x07", "\x9b" "2J",
		"\xc2\x9b" "2J", "a\r\nb\tc\x7f", "\xff\xc2", "\x1b[31" };
	const int widths[] = { SINK_FILE, 1, 20, 80 };
	struct db_value values[18];
	const struct output_column columns[] = { { "\x1b[1m", 0 },
		{ "state\n", 0 }, { "x", 0 } };
	const struct listing listing = { columns, 3, values, 6,
		"\x1b[31m\xc2\x9b" };
	size_t i, w;
	int format;

	(void)state;
	set_colours(false);
	for (i = 0; i < 18; i++)
		values[i] = text_of(hostile[(i + i / 3) % 6]);
	for (w = 0; w < sizeof(widths) / sizeof(widths[0]); w++)
		lines_are_plain(&listing, OUTPUT_TABLE, widths[w]);
	for (format = 0; format < N_OUTPUT_FORMATS; format++)
		lines_are_plain(&listing, (enum output_format)format, 80);
	prints(&(struct listing){ columns, 1, (const struct db_value[]){
	    text_of("\x7f\xc2\x80\xc2\x9f\xc2\xa0\xff") }, 1, NULL },
	    OUTPUT_JSON, 80, "{\"\\u001b[1m\":"
	    "\"\\u007f\\u0080\\u009f\xc2\xa0\\\\xFF\"}\n");
}

/* ------------------------------------------------------------------------
 * Pairs and lines
 */

static void
prints_pairs(const struct output_pair *pairs, size_t n,
    enum output_format format, int width, const char *want)
{
	struct sink sink = sink_open(width);
	struct err err;
	char *got;

	assert_int_equal(output_pairs(format, sink.file, pairs, n, &err),
	    RC_OK);
	got = sink_close(&sink);
	assert_string_equal(got, want);
	free(got);
}

static void
test_pairs_are_in_line(void **state)
{
	const struct output_pair pairs[] = {
		{ "n", number_of(12) }, { "state", text_of("open") },
		{ "unique name", text_of("a\x1bz 45678901234567") },
		{ "last", null_value },
	};

	(void)state;
	prints_pairs(pairs, 4, OUTPUT_TABLE, SINK_FILE, "n:           12\n"
	    "state:       open\n" "unique name: a\\x1Bz 45678901234567\n"
	    "last:        -\n");
	prints_pairs(pairs, 4, OUTPUT_CSV, SINK_FILE,
	    "n,state,unique name,last\r\n"
	    "12,open,a\x1bz 45678901234567,\r\n");
	prints_pairs(pairs, 4, OUTPUT_JSON, SINK_FILE,
	    "{\"n\":12,\"state\":\"open\""
	    ",\"unique name\":\"a\\u001bz 45678901234567\",\"last\":null}\n");
	set_colours(true);
	prints_pairs(pairs, 4, OUTPUT_TABLE, 24, "n:           12\n"
	    "state:       \x1b[31mopen\x1b[0m\n" "unique name: a\\x1Bz 456..\n"
	    "last:        \x1b[2m-\x1b[0m\n");
	prints_pairs(&pairs[2], 1, OUTPUT_TABLE, 1,
	    "unique name: a\\x1Bz 456..\n");
}

static void
test_lines_stand_where_they_were_added(void **state)
{
	const struct output_column columns[] = { { "a", 0 } };
	const struct db_value value = text_of("row");
	struct sink sink = sink_open(SINK_FILE);
	struct output *output = NULL;
	struct err err;
	char *text;

	(void)state;
	(void)fputs("printed\n", sink.file);
	assert_int_equal(output_begin(&output, OUTPUT_TABLE, sink.file,
	    columns, 1, &err), RC_OK);
	output_row(output, &value);
	output_text(output, slice_of("text\n"));
	output_row(output, &value);
	assert_int_equal(output_finish(output, &err), RC_OK);
	output_free(output);
	assert_int_equal(output_begin(&output, OUTPUT_CSV, sink.file, NULL, 0,
	    &err), RC_OK);
	output_text(output, slice_of("alone\n"));
	assert_int_equal(output_finish(output, &err), RC_OK);
	output_free(output);
	text = sink_close(&sink);
	assert_string_equal(text, "printed\na\nrow\ntext\nrow\nalone\n");
	free(text);
}

static void
test_large_rows_are_not_held_back(void **state)
{
	const size_t rows = 40;
	char *wide = long_text(MIB);
	const struct output_column columns[] = { { "a", 0 } };
	struct output *output = NULL;
	const struct db_value value = text_of(wide);
	struct sink sink = sink_open(SINK_FILE);
	struct err err;
	size_t i;

	(void)state;
	assert_int_equal(output_begin(&output, OUTPUT_TABLE, sink.file,
	    columns, 1, &err), RC_OK);
	for (i = 0; i < rows; i++)
		output_row(output, &value);
	/* All but what fits into the spool's memory is in the file. */
	assert_true(lseek(fileno(sink.file), 0, SEEK_END) >
	    (off_t)((rows - 6) * MIB));
	assert_int_equal(output_finish(output, &err), RC_OK);
	output_free(output);
	(void)fclose(sink.file);
	free(wide);
}

/* ------------------------------------------------------------------------
 * The journal meanwhile
 */

#define ROWS 20000

/* A process of its own: the locks of one are no obstacle to itself. Waits until
 * it may begin; never returns. */
static void
print_rows(const char *path, int begin, int to)
{
	FILE *file = fdopen(to, "w");
	struct db *db = NULL;
	struct err err;
	bool file_only;
	enum rc rc;
	char go;

	if (file == NULL || read(begin, &go, 1) != 1)
		_exit(1);
	rc = reader_open(&db, path, &file_only, &err);
	if (rc == RC_OK)
		rc = db_query(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION "
		    "ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i, "
		    "(SELECT count(*) FROM delivery) AS n FROM n", &err);
	if (rc == RC_OK)
		rc = output_rows(db, DB_QUERY, OUTPUT_JSON, file, &err);
	_exit(rc == RC_OK ? 0 : 1);
}

static size_t
count_lines(FILE *file)
{
	size_t n = 0;
	int c;

	while ((c = getc(file)) != EOF)
		n += c == '\n';
	return n;
}

static int
empty_wal(const char *path)
{
	sqlite3 *sqlite = NULL;
	int code;

	assert_int_equal(sqlite3_open_v2(path, &sqlite,
	    SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	/* A connection that has read nothing knows of no WAL. */
	assert_int_equal(sqlite3_exec(sqlite, "SELECT count(*) FROM delivery",
	    NULL, NULL, NULL), SQLITE_OK);
	code = sqlite3_wal_checkpoint_v2(sqlite, NULL,
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	assert_int_equal(sqlite3_close(sqlite), SQLITE_OK);
	return code;
}

static void
test_no_transaction_waits_for_the_reader(void **state)
{
	const struct place *place = *state;
	struct journal *journal;
	int begin[2], rows[2], status = -1;
	struct pollfd pollfd;
	FILE *reader;
	pid_t child;

	assert_int_equal(pipe(begin), 0);
	assert_int_equal(pipe(rows), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(begin[1]);
		(void)close(rows[0]);
		print_rows(place->path, begin[0], rows[1]);
	}
	(void)close(rows[1]);
	reader = fdopen(rows[0], "r");
	assert_non_null(reader);
	journal = open_journal(place);
	(void)append(journal, "EventType=service_created");
	assert_int_equal(write(begin[1], "", 1), 1);
	pollfd = (struct pollfd){ rows[0], POLLIN, 0 };
	assert_int_equal(poll(&pollfd, 1, 60000), 1);
	/* The writer goes on, and no reader keeps the WAL as it is. */
	(void)append(journal, "EventType=service_created");
	journal_close(journal);
	assert_int_equal(empty_wal(place->path), SQLITE_OK);
	assert_int_equal(count_lines(reader), ROWS);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	(void)fclose(reader);
	(void)close(begin[0]);
	(void)close(begin[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_format_has_all_values),
		cmocka_unit_test(test_no_rows_are_a_head_alone),
		cmocka_unit_test(test_unusual_values_stay_json),
		cmocka_unit_test(test_no_value_steers_a_terminal),
		cmocka_unit_test(test_pairs_are_in_line),
		cmocka_unit_test(test_lines_stand_where_they_were_added),
		cmocka_unit_test(test_large_rows_are_not_held_back),
		cmocka_unit_test_setup_teardown(
		    test_no_transaction_waits_for_the_reader, place_setup,
		    place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
