#include "journal/project.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "journal/item.h"
#include "journal/project_parts.h"
#include "journal/revisions.h"
#include "journal/seen.h"

enum rc
projector_new(struct projector **projector,
    const struct projector_options *options, struct err *err)
{
	const struct services_options services = { .db = options->db,
	    .record = options->record, .hint = options->hint,
	    .hint_generation = options->hint_generation };
	struct projector *new = calloc(1, sizeof(*new));
	enum rc rc;

	if (new == NULL)
		return err_set(err, RC_MEMORY, "projector: no memory");
	new->to = *options;
	event_row_init(&new->row);
	rc = services_new(&new->services, &services, err);
	if (rc == RC_OK)
		rc = streams_new(&new->streams, options->db, err);
	if (rc != RC_OK) {
		projector_free(new);
		return rc;
	}
	new->budget = PROJECTOR_REPLAY_EVENTS;
	*projector = new;
	return RC_OK;
}

void
projector_free(struct projector *projector)
{
	if (projector == NULL)
		return;
	services_free(projector->services);
	streams_free(projector->streams);
	event_row_clear(&projector->row);
	decoder_free(projector->decoder);
	free(projector);
}

void
projector_forget(struct projector *projector)
{
	services_forget(projector->services);
	streams_forget(projector->streams);
}

void
projector_begin(struct projector *projector)
{
	projector->budget = PROJECTOR_REPLAY_EVENTS;
}

enum rc
projector_flush(struct projector *projector, struct err *err)
{
	return streams_flush(projector->streams, err);
}

enum rc
projector_settle(struct projector *projector, struct buf *learned,
    struct err *err)
{
	return services_settle(projector->services, learned, err);
}

const char *
projector_learned(const struct projector *projector)
{
	return projector->learned;
}

/* ------------------------------------------------------------------------
 * Judge
 */

static enum rc
judge_number(struct projector *projector, const struct stream *stream,
    int64_t position, const struct event *event, struct around *around,
    struct ledger_result *result, struct err *err)
{
	const struct ledger_stream *ledger = &stream->ledger;
	enum ledger_seen seen = LEDGER_UNSEEN;
	enum rc rc = RC_OK;

	/* Nothing above the head was ever seen. */
	if (ledger->has_head && event->seq <= ledger->head) {
		rc = seen_find(projector->to.record, stream->id, position,
		    event, &seen, err);
		if (rc == RC_OK && seen == LEDGER_UNSEEN &&
		    stream_kind_contiguous(ledger->kind))
			rc = gaps_around(projector->to.db, stream->id,
			    event->seq, around, err);
	}
	if (rc == RC_OK)
		ledger_judge(ledger, around->found ? &around->gap : NULL,
		    event->seq, event->rule->life, seen, result);
	return rc;
}

static enum rc
judge(struct projector *projector, const struct stream *stream,
    int64_t position, const struct event *event, struct around *around,
    struct ledger_result *result, struct err *err)
{
	enum ledger_seen seen;
	enum rc rc;

	around->found = false;
	if (event->has_seq)
		return judge_number(projector, stream, position, event,
		    around, result, err);
	if (event->rule->number != N_FIELDS) {
		ledger_unsequenced(&stream->ledger, result);
		return RC_OK;
	}
	rc = seen_find(projector->to.record, stream->id, position, event,
	    &seen, err);
	if (rc == RC_OK)
		ledger_lifecycle(&stream->ledger, event->rule->life, seen,
		    result);
	return rc;
}

/* EventIds are decimal whatever the base. */
static struct gaps_by
gaps_by_of(const struct stream *stream, int64_t position)
{
	return (struct gaps_by){ .position = position,
	    .base = stream->ledger.kind == STREAM_DOCUMENT ? stream->base :
	    10 };
}

static enum rc
change_gaps(struct db *db, const struct stream *stream, int64_t position,
    const struct around *around, const struct ledger_result *result,
    struct err *err)
{
	struct gaps_by by = gaps_by_of(stream, position);
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; rc == RC_OK && i < result->n_changes; i++)
		rc = gaps_change(db, stream->id, around->found ? around->id : 0,
		    &by, &result->changes[i], err);
	return rc;
}

enum rc
project_event(struct projector *projector, struct stream *stream,
    struct judged *judged, int64_t received_us, const struct event *event,
    struct err *err)
{
	struct event_row *row = &projector->row;
	struct db *db = projector->to.db;
	struct ledger_result result;
	struct around around;
	struct item item;
	enum rc rc;

	rc = judge(projector, stream, judged->position, event, &around,
	    &result, err);
	if (rc == RC_OK)
		rc = item_find(db, stream->id, event, &item, err);
	if (rc == RC_OK)
		rc = revisions_judge(projector->to.record, stream, &item,
		    event_row_text(row, event, FIELD_ITEM), judged->position,
		    event, &judged->revision_verdict, err);
	if (rc == RC_OK)
		rc = change_gaps(db, stream, judged->position, &around,
		    &result, err);
	if (rc == RC_OK)
		rc = item_write(db, stream->id, &item, judged->position,
		    event, result.verdict, err);
	if (rc != RC_OK)
		return rc;
	judged->has_stream = true;
	judged->stream_id = stream->id;
	judged->verdict = result.verdict;
	judged->behind = result.behind;
	stream_take(stream, judged->position, received_us, event, &result,
	    event_row_text(row, event, FIELD_UNIQUE_NAME));
	streams_changed(projector->streams);
	return RC_OK;
}

