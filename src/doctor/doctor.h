/*
 * doctor -- look at an installation: what is wrong with it, and what mends it.
 *
 * Nothing is changed but for test deliveries, which the responder journals as
 * any other (EVENT_TEST_NAME): they belong to no stream. What is tried on the
 * disk is tried on files of its own, that are removed.
 */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include <stdbool.h>

#include "base/err.h"
#include "doctor/report.h"

struct doctor_ask {
	const char *config;	/* of --config; NULL: search (conf_load) */
	const char *journal;	/* NULL: the configuration names it. Else none
				 * is read, and no delivery sent */
	const char *program;	/* the responder; NULL: look for it */
	const char *root;	/* the document root; NULL: DOCUMENT_ROOT, else
				 * told by names (doctor/roots.h) */
	const char *url;	/* where test deliveries go; NULL: public_url */
	bool deliver;		/* send test deliveries */
	char *const *envp;
};

/*
 * doctor_run -- make all checks.
 *
 * report    begun by the caller; cleared by it in any case
 *
 * RC_MEMORY  the report is not whole
 */
enum rc doctor_run(const struct doctor_ask *ask, struct report *report,
    struct err *err);

#endif
