#include "twilio/event.h"

/*
 * The table of types. Each row is put together from what its events share.
 */
#define F EVENT_FIELD

/* The page's "Common Request Parameters", and DateCreated. */
#define COMMON \
	[FIELD_EVENT_TYPE] = "EventType", \
	[FIELD_ACCOUNT_SID] = "AccountSid", \
	[FIELD_SERVICE_SID] = "ServiceSid", \
	[FIELD_IDENTITY] = "Identity", \
	[FIELD_ENDPOINT_ID] = "EndpointId", \
	[FIELD_DATE_CREATED] = "DateCreated"
#define COMMON_REQUIRED \
	(F(FIELD_EVENT_TYPE) | F(FIELD_ACCOUNT_SID) | \
	F(FIELD_SERVICE_SID) | F(FIELD_IDENTITY))

#define DOCUMENT \
	COMMON, \
	[FIELD_OBJECT_SID] = "DocumentSid", \
	[FIELD_UNIQUE_NAME] = "DocumentUniqueName", \
	[FIELD_REVISION] = "DocumentRevision", \
	[FIELD_DATA] = "DocumentData"
#define LIST \
	COMMON, \
	[FIELD_OBJECT_SID] = "ListSid", \
	[FIELD_UNIQUE_NAME] = "ListUniqueName", \
	[FIELD_REVISION] = "ListRevision"
#define MAP \
	COMMON, \
	[FIELD_OBJECT_SID] = "MapSid", \
	[FIELD_UNIQUE_NAME] = "MapUniqueName", \
	[FIELD_REVISION] = "MapRevision"
#define OBJECT_REQUIRED \
	(COMMON_REQUIRED | F(FIELD_OBJECT_SID) | F(FIELD_REVISION))

#define ITEM \
	[FIELD_EVENT_ID] = "EventId", \
	[FIELD_DATA] = "ItemData", \
	[FIELD_ITEM_REVISION] = "ItemRevision"
#define LIST_ITEM LIST, ITEM, [FIELD_ITEM] = "ItemIndex"
#define MAP_ITEM MAP, ITEM, [FIELD_ITEM] = "ItemKey"
#define ITEM_REQUIRED \
	(OBJECT_REQUIRED | F(FIELD_EVENT_ID) | F(FIELD_ITEM))
#define ITEM_CONTENT (F(FIELD_DATA) | F(FIELD_ITEM_REVISION))

#define ENDPOINT \
	COMMON, \
	[FIELD_EVENT_ID] = "EventId", \
	[FIELD_IS_ONLINE] = "IsIdentityOnline"
#define ENDPOINT_REQUIRED \
	(COMMON_REQUIRED | F(FIELD_EVENT_ID) | F(FIELD_IS_ONLINE))