/* ------------------------------------------------------------------------
 * One delivery
 */

static struct slice
or_empty(struct slice text)
{
	return text.p == NULL ? slice_of("") : text;
}

static enum rc
find_service(struct projector *projector, const struct event *event,
    int64_t position, const struct service **service, struct err *err)
{
	struct event_row *row = &projector->row;

	return services_make(projector->services,
	    or_empty(event_row_text(row, event, FIELD_ACCOUNT_SID)),
	    or_empty(event_row_text(row, event, FIELD_SERVICE_SID)), position,
	    service, err);
}

/* Find or make the event's stream; recompute it first, if its service's base
 * is another one by now and there is time. */
static enum rc
find_stream(struct projector *projector, const struct service *service,
    int64_t position, int64_t received_us, const struct event *event,
    struct stream **stream, struct err *err)
{
	const enum stream_kind kind = event->rule->kind;
	bool fits;
	enum rc rc;

	rc = streams_find(projector->streams, service->id, kind,
	    event->stream_key, stream, err);
	if (rc != RC_OK)
		return rc;
	if (*stream == NULL)
		return streams_make(projector->streams, service->id, kind,
		    event->stream_key, kind == STREAM_IDENTITY ? 10 :
		    service->base.base, position, received_us, stream, err);
	if (kind == STREAM_IDENTITY || (*stream)->base == service->base.base)
		return RC_OK;
	return project_replay(projector, *stream, service, service->base.base,
	    &fits, err);
}

static enum rc
put_event(struct projector *projector, const struct judged *judged,
    const struct event *event, struct err *err)
{
	struct event_row *row = &projector->row;

	event_row_fill(row, judged, event);
	if (projector->to.put == NULL)
		return event_row_put(projector->to.db, row, err);
	if (row->no_memory)
		return err_set(err, RC_MEMORY, "event: no memory");
	return projector->to.put(projector->to.context, row->column, err);
}

enum rc
projector_judge(struct projector *projector, int64_t position,
    int64_t received_us, struct event *event, enum verdict *verdict,
    struct err *err)
{
	struct judged judged = { .position = position };
	const struct service *service;
	struct stream *stream = NULL;
	enum rc rc;

	event_row_begin(&projector->row);
	projector->learned = NULL;
	rc = find_service(projector, event, position, &service, err);
	if (rc == RC_OK)
		rc = services_learn(projector->services, position, event,
		    &projector->learned, err);
	if (rc == RC_OK && event->stream_key.p != NULL)
		rc = find_stream(projector, service, position, received_us,
		    event, &stream, err);
	if (rc != RC_OK)
		return rc;
	judged.service_id = service->id;
	event_read_revisions(event, stream == NULL ? 0 : stream->base);
	if (stream != NULL)
		rc = project_event(projector, stream, &judged, received_us,
		    event, err);
	if (rc == RC_OK)
		rc = put_event(projector, &judged, event, err);
	if (rc == RC_OK)
		*verdict = judged.verdict;
	return rc;
}

enum rc
projector_keep(struct projector *projector, int64_t position,
    const struct event *event, const char *why, struct err *err)
{
	struct judged judged = { .position = position };
	const struct service *service;
	struct event bare;
	enum rc rc;

	event_init(&bare);
	bare.type = event->type;
	bare.rule = event->rule;
	memcpy(bare.content, event->content, sizeof(bare.content));
	buf_add_text(&bare.problem, "not judged: ");
	text_escape(&bare.problem, slice_of(why));
	event_row_begin(&projector->row);
	projector->learned = NULL;
	rc = find_service(projector, &bare, position, &service, err);
	if (rc == RC_OK) {
		judged.service_id = service->id;
		rc = put_event(projector, &judged, &bare, err);
	}
	event_clear(&bare);
	return rc;
}

/* ------------------------------------------------------------------------
 * Explanations
 */

void
project_read_gap_action(struct db *db, enum statement statement,
    struct gap_action *action)
{
	action->position = db_int(db, statement, 0);
	action->account_sid = db_bytes(db, statement, 1);
	action->service_sid = db_bytes(db, statement, 2);
	action->kind = (enum stream_kind)db_int(db, statement, 3);
	action->key = db_column(db, statement, 4);
	action->first = db_int(db, statement, 5);
	action->last = db_int(db, statement, 6);
	action->state = (enum gap_state)db_int(db, statement, 7);
	action->base = (int)db_int(db, statement, 8);
}

enum rc
project_gap(struct projector *projector, const struct stream *stream,
    const struct gap_action *action, struct err *err)
{
	struct gaps_by by = gaps_by_of(stream, action->position);

	/* EventIds of lists and maps are decimal whatever the base. */
	if (stream->ledger.kind == STREAM_DOCUMENT &&
	    stream->base != action->base)
		return RC_OK;
	return gaps_close(projector->to.db, stream->id, &by, action->first,
	    action->last, action->state, err);
}

enum rc
projector_close_gap(struct projector *projector,
    const struct gap_action *action, struct err *err)
{
	const struct service *service;
	struct stream *stream = NULL;
	enum rc rc;

	rc = services_find(projector->services, action->account_sid,
	    action->service_sid, &service, err);
	if (rc == RC_OK && service != NULL)
		rc = streams_find(projector->streams, service->id,
		    action->kind, action->key.bytes, &stream, err);
	if (rc != RC_OK || stream == NULL)
		return rc;
	return project_gap(projector, stream, action, err);
}
