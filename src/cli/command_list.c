#include "cli/command_list.h"

#include <stddef.h>

#include "cli/listing.h"

#define ALL (OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_ROWS) | \
    OPTION_BIT(OPTION_SECONDS))
#define SORTED (ALL | OPTION_BIT(OPTION_SORT) | OPTION_BIT(OPTION_REVERSE))
#define TIMED (SORTED | OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_UNTIL))
#define SERVICE OPTION_BIT(OPTION_SERVICE)
#define KIND OPTION_BIT(OPTION_KIND)
#define TYPE OPTION_BIT(OPTION_TYPE)
#define IDENTITY OPTION_BIT(OPTION_IDENTITY)
#define VERDICT OPTION_BIT(OPTION_VERDICT)
#define STATE OPTION_BIT(OPTION_STATE)
#define SEVERITY OPTION_BIT(OPTION_SEVERITY)

#define NAMED "[NAME]", .most = 2
#define NAMELESS "[OPTION...]", .most = 0

const struct command list_findings = {
	.name = "findings",
	.group = GROUP_LISTING,
	.what =
	    "what is missing, contradicts itself or looks wrong, worst first",
	.arguments = NAMED,
	.more =
	    "That there are any is no error of this command: it ends with 0. "
	    "--type\n"
	    "takes a kind of finding, such as open_gap.\n",
	.example = "findings --severity error,warning",
	.options = SORTED | SERVICE | KIND | TYPE | SEVERITY,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_FINDINGS,
		.type = "kind",
		.order = {
			{ "severity", "error", true },
			{ "severity", "warning", true },
			{ "severity", "notice", true },
			{ "kind", NULL, false },
			{ "position", NULL, true },
		},
	},
	.run = listing_run,
};

const struct command list_events = {
	.name = "events",
	.group = GROUP_LISTING,
	.what = "what was delivered, the newest first",
	.arguments = NAMED,
	.more =
	    "With the NAME of a document, list, map or identity, its events "
	    "alone.\n"
	    "Verdicts: baseline, in_order, ahead, late, duplicate, conflict,\n"
	    "lifecycle, unsequenced.\n",
	.example = "events --since 2h --verdict late,conflict",
	.options = TIMED | SERVICE | KIND | TYPE | IDENTITY | VERDICT,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_EVENTS,
		.is_position = true,
		.time = "received_at",
		.order = { { "position", NULL, true } },
	},
	.run = listing_run,
};

const struct command list_streams = {
	.name = "streams",
	.group = GROUP_LISTING,
	.what = "each sequence: its numbers, and how many are missing",
	.arguments = NAMED,
	.more =
	    "An identity's numbers have natural holes. --since and --until "
	    "are of the\n"
	    "last receipt.\n",
	.example = "streams --kind document --sort -missing -n 10",
	.options = TIMED | SERVICE | KIND,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_STREAMS,
		.time = "last_received_at",
		.order = {
			{ "stream_kind", "identity", false },
			{ "missing", NULL, true },
			{ "last_received_at", NULL, true },
			{ "stream_key", NULL, false },
		},
	},
	.run = listing_run,
};

const struct command list_gaps = {
	.name = "gaps",
	.group = GROUP_LISTING,
	.what = "intervals of missing numbers, the open ones first",
	.arguments = NAMED,
	.more =
	    "gap_id is what the command gap takes. States: unobserved (shown "
	    "only if\n"
	    "--state says so), open, filled, explained, lost. --since and "
	    "--until are\n"
	    "of the time it was opened.\n",
	.example = "gaps --state open,lost --since yesterday",
	.options = TIMED | SERVICE | KIND | STATE,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_GAPS,
		.id = "gap_id",
		.time = "opened_at",
		.hidden_state = "unobserved",
		.order = {
			{ "state", "open", true },
			{ "gap_id", NULL, true },
		},
	},
	.run = listing_run,
};

const struct command list_stale = {
	.name = "stale",
	.group = GROUP_LISTING,
	.what = "deliveries that came behind their stream's head",
	.arguments = NAMED,
	.more = "",
	.example = "stale --since 1d --sort -behind -n 10",
	.options = TIMED | SERVICE | KIND | TYPE | VERDICT,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_STALE,
		.is_position = true,
		.time = "received_at",
		.order = { { "position", NULL, true } },
	},
	.run = listing_run,
};

const struct command list_conflicts = {
	.name = "conflicts",
	.group = GROUP_LISTING,
	.what = "numbers that arrived with more than one content",
	.arguments = NAMED,
	.more =
	    "Each content that was given for such a number is a row, the "
	    "first too.\n",
	.example = "conflicts --format json",
	.options = TIMED | SERVICE | KIND | TYPE | IDENTITY | VERDICT,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_CONFLICTS,
		.has_tables = true,
		.time = "received_at",
		.order = {
			{ "stream_key", NULL, false },
			{ "stream_kind", NULL, false },
			{ "service_sid", NULL, false },
			{ "seq", NULL, false },
			{ "position", NULL, false },
		},
	},
	.run = listing_run,
};

