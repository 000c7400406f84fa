#include "crash_history.h"

#include <string.h>

#define ONE "&AccountSid=AC1&ServiceSid=IS1&Identity=ada"
#define OTHER "&AccountSid=AC1&ServiceSid=IS2&Identity=bob"
#define DOCUMENT(what, service, sid, revision, data) \
	"EventType=document_" what service "&DocumentSid=ET" sid \
	"&DocumentUniqueName=doc" sid "&DocumentRevision=" revision \
	"&DocumentData=" data
#define UPDATED(sid, revision) \
	DOCUMENT("updated", ONE, sid, revision, "%22" revision "%22")
#define LIST(what) \
	"EventType=list_" what ONE "&ListSid=ES1&ListUniqueName=list"
#define LIST_ITEM(what, event, index, revision) \
	LIST("item_" what) "&EventId=" event "&ItemIndex=" index \
	"&ItemRevision=" revision "&ListRevision=" revision "&ItemData=" event
#define MAP(what) \
	"EventType=map_" what ONE "&MapSid=MP1&MapUniqueName=map"
#define MAP_ITEM(what, event, key, revision) \
	MAP("item_" what) "&EventId=" event "&ItemKey=" key \
	"&ItemRevision=" revision "&MapRevision=" revision "&ItemData=" event
#define ENDPOINT(what, event, id, online) \
	"EventType=endpoint_" what ONE "&EndpointId=TN" id "&EventId=" event \
	"&IsIdentityOnline=" online

/* Some pages of overflow: history_begin. */
#define LARGE_LEN 16384
static char large[LARGE_LEN + 256];

#define OPEN(who) { .kind = STEP_OPEN, .worker = (who) }
#define CLOSE(who) { .kind = STEP_CLOSE, .worker = (who) }
#define APPEND(...) { .kind = STEP_APPEND, .forms = { __VA_ARGS__ } }
#define REQUEST(form) { .kind = STEP_REQUEST, .forms = { form } }
#define EXPLAIN(stream) { .kind = STEP_EXPLAIN, .text = (stream) }
#define SLICE { .kind = STEP_SLICE }
#define SWEEP { .kind = STEP_SWEEP }
#define CHECKPOINT { .kind = STEP_CHECKPOINT }
#define ACT(what) { .kind = STEP_ACT, .text = (what) }

static const struct step one[] = {
	OPEN(0),
	{ .kind = STEP_BASE, .text = "IS2", .base = CONF_BASE_DECIMAL },
	ACT("start"),
	APPEND(DOCUMENT("created", ONE, "1", "0", "{}")),
	APPEND(UPDATED("1", "1"), UPDATED("1", "2"),
	    DOCUMENT("created", ONE, "2", "0", "{}"), UPDATED("2", "1")),
	APPEND(LIST("created"), LIST_ITEM("added", "1", "0", "1"),
	    LIST_ITEM("added", "2", "1", "2"), MAP("created")),
	APPEND(MAP_ITEM("added", "1", "k", "1"),
	    ENDPOINT("connected", "3", "1", "true")),
	/* Gaps; one number twice, and once with other contents. */
	APPEND(UPDATED("1", "7"), UPDATED("1", "7"),
	    DOCUMENT("updated", ONE, "1", "7", "%22other%22")),
	{ .kind = STEP_APPEND, .rejects = 3, .forms = { UPDATED("1", "5"),
	    MAP_ITEM("updated", "4", "k", "4") } },
	APPEND(large),
	EXPLAIN("ET1"),
	CHECKPOINT,
	APPEND(UPDATED("1", "4"), UPDATED("2", "3")),
	APPEND(MAP_ITEM("updated", "2", "k", "2"),
	    LIST_ITEM("updated", "5", "1", "5"),
	    ENDPOINT("disconnected", "8", "1", "false")),
	{ .kind = STEP_FLUSH, .rejects = 2 },
	/* What was quarantined is journaled after all. */
	{ .kind = STEP_APPEND, .forms = { UPDATED("2", "4") }, .reject_id = 2 },
	/* All that is there of this service is read anew. */
	{ .kind = STEP_BASE, .text = "IS1", .base = CONF_BASE_HEX },
	SWEEP,
	APPEND(UPDATED("1", "8"), UPDATED("1", "a")),
	SWEEP, SWEEP,
	/* A letter tells the base by itself. */
	APPEND(DOCUMENT("updated", OTHER, "3", "9", "9"),
	    DOCUMENT("updated", OTHER, "3", "10", "10")),
	CHECKPOINT,
	{ .kind = STEP_WANT },
	SLICE, SLICE,
	APPEND(UPDATED("1", "9"), LIST_ITEM("removed", "6", "0", "6")),
	SLICE, SLICE, SLICE, SLICE,
	/* Again, in another process. */
	CLOSE(0), OPEN(0),
	APPEND(DOCUMENT("removed", ONE, "2", "5", "{}")),
	SLICE, SLICE, SLICE, SLICE, SLICE, SLICE,
	/* Of no stream, and without a number. */
	APPEND("EventType=something_else" ONE "&More=1",
	    "EventType=document_updated" ONE "&DocumentSid=ET1"
	    "&DocumentData=0"),
	CLOSE(0),
	REQUEST(UPDATED("1", "b")),
	REQUEST(UPDATED("1", "c")),
	OPEN(0),
	APPEND(UPDATED("1", "e"), MAP("removed")),
	EXPLAIN("MP1"),
	ACT("stop"),
	CLOSE(0),
};

