/* What cli/spool.h promises: nothing is written before it may be, all of it
 * then, nothing is left behind, and a reader may go away. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/spool.h"
#include "support.h"

#define PIECE 1000
/* Some in memory, twice that in the file. */
#define PIECES (3 * SPOOL_MEMORY_SIZE / PIECE)

/* A piece says which one it is. */
static void
piece_of(size_t i, char piece[PIECE + 1])
{
	(void)snprintf(piece, PIECE + 1, "%0*zu", PIECE, i);
}

static void
add_pieces(struct spool *spool, size_t from, size_t to)
{
	char piece[PIECE + 1];
	size_t i;

	for (i = from; i < to; i++) {
		piece_of(i, piece);
		spool_add(spool, (struct slice){ piece, PIECE });
	}
}

/* How many pieces in order there are until the end. */
static size_t
read_pieces(FILE *file)
{
	char want[PIECE + 1], got[PIECE];
	size_t i;

	for (i = 0; fread(got, 1, PIECE, file) == PIECE; i++) {
		piece_of(i, want);
		if (memcmp(want, got, PIECE) != 0)
			break;
	}
	return i;
}

struct reader {
	FILE *file;
	size_t n;
};

static void *
run_reader(void *argument)
{
	struct reader *reader = argument;

	reader->n = read_pieces(reader->file);
	return NULL;
}

static void
make_pipe(FILE *ends[2])
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	ends[0] = fdopen(fds[0], "r");
	ends[1] = fdopen(fds[1], "w");
	assert_non_null(ends[0]);
	assert_non_null(ends[1]);
}

static int
bytes_in(FILE *file)
{
	int n = -1;

	assert_int_equal(ioctl(fileno(file), FIONREAD, &n), 0);
	return n;
}

/* It can be removed, so nothing in it has a name. */
static void
is_empty(const char *directory)
{
	assert_int_equal(rmdir(directory), 0);
	assert_int_equal(mkdir(directory, 0700), 0);
}

