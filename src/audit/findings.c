#include "audit/findings.h"
#include "journal/reader.h"

#include <string.h>

static const char *const severity_names[N_SEVERITIES] = {
	[SEVERITY_ERROR] = "error",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_NOTICE] = "notice",
	[SEVERITY_INFO] = "info",
};

static const struct finding_kind kinds[] = {
	{ "open_gap", "numbers that Twilio has given out have not arrived",
	    "look at the web server's log of that time, and at: syncjournal "
	    "rejects\n"
	    "what the object is now can be read from Sync's REST API; what "
	    "is missing\n"
	    "of its past cannot\n"
	    "if there is a reason that they never come:\n"
	    "    syncjournal gap explain GAP_ID --reason TEXT\n"
	    "if they should have come, and are given up:\n"
	    "    syncjournal gap lose GAP_ID --reason TEXT\n" },
	{ "conflict", "one number arrived with two contents",
	    "compare them; the first is what counts here:\n"
	    "    syncjournal conflicts\n"
	    "    syncjournal history NAME\n"
	    "then ask Sync's REST API which of them it has\n" },
	{ "unsequenced", "an event has no usable number, and no place in the "
	    "order",
	    "read what arrived, and what Sync's REST API has now:\n"
	    "    syncjournal sql 'SELECT * FROM events WHERE position = "
	    "POSITION'\n"
	    "if its number is hexadecimal, set in the configuration:\n"
	    "    [service SERVICE]\n"
	    "    revision_base = hex\n" },
	{ "revision_regressed", "a revision fell though the EventId rose",
	    "read the neighbours:\n"
	    "    syncjournal history NAME\n"
	    "if revisions are hexadecimal and read as decimal, set in the "
	    "configuration:\n"
	    "    [service SERVICE]\n"
	    "    revision_base = hex\n" },
	{ "malformed", "a delivery verified, but is not as Twilio describes "
	    "it",
	    "read what arrived; a new type or parameter may need a newer "
	    "syncjournal:\n"
	    "    syncjournal sql 'SELECT * FROM events WHERE position = "
	    "POSITION'\n" },
	{ "after_removal", "something was written to what had been removed",
	    "see whether its creation under a new SID is missing, or the "
	    "removal came\n"
	    "of another hand:\n"
	    "    syncjournal history NAME\n" },
	{ "presence_contradicted", "online with no endpoint, or offline "
	    "with one",
	    "a connect or disconnect was lost, which no number shows (an "
	    "identity's\n"
	    "numbers have natural holes); the next one puts it right:\n"
	    "    syncjournal log NAME\n" },
	{ "explanation_void", "an explanation was of numbers in another "
	    "base",
	    "say it anew of the gaps that are open now:\n"
	    "    syncjournal gaps --state open\n" },
	{ "rest_contradicted", "REST is said to send no webhooks, and "
	    "does",
	    "until it is taken out, or set so, open gaps pass for writes "
	    "through REST:\n"
	    "    [service SERVICE]\n"
	    "    webhooks_from_rest = yes\n" },
	{ "deliveries_refused", "what looks like Twilio's no longer verifies",
	    "events are being lost; find out why, mend it, and take them "
	    "after all:\n"
	    "    syncjournal reject explain REJECT_ID\n"
	    "    syncjournal reject readmit --all\n" },
	{ "silence", "a service that used to send has stopped",
	    "if it should send: does the service's webhook URL in Twilio's "
	    "console lead\n"
	    "here, and do its deliveries fail?\n"
	    "    syncjournal rejects\n"
	    "    syncjournal status\n" },
	{ "base_assumed", "revisions may be decimal or hexadecimal",
	    "if you know, set in the configuration (decimal or hex); else it "
	    "is learned\n"
	    "from what arrives:\n"
	    "    [service SERVICE]\n"
	    "    revision_base = hex\n" },
	{ "recomputation", "projections are being made anew: findings may "
	    "change",
	    "let the responder go on, or finish it now, and audit again:\n"
	    "    syncjournal rebuild\n" },
	{ "update_or_removal_unknown", "an update before a removal may be "
	    "missing",
	    "nothing can be done: Twilio does not say whether a removal has "
	    "a number of\n"
	    "its own\n" },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *
severity_name(enum severity severity)
{
	return severity_names[severity];
}

enum severity
severity_of(struct slice name)
{
	for (int i = 0; i < N_SEVERITIES; i++) {
		if (slice_is(name, severity_names[i]))
			return (enum severity)i;
	}
	return SEVERITY_ERROR;
}

const struct finding_kind *
finding_kind_at(size_t i)
{
	return i < N_KINDS ? &kinds[i] : NULL;
}

static const struct finding_kind *
find_kind(struct slice name)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		if (slice_is(name, kinds[i].name))
			return &kinds[i];
	}
	return NULL;
}

