#include "doctor/doctor_parts.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "doctor/roots.h"

#define NAME "syncjournal.fcgi"
#define CHECK "program"

/* ------------------------------------------------------------------------
 * Where it is
 */

static char *
in_directory(const char *directory, const char *below)
{
	struct buf path;

	buf_init(&path, 0);
	buf_printf(&path, "%s/%s" NAME, directory, below);
	if (buf_ok(&path) && access(path.data, F_OK) == 0)
		return path.data;
	buf_clear(&path);
	return NULL;
}

/* Beside this program. */
static char *
beside(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	while (len > 0 && path[len] != '/')
		len--;
	if (len <= 0)
		return NULL;
	path[len] = '\0';
	return in_directory(path, "");
}

static char *
find(void)
{
	/* A person's web space, then where packages put programs. */
	static const char *const at_home[] = { "public_html/cgi-bin/",
	    "public_html/", "cgi-bin/", "www/cgi-bin/" };
	static const char *const places[] = { "/usr/libexec/syncjournal",
	    "/usr/local/libexec/syncjournal", "/usr/lib/cgi-bin" };
	const struct passwd *const user = getpwuid(geteuid());
	char *found = NULL;
	size_t i;

	for (i = 0; user != NULL && found == NULL &&
	    i < sizeof(at_home) / sizeof(at_home[0]); i++)
		found = in_directory(user->pw_dir, at_home[i]);
	if (found == NULL)
		found = beside();
	for (i = 0; found == NULL && i < sizeof(places) / sizeof(places[0]);
	    i++)
		found = in_directory(places[i], "");
	return found;
}

/* ------------------------------------------------------------------------
 * suEXEC's rules (https://httpd.apache.org/docs/2.4/suexec.html); a break of
 * one is a 500 whose reason is in a log that a customer cannot read.
 */

struct look {
	struct doctor *doctor;
	const char *program, *directory;
	struct stat own, link, around;
	enum report_state state;	/* of a broken rule */
};

static void
broken(const struct look *look, const char *path, const char *what)
{
	report_add(look->doctor->report, look->state, "suexec", "%s: %s",
	    path, what);
}

