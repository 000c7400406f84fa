/*
 * event -- what a delivery says: the 15 types of Sync's webhooks, their
 * parameters, and a delivery decoded by them.
 *
 * Sources: the types and parameters are Twilio's page "Sync Webhooks"; what is
 * inferred or unknown is in docs/twilio.md section 2. A delivery that does not
 * keep to the table is decoded as far as it goes, with a problem that says
 * what is wrong; it is never refused.
 */
#ifndef TWILIO_EVENT_H
#define TWILIO_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/slice.h"
#include "twilio/params.h"

/* These numbers are stored in the journal: append, never renumber. */
enum event_type {
	EVENT_UNKNOWN = 0,
	EVENT_DOCUMENT_CREATED = 1,
	EVENT_DOCUMENT_UPDATED = 2,
	EVENT_DOCUMENT_REMOVED = 3,
	EVENT_LIST_CREATED = 4,
	EVENT_LIST_REMOVED = 5,
	EVENT_LIST_ITEM_ADDED = 6,
	EVENT_LIST_ITEM_UPDATED = 7,
	EVENT_LIST_ITEM_REMOVED = 8,
	EVENT_MAP_CREATED = 9,
	EVENT_MAP_REMOVED = 10,
	EVENT_MAP_ITEM_ADDED = 11,
	EVENT_MAP_ITEM_UPDATED = 12,
	EVENT_MAP_ITEM_REMOVED = 13,
	EVENT_ENDPOINT_CONNECTED = 14,
	EVENT_ENDPOINT_DISCONNECTED = 15,
	EVENT_TEST = 16,	/* not Twilio's: of the doctor, of no stream */
	N_EVENT_TYPES
};

/* Stored as well. */
enum stream_kind {
	STREAM_NONE = 0,	/* the type is unknown, or a test's */
	STREAM_DOCUMENT = 1,
	STREAM_LIST = 2,
	STREAM_MAP = 3,
	STREAM_IDENTITY = 4,
	N_STREAM_KINDS
};

/* What an event does to the thing it is about. */
enum life {
	LIFE_NONE,	/* an endpoint came or went */
	LIFE_CREATED,	/* the document, list or map */
	LIFE_UPDATED,	/* the document */
	LIFE_REMOVED,	/* the document, list or map */
	LIFE_ITEM_ADDED,
	LIFE_ITEM_UPDATED,
	LIFE_ITEM_REMOVED,
	N_LIVES
};

/* The columns that parameters are decoded into. */
enum field {
	FIELD_EVENT_TYPE,
	FIELD_ACCOUNT_SID,
	FIELD_SERVICE_SID,
	FIELD_IDENTITY,
	FIELD_ENDPOINT_ID,
	FIELD_OBJECT_SID,	/* DocumentSid, ListSid, MapSid */
	FIELD_UNIQUE_NAME,	/* Document-, List-, MapUniqueName */
	FIELD_REVISION,		/* Document-, List-, MapRevision */
	FIELD_DATA,		/* DocumentData, ItemData */
	FIELD_ITEM,		/* ItemIndex, ItemKey */
	FIELD_ITEM_REVISION,
	FIELD_EVENT_ID,
	FIELD_IS_ONLINE,
	FIELD_DATE_CREATED,
	N_FIELDS
};

/*
 * A row of the table of types. A parameter that belongs to a type is either
 * required or optional (a name in param, not in required); one that Twilio
 * leaves out for this type is in absent, with its name in param, so that its
 * presence can be told as a problem and its value still be kept.
 */
struct event_rule {
	const char *name;	/* EventType */
	enum stream_kind kind;
	enum life life;
	enum field number;	/* which field is the stream's number;
				 * N_FIELDS: this type carries none */
	enum field key;		/* which field is the stream's key */
	const char *sid_prefix;	/* of FIELD_OBJECT_SID; NULL: has none */
	const char *param[N_FIELDS];	/* the parameter's name, or NULL */
	unsigned int required;	/* EVENT_FIELD() of each, or-ed */
	unsigned int absent;
};

#define EVENT_FIELD(field) (1u << (field))

/* event_rule -- the row of a type; never NULL. EVENT_UNKNOWN's row has the
 * common parameters, nothing required but EventType, and kind STREAM_NONE. */
const struct event_rule *event_rule(enum event_type type);

/* EventType of a test delivery: signed and journaled as any other, it belongs
 * to no stream, has no verdict, and is no problem. */
#define EVENT_TEST_NAME "syncjournal_test"

/* event_type_of -- the type of this name, or EVENT_UNKNOWN. */
enum event_type event_type_of(struct slice name);

