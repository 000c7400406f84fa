/*
 * fill -- append made-up deliveries to a journal, as a responder would, but
 * without a web server: something to measure on.
 *
 *     bench/fill JOURNAL DELIVERIES [SEED]
 *
 * The mix is 40 % documents, 20 % list items, 20 % map items and 20 %
 * reachability, with bodies of some 600 bytes, over STREAMS streams of each
 * kind. One in a hundred comes late, one in 200 twice, one in 1,000 never.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "journal/decode.h"
#include "journal/journal.h"

#define STREAMS 500
#define BATCH 64
#define BODY_SIZE 1024
#define WAIT_MS 5000

enum kind { DOCUMENT, LIST, MAP, IDENTITY, N_KINDS };

struct seat {
	struct decoder *decoder;
	char body[BODY_SIZE];
	struct delivery delivery;
};

struct filler {
	struct journal *journal;
	struct seat seat[BATCH];
	size_t n;
	uint64_t random;
	int64_t next[N_KINDS][STREAMS];	/* number of the next event */
	char late[BODY_SIZE];	/* held back, or empty */
	int64_t received_us;
};

/* xorshift64*: the same deliveries for the same seed. */
static uint64_t
draw(struct filler *filler, uint64_t below)
{
	filler->random ^= filler->random >> 12;
	filler->random ^= filler->random << 25;
	filler->random ^= filler->random >> 27;
	return (filler->random * UINT64_C(2685821657736338717) >> 33) % below;
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

static void
write_body(struct filler *filler, enum kind kind, size_t stream, char *body)
{
	const int64_t number = filler->next[kind][stream]++;
	const char *word = word_of(kind);
	char common[256];

	(void)snprintf(common, sizeof(common), "AccountSid=AC%032d&"
	    "ServiceSid=IS%032d&Identity=user%zu%%40example.com&"
	    "EndpointId=TNEP%zu", 1, 1, stream % 97, stream % 7);
	if (kind == IDENTITY) {
		(void)snprintf(body, BODY_SIZE, "EventType=endpoint_%s&"
		    "AccountSid=AC%032d&ServiceSid=IS%032d&Identity=user%zu&"
		    "EndpointId=TNEP%zu&EventId=%" PRId64
		    "&IsIdentityOnline=%s&Padding=%0300d", number % 2 ?
		    "connected" : "disconnected", 1, 1, stream, stream % 3,
		    number + 1, number % 2 ? "true" : "false", 0);
		return;
	}
	if (kind == DOCUMENT) {
		(void)snprintf(body, BODY_SIZE, "EventType=document_%s&%s&"
		    "DocumentSid=ET%032zu&DocumentUniqueName=doc-%zu&"
		    "DocumentRevision=%" PRId64 "&DateCreated="
		    "2023-11-07T11%%3A57%%3A43.715Z&DocumentData=%%7B%%22n%%22"
		    "%%3A%" PRId64 "%%2C%%22pad%%22%%3A%%22%0200d%%22%%7D",
		    number == 0 ? "created" : "updated", common, stream,
		    stream, number, number, 0);
		return;
	}
	(void)snprintf(body, BODY_SIZE, "EventType=%s_item_%s&%s&"
	    "%sSid=%s%032zu&%sUniqueName=%s-%zu&%sRevision=%" PRId64
	    "&EventId=%" PRId64 "&ItemRevision=%" PRId64 "&%s=%" PRId64
	    "&DateCreated=2023-11-07T11%%3A57%%3A43.715Z&ItemData=%%7B%%22n"
	    "%%22%%3A%" PRId64 "%%2C%%22pad%%22%%3A%%22%0150d%%22%%7D",
	    kind == LIST ? "list" : "map", number < 20 ? "added" : "updated",
	    common, word, kind == LIST ? "ES" : "MP", stream, word, word,
	    stream, word, number + 1, number, number,
	    kind == LIST ? "ItemIndex" : "ItemKey", number % 20, number, 0);
}

static bool
flush(struct filler *filler, struct err *err)
{
	struct delivery *batch[BATCH];
	size_t i;

	for (i = 0; i < filler->n; i++)
		batch[i] = &filler->seat[i].delivery;
	if (filler->n > 0 && journal_append(filler->journal, batch, filler->n,
	    WAIT_MS, err) != RC_OK)
		return false;
	filler->n = 0;
	return journal_maintain(filler->journal, true, err) == RC_OK;
}

static bool
add(struct filler *filler, const char *body, struct err *err)
{
	struct seat *seat = &filler->seat[filler->n++];

	(void)snprintf(seat->body, sizeof(seat->body), "%s", body);
	seat->delivery = (struct delivery){
		.received_us = filler->received_us += 50,
		.url = slice_of("https://hooks.example.com/sync"),
		.key_id = slice_of("0123456789abcdef"),
		.signature = slice_of("RSOYDt4T1cUTdK1PDd93/VVr8B8="),
		.content_type =
		    slice_of("application/x-www-form-urlencoded"),
		.body = slice_of(seat->body),
	};
	if (decoder_read(seat->decoder, seat->delivery.content_type,
	    seat->delivery.body, &seat->delivery.event, err) != RC_OK)
		return false;
	return filler->n < BATCH || flush(filler, err);
}

/* One or two deliveries, or none. */
static bool
step(struct filler *filler, struct err *err)
{
	static const enum kind mix[] = { DOCUMENT, DOCUMENT, LIST, MAP,
	    IDENTITY };
	char body[BODY_SIZE];
	uint64_t fate;

	write_body(filler, mix[draw(filler, 5)], draw(filler, STREAMS), body);
	fate = draw(filler, 1000);
	if (fate == 0)
		return true;
	if (fate <= 10 && filler->late[0] == '\0') {
		memcpy(filler->late, body, sizeof(body));
		return true;
	}
	if (!add(filler, body, err) || (fate > 995 &&
	    !add(filler, body, err)))
		return false;
	if (filler->late[0] != '\0' && draw(filler, 50) == 0) {
		memcpy(body, filler->late, sizeof(body));
		filler->late[0] = '\0';
		return add(filler, body, err);
	}
	return true;
}

int
main(int argc, char **argv)
{
	static struct filler filler;
	struct journal_options options = { .mode = CONF_MODE_AUTO,
	    .resident = true };
	long long n, i;
	struct err err;
	bool ok;

	if (argc < 3 || argc > 4 || (n = atoll(argv[2])) <= 0) {
		(void)fputs("usage: fill JOURNAL DELIVERIES [SEED]\n",
		    stderr);
		return 2;
	}
	options.path = argv[1];
	filler.random = argc > 3 ? strtoull(argv[3], NULL, 10) | 1 : 1;
	filler.received_us = clock_now_us();
	ok = journal_open(&filler.journal, &options, WAIT_MS, &err) == RC_OK;
	for (i = 0; ok && i < BATCH; i++)
		ok = decoder_new(&filler.seat[i].decoder, &err) == RC_OK;
	for (i = 0; ok && i < n; i++)
		ok = step(&filler, &err);
	if (ok)
		ok = flush(&filler, &err);
	if (!ok)
		(void)fprintf(stderr, "fill: %s\n", err.text);
	for (i = 0; i < BATCH; i++)
		decoder_free(filler.seat[i].decoder);
	journal_close(filler.journal);
	return ok ? 0 : 1;
}