/* ------------------------------------------------------------------------
 * Reading
 */

/* Columns of the statement list_audit. */
enum column {
	COLUMN_SEVERITY,
	COLUMN_KIND,
	COLUMN_SERVICE,
	COLUMN_STREAM_KIND,
	COLUMN_STREAM_KEY,
	COLUMN_POSITION,
	COLUMN_AT,
	COLUMN_GAP_ID,
	COLUMN_DETAIL,
	COLUMN_PENDING,
};

/* The first row of a statement; RC_STORE if there is none. */
static enum rc
one_row(struct db *db, enum statement s, struct err *err)
{
	enum rc rc;
	bool row;

	rc = db_row(db, s, &row, err);
	if (rc == RC_OK && !row)
		rc = err_set(err, RC_STORE, "the journal says nothing of "
		    "itself");
	return rc;
}

/* A misspelt service would be clean for ever. */
static enum rc
check_service(struct db *db, const char *service, struct err *err)
{
	const enum statement s = STATEMENT_SERVICE_KNOWN;
	bool is_known = false;
	int before;
	enum rc rc;

	if (service == NULL)
		return RC_OK;
	rc = reader_use(db, &before, err);
	if (rc != RC_OK)
		return rc;
	db_bind_text(db, s, 1, slice_of(service));
	rc = one_row(db, s, err);
	if (rc == RC_OK) {
		is_known = db_int(db, s, 0) != 0;
		db_done(db, s);
	}
	(void)db_generation(db, before);
	if (rc == RC_OK && !is_known)
		rc = err_set(err, RC_USAGE, "nothing was delivered %s%s: "
		    "syncjournal services lists them", *service == '\0' ?
		    "without a service" : "of the service ", service);
	return rc;
}

enum rc
findings_begin(struct db *db, const struct findings_query *query,
    struct err *err)
{
	const enum statement s = STATEMENT_LIST_AUDIT;
	const int64_t grace_us = query->grace_s * 1000000;
	enum rc rc;

	rc = check_service(db, query->service, err);
	if (rc == RC_OK)
		rc = db_prepare(db, s, err);
	if (rc != RC_OK)
		return rc;
	/* One that was opened far in the future is no young one: a clock was
	 * wrong, and it must not be pending until then. */
	db_bind_int(db, s, 1, query->now_us - grace_us);
	db_bind_int(db, s, 2, query->now_us + grace_us);
	db_bind_int_if(db, s, 3, query->has_since, query->since_us);
	db_bind_text(db, s, 4, slice_of(query->service));
	return RC_OK;
}

static void
read_finding(struct db *db, enum statement s, struct finding *finding)
{
	const struct slice kind = db_bytes(db, s, COLUMN_KIND);

	*finding = (struct finding){
		.severity = severity_of(db_bytes(db, s, COLUMN_SEVERITY)),
		.kind_name = kind,
		.kind = find_kind(kind),
		.service_sid = db_bytes(db, s, COLUMN_SERVICE),
		.stream_kind = db_bytes(db, s, COLUMN_STREAM_KIND),
		.stream_key = db_bytes(db, s, COLUMN_STREAM_KEY),
		.detail = db_bytes(db, s, COLUMN_DETAIL),
		.at_us = db_int(db, s, COLUMN_AT),
		.position = db_int(db, s, COLUMN_POSITION),
		.gap_id = db_int(db, s, COLUMN_GAP_ID),
	};
}

