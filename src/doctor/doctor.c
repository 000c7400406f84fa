#include "doctor/doctor_parts.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *
doctor_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	if (slash == path)
		return strdup("/");
	return strndup(path, (size_t)(slash - path));
}

const char *
doctor_user(uid_t uid)
{
	static char number[32];
	const struct passwd *entry = getpwuid(uid);

	if (entry != NULL && entry->pw_name[0] != '\0')
		return entry->pw_name;
	(void)snprintf(number, sizeof(number), "uid %lu", (unsigned long)uid);
	return number;
}

enum rc
doctor_run(const struct doctor_ask *ask, struct report *report,
    struct err *err)
{
	struct doctor doctor = { .ask = ask, .report = report };

	check_conf(&doctor);
	check_environ(&doctor);
	check_program(&doctor);
	check_served(&doctor);
	check_htaccess(&doctor);
	check_place(&doctor);
	check_journal(&doctor);
	check_sqlite(&doctor);
	check_delivery(&doctor);
	db_close(doctor.db);
	conf_free(doctor.conf);
	free(doctor.program);
	free(doctor.root);
	if (report->is_out_of_memory)
		return err_set(err, RC_MEMORY, "doctor: no memory");
	return RC_OK;
}
