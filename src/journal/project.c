#include "journal/project.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "journal/gaps.h"
#include "journal/stream.h"

struct projector {
	struct db *db;
	/* The text columns of one event that are not clean UTF-8. */
	struct buf escaped[N_FIELDS];
	bool no_memory;		/* one of them could not be made */
	/* Most deliveries are of the same service as the one before. */
	bool has_service;
	int64_t service_id;
	struct buf account_sid;
	struct buf service_sid;
};

enum rc
projector_new(struct projector **projector, struct db *db, struct err *err)
{
	*projector = calloc(1, sizeof(**projector));
	if (*projector == NULL)
		return err_set(err, RC_MEMORY, "projector: no memory");
	(*projector)->db = db;
	return RC_OK;
}

void
projector_free(struct projector *projector)
{
	size_t i;

	if (projector == NULL)
		return;
	for (i = 0; i < N_FIELDS; i++)
		buf_clear(&projector->escaped[i]);
	buf_clear(&projector->account_sid);
	buf_clear(&projector->service_sid);
	free(projector);
}

void
projector_forget(struct projector *projector)
{
	projector->has_service = false;
}

/* ------------------------------------------------------------------------
 * Text
 */

/* A field as clean text; no value where it is absent. */
static struct slice
clean(struct projector *projector, const struct event *event,
    enum field field)
{
	struct slice value = event->field[field];
	struct buf *escaped = &projector->escaped[field];

	if (value.p == NULL || text_is_clean(value))
		return value;
	buf_reset(escaped);
	text_escape(escaped, value);
	if (!buf_ok(escaped))
		projector->no_memory = true;
	return buf_slice(escaped);
}

static struct slice
or_empty(struct slice text)
{
	return text.p == NULL ? slice_of("") : text;
}

/* ------------------------------------------------------------------------
 * Service
 */

static void
remember_service(struct projector *projector, struct slice account_sid,
    struct slice service_sid, int64_t id)
{
	buf_reset(&projector->account_sid);
	buf_reset(&projector->service_sid);
	buf_add_slice(&projector->account_sid, account_sid);
	buf_add_slice(&projector->service_sid, service_sid);
	projector->service_id = id;
	projector->has_service = buf_ok(&projector->account_sid) &&
	    buf_ok(&projector->service_sid);
}

static bool
is_remembered(const struct projector *projector, struct slice account_sid,
    struct slice service_sid)
{
	return projector->has_service &&
	    slice_compare(buf_slice(&projector->account_sid), account_sid) ==
	    0 && slice_compare(buf_slice(&projector->service_sid),
	    service_sid) == 0;
}

static enum rc
find_service(struct projector *projector, const struct event *event,
    int64_t *id, struct err *err)
{
	struct db *db = projector->db;
	struct slice account_sid, service_sid;
	enum rc rc;
	bool row;

	account_sid = or_empty(clean(projector, event, FIELD_ACCOUNT_SID));
	service_sid = or_empty(clean(projector, event, FIELD_SERVICE_SID));
	if (is_remembered(projector, account_sid, service_sid)) {
		*id = projector->service_id;
		return RC_OK;
	}
	db_bind_text(db, STATEMENT_SERVICE_FIND, 1, account_sid);
	db_bind_text(db, STATEMENT_SERVICE_FIND, 2, service_sid);
	rc = db_row(db, STATEMENT_SERVICE_FIND, &row, err);
	if (rc != RC_OK)
		return rc;
	if (row) {
		*id = db_int(db, STATEMENT_SERVICE_FIND, 0);
		db_done(db, STATEMENT_SERVICE_FIND);
	} else {
		db_bind_text(db, STATEMENT_SERVICE_PUT, 1, account_sid);
		db_bind_text(db, STATEMENT_SERVICE_PUT, 2, service_sid);
		rc = db_run(db, STATEMENT_SERVICE_PUT, err);
		if (rc != RC_OK)
			return rc;
		*id = db_last_id(db);
	}
	remember_service(projector, account_sid, service_sid, *id);
	return RC_OK;
}

/* ------------------------------------------------------------------------
 * Seen
 */

/* Only documents have two roles: docs/design.md section 2. */
static bool
is_removal(enum event_type type)
{
	const struct event_rule *rule = event_rule(type);

	return rule->kind == STREAM_DOCUMENT && rule->life == LIFE_REMOVED;
}

