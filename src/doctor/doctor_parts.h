/*
 * doctor_parts -- what the files of the doctor share; only they include it.
 *
 *     doctor.c          all checks in their order
 *     check_conf.c      the configuration, what is in it, who can read it
 *     check_environ.c   variables that would configure the responder
 *     check_program.c   the responder's file, and suEXEC's rules
 *     check_htaccess.c  what .htaccess files say of us
 *     check_place.c     the journal's directory
 *     check_journal.c   the journal itself
 *     check_sqlite.c    the SQLite that works on it
 *     check_delivery.c  test deliveries, and what became of them
 *     answers.c         what an answer means
 */
#ifndef DOCTOR_DOCTOR_PARTS_H
#define DOCTOR_DOCTOR_PARTS_H

#include <stdint.h>
#include <sys/stat.h>

#include "base/conf.h"
#include "doctor/doctor.h"
#include "doctor/report.h"
#include "journal/db.h"

struct doctor {
	const struct doctor_ask *ask;
	struct report *report;
	struct conf *conf;	/* NULL: not read, or it cannot be; it may have
				 * no token */
	const char *journal;	/* its path; NULL: not known */
	char *program;		/* the responder's; NULL: not found */
	char *root;		/* the document root; NULL: not known */
	struct db *db;		/* the journal, to be read; NULL: it cannot */
	bool file_only;		/* as of reader_open */
	bool is_wal;		/* the journal's mode; false: not known too */
};

/* In the order they are made; each adds its lines. */
void check_conf(struct doctor *doctor);		/* sets conf and journal */
void check_environ(struct doctor *doctor);
void check_program(struct doctor *doctor);	/* sets program and root */
void check_served(struct doctor *doctor);
void check_htaccess(struct doctor *doctor);
void check_place(struct doctor *doctor);
void check_journal(struct doctor *doctor);	/* sets db */
void check_sqlite(struct doctor *doctor);
void check_delivery(struct doctor *doctor);

/* doctor_directory -- the directory that a path names its file in, freed by the
 * caller; NULL: no memory. */
char *doctor_directory(const char *path);

/* doctor_user -- the name of a user, or "uid N"; valid until the next call. */
const char *doctor_user(uid_t uid);

#endif