static const struct event_rule rules[N_EVENT_TYPES] = {
	[EVENT_UNKNOWN] = { "", STREAM_NONE, LIFE_NONE,
	    N_FIELDS, N_FIELDS, NULL,
	    { COMMON }, F(FIELD_EVENT_TYPE), 0 },
	[EVENT_DOCUMENT_CREATED] = { "document_created",
	    STREAM_DOCUMENT, LIFE_CREATED,
	    FIELD_REVISION, FIELD_OBJECT_SID, "ET",
	    { DOCUMENT }, OBJECT_REQUIRED | F(FIELD_DATA), 0 },
	[EVENT_DOCUMENT_UPDATED] = { "document_updated",
	    STREAM_DOCUMENT, LIFE_UPDATED,
	    FIELD_REVISION, FIELD_OBJECT_SID, "ET",
	    { DOCUMENT }, OBJECT_REQUIRED | F(FIELD_DATA), 0 },
	[EVENT_DOCUMENT_REMOVED] = { "document_removed",
	    STREAM_DOCUMENT, LIFE_REMOVED,
	    FIELD_REVISION, FIELD_OBJECT_SID, "ET",
	    { DOCUMENT }, OBJECT_REQUIRED, F(FIELD_DATA) },
	[EVENT_LIST_CREATED] = { "list_created",
	    STREAM_LIST, LIFE_CREATED,
	    N_FIELDS, FIELD_OBJECT_SID, "ES",
	    { LIST }, OBJECT_REQUIRED, 0 },
	[EVENT_LIST_REMOVED] = { "list_removed",
	    STREAM_LIST, LIFE_REMOVED,
	    N_FIELDS, FIELD_OBJECT_SID, "ES",
	    { LIST }, OBJECT_REQUIRED, 0 },
	[EVENT_LIST_ITEM_ADDED] = { "list_item_added",
	    STREAM_LIST, LIFE_ITEM_ADDED,
	    FIELD_EVENT_ID, FIELD_OBJECT_SID, "ES",
	    { LIST_ITEM }, ITEM_REQUIRED | ITEM_CONTENT, 0 },
	[EVENT_LIST_ITEM_UPDATED] = { "list_item_updated",
	    STREAM_LIST, LIFE_ITEM_UPDATED,
	    FIELD_EVENT_ID, FIELD_OBJECT_SID, "ES",
	    { LIST_ITEM }, ITEM_REQUIRED | ITEM_CONTENT, 0 },
	[EVENT_LIST_ITEM_REMOVED] = { "list_item_removed",
	    STREAM_LIST, LIFE_ITEM_REMOVED,
	    FIELD_EVENT_ID, FIELD_OBJECT_SID, "ES",
	    { LIST_ITEM }, ITEM_REQUIRED, ITEM_CONTENT },
	[EVENT_MAP_CREATED] = { "map_created",
	    STREAM_MAP, LIFE_CREATED,
	    N_FIELDS, FIELD_OBJECT_SID, "MP",
	    { MAP }, OBJECT_REQUIRED, 0 },
	[EVENT_MAP_REMOVED] = { "map_removed",
	    STREAM_MAP, LIFE_REMOVED,
	    N_FIELDS, FIELD_OBJECT_SID, "MP",
	    { MAP }, OBJECT_REQUIRED, 0 },
	[EVENT_MAP_ITEM_ADDED] = { "map_item_added",
	    STREAM_MAP, LIFE_ITEM_ADDED,
	    FIELD_EVENT_ID, FIELD_OBJECT_SID, "MP",
	    { MAP_ITEM }, ITEM_REQUIRED | ITEM_CONTENT, 0 },
	[EVENT_MAP_ITEM_UPDATED] = { "map_item_updated",
	    STREAM_MAP, LIFE_ITEM_UPDATED,
	    FIELD_EVENT_ID, FIELD_OBJECT_SID, "MP",
	    { MAP_ITEM }, ITEM_REQUIRED | ITEM_CONTENT, 0 },
	[EVENT_MAP_ITEM_REMOVED] = { "map_item_removed",
	    STREAM_MAP, LIFE_ITEM_REMOVED,
	    FIELD_EVENT_ID, FIELD_OBJECT_SID, "MP",
	    { MAP_ITEM }, ITEM_REQUIRED, ITEM_CONTENT },
	[EVENT_ENDPOINT_CONNECTED] = { "endpoint_connected",
	    STREAM_IDENTITY, LIFE_NONE,
	    FIELD_EVENT_ID, FIELD_IDENTITY, NULL,
	    { ENDPOINT }, ENDPOINT_REQUIRED, F(FIELD_DATE_CREATED) },
	[EVENT_ENDPOINT_DISCONNECTED] = { "endpoint_disconnected",
	    STREAM_IDENTITY, LIFE_NONE,
	    FIELD_EVENT_ID, FIELD_IDENTITY, NULL,
	    { ENDPOINT }, ENDPOINT_REQUIRED, F(FIELD_DATE_CREATED) },
	[EVENT_TEST] = { EVENT_TEST_NAME, STREAM_NONE, LIFE_NONE,
	    N_FIELDS, N_FIELDS, NULL,
	    { COMMON, [FIELD_DATA] = "TestData" },
	    F(FIELD_EVENT_TYPE) | F(FIELD_ACCOUNT_SID) | F(FIELD_DATA), 0 },
};

const struct event_rule *
event_rule(enum event_type type)
{
	return &rules[type];
}

enum event_type
event_type_of(struct slice name)
{
	enum event_type type;

	for (type = EVENT_UNKNOWN + 1; type < N_EVENT_TYPES; type++)
		if (slice_is(name, rules[type].name))
			return type;
	return EVENT_UNKNOWN;
}

const char *
stream_kind_name(enum stream_kind kind)
{
	static const char *const names[N_STREAM_KINDS] = {
		[STREAM_NONE] = NULL,
		[STREAM_DOCUMENT] = "document",
		[STREAM_LIST] = "list",
		[STREAM_MAP] = "map",
		[STREAM_IDENTITY] = "identity",
	};

	return names[kind];
}

bool
stream_kind_contiguous(enum stream_kind kind)
{
	return kind == STREAM_DOCUMENT || kind == STREAM_LIST ||
	    kind == STREAM_MAP;
}
