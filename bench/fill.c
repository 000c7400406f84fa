/*
 * fill -- append made-up deliveries (bench/mix.h) to a journal, as a responder
 * would, but without a web server: something to measure on.
 *
 *     bench/fill [--seed N] [--skip N] JOURNAL DELIVERIES
 *
 * To go on where an earlier run has stopped, skip what the journal has.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/progress.h"
#include "mix.h"
#include "journal/decode.h"
#include "journal/journal.h"
#include "twilio/number.h"

#define BATCH JOURNAL_BATCH_MAX
#define BODY_SIZE 1024
#define WAIT_MS 5000

struct options {
	const char *journal;
	int64_t deliveries;
	int64_t seed;
	int64_t skip;
};

static const char usage[] =
    "usage: fill [option...] JOURNAL DELIVERIES\n"
    "  --seed N  of the mix; 1\n"
    "  --skip N  leave out the mix's first deliveries, since the journal has\n"
    "            them; 0\n";

static const struct option known[] = {
	{ "seed", required_argument, NULL, 'e' },
	{ "skip", required_argument, NULL, 'k' },
	{ NULL, 0, NULL, 0 },
};

struct seat {
	struct decoder *decoder;
	char body[BODY_SIZE];
	char token[MIX_TOKEN_SIZE];
	struct delivery delivery;
};

struct filler {
	struct journal *journal;
	struct mix *mix;
	struct seat seat[BATCH];
	size_t n;
	uint64_t seed;
	uint64_t number;	/* of the mix's next delivery */
};

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
add(struct filler *filler, struct err *err)
{
	const struct slice body = mix_next(filler->mix);
	struct seat *seat = &filler->seat[filler->n++];

	/* The small mix's are some 600 bytes. */
	if (body.len > sizeof(seat->body))
		abort();
	memcpy(seat->body, body.p, body.len);
	mix_token(seat->token, filler->seed, filler->number++);
	seat->delivery = (struct delivery){
		.received_us = clock_now_us(),
		.url = slice_of("https://hooks.example.com/sync"),
		.key_id = slice_of("0123456789abcdef"),
		.signature = slice_of("RSOYDt4T1cUTdK1PDd93/VVr8B8="),
		.idempotency_token = slice_of(seat->token),
		.content_type = slice_of(MIX_CONTENT_TYPE),
		.body = { seat->body, body.len },
	};
	if (decoder_read(seat->decoder, seat->delivery.content_type,
	    seat->delivery.body, &seat->delivery.event, err) != RC_OK)
		return false;
	return filler->n < BATCH || flush(filler, err);
}

static bool
fill(struct filler *filler, int64_t n, struct err *err)
{
	struct progress progress;
	bool ok = true;

	for (size_t i = 0; i < BATCH; i++)
		if (decoder_new(&filler->seat[i].decoder, err) != RC_OK)
			return false;
	progress_init(&progress, "filling");
	for (int64_t i = 0; ok && i < n; i++) {
		ok = add(filler, err);
		progress_show(&progress, i + 1, n);
	}
	progress_clear(&progress);
	return ok && flush(filler, err);
}

static bool
read_options(struct options *o, int argc, char **argv)
{
	int code;

	*o = (struct options){ .seed = 1 };
	while ((code = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (code == '?' || !number_parse(slice_of(optarg), 10,
		    code == 'e' ? &o->seed : &o->skip))
			return false;
	if (argc - optind != 2)
		return false;
	o->journal = argv[optind];
	return number_parse(slice_of(argv[optind + 1]), 10, &o->deliveries);
}

static bool
prepare(struct filler *filler, const struct options *options, struct err *err)
{
	const struct journal_options journal = { .path = options->journal,
	    .mode = CONF_MODE_AUTO, .resident = true };

	filler->seed = (uint64_t)options->seed;
	filler->number = (uint64_t)options->skip;
	if (mix_new(&filler->mix, MIX_SMALL, filler->seed, err) != RC_OK)
		return false;
	mix_skip(filler->mix, filler->number);
	return journal_open(&filler->journal, &journal, WAIT_MS, err) == RC_OK;
}

int
main(int argc, char **argv)
{
	static struct filler filler;
	struct options options;
	struct err err;
	bool ok;

	if (!read_options(&options, argc, argv)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	ok = prepare(&filler, &options, &err) &&
	    fill(&filler, options.deliveries, &err);
	if (!ok)
		(void)fprintf(stderr, "fill: %s\n", err.text);
	for (size_t i = 0; i < BATCH; i++)
		decoder_free(filler.seat[i].decoder);
	journal_close(filler.journal);
	mix_free(filler.mix);
	return ok ? 0 : 1;
}
