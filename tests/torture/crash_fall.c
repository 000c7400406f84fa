#include "crash_parts.h"

#include <stdlib.h>
#include <string.h>

/* Of a file: which version each sector has. */
struct fall {
	const struct crash *crash;
	uint64_t seed;		/* of this file */
	size_t n_sectors;
	uint16_t *versions;	/* of each sector, that were made */
	uint16_t *kept;		/* so many of them count */
	uint16_t *seen;
	size_t chosen;		/* WEATHER_ONE_*: the sector */
	size_t prefix;		/* WEATHER_PREFIX: so many changes */
	size_t sized;		/* so many have counted for its size */
	size_t cut;		/* what is written from here on lies in other
				 * blocks, of which the disk does not know */
};

static size_t
sectors_of(const struct crash *crash, size_t len)
{
	return (len + crash->sector - 1) / crash->sector;
}

/* The bytes that a change touches; of a truncation, none. */
static void
range_of(const struct op *op, size_t *from, size_t *to)
{
	*from = (size_t)op->at;
	*to = *from + op->len;
}

static uint16_t
choose(const struct fall *fall, size_t sector)
{
	const uint64_t x = crash_random(fall->seed, 1, sector);
	const uint16_t n = fall->versions[sector];
	const unsigned int percent = (unsigned int)(x >> 40) % 100;

	switch (fall->crash->weather) {
	case WEATHER_NOTHING:
		return 0;
	case WEATHER_ALL:
	case WEATHER_PREFIX:
		return n;
	case WEATHER_FEW:
		return percent < 80 ? 0 : (uint16_t)(x % (n + 1u));
	case WEATHER_HALF:
		return (uint16_t)(x % (n + 1u));
	case WEATHER_MOST:
		return percent < 80 ? n : (uint16_t)(x % (n + 1u));
	case WEATHER_ONE_LOST:
		return sector == fall->chosen ? 0 : n;
	case WEATHER_ONE_KEPT:
		return sector == fall->chosen ? n : 0;
	case N_WEATHERS:
		break;
	}
	return 0;
}

static void
count_versions(struct fall *fall, const struct file *file)
{
	size_t i, s, from, to, n_touched = 0;

	for (i = 0; i < file->queue.n; i++) {
		if (file->queue.changes[i].pinned)
			continue;
		range_of(file->queue.changes[i].op, &from, &to);
		for (s = from / fall->crash->sector; s <
		    sectors_of(fall->crash, to); s++)
			n_touched += fall->versions[s]++ == 0;
	}
	fall->chosen = fall->n_sectors;
	if (n_touched == 0)
		return;
	n_touched = crash_random(fall->seed, 2, 0) % n_touched;
	for (s = 0; s < fall->n_sectors; s++) {
		if (fall->versions[s] > 0 && n_touched-- == 0) {
			fall->chosen = s;
			break;
		}
	}
}

/* from .. to - 1 of a change, which lie in one sector. */
static void
put(struct content *image, const struct op *op, size_t from, size_t to)
{
	memcpy(image->bytes + from, op->bytes + (from - (size_t)op->at), to -
	    from);
}

/* A sector that was being written: from its front or its back on. */
static void
tear(const struct fall *fall, struct content *image, const struct op *op,
    size_t sector, size_t from, size_t to)
{
	const uint64_t x = crash_random(fall->seed, 3, sector);
	const size_t cut = from + (x >> 8) % (to - from + 1);
	size_t i;

	if ((x & 3) == 0)
		put(image, op, from, cut);
	else if ((x & 3) == 1)
		put(image, op, cut, to);
	if (!fall->crash->spoil || (x & 3) > 1)
		return;
	for (i = sector * fall->crash->sector; i < (sector + 1) *
	    fall->crash->sector && i < image->len; i++)
		image->bytes[i] = (unsigned char)crash_random(x, 4, i);
}

/* The sectors of one change that nothing has pinned. */
static void
fall_change(struct fall *fall, struct content *image, const struct op *op,
    size_t number)
{
	const bool is_last = fall->crash->weather == WEATHER_PREFIX &&
	    number == fall->prefix;
	size_t from, to, s, a, b;

	if (fall->crash->weather == WEATHER_PREFIX && number > fall->prefix)
		return;
	range_of(op, &from, &to);
	to = to > fall->cut ? fall->cut : to;
	for (s = from / fall->crash->sector; from < to && s <
	    sectors_of(fall->crash, to); s++) {
		a = s * fall->crash->sector;
		b = a + fall->crash->sector;
		a = a < from ? from : a;
		b = b > to ? to : b;
		if (is_last ? crash_random(fall->seed, 5, s) % 2 == 0 :
		    fall->seen[s] < fall->kept[s])
			put(image, op, a, b);
		else if (fall->crash->tear && (is_last ||
		    fall->seen[s] == fall->kept[s]))
			tear(fall, image, op, s, a, b);
		fall->seen[s]++;
	}
}

