#include "audit/version.h"

#include <string.h>

enum column {
	COLUMN_SEQ,
	COLUMN_POSITION,
	COLUMN_EVENT_TYPE,
	COLUMN_VERDICT,
	COLUMN_ITEM,
	COLUMN_IDENTITY,
	COLUMN_CREATED,
	COLUMN_RECEIVED,
	COLUMN_LAG,
	COLUMN_REVISION_TEXT,
	COLUMN_ENDPOINT,
	COLUMN_ONLINE,
	COLUMN_SIZE,
	COLUMN_DATA,
};

struct slice
version_time(const struct version *version)
{
	return version->created_at.p != NULL ? version->created_at :
	    version->received_at;
}

bool
version_is_removal(const struct version *version)
{
	return version->life == LIFE_REMOVED ||
	    version->life == LIFE_ITEM_REMOVED;
}

void
version_value(struct buf *out, struct slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		if (value.p[i] == '\n')
			buf_add_text(out, "\\x0A");
		else
			buf_add_char(out, value.p[i]);
	}
}

void
version_title(struct buf *out, const struct subject *subject)
{
	buf_add_text(out, stream_kind_name(subject->kind));
	buf_add_char(out, ' ');
	version_value(out, subject_name(subject));
}

void
version_number_words(struct buf *out, enum stream_kind kind, int64_t number)
{
	buf_printf(out, "%s %lld", kind == STREAM_DOCUMENT ? "revision" :
	    "EventId", (long long)number);
}

void
version_words(struct buf *out, enum stream_kind kind,
    const struct version *version)
{
	if (version->has_number)
		version_number_words(out, kind, version->number);
	else
		buf_printf(out, "position %lld", (long long)version->position);
	buf_add_text(out, " of ");
	buf_add_slice(out, version_time(version));
	if (version->identity.p != NULL) {
		buf_add_text(out, " by ");
		version_value(out, version->identity);
	}
}

void
version_bind(struct db *db, enum statement s, const struct subject *subject)
{
	db_bind_text(db, s, 1, subject->stream_key);
	db_bind_int(db, s, 2, subject->kind);
	db_bind_text(db, s, 3, subject->service_sid);
}

struct version
version_of_row(struct db *db, enum statement s)
{
	struct version version = {
		.position = db_int(db, s, COLUMN_POSITION),
		.has_number = !db_is_null(db, s, COLUMN_SEQ),
		.number = db_int(db, s, COLUMN_SEQ),
		.event_type = db_bytes(db, s, COLUMN_EVENT_TYPE),
		.verdict = db_bytes(db, s, COLUMN_VERDICT),
		.item = db_bytes(db, s, COLUMN_ITEM),
		.identity = db_bytes(db, s, COLUMN_IDENTITY),
		.created_at = db_bytes(db, s, COLUMN_CREATED),
		.received_at = db_bytes(db, s, COLUMN_RECEIVED),
		.has_lag = !db_is_null(db, s, COLUMN_LAG),
		.lag_ms = db_int(db, s, COLUMN_LAG),
		.revision_text = db_bytes(db, s, COLUMN_REVISION_TEXT),
		.endpoint_id = db_bytes(db, s, COLUMN_ENDPOINT),
		.is_online = db_is_null(db, s, COLUMN_ONLINE) ? -1 :
		    db_int(db, s, COLUMN_ONLINE) != 0,
		.has_data = !db_is_null(db, s, COLUMN_SIZE),
		.size = db_int(db, s, COLUMN_SIZE),
		.data = db_bytes(db, s, COLUMN_DATA),
	};

	version.life = event_rule(event_type_of(version.event_type))->life;
	version.is_conflict = slice_is(version.verdict, "conflict");
	return version;
}

static void
keep_slice(struct buf *text, struct slice *slice)
{
	const size_t at = text->len;

	if (slice->p == NULL)
		return;
	buf_add_slice(text, *slice);
	slice->p = text->data + at;
}

/* All its bytes in one place, that is reserved first and so does not move. */
static enum rc
keep(struct version *version, struct buf *text, struct err *err)
{
	struct slice *const slices[] = { &version->event_type,
	    &version->verdict, &version->item, &version->identity,
	    &version->created_at, &version->received_at,
	    &version->revision_text, &version->endpoint_id,
	    &version->data };
	const size_t n = sizeof(slices) / sizeof(slices[0]);
	size_t len = 1;

	buf_reset(text);
	for (size_t i = 0; i < n; i++)
		len += slices[i]->len;
	if (!buf_reserve(text, len))
		return err_set(err, RC_MEMORY, "past: no memory");
	for (size_t i = 0; i < n; i++)
		keep_slice(text, slices[i]);
	return RC_OK;
}

enum rc
version_first(struct db *db, enum statement s, struct buf *text,
    struct version *version, struct err *err)
{
	bool row;
	enum rc rc;

	*version = (struct version){ .position = 0 };
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	*version = version_of_row(db, s);
	rc = keep(version, text, err);
	db_done(db, s);
	return rc;
}