static bool
is_type(int64_t code)
{
	return code > EVENT_UNKNOWN && code < N_EVENT_TYPES;
}

static enum ledger_seen
seen_by(const struct event *event, int64_t type, struct slice content)
{
	const struct slice own = { (const char *)event->content, DIGEST_SIZE };

	if (is_type(type) && is_removal((enum event_type)type) !=
	    is_removal(event->type))
		return LEDGER_OTHER_ROLE;
	return slice_compare(content, own) == 0 ? LEDGER_SAME_CONTENT :
	    LEDGER_OTHER_CONTENT;
}

/* The strongest that any of the rows, (type, content) each, says. */
static enum rc
read_seen(struct db *db, enum statement statement, const struct event *event,
    enum ledger_seen *seen, struct err *err)
{
	enum ledger_seen by;
	enum rc rc;
	bool row;

	*seen = LEDGER_UNSEEN;
	for (;;) {
		rc = db_row(db, statement, &row, err);
		if (rc != RC_OK || !row)
			return rc;
		by = seen_by(event, db_int(db, statement, 0),
		    db_bytes(db, statement, 1));
		if (by > *seen)
			*seen = by;
		if (*seen == LEDGER_SAME_CONTENT)
			break;
	}
	db_done(db, statement);
	return RC_OK;
}

static enum rc
find_seen(struct db *db, int64_t stream_id, const struct event *event,
    enum ledger_seen *seen, struct err *err)
{
	const enum statement s = STATEMENT_EVENT_SEEN;

	db_bind_int(db, s, 1, stream_id);
	db_bind_int(db, s, 2, event->seq);
	return read_seen(db, s, event, seen, err);
}

static enum rc
find_seen_lifecycle(struct db *db, int64_t stream_id,
    const struct event *event, enum ledger_seen *seen, struct err *err)
{
	const enum statement s = STATEMENT_EVENT_SEEN_LIFECYCLE;

	db_bind_int(db, s, 1, stream_id);
	db_bind_int(db, s, 2, event->type);
	return read_seen(db, s, event, seen, err);
}

/* ------------------------------------------------------------------------
 * Judge
 */

static enum rc
judge_number(struct db *db, const struct stream *stream,
    const struct event *event, struct around *around,
    struct ledger_result *result, struct err *err)
{
	const struct ledger_stream *ledger = &stream->ledger;
	enum ledger_seen seen = LEDGER_UNSEEN;
	enum rc rc = RC_OK;

	around->found = false;
	/* Nothing above the head was ever seen. */
	if (ledger->has_head && event->seq <= ledger->head) {
		rc = find_seen(db, stream->id, event, &seen, err);
		if (rc == RC_OK && seen == LEDGER_UNSEEN &&
		    stream_kind_contiguous(ledger->kind))
			rc = gaps_around(db, stream->id, event->seq, around,
			    err);
	}
	if (rc == RC_OK)
		ledger_judge(ledger, around->found ? &around->gap : NULL,
		    event->seq, event->rule->life, seen, result);
	return rc;
}

static enum rc
judge(struct db *db, const struct stream *stream, const struct event *event,
    struct around *around, struct ledger_result *result, struct err *err)
{
	enum ledger_seen seen;
	enum rc rc;

	around->found = false;
	if (event->has_seq)
		return judge_number(db, stream, event, around, result, err);
	if (event->rule->number != N_FIELDS) {
		ledger_unsequenced(&stream->ledger, result);
		return RC_OK;
	}
	rc = find_seen_lifecycle(db, stream->id, event, &seen, err);
	if (rc == RC_OK)
		ledger_lifecycle(&stream->ledger, event->rule->life, seen,
		    result);
	return rc;
}

/* ------------------------------------------------------------------------
 * Event
 */

/* What a stored event is besides its fields. */
struct judged {
	int64_t position;
	int64_t service_id;
	bool has_stream;
	int64_t stream_id;
	enum verdict verdict;
	int64_t behind;
};

static struct slice
or_none(const struct buf *text)
{
	return text->len == 0 ? slice_of(NULL) : buf_slice(text);
}