/* How many of the changes the file's size has seen: it is one that it had. */
static size_t
choose_size(const struct fall *fall, size_t n)
{
	const uint64_t x = crash_random(fall->seed, 6, 0);

	switch (fall->crash->weather) {
	case WEATHER_NOTHING:
		return 0;
	case WEATHER_ALL:
		return n;
	case WEATHER_PREFIX:
		return fall->prefix + x % 2;
	case WEATHER_ONE_LOST:
		return x % 8 == 0 ? 0 : n;
	case WEATHER_ONE_KEPT:
	case WEATHER_FEW:
	case WEATHER_HALF:
	case WEATHER_MOST:
		return x % 3 == 0 ? n : x % (n + 1);
	case N_WEATHERS:
		break;
	}
	return 0;
}

/* What was never written: zeros, or what lay on the disk. */
static void
fill_holes(const struct fall *fall, struct content *image, size_t from)
{
	const bool zeros = crash_random(fall->seed, 7, 0) % 2 == 0;
	uint64_t x = 0;
	size_t i;

	for (i = from; i < image->len; i++) {
		if ((i & 7) == 0 || i == from)
			x = zeros ? 0 : crash_random(fall->seed, 8, i);
		image->bytes[i] = (unsigned char)(x >> (8 * (i & 7)));
	}
}

/* One change, after those before it; number: of those that are not pinned. */
static void
fall_on(struct fall *fall, struct content *image, const struct change *change,
    size_t number, size_t *size)
{
	const struct op *const op = change->op;
	const bool sized = change->pinned || number < fall->sized;

	if (op->kind == OP_TRUNCATE) {
		if (sized && (size_t)op->at < *size)
			fill_holes(fall, image, (size_t)op->at);
		if (sized)
			*size = (size_t)op->at;
		else if ((size_t)op->at < fall->cut)
			fall->cut = (size_t)op->at;
		return;
	}
	if (sized && (size_t)op->at + op->len > *size)
		*size = (size_t)op->at + op->len;
	if (change->pinned)
		put(image, op, (size_t)op->at, (size_t)op->at + op->len);
	else
		fall_change(fall, image, op, number);
}

static void
fall_all(struct fall *fall, const struct file *file, struct content *image)
{
	const struct queue *const queue = &file->queue;
	size_t size = file->base.len, i, s, n = 0, number = 0;

	count_versions(fall, file);
	for (s = 0; s < fall->n_sectors; s++)
		fall->kept[s] = choose(fall, s);
	for (i = 0; i < queue->n; i++)
		n += !queue->changes[i].pinned;
	fall->prefix = n == 0 ? 0 : crash_random(fall->seed, 9, 0) % n;
	fall->sized = choose_size(fall, n);
	for (i = 0; i < queue->n; i++) {
		fall_on(fall, image, &queue->changes[i], number, &size);
		number += !queue->changes[i].pinned;
	}
	image->len = size;
}

void
crash_file(const struct file *file, const struct crash *crash, uint64_t seed,
    struct content *image)
{
	struct fall fall = { .crash = crash, .seed = seed,
	    .cut = SIZE_MAX };
	size_t longest = file->base.len, i, from, to;
	uint16_t *counts;

	for (i = 0; i < file->queue.n; i++) {
		range_of(file->queue.changes[i].op, &from, &to);
		longest = to > longest ? to : longest;
		longest = from > longest ? from : longest;
	}
	content_resize(image, longest);
	if (file->base.len > 0)
		memcpy(image->bytes, file->base.bytes, file->base.len);
	fill_holes(&fall, image, file->base.len);
	fall.n_sectors = sectors_of(crash, longest);
	counts = calloc(3 * fall.n_sectors + 1, sizeof(*counts));
	if (counts == NULL)
		crash_die("no memory");
	fall.versions = counts;
	fall.kept = counts + fall.n_sectors;
	fall.seen = counts + 2 * fall.n_sectors;
	fall_all(&fall, file, image);
	free(counts);
}
