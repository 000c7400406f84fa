#include "doctor/doctor_parts.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "journal/file.h"
#include "journal/reader.h"

/* A clock that is set anew by a time server moves by less. */
#define CLOCK_BACK_US INT64_C(60000000)

static void
cannot(struct doctor *doctor, const char *why)
{
	report_add(doctor->report, REPORT_FAILURE, "journal", "%s", why);
	report_mend(doctor->report, "Run this as the user that the responder "
	    "runs as; if it is that one, see what the message names.");
}

static void
open_it(struct doctor *doctor)
{
	struct err why = { .text = "" };
	enum rc rc;

	if (access(doctor->journal, F_OK) != 0) {
		report_add(doctor->report, REPORT_WARNING, "journal",
		    "%s: is not there yet", doctor->journal);
		report_mend(doctor->report, "The responder makes it when it "
		    "is started, or syncjournal init now.");
		return;
	}
	rc = reader_open(&doctor->db, doctor->journal, &doctor->file_only,
	    &why);
	if (rc == RC_OK)
		rc = reader_check_version(doctor->db, doctor->journal, &why);
	if (rc == RC_OK)
		return;
	db_close(doctor->db);
	doctor->db = NULL;
	cannot(doctor, why.text);
}

/* The configuration can only say how a journal is made. */
static void
check_mode_asked(struct doctor *doctor)
{
	static const char *const words[N_CONF_MODES] = {
		[CONF_MODE_WAL] = "wal",
		[CONF_MODE_TRUNCATE] = "truncate",
	};
	const char *const asked = doctor->conf == NULL ? NULL :
	    words[doctor->conf->journal_mode];

	if (asked == NULL ||
	    (doctor->conf->journal_mode == CONF_MODE_WAL) == doctor->is_wal)
		return;
	report_add(doctor->report, REPORT_WARNING, "mode", "the configuration "
	    "says mode = %s, but the journal was made otherwise, and keeps "
	    "its mode", asked);
	report_mend(doctor->report, "Take mode out; or begin another journal "
	    "and merge this one into it.");
}

/* Which mode, and why; it was decided when the journal was made. */
static void
check_mode(struct doctor *doctor)
{
	const bool network = file_on_network(doctor->journal);
	struct err why = { .text = "" };
	bool row = true;

	if (db_row(doctor->db, STATEMENT_JOURNAL_MODE, &row, &why) != RC_OK ||
	    !row) {
		cannot(doctor, row ? why.text : "the journal has no row that "
		    "says how it is written");
		return;
	}
	doctor->is_wal = slice_is(db_bytes(doctor->db,
	    STATEMENT_JOURNAL_MODE, 0), "wal");
	db_done(doctor->db, STATEMENT_JOURNAL_MODE);
	if (doctor->is_wal && network) {
		report_add(doctor->report, REPORT_FAILURE, "mode", "wal, on a "
		    "network file system: deliveries can be lost, or the file "
		    "be damaged");
		report_mend(doctor->report, "Stop the responder and copy the "
		    "journal, with its -wal, to a local disk; or begin one "
		    "with mode = truncate, and merge this one into it.");
	} else if (doctor->is_wal) {
		report_add(doctor->report, REPORT_OK, "mode", "wal: one sync "
		    "a commit; right for a responder that stays, on a local "
		    "file system");
	} else {
		report_add(doctor->report, REPORT_OK, "mode", "truncate: no "
		    "second file that a copy could miss; right for CGI, and "
		    "%s", network ? "needed on this network file system" :
		    "safe everywhere");
	}
	check_mode_asked(doctor);
}

static void
check_clock(struct doctor *doctor)
{
	const enum statement s = STATEMENT_DOCTOR_NEWEST;
	const int64_t now_us = clock_now_us();
	char text[CLOCK_TEXT_SIZE];
	int64_t received_us;
	bool row;

	if (db_row(doctor->db, s, &row, NULL) != RC_OK)
		return;
	received_us = row ? db_int(doctor->db, s, 1) : 0;
	if (row)
		db_done(doctor->db, s);
	clock_text(received_us, text);
	if (received_us > now_us + CLOCK_BACK_US) {
		report_add(doctor->report, REPORT_FAILURE, "clock", "it was "
		    "set back: the newest delivery was received at %s UTC, "
		    "which is still to come", text);
		report_mend(doctor->report, "Set the clock, and let a time "
		    "server keep it.");
	} else {
		report_add(doctor->report, REPORT_OK, "clock", "%s%s%s",
		    row ? "the newest delivery was received at " :
		    "no delivery to compare it with", row ? text : "",
		    row ? " UTC" : "");
	}
}

void
check_journal(struct doctor *doctor)
{
	if (doctor->journal == NULL)
		return;
	open_it(doctor);
	if (doctor->db == NULL)
		return;
	report_add(doctor->report, doctor->file_only ? REPORT_WARNING :
	    REPORT_OK, "journal", "%s%s", doctor->journal, doctor->file_only ?
	    ": what lies in its -wal cannot be seen from here" : "");
	if (doctor->file_only)
		report_mend(doctor->report, "Run this as the journal's "
		    "owner.");
	check_mode(doctor);
	check_clock(doctor);
}