/* stream_kind_name -- "document", "list", "map", "identity"; NULL for
 * STREAM_NONE. */
const char *stream_kind_name(enum stream_kind kind);

/* stream_kind_contiguous -- whether the numbers of this kind rise by one each
 * (documents, lists, maps) or only rise (identities). docs/design.md section 2,
 * Streams. */
bool stream_kind_contiguous(enum stream_kind kind);

struct event {
	enum event_type type;
	const struct event_rule *rule;
	struct slice field[N_FIELDS];	/* as received; p NULL: absent. An empty
					 * UniqueName, Identity or EndpointId
					 * counts as absent. */
	struct slice stream_key;	/* p NULL: no stream (unknown type, or
					 * key absent or empty) */
	bool has_seq;		/* the number is usable */
	int64_t seq;		/* the stream's number; 0 unless has_seq */
	bool has_event_id;
	int64_t event_id;
	/* As event_read_revisions left them. */
	bool has_revision;	/* FIELD_REVISION is usable */
	int64_t revision;
	bool has_item_revision;	/* FIELD_ITEM_REVISION is usable */
	int64_t item_revision;
	bool revision_unreadable;	/* one of them is given, and is not */
	int is_online;		/* 1, 0, or -1: not said or not readable */
	bool has_created_us;	/* DateCreated was readable */
	int64_t created_us;
	/* Of what makes two deliveries the same event (docs/design.md section
	 * 2): SHA-256 of every parameter in order but DateCreated and
	 * RetryCount, each as name and value, each with its length in 8 bytes,
	 * largest first, before it. */
	uint8_t content[DIGEST_SIZE];
	struct buf problem;	/* what is wrong, "; " between, or empty */
	size_t problem_len;	/* of it, what was wrong before revisions were
				 * read */
	struct buf extra;	/* JSON object of the parameters that have no
				 * field, an array where a name is given more
				 * than once; empty: there are none */
};

/* event_init, event_clear -- NULL is accepted by the second. */
void event_init(struct event *event);
void event_clear(struct event *event);

/*
 * event_decode -- read a delivery's parameters.
 *
 * event     initialised; what was in it is gone, its memory is used again
 * params    in the order of params_sort; the event's slices point into them
 * problem   what is known to be wrong before (a JSON body that could not be
 *           read), or NULL; it comes first in event->problem
 *
 * Problems that are found: no EventType or an unknown one; a required
 * parameter missing (an empty one counts as missing where an empty value can
 * mean nothing: SIDs, EventType, numbers, ItemIndex, IsIdentityOnline); one
 * that should be absent; a parameter given more than once (the first in the
 * order of params_sort is used); a SID that is not one; a number that is not
 * usable; an IsIdentityOnline that is neither true nor false (read without
 * regard to case); a DateCreated that cannot be read; an object SID, item,
 * unique name, identity or other text column with bytes that are not UTF-8 or
 * a NUL; a unique name or key longer than 320 characters; data that is longer
 * than 16 KiB; more parameters than EVENT_PARAMS_USUAL; a damaged escape.
 * Each problem names the parameter. Values quoted in a problem are escaped
 * and cut to 64 bytes. The problem text is at most EVENT_PROBLEM_MAX bytes.
 *
 * A removed item's ItemData, or a REST event's EndpointId, is simply absent.
 * Presence of EndpointId is never required. A missing DateCreated is no
 * problem. A malformed SID is a problem, but the stream still has it as key.
 *
 * RC_MEMORY  the event is unusable until the next event_decode
 */
enum rc event_decode(struct event *event, const struct params *params,
    const char *problem, struct err *err);

/* event_is_rest -- whether it was written through the REST API, by what
 * Twilio's page "Sync Webhooks" says of Identity and EndpointId: a webhook of
 * such a write, so that the service sends them. */
bool event_is_rest(const struct event *event);

/*
 * event_read_revisions -- read the revisions again, in another base: what was
 * read of them, a document's number and the problems with them are as if they
 * had never been read before.
 *
 * base  10 or 16; 0: not at all. event_decode reads them with 10.
 */
void event_read_revisions(struct event *event, int base);

/* The largest number of parameters that any known type has is 13; more than
 * this is not Sync as we know it. */
#define EVENT_PARAMS_USUAL 64
#define EVENT_PROBLEM_MAX 1024
/* docs/twilio.md section 4: "unique names and keys 320 characters", counted in
 * characters, not bytes; "data 16 KiB an object", in bytes. */
#define EVENT_NAME_CHARS_MAX 320
#define EVENT_DATA_BYTES_MAX 16384

#endif
