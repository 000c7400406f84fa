#include "cli/status_pairs.h"

#include <assert.h>
#include <string.h>

#include "audit/sqlite_defects.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/words.h"
#include "config.h"

/* ------------------------------------------------------------------------
 * Pairs
 */

static void
begin_pairs(struct status_pairs *pairs)
{
	pairs->n = 0;
	buf_init(&pairs->text, 0);
}

/* Add a pair whose text is written next, into the buffer that is returned. */
static struct buf *
add_text(struct status_pairs *pairs, const char *name)
{
	assert(pairs->n < STATUS_PAIRS_MAX);
	pairs->begin[pairs->n] = pairs->text.len;
	pairs->pair[pairs->n++] = (struct output_pair){ .name = name,
	    .value.type = DB_TEXT };
	return &pairs->text;
}

static void
add_number(struct status_pairs *pairs, const char *name, int64_t number)
{
	(void)add_text(pairs, name);
	pairs->pair[pairs->n - 1].value = (struct db_value){
	    .type = DB_INTEGER, .number = number };
}

static void
add_null(struct status_pairs *pairs, const char *name)
{
	(void)add_text(pairs, name);
	pairs->pair[pairs->n - 1].value.type = DB_NULL;
}

static void
add_number_if(struct status_pairs *pairs, const char *name, bool is_known,
    int64_t number)
{
	if (is_known)
		add_number(pairs, name, number);
	else
		add_null(pairs, name);
}

/* A time; 0: there was none. */
static void
add_time(struct status_pairs *pairs, const char *name, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	if (us == 0) {
		add_null(pairs, name);
		return;
	}
	clock_text(us, text);
	buf_add_text(add_text(pairs, name), text);
}

/* The buffer has its last place in memory. */
static enum rc
end_pairs(struct status_pairs *pairs, struct err *err)
{
	struct output_pair *pair;
	size_t i, end;

	if (!buf_ok(&pairs->text))
		return err_set(err, RC_MEMORY, "no memory for the status");
	for (i = 0; i < pairs->n; i++) {
		pair = &pairs->pair[i];
		if (pair->value.type != DB_TEXT)
			continue;
		end = i + 1 < pairs->n ? pairs->begin[i + 1] :
		    pairs->text.len;
		pair->value.bytes = (struct slice){
		    buf_slice(&pairs->text).p + pairs->begin[i],
		    end - pairs->begin[i] };
	}
	return RC_OK;
}

void
status_pairs_clear(struct status_pairs *pairs)
{
	buf_clear(&pairs->text);
	pairs->n = 0;
}

/* ------------------------------------------------------------------------
 * For people
 */

/* "2026-03-01 09:00:00.000, 4 minutes ago". */
static void
write_time(struct buf *out, int64_t us, int64_t now_us)
{
	char text[CLOCK_TEXT_SIZE];

	if (us == 0) {
		buf_add_char(out, '-');
		return;
	}
	clock_text(us, text);
	buf_printf(out, "%s, ", text);
	words_ago(out, us, now_us);
}

static void
say_journal(struct status_pairs *pairs, const struct status_of *of)
{
	const struct overview *o = of->overview;

	text_escape(add_text(pairs, "journal"), slice_of(of->path));
	buf_printf(add_text(pairs, "uuid"), "%s", o->uuid);
	buf_printf(add_text(pairs, "schema"), "%s, mode %s, written by %s, "
	    "read by " PACKAGE_VERSION, o->schema_version, o->mode,
	    o->program_version);
	write_time(add_text(pairs, "created"), o->created_us, of->now_us);
}

static void
say_deliveries(struct status_pairs *pairs, const struct status_of *of)
{
	const struct overview *o = of->overview;
	struct buf *out;

	words_number(add_text(pairs, "deliveries"), o->ground.deliveries);
	out = add_text(pairs, "rate");
	words_number(out, o->minute);
	buf_add_text(out, " in the last minute, ");
	words_number(out, o->hour);
	buf_add_text(out, " in the hour, ");
	words_number(out, o->day);
	buf_add_text(out, " in the day");
	write_time(add_text(pairs, "first"), o->first_us, of->now_us);
	write_time(add_text(pairs, "last"), o->ground.last_us, of->now_us);
}

static void
say_lag(struct status_pairs *pairs, const struct overview *o)
{
	struct buf *out = add_text(pairs, "lag");

	if (o->n_lags == 0) {
		buf_add_char(out, '-');
		return;
	}
	buf_add_text(out, "p50 ");
	words_ms(out, o->lag_p50_ms);
	buf_add_text(out, ", p90 ");
	words_ms(out, o->lag_p90_ms);
	buf_add_text(out, ", p99 ");
	words_ms(out, o->lag_p99_ms);
	buf_add_text(out, ", max ");
	words_ms(out, o->lag_max_ms);
	buf_printf(out, " (latest %d deliveries, ", OVERVIEW_LAGS);
	words_number(out, (int64_t)o->n_lags);
	buf_add_text(out, " with a DateCreated)");
}

