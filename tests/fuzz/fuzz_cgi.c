/* The responder itself as CGI: a process for each input, as a web server starts
 * one. Each is answered with a status of the table's and the process ends by
 * itself; 204 is one more delivery in the journal with this body, anything else
 * is none. An input is as in made.h; its letters a, t and u mean nothing here.
 *
 * The program is $BUILDDIR/syncjournal.fcgi: what it does is not seen by an
 * engine, which is what fuzz_request is for. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "made.h"

static char conf[96], path[96], program[512];
static sqlite3 *reader;
static int64_t last;

static FILE *
make(const char *name)
{
	FILE *file;

	(void)unlink(name);
	file = fopen(name, "w+b");
	MUST(file != NULL && fchmod(fileno(file), 0600) == 0);
	return file;
}

static void
start(void)
{
	const char *const build = getenv("BUILDDIR");
	const char *const directory = fuzz_directory();
	FILE *file;

	snprintf(program, sizeof(program), "%s/syncjournal.fcgi",
	    build == NULL ? "." : build);
	MUST(access(program, X_OK) == 0);
	snprintf(path, sizeof(path), "%s/journal.db", directory);
	snprintf(conf, sizeof(conf), "%s/conf", directory);
	file = make(conf);
	MUST(fprintf(file, "[journal]\npath = %s\n[receive]\npublic_url = %s\n"
	    "max_body_bytes = %d\n[account %s]\nauth_token = %s\n", path,
	    MADE_URL, MADE_BODY_MAX, MADE_ACCOUNT, MADE_TOKEN) > 0);
	MUST(fclose(file) == 0);
}

/* --- One process -------------------------------------------------------- */

static void
run(struct made *made, int in, int out)
{
	static char by_conf[128];
	posix_spawn_file_actions_t actions;
	char *argv[] = { program, NULL };
	int status;
	pid_t pid;

	snprintf(by_conf, sizeof(by_conf), "SYNCJOURNAL_CONFIG=%s", conf);
	/* The first of a name counts. */
	if (made->n == MADE_VARIABLES)
		free(made->envp[--made->n]);
	memmove(made->envp + 1, made->envp, made->n * sizeof(char *));
	made->envp[0] = by_conf;
	made->envp[made->n + 1] = NULL;
	MUST(posix_spawn_file_actions_init(&actions) == 0);
	MUST(posix_spawn_file_actions_adddup2(&actions, in, 0) == 0);
	MUST(posix_spawn_file_actions_adddup2(&actions, out, 1) == 0);
	MUST(posix_spawn_file_actions_addopen(&actions, 2, "/dev/null",
	    O_WRONLY, 0) == 0);
	MUST(posix_spawn(&pid, program, &actions, NULL, argv,
	    made->envp) == 0);
	MUST(posix_spawn_file_actions_destroy(&actions) == 0);
	memmove(made->envp, made->envp + 1, made->n * sizeof(char *));
	made->envp[made->n] = NULL;
	while (waitpid(pid, &status, 0) < 0)
		MUST(errno == EINTR);
	MUST(WIFEXITED(status) && WEXITSTATUS(status) <= 3);
}

static int
answer(struct made *made)
{
	char text[1024];
	FILE *const in = tmpfile(), *const out = tmpfile();
	size_t len;

	MUST(in != NULL && out != NULL);
	MUST(fwrite(made->body.p, 1, made->body.len, in) == made->body.len);
	MUST(fflush(in) == 0 && lseek(fileno(in), 0, SEEK_SET) == 0);
	run(made, fileno(in), fileno(out));
	rewind(out);
	len = fread(text, 1, sizeof(text) - 1, out);
	text[len] = '\0';
	MUST(fclose(in) == 0 && fclose(out) == 0);
	MUST(strncmp(text, "Status: ", 8) == 0);
	MUST(strstr(text, "\r\n\r\n") != NULL);
	return atoi(text + 8);
}

/* --- The journal -------------------------------------------------------- */

/* Whether there is exactly one more delivery, of this body; or none. */
static bool
has_one_more(const struct made *made)
{
	static const char sql[] = "SELECT position, body FROM deliveries "
	    "WHERE position > ?1 LIMIT 2";
	sqlite3_stmt *stmt = NULL;
	bool found = false;

	if (reader == NULL && access(path, R_OK) != 0)
		return false;
	if (reader == NULL)
		MUST(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY,
		    NULL) == SQLITE_OK);
	MUST(sqlite3_prepare_v2(reader, sql, -1, &stmt, NULL) == SQLITE_OK);
	MUST(sqlite3_bind_int64(stmt, 1, last) == SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const size_t len = (size_t)sqlite3_column_bytes(stmt, 1);

		MUST(!found && len == made->body.len);
		MUST(len == 0 || memcmp(sqlite3_column_blob(stmt, 1),
		    made->body.p, len) == 0);
		last = sqlite3_column_int64(stmt, 0);
		found = true;
	}
	MUST(sqlite3_finalize(stmt) == SQLITE_OK);
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int known[] = { 200, 204, 400, 403, 405, 411, 413, 415,
	    503 };
	struct input input = { data, size };
	struct made made;
	int status;
	size_t i;

	if (*conf == '\0')
		start();
	made_init(&made, &input);
	status = answer(&made);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i] == status)
			break;
	}
	MUST(i < sizeof(known) / sizeof(known[0]));
	MUST(has_one_more(&made) == (status == 204));
	made_clear(&made);
	return 0;
}
