#include "doctor/doctor_parts.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "doctor/roots.h"

/* More than any file that was written by hand; the rest is not looked at. */
#define LINES_MAX 5000
#define LINE_SIZE 4096
/* From the program's directory up to the document root. */
#define LEVELS_MAX 16
/* As in check_environ.c. */
#define CUT_AT 127

struct place {
	struct doctor *doctor;
	const char *path;
	unsigned int line;
};

/* The next word of a line, without the quotes around it; "" at its end. */
static char *
next_word(char **at)
{
	char *word = *at + strspn(*at, " \t");
	const char quote = *word == '"' || *word == '\'' ? *word : '\0';
	char *end;

	if (quote != '\0') {
		word++;
		end = strchr(word, quote);
		if (end == NULL)
			end = word + strlen(word);
	} else {
		end = word + strcspn(word, " \t\r\n");
	}
	*at = *end == '\0' ? end : end + 1;
	*end = '\0';
	return word;
}

static bool
is_ours(const char *name)
{
	return strncasecmp(name, "SYNCJOURNAL_", 12) == 0 ||
	    strncasecmp(name, "TWILIO_", 7) == 0;
}

/* Whether there is a configuration in the home of the program's owner, where
 * suEXEC's rules have the responder look. */
static bool
is_at_home(const struct doctor *doctor)
{
	const struct passwd *user;
	struct stat program;
	struct buf path;
	bool found;

	if (stat(doctor->program, &program) != 0 ||
	    (user = getpwuid(program.st_uid)) == NULL)
		return false;
	buf_init(&path, 0);
	buf_printf(&path, "%s/syncjournal/syncjournal.conf", user->pw_dir);
	found = buf_ok(&path) && access(path.data, F_OK) == 0;
	buf_clear(&path);
	return found;
}

static void
check_variable(const struct place *at, const char *name, const char *value)
{
	struct report *const report = at->doctor->report;

	if (strncasecmp(name, "HTTP_", 5) == 0 && is_ours(name + 5)) {
		report_add(report, REPORT_FAILURE, "htaccess", "%s:%u: sets "
		    "%s, which anybody can send as a header: it is never read",
		    at->path, at->line, name);
		report_mend(report, "Take the line out, and put what it says "
		    "into the configuration file.");
		return;
	}
	if (!is_ours(name))
		return;
	if (strlen(value) > CUT_AT) {
		report_add(report, REPORT_FAILURE, "htaccess", "%s:%u: the "
		    "value of %s has %zu characters, and mod_fcgid keeps %d",
		    at->path, at->line, name, strlen(value), CUT_AT);
		report_mend(report, "Put it into the configuration file.");
	}
	if (strcasecmp(name, "TWILIO_AUTH_TOKEN") == 0) {
		report_add(report, REPORT_FAILURE, "htaccess", "%s:%u: a token "
		    "stands in a file that the web server serves from",
		    at->path, at->line);
		report_mend(report, "Put it into the configuration file, and "
		    "take the line out.");
		return;
	}
	if (is_at_home(at->doctor))
		return;
	report_add(report, REPORT_WARNING, "htaccess", "%s:%u: %s does not "
	    "arrive where suEXEC runs the program, which keeps only "
	    "variables that it knows", at->path, at->line, name);
	report_mend(report, "Put the configuration where it is looked for, "
	    "such as ~/syncjournal/syncjournal.conf.");
}

static void
check_line(const struct place *at, char *line)
{
	struct report *const report = at->doctor->report;
	const char *const directive = next_word(&line);
	const char *name;

	if (strcasecmp(directive, "SetEnv") == 0 ||
	    strcasecmp(directive, "FcgidInitialEnv") == 0) {
		name = next_word(&line);
		check_variable(at, name, next_word(&line));
	} else if (strcasecmp(directive, "Require") == 0) {
		name = next_word(&line);
		if (strcasecmp(name, "valid-user") != 0 &&
		    strcasecmp(name, "user") != 0 &&
		    strcasecmp(name, "group") != 0)
			return;
		report_add(report, REPORT_FAILURE, "htaccess", "%s:%u: asks "
		    "for a password: the web server refuses deliveries before "
		    "they reach the responder", at->path, at->line);
		report_mend(report, "Leave the responder's path out of it: "
		    "the signature is what lets a delivery in.");
	}
}

static void
check_file(struct place *at)
{
	char line[LINE_SIZE];
	FILE *const file = fopen(at->path, "re");

	if (file == NULL)
		return;
	while (at->line < LINES_MAX &&
	    fgets(line, sizeof(line), file) != NULL) {
		at->line++;
		check_line(at, line);
	}
	(void)fclose(file);
}

/* Of the program's directory and those above it, to the document root. */
void
check_htaccess(struct doctor *doctor)
{
	char *directory, *above, *root;
	struct buf path;
	int level;

	report_add(doctor->report, REPORT_OK, "authorization", "that many "
	    "hosts do not hand on the header Authorization does no harm: it "
	    "is not needed, the signature has a header of its own");
	if (doctor->program == NULL || doctor->root == NULL)
		return;
	buf_init(&path, 0);
	root = roots_real(doctor->root);
	directory = realpath(doctor->program, NULL);
	for (level = 0; directory != NULL && level < LEVELS_MAX; level++) {
		struct place at = { .doctor = doctor };

		above = doctor_directory(directory);
		free(directory);
		directory = above;
		if (directory == NULL || strcmp(directory, "/") == 0)
			break;
		buf_reset(&path);
		buf_printf(&path, "%s/.htaccess", directory);
		at.path = path.data;
		if (buf_ok(&path))
			check_file(&at);
		if (root == NULL || strcmp(directory, root) == 0)
			break;
	}
	buf_clear(&path);
	free(directory);
	free(root);
}
