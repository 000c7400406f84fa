#include "journal/item.h"

#include "journal/streams.h"

/* The field that names the item; no value: the event is about none. */
static struct slice
key_of(const struct event *event)
{
	struct slice key = slice_of(NULL);

	if (!event->has_seq)
		return key;
	switch (event->rule->life) {
	case LIFE_NONE:
		key = event->field[FIELD_ENDPOINT_ID];
		break;
	case LIFE_ITEM_ADDED:
	case LIFE_ITEM_UPDATED:
	case LIFE_ITEM_REMOVED:
		key = event->field[FIELD_ITEM];
		break;
	case LIFE_CREATED:
	case LIFE_UPDATED:
	case LIFE_REMOVED:
	case N_LIVES:
		break;
	}
	return key;
}

static bool
removes(const struct event *event)
{
	return event->rule->life == LIFE_ITEM_REMOVED ||
	    event->type == EVENT_ENDPOINT_DISCONNECTED;
}

enum rc
item_find(struct db *db, int64_t stream_id, const struct event *event,
    struct item *item, struct err *err)
{
	const enum statement s = STATEMENT_ITEM_FIND;
	const struct slice key = key_of(event);
	struct db_value value;
	enum rc rc;

	*item = (struct item){ .found = false };
	if (key.p == NULL)
		return RC_OK;
	value = streams_value(key);
	db_bind_int(db, s, 1, stream_id);
	db_bind(db, s, 2, &value);
	rc = db_row(db, s, &item->found, err);
	if (rc != RC_OK || !item->found)
		return rc;
	item->seq = db_int(db, s, 0);
	item->removed = db_int(db, s, 1) != 0;
	item->has_revision = !db_is_null(db, s, 2);
	item->revision = db_int(db, s, 2);
	db_done(db, s);
	return RC_OK;
}

enum rc
item_write(struct db *db, int64_t stream_id, const struct item *item,
    int64_t position, const struct event *event, enum verdict verdict,
    struct err *err)
{
	const enum statement s = STATEMENT_ITEM_PUT;
	const struct slice key = key_of(event);
	struct db_value value;

	/* Of conflicting contents the first journaled is the state, also where
	 * the other one is about another item. */
	if (key.p == NULL || verdict == VERDICT_CONFLICT ||
	    verdict == VERDICT_DUPLICATE ||
	    (item->found && event->seq <= item->seq))
		return RC_OK;
	value = streams_value(key);
	db_bind_int(db, s, 1, stream_id);
	db_bind(db, s, 2, &value);
	db_bind_int(db, s, 3, position);
	db_bind_int(db, s, 4, event->seq);
	db_bind_int(db, s, 5, removes(event));
	db_bind_int_if(db, s, 6, event->has_item_revision,
	    event->item_revision);
	return db_run(db, s, err);
}