static void
say_verdicts(struct status_pairs *pairs, const struct overview *o)
{
	struct buf *out = add_text(pairs, "verdicts");
	const char *comma = "";
	const char *name;

	for (int i = 0; i < N_VERDICTS; i++) {
		if (o->verdicts[i] == 0)
			continue;
		name = verdict_name((enum verdict)i);
		buf_printf(out, "%s%s ", comma, name == NULL ? "none" : name);
		words_number(out, o->verdicts[i]);
		comma = ", ";
	}
	if (*comma == '\0')
		buf_add_char(out, '-');
	if (o->n_verdicts < o->day) {
		buf_add_text(out, " (latest ");
		words_number(out, o->n_verdicts);
		buf_add_text(out, " deliveries)");
	} else {
		buf_add_text(out, " (last day)");
	}
}

static void
say_services(struct status_pairs *pairs, const struct overview *o)
{
	struct buf *out = add_text(pairs, "services");
	const char *comma = ": ";
	size_t i;

	words_number(out, o->services);
	for (i = 0; i < o->n_bases; i++) {
		buf_add_text(out, comma);
		words_number(out, o->bases[i].services);
		buf_printf(out, " %s (%s)", o->bases[i].base == 16 ?
		    "hexadecimal" : "decimal", o->bases[i].reason);
		comma = ", ";
	}
}

static void
say_streams(struct status_pairs *pairs, const struct overview *o)
{
	struct buf *out = add_text(pairs, "streams");

	words_count(out, o->streams[STREAM_DOCUMENT], "document",
	    "documents");
	buf_add_text(out, ", ");
	words_count(out, o->streams[STREAM_LIST], "list", "lists");
	buf_add_text(out, ", ");
	words_count(out, o->streams[STREAM_MAP], "map", "maps");
	buf_add_text(out, ", ");
	words_count(out, o->streams[STREAM_IDENTITY], "identity",
	    "identities");
}

static void
say_gaps(struct status_pairs *pairs, const struct overview *o)
{
	struct buf *out = add_text(pairs, "open gaps");

	words_number(out, o->open_gaps);
	if (o->open_gaps == 0)
		return;
	buf_add_text(out, " with ");
	words_count(out, o->missing, "missing number", "missing numbers");
	buf_add_text(out, "; ");
	words_number(out, o->pending);
	buf_printf(out, " pending, younger than %d s", FINDINGS_GRACE_S);
}

static void
say_rejects(struct status_pairs *pairs, const struct status_of *of)
{
	const struct overview *o = of->overview;
	struct buf *out = add_text(pairs, "rejects");

	words_number(out, o->ground.rejects);
	buf_add_text(out, " in all, ");
	words_number(out, o->rejects_kept);
	buf_add_text(out, " kept");
	if (o->reject_last_us == 0)
		return;
	buf_add_text(out, ", the last ");
	words_ago(out, o->reject_last_us, of->now_us);
	buf_printf(out, ": %s", o->reject_reason);
}

static void
write_size(struct buf *out, int64_t bytes)
{
	if (bytes < 0)
		buf_add_char(out, '-');
	else
		words_size(out, bytes);
}

static void
say_size(struct status_pairs *pairs, const struct overview *o)
{
	struct buf *out = add_text(pairs, "size");

	write_size(out, o->file_bytes);
	buf_add_text(out, ", ");
	write_size(out, o->free_pages * o->page_size);
	buf_add_text(out, " of it to be used again; WAL ");
	write_size(out, o->wal_bytes);
	buf_add_text(out, "; ");
	write_size(out, o->room_bytes);
	buf_add_text(out, " free on the file system");
}

/* What an operator reads off the actions; that it still lives is not known. */
static void
say_responder(struct status_pairs *pairs, const struct status_of *of)
{
	const struct overview *o = of->overview;
	struct buf *out = add_text(pairs, "responder");

	if (*o->run == '\0') {
		buf_add_text(out, "neither started nor stopped of late");
		return;
	}
	buf_add_text(out, strcmp(o->run, "stop") == 0 ? "stopped " :
	    "started ");
	write_time(out, o->run_us, of->now_us);
}

