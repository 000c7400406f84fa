#include "journal/event_row.h"

#include <string.h>

#include "base/text.h"

/* In the order of statement event_put. */
enum column {
	COLUMN_POSITION = 0,
	COLUMN_TYPE = 1,
	COLUMN_TYPE_TEXT = 2,
	COLUMN_SERVICE_ID = 3,
	COLUMN_STREAM_ID = 4,
	COLUMN_SEQ = 5,
	COLUMN_VERDICT = 6,
	COLUMN_REVISION_VERDICT = 7,
	COLUMN_BEHIND = 8,
	COLUMN_CONTENT = 9,
	COLUMN_IDENTITY = 10,
	COLUMN_ENDPOINT_ID = 11,
	COLUMN_UNIQUE_NAME = 12,
	COLUMN_ITEM = 13,
	COLUMN_EVENT_ID = 14,
	COLUMN_REVISION = 15,
	COLUMN_REVISION_TEXT = 16,
	COLUMN_ITEM_REVISION = 17,
	COLUMN_DATA = 18,
	COLUMN_IS_ONLINE = 19,
	COLUMN_CREATED_US = 20,
	COLUMN_PROBLEM = 21,
	COLUMN_EXTRA = 22,
	N_COLUMNS
};

_Static_assert(N_COLUMNS == EVENT_ROW_COLUMNS, "columns of an event row");

void
event_row_init(struct event_row *row)
{
	memset(row, 0, sizeof(*row));
}

void
event_row_clear(struct event_row *row)
{
	size_t i;

	for (i = 0; i < N_FIELDS; i++)
		buf_clear(&row->escaped[i]);
	event_row_init(row);
}

void
event_row_begin(struct event_row *row)
{
	row->no_memory = false;
}

struct slice
event_row_text(struct event_row *row, const struct event *event,
    enum field field)
{
	const struct slice value = event->field[field];
	struct buf *escaped = &row->escaped[field];

	if (value.p == NULL || text_is_clean(value))
		return value;
	buf_reset(escaped);
	text_escape(escaped, value);
	if (!buf_ok(escaped))
		row->no_memory = true;
	return buf_slice(escaped);
}

static struct db_value
number_if(bool is_there, int64_t number)
{
	return (struct db_value){ .type = is_there ? DB_INTEGER : DB_NULL,
	    .number = number };
}

static struct db_value
bytes_if(enum db_type type, struct slice bytes)
{
	return (struct db_value){ .type = bytes.p == NULL ? DB_NULL : type,
	    .bytes = bytes };
}

static void
fill_texts(struct event_row *row, const struct event *event)
{
	static const struct {
		enum column column;
		enum field field;
	} texts[] = {
		{ COLUMN_IDENTITY, FIELD_IDENTITY },
		{ COLUMN_ENDPOINT_ID, FIELD_ENDPOINT_ID },
		{ COLUMN_UNIQUE_NAME, FIELD_UNIQUE_NAME },
		{ COLUMN_ITEM, FIELD_ITEM },
		{ COLUMN_REVISION_TEXT, FIELD_REVISION },
		{ COLUMN_ITEM_REVISION, FIELD_ITEM_REVISION },
		{ COLUMN_DATA, FIELD_DATA },
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		row->column[texts[i].column] = bytes_if(DB_TEXT,
		    event_row_text(row, event, texts[i].field));
	row->column[COLUMN_TYPE_TEXT] = bytes_if(DB_TEXT,
	    event->rule->kind == STREAM_NONE ?
	    event_row_text(row, event, FIELD_EVENT_TYPE) : slice_of(NULL));
	row->column[COLUMN_PROBLEM] = bytes_if(DB_TEXT,
	    event->problem.len == 0 ? slice_of(NULL) :
	    buf_slice(&event->problem));
	row->column[COLUMN_EXTRA] = bytes_if(DB_TEXT,
	    event->extra.len == 0 ? slice_of(NULL) :
	    buf_slice(&event->extra));
}

void
event_row_fill(struct event_row *row, const struct judged *judged,
    const struct event *event)
{
	struct db_value *const column = row->column;

	column[COLUMN_POSITION] = number_if(true, judged->position);
	column[COLUMN_TYPE] = number_if(true, event->type);
	column[COLUMN_SERVICE_ID] = number_if(true, judged->service_id);
	column[COLUMN_STREAM_ID] = number_if(judged->has_stream,
	    judged->stream_id);
	column[COLUMN_SEQ] = number_if(judged->has_stream && event->has_seq,
	    event->seq);
	column[COLUMN_VERDICT] = number_if(true, judged->verdict);
	column[COLUMN_REVISION_VERDICT] = number_if(
	    judged->revision_verdict != REVISION_NONE,
	    judged->revision_verdict);
	column[COLUMN_BEHIND] = number_if(true, judged->behind);
	column[COLUMN_CONTENT] = bytes_if(DB_BLOB, (struct slice){
	    (const char *)event->content, DIGEST_SIZE });
	column[COLUMN_EVENT_ID] = number_if(event->has_event_id,
	    event->event_id);
	column[COLUMN_REVISION] = number_if(event->has_revision,
	    event->revision);
	column[COLUMN_IS_ONLINE] = number_if(event->is_online >= 0,
	    event->is_online);
	column[COLUMN_CREATED_US] = number_if(event->has_created_us,
	    event->created_us);
	fill_texts(row, event);
}

static enum rc
bind_and_run(struct db *db, enum statement statement,
    const struct event_row *row, const enum column *columns, size_t n,
    struct err *err)
{
	size_t i;

	if (row->no_memory)
		return err_set(err, RC_MEMORY, "event: no memory");
	for (i = 0; i < n; i++)
		db_bind(db, statement, (int)i + 1, &row->column[columns == NULL
		    ? i : (size_t)columns[i]]);
	return db_run(db, statement, err);
}

enum rc
event_row_put(struct db *db, const struct event_row *row, struct err *err)
{
	return bind_and_run(db, STATEMENT_EVENT_PUT, row, NULL, N_COLUMNS,
	    err);
}

enum rc
event_row_rejudge(struct db *db, const struct event_row *row,
    struct err *err)
{
	static const enum column columns[] = { COLUMN_POSITION, COLUMN_SEQ,
	    COLUMN_VERDICT, COLUMN_REVISION_VERDICT, COLUMN_BEHIND,
	    COLUMN_REVISION, COLUMN_PROBLEM };

	return bind_and_run(db, STATEMENT_EVENT_REJUDGE, row, columns,
	    sizeof(columns) / sizeof(columns[0]), err);
}