static enum rc
put_event(struct projector *projector, const struct judged *judged,
    const struct event *event, struct err *err)
{
	const enum statement s = STATEMENT_EVENT_PUT;
	static const struct {
		int index;
		enum field field;
	} texts[] = {
		{ 11, FIELD_IDENTITY }, { 12, FIELD_ENDPOINT_ID },
		{ 13, FIELD_UNIQUE_NAME }, { 14, FIELD_ITEM },
		{ 17, FIELD_REVISION }, { 18, FIELD_ITEM_REVISION },
		{ 19, FIELD_DATA },
	};
	struct db *db = projector->db;
	size_t i;

	db_bind_int(db, s, 1, judged->position);
	db_bind_int(db, s, 2, event->type);
	if (event->type == EVENT_UNKNOWN)
		db_bind_text(db, s, 3, clean(projector, event,
		    FIELD_EVENT_TYPE));
	db_bind_int(db, s, 4, judged->service_id);
	db_bind_int_if(db, s, 5, judged->has_stream, judged->stream_id);
	db_bind_int_if(db, s, 6, judged->has_stream && event->has_seq,
	    event->seq);
	db_bind_int(db, s, 7, judged->verdict);
	db_bind_int(db, s, 9, judged->behind);
	db_bind_blob(db, s, 10, (struct slice){
	    (const char *)event->content, DIGEST_SIZE });
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		db_bind_text(db, s, texts[i].index,
		    clean(projector, event, texts[i].field));
	db_bind_int_if(db, s, 15, event->has_event_id, event->event_id);
	db_bind_int_if(db, s, 16, event->has_revision, event->revision);
	db_bind_int_if(db, s, 20, event->is_online >= 0, event->is_online);
	db_bind_int_if(db, s, 21, event->has_created_us, event->created_us);
	db_bind_text(db, s, 22, or_none(&event->problem));
	db_bind_text(db, s, 23, or_none(&event->extra));
	return db_run(db, s, err);
}

/* The event of a stream: judged, its stream and gaps brought up to it. */
static enum rc
judge_on_stream(struct projector *projector, struct judged *judged,
    int64_t received_us, const struct event *event, struct err *err)
{
	struct db *db = projector->db;
	struct ledger_result result;
	struct around around;
	struct stream stream;
	enum rc rc;
	size_t i;

	rc = stream_find(db, judged->service_id, event,
	    clean(projector, event, event->rule->key), received_us, &stream,
	    err);
	if (rc == RC_OK)
		rc = judge(db, &stream, event, &around, &result, err);
	if (rc != RC_OK)
		return rc;
	judged->has_stream = true;
	judged->stream_id = stream.id;
	judged->verdict = result.verdict;
	judged->behind = result.behind;
	rc = put_event(projector, judged, event, err);
	for (i = 0; rc == RC_OK && i < result.n_changes; i++)
		rc = gaps_change(db, stream.id, around.found ? around.id : 0,
		    judged->position, &result.changes[i], err);
	stream.ledger = result.stream;
	stream_set_state(&stream, judged->position, event);
	if (rc == RC_OK)
		rc = stream_write(db, &stream, clean(projector, event,
		    FIELD_UNIQUE_NAME), received_us, err);
	if (rc == RC_OK)
		rc = stream_write_item(db, &stream, judged->position, event,
		    result.verdict, err);
	return rc;
}

enum rc
projector_judge(struct projector *projector, int64_t position,
    int64_t received_us, const struct event *event, enum verdict *verdict,
    struct err *err)
{
	struct judged judged = { .position = position };
	enum rc rc;

	projector->no_memory = false;
	rc = find_service(projector, event, &judged.service_id, err);
	if (rc != RC_OK)
		return rc;
	if (event->stream_key.p != NULL)
		rc = judge_on_stream(projector, &judged, received_us, event,
		    err);
	else
		rc = put_event(projector, &judged, event, err);
	if (rc == RC_OK && projector->no_memory)
		rc = err_set(err, RC_MEMORY, "event: no memory");
	if (rc == RC_OK)
		*verdict = judged.verdict;
	return rc;
}

enum rc
projector_keep(struct projector *projector, int64_t position,
    const struct event *event, const char *why, struct err *err)
{
	struct judged judged = { .position = position };
	struct event bare;
	enum rc rc;

	event_init(&bare);
	bare.type = event->type;
	bare.rule = event->rule;
	bare.is_online = -1;
	memcpy(bare.content, event->content, sizeof(bare.content));
	buf_add_text(&bare.problem, "not judged: ");
	text_escape(&bare.problem, slice_of(why));
	rc = find_service(projector, &bare, &judged.service_id, err);
	if (rc == RC_OK)
		rc = put_event(projector, &judged, &bare, err);
	event_clear(&bare);
	return rc;
}