const struct command list_documents = {
	.name = "documents",
	.group = GROUP_LISTING,
	.what = "each document as it is now",
	.arguments = NAMED,
	.more =
	    "Removed ones too: they have no data. --identity, --since and "
	    "--until are\n"
	    "of the last change.\n",
	.example = "documents --sort updated_at --since 1h",
	.options = TIMED | SERVICE | IDENTITY,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_DOCUMENTS,
		.time = "updated_at",
		.identity = "updated_by",
		.kind = STREAM_DOCUMENT,
		.key = "document_sid",
		.order = {
			{ "position", NULL, true },
			{ "document_sid", NULL, false },
		},
	},
	.run = listing_run,
};

const struct command list_lists = {
	.name = "lists",
	.group = GROUP_LISTING,
	.what = "each list as it is now",
	.arguments = NAMED,
	.more = "Removed ones too: they have no items.\n",
	.example = "lists --sort -items -n 10",
	.options = SORTED | SERVICE,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_LISTS,
		.kind = STREAM_LIST,
		.key = "list_sid",
		.order = {
			{ "position", NULL, true },
			{ "list_sid", NULL, false },
		},
	},
	.run = listing_run,
};

const struct command list_maps = {
	.name = "maps",
	.group = GROUP_LISTING,
	.what = "each map as it is now",
	.arguments = NAMED,
	.more = "Removed ones too: they have no items.\n",
	.example = "maps --sort -items -n 10",
	.options = SORTED | SERVICE,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_MAPS,
		.kind = STREAM_MAP,
		.key = "map_sid",
		.order = {
			{ "position", NULL, true },
			{ "map_sid", NULL, false },
		},
	},
	.run = listing_run,
};

const struct command list_presence = {
	.name = "presence",
	.group = GROUP_LISTING,
	.what = "each identity: whether it is online, and since when",
	.arguments = NAMED,
	.more = "",
	.example = "presence --sort since",
	.options = TIMED | SERVICE | IDENTITY,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_PRESENCE,
		.time = "since",
		.kind = STREAM_IDENTITY,
		.key = "identity",
		.order = {
			{ "online", NULL, true },
			{ "since", NULL, true },
			{ "position", NULL, true },
			{ "identity", NULL, false },
		},
	},
	.run = listing_run,
};

const struct command list_sessions = {
	.name = "sessions",
	.group = GROUP_LISTING,
	.what = "each online period of an identity",
	.arguments = NAMED,
	.more = "--since and --until are of its beginning.\n",
	.example = "sessions --since today",
	.options = TIMED | SERVICE | IDENTITY,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_SESSIONS,
		.time = "started_at",
		.kind = STREAM_IDENTITY,
		.key = "identity",
		.order = {
			{ "started_at", NULL, true },
			{ "position", NULL, true },
		},
	},
	.run = listing_run,
};

const struct command list_services = {
	.name = "services",
	.group = GROUP_LISTING,
	.what = "each service, and the base of its revisions",
	.arguments = NAMELESS,
	.more = "--since and --until are of the last receipt.\n",
	.example = "services --sort -open_gaps",
	.options = TIMED | SERVICE,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_SERVICES,
		.time = "last_received_at",
		.order = {
			{ "last_received_at", NULL, true },
			{ "service_sid", NULL, false },
			{ "account_sid", NULL, false },
		},
	},
	.run = listing_run,
};

const struct command list_rejects = {
	.name = "rejects",
	.group = GROUP_LISTING,
	.what = "requests that did not verify or could not be read",
	.arguments = NAMELESS,
	.more = "",
	.example = "rejects --since 1h --format json",
	.options = TIMED,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_REJECTS,
		.time = "received_at",
		.order = {
			{ "reject_id", NULL, true },
		},
	},
	.run = listing_run,
};

const struct command list_actions = {
	.name = "actions",
	.group = GROUP_LISTING,
	.what = "what the program or an operator did",
	.arguments = NAMELESS,
	.more =
	    "--type takes a kind of action, such as learned_base; --identity "
	    "an actor.\n",
	.example = "actions --type 'gap_*'",
	.options = TIMED | TYPE | IDENTITY,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_ACTIONS,
		.is_position = true,
		.time = "at",
		.type = "kind",
		.identity = "actor",
		.order = { { "position", NULL, true } },
	},
	.run = listing_run,
};

const struct command list_info = {
	.name = "info",
	.group = GROUP_LISTING,
	.what = "the journal itself",
	.arguments = NAMELESS,
	.more = "",
	.example = "info --format json",
	.options = ALL,
	.own = &(const struct listing){
		.statement = STATEMENT_LIST_INFO,
	},
	.run = listing_run,
};