enum rc
findings_next(struct db *db, struct findings_count *count,
    struct finding *finding, bool *row, struct err *err)
{
	const enum statement s = STATEMENT_LIST_AUDIT;
	enum rc rc;

	while ((rc = db_row(db, s, row, err)) == RC_OK && *row) {
		if (db_int(db, s, COLUMN_PENDING) != 0) {
			count->pending++;
			continue;
		}
		read_finding(db, s, finding);
		count->of[finding->severity]++;
		if (finding->gap_id != 0)
			count->gaps++;
		break;
	}
	return rc;
}

bool
findings_bad(const struct findings_count *count)
{
	return count->of[SEVERITY_ERROR] + count->of[SEVERITY_WARNING] +
	    count->of[SEVERITY_NOTICE] > 0;
}

enum rc
findings_ground(struct db *db, const char *service,
    struct findings_ground *ground, struct err *err)
{
	const enum statement s = STATEMENT_AUDIT_GROUND;
	int before;
	enum rc rc;

	rc = reader_use(db, &before, err);
	if (rc != RC_OK)
		return rc;
	db_bind_text(db, s, 1, slice_of(service));
	rc = one_row(db, s, err);
	if (rc == RC_OK) {
		*ground = (struct findings_ground){
			.deliveries = db_int(db, s, 0),
			.streams = db_int(db, s, 1),
			.last_us = db_int(db, s, 2),
			.rejects = db_int(db, s, 3),
			.reject_first_us = db_int(db, s, 4),
		};
		db_done(db, s);
	}
	(void)db_generation(db, before);
	return rc;
}

/* ------------------------------------------------------------------------
 * Advice
 */

/* What may stand in a shell's command as it is, and is no option. */
static bool
is_word(struct slice text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._@-";

	if (text.len == 0 || text.p[0] == '-')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (strchr(plain, text.p[i]) == NULL || text.p[i] == '\0')
			return false;
	}
	return true;
}

static void
add_word(struct buf *out, const char *place, struct slice word)
{
	if (is_word(word))
		buf_add_slice(out, word);
	else
		buf_add_text(out, place);
}

static void
add_number(struct buf *out, const char *place, int64_t number)
{
	if (number > 0)
		buf_printf(out, "%lld", (long long)number);
	else
		buf_add_text(out, place);
}

/* Put what it stands for in place of a word that the text begins with; returns
 * the word's length, 0 if it is none. */
static size_t
add_place(struct buf *out, const struct finding *finding, const char *text)
{
	static const char *const places[] = { "GAP_ID", "POSITION", "SERVICE",
	    "NAME" };
	size_t i = 0;

	while (i < 4 && strncmp(text, places[i], strlen(places[i])) != 0)
		i++;
	if (i == 4)
		return 0;
	if (i == 0)
		add_number(out, places[i], finding->gap_id);
	else if (i == 1)
		add_number(out, places[i], finding->position);
	else if (i == 2)
		add_word(out, places[i], finding->service_sid);
	else {
		if (slice_is(finding->stream_kind, "identity") &&
		    is_word(finding->stream_key))
			buf_add_text(out, "identity ");
		add_word(out, places[i], finding->stream_key);
	}
	return strlen(places[i]);
}

void
finding_advice(struct buf *out, const struct finding *finding,
    const char *begin)
{
	const char *text = finding->kind == NULL ? "" : finding->kind->advice;
	bool at_begin = true;
	size_t len;

	while (*text != '\0') {
		if (at_begin)
			buf_add_text(out, begin);
		len = add_place(out, finding, text);
		if (len == 0) {
			buf_add_char(out, *text);
			len = 1;
		}
		at_begin = text[len - 1] == '\n';
		text += len;
	}
}
