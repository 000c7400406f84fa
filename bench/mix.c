#include "mix.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAMS 500
/* Deliveries by which a late one is late, on average. */
#define LATE_BY 10

/* Room for a document of DATA_MAX bytes with its escapes, and the rest. */
#define BODY_SIZE 32768
/* Twilio's limit for one object's data (docs/twilio.md section 4). */
#define DATA_MAX 16384
/* Digits that make a body one of some 600 bytes. */
#define DOCUMENT_DIGITS 250
#define ITEM_DIGITS 233
#define ENDPOINT_DIGITS 405

/* A document's large data is {"n":N,"rows":[{...},{...},...]}; a row has as
 * many escapes as real JSON has. N takes up to 19 digits of the room beside the
 * rows. */
#define ROW "%%7B%%22id%%22%%3A1024%%2C%%22done%%22%%3Afalse%%2C" \
	"%%22text%%22%%3A%%22call+back%%22%%7D"
#define ROW_LEN 44		/* decoded, with the comma that follows */
#define ROWS ((DATA_MAX - 64) / ROW_LEN)

enum kind { DOCUMENT, LIST, MAP, IDENTITY, N_KINDS };

/* One event, which says what its body is. */
struct pick {
	enum kind kind;
	size_t stream;
	int64_t number;
};

struct mix {
	uint64_t random;
	int64_t next[N_KINDS][STREAMS];	/* number of the next event */
	struct pick now;
	struct pick late;	/* held back */
	bool is_late;		/* there is one */
	bool twice;		/* now is to be given once more */
	char data[BODY_SIZE];	/* what each document has beside its number */
	char body[BODY_SIZE];
};

bool
mix_size_of(const char *name, enum mix_size *size)
{
	static const char *const names[N_MIX_SIZES] = {
		[MIX_SMALL] = "small",
		[MIX_LARGE] = "large",
	};

	for (int i = 0; i < N_MIX_SIZES; i++) {
		if (strcmp(name, names[i]) == 0) {
			*size = (enum mix_size)i;
			return true;
		}
	}
	return false;
}

static void
make_data(char *data, enum mix_size size)
{
	int len;

	if (size == MIX_SMALL) {
		(void)snprintf(data, BODY_SIZE, "%%22pad%%22%%3A%%22%0*d%%22",
		    DOCUMENT_DIGITS, 0);
		return;
	}
	len = snprintf(data, BODY_SIZE, "%%22rows%%22%%3A%%5B" ROW);
	for (int i = 1; i < ROWS; i++)
		len += snprintf(data + len, BODY_SIZE - (size_t)len,
		    "%%2C" ROW);
	(void)snprintf(data + len, BODY_SIZE - (size_t)len, "%%5D");
}

static const char *
word_of(enum kind kind)
{
	static const char *const words[N_KINDS] = {
		[DOCUMENT] = "Document",
		[LIST] = "List",
		[MAP] = "Map",
		[IDENTITY] = "",
	};

	return words[kind];
}

/* xorshift64*: the same deliveries for the same seed. */
static uint64_t
draw(struct mix *mix, uint64_t below)
{
	mix->random ^= mix->random >> 12;
	mix->random ^= mix->random << 25;
	mix->random ^= mix->random >> 27;
	return (mix->random * UINT64_C(2685821657736338717) >> 33) % below;
}

static int
write_endpoint(char *body, const struct pick *pick)
{
	const bool online = pick->number % 2 == 0;

	return snprintf(body, BODY_SIZE, "EventType=endpoint_%s&"
	    "AccountSid=AC%032d&ServiceSid=IS%032d&Identity=user%zu&"
	    "EndpointId=TNEP%zu&EventId=%" PRId64
	    "&IsIdentityOnline=%s&Padding=%0*d",
	    online ? "connected" : "disconnected", 1, 1, pick->stream,
	    pick->stream % 3, pick->number + 1, online ? "true" : "false",
	    ENDPOINT_DIGITS, 0);
}

static int
write_document(char *body, const char *common, const struct pick *pick,
    const char *data)
{
	return snprintf(body, BODY_SIZE, "EventType=document_%s&%s&"
	    "DocumentSid=ET%032zu&DocumentUniqueName=doc-%zu&"
	    "DocumentRevision=%" PRId64 "&DateCreated="
	    "2023-11-07T11%%3A57%%3A43.715Z&DocumentData=%%7B%%22n%%22"
	    "%%3A%" PRId64 "%%2C%s%%7D",
	    pick->number == 0 ? "created" : "updated", common, pick->stream,
	    pick->stream, pick->number, pick->number, data);
}