static void
test_nothing_is_written_before_the_flush(void **state)
{
	const struct place *place = *state;
	struct reader reader;
	struct spool spool;
	struct err err;
	FILE *ends[2];
	pthread_t thread;

	assert_int_equal(setenv("TMPDIR", place->directory, 1), 0);
	make_pipe(ends);
	reader.file = ends[0];
	/* What stands in the file's own buffer comes first. */
	(void)fprintf(ends[1], "%0*d", PIECE, 0);
	spool_init(&spool, ends[1]);
	add_pieces(&spool, 1, PIECES);
	assert_true(spool.len > (off_t)SPOOL_MEMORY_SIZE);
	assert_int_equal(bytes_in(ends[0]), 0);
	is_empty(place->directory);
	assert_int_equal(pthread_create(&thread, NULL, run_reader, &reader),
	    0);
	assert_int_equal(spool_flush(&spool, &err), RC_OK);
	assert_int_equal(spool.len, 0);
	add_pieces(&spool, PIECES, 2 * PIECES);
	assert_int_equal(spool_flush(&spool, &err), RC_OK);
	spool_clear(&spool);
	assert_int_equal(fclose(ends[1]), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(reader.n, 2 * PIECES);
	(void)fclose(ends[0]);
	is_empty(place->directory);
}

static void
test_a_piece_may_be_larger_than_the_memory(void **state)
{
	char *all = malloc(PIECES * PIECE);
	struct spool spool;
	struct err err;
	size_t i;
	FILE *file;

	(void)state;
	assert_non_null(all);
	for (i = 1; i < PIECES; i++)
		piece_of(i, all + (i - 1) * PIECE);
	file = tmpfile();
	assert_non_null(file);
	spool_init(&spool, file);
	add_pieces(&spool, 0, 1);
	spool_add(&spool, (struct slice){ all, (PIECES - 1) * PIECE });
	add_pieces(&spool, PIECES, PIECES + 1);
	assert_int_equal(spool_flush(&spool, &err), RC_OK);
	spool_clear(&spool);
	rewind(file);
	assert_int_equal(read_pieces(file), PIECES + 1);
	(void)fclose(file);
	free(all);
}

static void
test_a_regular_file_needs_no_room_elsewhere(void **state)
{
	struct spool spool;
	struct err err;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	spool_init(&spool, file);
	add_pieces(&spool, 0, PIECES);
	assert_int_equal(spool_flush(&spool, &err), RC_OK);
	spool_clear(&spool);
	rewind(file);
	assert_int_equal(read_pieces(file), PIECES);
	(void)fclose(file);
}

static void
test_no_room_is_said_at_each_flush(void **state)
{
	struct spool spool;
	struct err err;
	FILE *ends[2];
	int i;

	(void)state;
	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	make_pipe(ends);
	spool_init(&spool, ends[1]);
	add_pieces(&spool, 0, PIECES);
	for (i = 0; i < 2; i++) {
		err.text[0] = '\0';
		assert_int_equal(spool_flush(&spool, &err), RC_SYSTEM);
		assert_string_equal(err.text, "/nonexistent: cannot keep what "
		    "is to be printed: No such file or directory");
	}
	assert_int_equal(bytes_in(ends[0]), 0);
	spool_clear(&spool);
	(void)fclose(ends[0]);
	(void)fclose(ends[1]);
}

static void
test_a_full_disk_is_said_at_each_flush(void **state)
{
	struct spool spool;
	struct err err;
	FILE *file = fopen("/dev/full", "w");
	int i;

	(void)state;
	if (file == NULL)
		skip();
	spool_init(&spool, file);
	add_pieces(&spool, 0, 1);
	for (i = 0; i < 2; i++) {
		err.text[0] = '\0';
		assert_int_equal(spool_flush(&spool, &err), RC_SYSTEM);
		assert_string_equal(err.text, "standard output: cannot be "
		    "written to: No space left on device");
	}
	assert_false(spool_is_over(&spool));
	spool_clear(&spool);
	(void)fclose(file);
}

/* ------------------------------------------------------------------------
 * Readers
 */

static void
test_a_reader_that_has_gone_is_no_failure(void **state)
{
	struct spool spool;
	struct err err;
	FILE *ends[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	/* Nothing is kept for nobody: it would fail. */
	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	make_pipe(ends);
	spool_init(&spool, ends[1]);
	add_pieces(&spool, 0, 1);
	assert_false(spool_is_over(&spool));
	(void)fclose(ends[0]);
	add_pieces(&spool, 1, PIECES);
	assert_int_equal(spool_flush(&spool, &err), RC_OK);
	assert_true(spool_is_over(&spool));
	spool_clear(&spool);
	(void)fclose(ends[1]);
	(void)signal(SIGPIPE, SIG_DFL);
}

static void
test_a_reader_may_go_while_it_is_waited_for(void **state)
{
	struct spool spool;
	struct err err;
	FILE *ends[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	make_pipe(ends);
	spool_init(&spool, ends[1]);
	add_pieces(&spool, 0, 1);
	(void)fclose(ends[0]);
	assert_int_equal(spool_flush(&spool, &err), RC_OK);
	assert_true(spool.is_over);
	spool_clear(&spool);
	(void)fclose(ends[1]);
	(void)signal(SIGPIPE, SIG_DFL);
}

/* Never returns. */
static void
write_to_nobody(void)
{
	struct spool spool;
	struct err err;
	FILE *ends[2];

	make_pipe(ends);
	(void)fclose(ends[0]);
	spool_init(&spool, ends[1]);
	add_pieces(&spool, 0, 1);
	_exit(spool_flush(&spool, &err) == RC_OK ? 0 : 1);
}

static void
test_the_signal_is_left_to_end_the_program(void **state)
{
	int status = 0;
	pid_t child;

	(void)state;
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		write_to_nobody();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGPIPE);
}

static void
test_a_pipe_that_does_not_block_is_waited_for(void **state)
{
	struct reader reader;
	struct spool spool;
	struct err err;
	FILE *ends[2];
	pthread_t thread;
	int flags;

	(void)state;
	assert_int_equal(setenv("TMPDIR", "", 1), 0);
	make_pipe(ends);
	flags = fcntl(fileno(ends[1]), F_GETFL);
	assert_int_equal(fcntl(fileno(ends[1]), F_SETFL, flags | O_NONBLOCK),
	    0);
	reader.file = ends[0];
	spool_init(&spool, ends[1]);
	add_pieces(&spool, 0, PIECES);
	assert_int_equal(pthread_create(&thread, NULL, run_reader, &reader),
	    0);
	assert_int_equal(spool_flush(&spool, &err), RC_OK);
	spool_clear(&spool);
	assert_int_equal(fclose(ends[1]), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(reader.n, PIECES);
	(void)fclose(ends[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		/* It forks: before there are threads. */
		cmocka_unit_test(test_the_signal_is_left_to_end_the_program),
		cmocka_unit_test(test_nothing_is_written_before_the_flush),
		cmocka_unit_test(test_a_piece_may_be_larger_than_the_memory),
		cmocka_unit_test(test_a_regular_file_needs_no_room_elsewhere),
		cmocka_unit_test(test_no_room_is_said_at_each_flush),
		cmocka_unit_test(test_a_full_disk_is_said_at_each_flush),
		cmocka_unit_test(test_a_reader_that_has_gone_is_no_failure),
		cmocka_unit_test(test_a_reader_may_go_while_it_is_waited_for),
		cmocka_unit_test(
		    test_a_pipe_that_does_not_block_is_waited_for),
	};

	return cmocka_run_group_tests(tests, place_setup, place_teardown);
}
