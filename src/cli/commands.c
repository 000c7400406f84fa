#include "cli/commands.h"

#include <string.h>

#include "base/buf.h"
#include "cli/command_audit.h"
#include "cli/command_blame.h"
#include "cli/command_diff.h"
#include "cli/command_doctor.h"
#include "cli/command_export.h"
#include "cli/command_gap.h"
#include "cli/command_history.h"
#include "cli/command_init.h"
#include "cli/command_list.h"
#include "cli/command_log.h"
#include "cli/command_merge.h"
#include "cli/command_rebuild.h"
#include "cli/command_reject.h"
#include "cli/command_show.h"
#include "cli/command_sql.h"
#include "cli/command_status.h"

/* Group by group (enum command_group). */
static const struct command *const commands[] = {
	&command_log,
	&command_history,
	&command_show,
	&command_diff,
	&command_blame,

	&list_findings,
	&list_events,
	&list_streams,
	&list_gaps,
	&list_stale,
	&list_conflicts,
	&list_documents,
	&list_lists,
	&list_maps,
	&list_presence,
	&list_sessions,
	&list_services,
	&list_rejects,
	&list_actions,
	&list_info,

	&command_audit,
	&command_status,
	&command_doctor,

	&command_export,
	&command_sql,
	&command_cookbook,

	&command_init,
	&command_gap,
	&command_reject,
	&command_rebuild,
	&command_merge,
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct command *
commands_at(size_t i)
{
	return i < N_COMMANDS ? commands[i] : NULL;
}

enum rc
commands_find(const char *name, const struct command **command,
    struct err *err)
{
	struct buf names;
	enum rc rc;
	size_t i;

	buf_init(&names, 0);
	for (i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i]->name, name) == 0) {
			*command = commands[i];
			rc = RC_OK;
			goto out;
		}
		buf_printf(&names, "%s%s", i == 0 ? "" : ", ",
		    commands[i]->name);
	}
	rc = err_set(err, RC_USAGE, "there is no command: %s; the commands "
	    "are %s", name, buf_ok(&names) ? names.data : "in --help");
out:
	buf_clear(&names);
	return rc;
}