static void
check_writers(const struct look *look, const char *path,
    const struct stat *status)
{
	if ((status->st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return;
	broken(look, path, (status->st_mode & S_IWOTH) != 0 ?
	    "everybody may write to it: suEXEC refuses that" :
	    "its group may write to it: suEXEC refuses that");
	report_mend(look->doctor->report, "Run chmod 755 %s.", path);
}

static void
check_owners(const struct look *look)
{
	struct report *const report = look->doctor->report;
	const struct conf *const conf = look->doctor->conf;
	struct stat file;

	if (look->own.st_uid != look->around.st_uid ||
	    look->own.st_gid != look->around.st_gid) {
		broken(look, look->program, "it and its directory do not have "
		    "the same owner and group: suEXEC refuses that");
		report_mend(report, "Upload it anew as the owner of %s, or "
		    "run chown --reference=%s %s.", look->directory,
		    look->directory, look->program);
	}
	if (conf == NULL || conf->file == NULL ||
	    stat(conf->file, &file) != 0 || file.st_uid == look->own.st_uid)
		return;
	broken(look, look->program, "its owner is not that of the "
	    "configuration: run by suEXEC it cannot read that");
	report_mend(report, "Run chown %s on %s and on the journal's "
	    "directory.", doctor_user(look->own.st_uid), conf->file);
}

static void
check_rules(const struct look *look)
{
	struct report *const report = look->doctor->report;
	const size_t before = report->n;

	if (S_ISLNK(look->link.st_mode)) {
		broken(look, look->program, "it is a symbolic link: suEXEC "
		    "refuses that");
		report_mend(report, "Put a copy of the program there.");
	}
	check_writers(look, look->program, &look->own);
	check_writers(look, look->directory, &look->around);
	if ((look->own.st_mode & (S_ISUID | S_ISGID)) != 0) {
		broken(look, look->program, "it is setuid or setgid: suEXEC "
		    "refuses that");
		report_mend(report, "Run chmod 755 %s.", look->program);
	}
	if (look->state == REPORT_FAILURE)
		check_owners(look);
	if (report->n == before)
		report_add(report, REPORT_OK, "suexec", "%s and its directory "
		    "keep suEXEC's rules", look->program);
}

/* ------------------------------------------------------------------------ */

static void
check_found(struct doctor *doctor)
{
	struct look look = { .doctor = doctor, .program = doctor->program };
	char *const directory = doctor_directory(doctor->program);
	char *const root = directory == NULL ? NULL : roots_find(directory);

	look.directory = directory;
	/* The rules are asked for where a web server's user starts it. */
	look.state = root != NULL || doctor->ask->root != NULL ?
	    REPORT_FAILURE : REPORT_WARNING;
	if (directory == NULL || stat(doctor->program, &look.own) != 0 ||
	    lstat(doctor->program, &look.link) != 0 ||
	    stat(directory, &look.around) != 0) {
		report_add(doctor->report, REPORT_FAILURE, CHECK, "%s: %s",
		    doctor->program, strerror(errno));
		report_mend(doctor->report, "Name the responder with "
		    "--program.");
	} else if (!S_ISREG(look.own.st_mode) ||
	    (look.own.st_mode & S_IXUSR) == 0) {
		report_add(doctor->report, REPORT_FAILURE, CHECK,
		    "%s: it cannot be run: its mode is %04o", doctor->program,
		    (unsigned)(look.own.st_mode & 07777));
		report_mend(doctor->report, "Run chmod 755 %s; an FTP program "
		    "has it as \"permissions\".", doctor->program);
	} else {
		report_add(doctor->report, REPORT_OK, CHECK, "%s",
		    doctor->program);
		check_rules(&look);
	}
	free(directory);
	free(root);
}

/* The directory that serves this path, freed by the caller; or NULL. The name
 * counts as well as the file: a web server follows a symbolic link. */
static char *
served_by(const struct doctor *doctor, const char *path)
{
	char *const directory = doctor_directory(path);
	char *root = NULL;

	if (doctor->root != NULL && (roots_holds(doctor->root, path) ||
	    (directory != NULL && roots_holds(doctor->root, directory))))
		root = strdup(doctor->root);
	else
		root = roots_find(path);
	if (root == NULL && directory != NULL)
		root = roots_find(directory);
	free(directory);
	return root;
}

void
check_program(struct doctor *doctor)
{
	const char *const root = doctor->ask->root != NULL ?
	    doctor->ask->root : conf_env(doctor->ask->envp, "DOCUMENT_ROOT");

	doctor->program = doctor->ask->program == NULL ? find() :
	    strdup(doctor->ask->program);
	if (doctor->program == NULL) {
		report_add(doctor->report, REPORT_WARNING, CHECK, NAME " is "
		    "not where it is looked for");
		report_mend(doctor->report, "Name it with --program.");
	} else {
		check_found(doctor);
	}
	if (root != NULL)
		doctor->root = strdup(root);
	else if (doctor->program != NULL)
		doctor->root = served_by(doctor, doctor->program);
}

/* ------------------------------------------------------------------------
 * What the web server hands out
 */

static void
check_one(struct doctor *doctor, const char *path, const char *what)
{
	char *const root = served_by(doctor, path);

	if (root == NULL)
		return;
	report_add(doctor->report, REPORT_FAILURE, "document_root",
	    "%s: %s, and lies under %s, which the web server serves", path,
	    what, root);
	report_mend(doctor->report, "Move it out of there, such as to "
	    "~/syncjournal, and change what names it.");
	free(root);
}

void
check_served(struct doctor *doctor)
{
	const struct conf *const conf = doctor->conf;
	const size_t before = doctor->report->n;

	if (conf != NULL && conf->file != NULL)
		check_one(doctor, conf->file, "it is the configuration");
	if (doctor->journal != NULL)
		check_one(doctor, doctor->journal, "it is the journal");
	/* Token files are told apart only by conf. */
	if (doctor->report->n == before && conf != NULL &&
	    doctor->root != NULL && conf_under(conf, doctor->root)) {
		report_add(doctor->report, REPORT_FAILURE, "document_root",
		    "a file with a token lies under %s, which the web server "
		    "serves", doctor->root);
		report_mend(doctor->report, "Move it out of there, and change "
		    "auth_token_file.");
	}
	if (doctor->report->n == before)
		report_add(doctor->report, REPORT_OK, "document_root",
		    "neither configuration nor journal is under %s",
		    doctor->root == NULL ? "a directory that is usually "
		    "served" : doctor->root);
}