static void
say_upkeep(struct status_pairs *pairs, const struct overview *o)
{
	struct buf *out = add_text(pairs, "projections");

	switch (o->upkeep) {
	case OVERVIEW_SETTLED:
		buf_add_text(out, "settled");
		break;
	case OVERVIEW_WANTED:
		buf_add_text(out, "a rebuild is to begin");
		break;
	case OVERVIEW_FILLING:
		buf_add_text(out, "a rebuild is under way, at position ");
		words_number(out, o->rebuild_position);
		buf_add_text(out, " of ");
		words_number(out, o->last_position);
		break;
	case OVERVIEW_EMPTYING:
		buf_add_text(out, "rebuilt; what was before is being "
		    "removed");
		break;
	case OVERVIEW_SWEEPING:
		buf_add_text(out, "revisions are being read anew in another "
		    "base");
		break;
	}
}

static void
say_sqlite(struct status_pairs *pairs, const struct overview *o)
{
	const int version = sqlite_version_number(slice_of(
	    o->sqlite_version));
	const struct sqlite_defect *defect = NULL;
	struct buf *out = add_text(pairs, "sqlite");

	buf_add_text(out, o->sqlite_version);
	if (sqlite_defects_next(version, NULL) == NULL)
		buf_add_text(out, ", no known defects");
	while ((defect = sqlite_defects_next(version, defect)) != NULL) {
		out = add_text(pairs, "sqlite defect");
		buf_printf(out, "%s, %s: %s (%s)", defect->name,
		    defect->avoided == NULL ? "not avoided here: use another "
		    "version" : "avoided here", defect->harm, defect->range);
		if (defect->avoided != NULL)
			buf_printf(out, "; %s", defect->avoided);
	}
}

enum rc
status_pairs_people(struct status_pairs *pairs, const struct status_of *of,
    struct err *err)
{
	begin_pairs(pairs);
	say_journal(pairs, of);
	say_deliveries(pairs, of);
	say_lag(pairs, of->overview);
	say_verdicts(pairs, of->overview);
	say_services(pairs, of->overview);
	say_streams(pairs, of->overview);
	say_gaps(pairs, of->overview);
	say_rejects(pairs, of);
	say_size(pairs, of->overview);
	say_responder(pairs, of);
	say_upkeep(pairs, of->overview);
	say_sqlite(pairs, of->overview);
	return end_pairs(pairs, err);
}

/* ------------------------------------------------------------------------
 * For programs
 */

static void
list_journal(struct status_pairs *pairs, const struct status_of *of)
{
	const struct overview *o = of->overview;

	buf_add_text(add_text(pairs, "journal"), of->path);
	buf_add_text(add_text(pairs, "uuid"), o->uuid);
	buf_add_text(add_text(pairs, "journal_mode"), o->mode);
	buf_add_text(add_text(pairs, "schema_version"), o->schema_version);
	buf_add_text(add_text(pairs, "program_version"),
	    o->program_version);
	buf_add_text(add_text(pairs, "reader_version"), PACKAGE_VERSION);
	add_time(pairs, "created_at", o->created_us);
	add_time(pairs, "now", of->now_us);
}

static void
list_deliveries(struct status_pairs *pairs, const struct overview *o)
{
	const bool has_lags = o->n_lags > 0;

	add_number(pairs, "deliveries", o->ground.deliveries);
	add_number(pairs, "deliveries_last_minute", o->minute);
	add_number(pairs, "deliveries_last_hour", o->hour);
	add_number(pairs, "deliveries_last_day", o->day);
	add_time(pairs, "first_received_at", o->first_us);
	add_time(pairs, "last_received_at", o->ground.last_us);
	add_number(pairs, "lags", (int64_t)o->n_lags);
	add_number_if(pairs, "lag_p50_ms", has_lags, o->lag_p50_ms);
	add_number_if(pairs, "lag_p90_ms", has_lags, o->lag_p90_ms);
	add_number_if(pairs, "lag_p99_ms", has_lags, o->lag_p99_ms);
	add_number_if(pairs, "lag_max_ms", has_lags, o->lag_max_ms);
}

static void
list_verdicts(struct status_pairs *pairs, const struct overview *o)
{
	static const char *const names[N_VERDICTS] = {
		[VERDICT_NONE] = "verdict_none",
		[VERDICT_BASELINE] = "verdict_baseline",
		[VERDICT_IN_ORDER] = "verdict_in_order",
		[VERDICT_AHEAD] = "verdict_ahead",
		[VERDICT_LATE] = "verdict_late",
		[VERDICT_DUPLICATE] = "verdict_duplicate",
		[VERDICT_CONFLICT] = "verdict_conflict",
		[VERDICT_LIFECYCLE] = "verdict_lifecycle",
		[VERDICT_UNSEQUENCED] = "verdict_unsequenced",
	};

	add_number(pairs, "verdicts", o->n_verdicts);
	for (int i = 0; i < N_VERDICTS; i++)
		add_number(pairs, names[i], o->verdicts[i]);
}