const struct history history_one = { "one", one, sizeof(one) /
    sizeof(one[0]) };

/* By the second process, while the first has not synced yet, or after it. */
#define BESIDE(who, beside, form) \
	{ .kind = STEP_APPEND, .worker = (who), .during = (beside), \
	    .forms = { form } }

static const struct step two[] = {
	OPEN(0), OPEN(1),
	APPEND(DOCUMENT("created", ONE, "1", "0", "{}")),
	BESIDE(1, true, UPDATED("1", "1")),
	APPEND(UPDATED("1", "2"), UPDATED("1", "5")),
	BESIDE(1, true, UPDATED("1", "3")),
	BESIDE(1, true, UPDATED("1", "4")),
	BESIDE(1, false, UPDATED("1", "4")),
	BESIDE(0, true, UPDATED("1", "6")),
	/* A new WAL is begun by the other one, and by the same. */
	CHECKPOINT,
	BESIDE(1, false, LIST_ITEM("added", "1", "0", "1")),
	BESIDE(0, true, LIST_ITEM("added", "2", "1", "2")),
	APPEND(LIST_ITEM("added", "4", "3", "4")),
	{ .kind = STEP_CHECKPOINT, .worker = 1, .during = true },
	BESIDE(1, false, LIST_ITEM("added", "3", "2", "3")),
	BESIDE(0, true, LIST_ITEM("removed", "5", "0", "5")),
	/* Upkeep of one beside the other's deliveries. */
	{ .kind = STEP_BASE, .text = "IS1", .base = CONF_BASE_HEX },
	BESIDE(1, false, UPDATED("1", "a")),
	{ .kind = STEP_SWEEP, .during = true },
	{ .kind = STEP_WANT, .worker = 1 },
	{ .kind = STEP_SLICE, .worker = 1 },
	BESIDE(0, true, UPDATED("1", "7")),
	SLICE, SLICE,
	/* One begins anew beside the other. */
	CLOSE(0), OPEN(0),
	BESIDE(1, false, UPDATED("1", "8")),
	BESIDE(0, true, UPDATED("1", "9")),
	{ .kind = STEP_REQUEST, .worker = 1, .forms = { UPDATED("1", "b") } },
	SLICE, SLICE, SLICE, SLICE, SLICE,
	CLOSE(0),
};

const struct history history_two = { "two", two, sizeof(two) /
    sizeof(two[0]) };

void
history_begin(void)
{
	static const char head[] = DOCUMENT("updated", ONE, "2", "2", "");
	size_t i;

	memcpy(large, head, sizeof(head) - 1);
	for (i = 0; i < LARGE_LEN; i++)
		large[sizeof(head) - 1 + i] = (char)('a' + i % 23);
}
