#include "audit/subject.h"

#include <stdlib.h>
#include <string.h>

enum column {
	COLUMN_KIND,
	COLUMN_SERVICE,
	COLUMN_KEY,
	COLUMN_UNIQUE_NAME,
	COLUMN_REMOVED,
	COLUMN_FIRST,
	COLUMN_LAST,
	COLUMN_BASE,
	COLUMN_BASE_ASSUMED,
};

struct subject
subject_row(struct db *db, enum statement s)
{
	return (struct subject){
		.kind = (enum stream_kind)db_int(db, s, COLUMN_KIND),
		.service_sid = db_bytes(db, s, COLUMN_SERVICE),
		.stream_key = db_bytes(db, s, COLUMN_KEY),
		.unique_name = db_bytes(db, s, COLUMN_UNIQUE_NAME),
		.removed = db_int(db, s, COLUMN_REMOVED) != 0,
		.first_us = db_int(db, s, COLUMN_FIRST),
		.last_us = db_int(db, s, COLUMN_LAST),
		.base = (int)db_int(db, s, COLUMN_BASE),
		.is_base_assumed = db_int(db, s, COLUMN_BASE_ASSUMED) != 0,
	};
}

static void
keep_bytes(struct slice *slice, char **at)
{
	if (slice->len > 0)
		memcpy(*at, slice->p, slice->len);
	if (slice->p != NULL)
		slice->p = *at;
	*at += slice->len;
}

enum rc
subject_keep(struct subject *subject, struct err *err)
{
	char *at;

	/* One more: a text without bytes is still one. */
	subject->text = malloc(subject->service_sid.len +
	    subject->stream_key.len + subject->unique_name.len + 1);
	if (subject->text == NULL)
		return err_set(err, RC_MEMORY, "subject: no memory");
	at = subject->text;
	keep_bytes(&subject->service_sid, &at);
	keep_bytes(&subject->stream_key, &at);
	keep_bytes(&subject->unique_name, &at);
	return RC_OK;
}

void
subject_clear(struct subject *subject)
{
	free(subject->text);
	*subject = (struct subject){ .text = NULL };
}

struct slice
subject_name(const struct subject *subject)
{
	return subject->unique_name.p != NULL ? subject->unique_name :
	    subject->stream_key;
}

bool
subject_alike(const struct subject *one, const struct subject *two)
{
	return one->kind == two->kind &&
	    (one->service_sid.p == NULL) == (two->service_sid.p == NULL) &&
	    slice_compare(one->service_sid, two->service_sid) == 0;
}