static int64_t
services_of(const struct overview *o, int base)
{
	int64_t n = 0;

	for (size_t i = 0; i < o->n_bases; i++)
		n += o->bases[i].base == base ? o->bases[i].services : 0;
	return n;
}

static void
list_streams(struct status_pairs *pairs, const struct overview *o)
{
	add_number(pairs, "services", o->services);
	add_number(pairs, "services_decimal", services_of(o, 10));
	add_number(pairs, "services_hexadecimal", services_of(o, 16));
	add_number(pairs, "streams", o->ground.streams);
	add_number(pairs, "documents", o->streams[STREAM_DOCUMENT]);
	add_number(pairs, "lists", o->streams[STREAM_LIST]);
	add_number(pairs, "maps", o->streams[STREAM_MAP]);
	add_number(pairs, "identities", o->streams[STREAM_IDENTITY]);
	add_number(pairs, "open_gaps", o->open_gaps);
	add_number(pairs, "missing_numbers", o->missing);
	add_number(pairs, "pending_gaps", o->pending);
}

static void
list_rejects(struct status_pairs *pairs, const struct overview *o)
{
	add_number(pairs, "rejects_total", o->ground.rejects);
	add_number(pairs, "rejects_kept", o->rejects_kept);
	add_time(pairs, "last_reject_at", o->reject_last_us);
	if (o->reject_last_us == 0)
		add_null(pairs, "last_reject_reason");
	else
		buf_add_text(add_text(pairs, "last_reject_reason"),
		    o->reject_reason);
}

static void
list_files(struct status_pairs *pairs, const struct overview *o)
{
	add_number_if(pairs, "file_bytes", o->file_bytes >= 0,
	    o->file_bytes);
	add_number_if(pairs, "wal_bytes", o->wal_bytes >= 0, o->wal_bytes);
	add_number(pairs, "page_size", o->page_size);
	add_number(pairs, "pages", o->pages);
	add_number(pairs, "free_pages", o->free_pages);
	add_number_if(pairs, "file_system_free_bytes", o->room_bytes >= 0,
	    o->room_bytes);
}

static void
list_upkeep(struct status_pairs *pairs, const struct overview *o)
{
	static const char *const words[] = {
		[OVERVIEW_SETTLED] = "settled",
		[OVERVIEW_WANTED] = "rebuild_wanted",
		[OVERVIEW_FILLING] = "rebuild",
		[OVERVIEW_EMPTYING] = "rebuild_emptying",
		[OVERVIEW_SWEEPING] = "base_change",
	};

	if (*o->run == '\0')
		add_null(pairs, "responder_last_action");
	else
		buf_add_text(add_text(pairs, "responder_last_action"),
		    o->run);
	add_time(pairs, "responder_last_action_at", o->run_us);
	buf_add_text(add_text(pairs, "projections"), words[o->upkeep]);
	add_number_if(pairs, "rebuild_position",
	    o->upkeep == OVERVIEW_FILLING, o->rebuild_position);
	add_number(pairs, "last_position", o->last_position);
}

/* Names of defects, a blank between. */
static void
list_defects(struct status_pairs *pairs, const char *name, int version,
    bool is_avoided)
{
	const struct sqlite_defect *defect = NULL;
	struct buf *out = add_text(pairs, name);
	const char *blank = "";

	while ((defect = sqlite_defects_next(version, defect)) != NULL) {
		if ((defect->avoided != NULL) != is_avoided)
			continue;
		buf_printf(out, "%s%s", blank, defect->name);
		blank = " ";
	}
}

static void
list_sqlite(struct status_pairs *pairs, const struct overview *o)
{
	const int version = sqlite_version_number(slice_of(
	    o->sqlite_version));

	buf_add_text(add_text(pairs, "sqlite_version"), o->sqlite_version);
	list_defects(pairs, "sqlite_defects", version, false);
	list_defects(pairs, "sqlite_defects_avoided", version, true);
}

enum rc
status_pairs_programs(struct status_pairs *pairs, const struct status_of *of,
    struct err *err)
{
	begin_pairs(pairs);
	list_journal(pairs, of);
	list_deliveries(pairs, of->overview);
	list_verdicts(pairs, of->overview);
	list_streams(pairs, of->overview);
	list_rejects(pairs, of->overview);
	list_files(pairs, of->overview);
	list_upkeep(pairs, of->overview);
	list_sqlite(pairs, of->overview);
	return end_pairs(pairs, err);
}
