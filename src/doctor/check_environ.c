#include "doctor/doctor_parts.h"

#include <stdio.h>
#include <string.h>

/* mod_fcgid keeps 128 bytes of a variable, with its NUL, and says nothing
 * (INITENV_VAL_LEN of its fcgid_conf.h). */
#define CUT_AT 127

static const char *const variables[] = {
	"SYNCJOURNAL_CONFIG", "SYNCJOURNAL_JOURNAL", "TWILIO_AUTH_TOKEN",
	"TWILIO_ACCOUNT_SID",
};

static void
check_one(struct doctor *doctor, const char *name)
{
	const char *const value = conf_env(doctor->ask->envp, name);
	char header[64];

	(void)snprintf(header, sizeof(header), "HTTP_%s", name);
	if (conf_env(doctor->ask->envp, header) != NULL) {
		report_add(doctor->report, REPORT_FAILURE, "environment",
		    "%s is set: anybody who sends a header of that name sets "
		    "it, so it is never read", header);
		report_mend(doctor->report, "Take it out, and put what it "
		    "should say into the configuration file.");
	}
	if (value == NULL || strlen(value) < CUT_AT)
		return;
	report_add(doctor->report, strlen(value) == CUT_AT ? REPORT_FAILURE :
	    REPORT_WARNING, "environment", "%s has %zu characters: mod_fcgid "
	    "keeps %d of a variable, and cuts the rest off without a word",
	    name, strlen(value), CUT_AT);
	report_mend(doctor->report, "Put it into the configuration file.");
}

void
check_environ(struct doctor *doctor)
{
	const size_t before = doctor->report->n;
	size_t i;

	for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		check_one(doctor, variables[i]);
	if (doctor->report->n == before)
		report_add(doctor->report, REPORT_OK, "environment",
		    "no variable of ours is cut off or comes from a header");
}
