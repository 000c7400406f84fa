#include "journal/arena.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* With its header a piece takes a multiple of this; a large one of a quarter of
 * the power of two below it, so that one that was given back fits others. */
#define STEP 16
#define SMALL_MAX 1024
#define N_SMALL (SMALL_MAX / STEP)
#define N_LARGE (4 * 22)	/* 2^10 to 2^32 */
/* The huge page of most machines (Linux, admin-guide/mm/transhuge). A request
 * takes less than half of it. */
#define CHUNK_SIZE (2048 * 1024)

/* Before each piece. */
union header {
	size_t size;	/* without the header */
	uint64_t alignment;
};

/* A piece that was given back. */
struct spare {
	struct spare *next;
};

static struct spare *spares[N_SMALL + N_LARGE];
/* What is left of the chunk that pieces are cut from. */
static char *rest;
static size_t rest_len;

static size_t
whole_size(int size)
{
	const size_t whole = (size_t)size + sizeof(union header);
	size_t step = STEP;

	while (whole > SMALL_MAX && step * 8 <= whole)
		step *= 2;
	return (whole + step - 1) & ~(step - 1);
}

static union header *
header_of(void *piece)
{
	return (union header *)piece - 1;
}

static struct spare **
spares_of(size_t whole)
{
	size_t i = N_SMALL, step;

	if (whole <= SMALL_MAX)
		return &spares[whole / STEP - 1];
	for (step = SMALL_MAX / 4; step * 8 <= whole; step *= 2)
		i += 4;
	return &spares[i + whole / step - 4];
}

/* One huge page, if the kernel gives it: to give 200 small ones as they are
 * touched, and take them back, costs it more than to empty this (bench/README.md).
 * If not, only what is touched is taken. */
static char *
new_chunk(size_t len)
{
	char *const space = mmap(NULL, len + CHUNK_SIZE, PROT_READ |
	    PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *chunk;

	if (space == MAP_FAILED)
		return NULL;
	chunk = space + (CHUNK_SIZE - (uintptr_t)space % CHUNK_SIZE);
	(void)madvise(chunk, len, MADV_HUGEPAGE);
	return chunk;
}

/* From the chunk; what remains of the one before is left. */
static void *
cut(size_t whole)
{
	void *piece;

	if (whole > CHUNK_SIZE)
		return new_chunk(whole);
	if (rest_len < whole) {
		char *const new = new_chunk(CHUNK_SIZE);

		if (new == NULL)
			return NULL;
		rest = new;
		rest_len = CHUNK_SIZE;
	}
	piece = rest;
	rest += whole;
	rest_len -= whole;
	return piece;
}

void *
arena_get(int size)
{
	const size_t whole = whole_size(size);
	struct spare **const spare = spares_of(whole);
	union header *header;

	if (*spare != NULL) {
		void *piece = *spare;

		*spare = (*spare)->next;
		return piece;
	}
	header = cut(whole);
	if (header == NULL)
		return NULL;
	header->size = whole - sizeof(*header);
	return header + 1;
}

void
arena_put(void *piece)
{
	union header *const header = header_of(piece);
	struct spare *const spare = piece;
	struct spare **const place = spares_of(header->size +
	    sizeof(*header));

	spare->next = *place;
	*place = spare;
}

void *
arena_resize(void *piece, int size)
{
	const size_t old_size = header_of(piece)->size;
	void *new;

	if ((size_t)arena_round(size) == old_size)
		return piece;
	new = arena_get(size);
	if (new == NULL)
		return NULL;
	memcpy(new, piece, old_size < (size_t)size ? old_size : (size_t)size);
	arena_put(piece);
	return new;
}

int
arena_size(void *piece)
{
	return (int)header_of(piece)->size;
}

int
arena_round(int size)
{
	return (int)(whole_size(size) - sizeof(union header));
}