static int
write_item(char *body, const char *common, const struct pick *pick)
{
	const bool in_list = pick->kind == LIST;
	const char *word = word_of(pick->kind);
	const int64_t number = pick->number;

	return snprintf(body, BODY_SIZE, "EventType=%s_item_%s&%s&"
	    "%sSid=%s%032zu&%sUniqueName=%s-%zu&%sRevision=%" PRId64
	    "&EventId=%" PRId64 "&ItemRevision=%" PRId64 "&%s=%" PRId64
	    "&DateCreated=2023-11-07T11%%3A57%%3A43.715Z&ItemData=%%7B%%22n"
	    "%%22%%3A%" PRId64 "%%2C%%22pad%%22%%3A%%22%0*d%%22%%7D",
	    in_list ? "list" : "map", number < 20 ? "added" : "updated",
	    common, word, in_list ? "ES" : "MP", pick->stream, word, word,
	    pick->stream, word, number + 1, number, number,
	    in_list ? "ItemIndex" : "ItemKey", number % 20, number,
	    ITEM_DIGITS, 0);
}

static struct slice
write_body(struct mix *mix)
{
	const struct pick *now = &mix->now;
	char common[256];
	int len;

	(void)snprintf(common, sizeof(common), "AccountSid=AC%032d&"
	    "ServiceSid=IS%032d&Identity=user%zu%%40example.com&"
	    "EndpointId=TNEP%zu", 1, 1, now->stream % 97, now->stream % 7);
	if (now->kind == IDENTITY)
		len = write_endpoint(mix->body, now);
	else if (now->kind == DOCUMENT)
		len = write_document(mix->body, common, now, mix->data);
	else
		len = write_item(mix->body, common, now);
	return (struct slice){ mix->body, (size_t)len };
}

enum rc
mix_new(struct mix **mix, enum mix_size size, uint64_t seed, struct err *err)
{
	struct mix *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return err_set(err, RC_MEMORY, "no memory for a mix");
	/* Seeds are small: spread them. It must not be 0. */
	made->random = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
	make_data(made->data, size);
	*mix = made;
	return RC_OK;
}

void
mix_free(struct mix *mix)
{
	free(mix);
}

/* next_of -- a stream's next event. */
static struct pick
next_of(struct mix *mix, enum kind kind, size_t stream)
{
	return (struct pick){ kind, stream, mix->next[kind][stream]++ };
}

/* renew -- an event that is not lost. One that is to be late comes after its
 * stream's next one. */
static void
renew(struct mix *mix)
{
	static const enum kind kinds[] = { DOCUMENT, DOCUMENT, LIST, MAP,
	    IDENTITY };
	enum kind kind;
	size_t stream;
	uint64_t fate;

	do {
		kind = kinds[draw(mix, 5)];
		stream = draw(mix, STREAMS);
		fate = draw(mix, 1000);
		mix->now = next_of(mix, kind, stream);
	} while (fate == 0);
	if (fate <= 10 && !mix->is_late) {
		mix->is_late = true;
		mix->late = mix->now;
		mix->now = next_of(mix, kind, stream);
	}
	mix->twice = fate >= 995;
}

static void
step(struct mix *mix)
{
	if (mix->twice) {
		mix->twice = false;
	} else if (mix->is_late && draw(mix, LATE_BY) == 0) {
		mix->is_late = false;
		mix->now = mix->late;
	} else {
		renew(mix);
	}
}

struct slice
mix_next(struct mix *mix)
{
	step(mix);
	return write_body(mix);
}

/* Ten million in a fraction of a second: no body is written. */
void
mix_skip(struct mix *mix, uint64_t n)
{
	while (n-- > 0)
		step(mix);
}

void
mix_token(char token[MIX_TOKEN_SIZE], uint64_t seed, uint64_t number)
{
	(void)snprintf(token, MIX_TOKEN_SIZE, "%08" PRIx64 "-0000-4000-8000-"
	    "%012" PRIx64, seed & 0xffffffff, number & 0xffffffffffff);
}
