#include "journal/arena.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* With its header a piece takes a multiple of this. */
#define STEP 16
/* Larger ones are malloc's. */
#define SMALL_MAX 1024
#define N_SIZES (SMALL_MAX / STEP)
#define CHUNK_SIZE (64 * 1024)

/* Before each piece. */
union header {
	size_t size;	/* without the header */
	uint64_t alignment;
};

/* A piece that was given back. */
struct spare {
	struct spare *next;
};

/* What small pieces are cut from. */
struct chunk {
	struct chunk *before;	/* so that leak checkers find them all */
	size_t left;
	char bytes[CHUNK_SIZE];
};

static struct spare *spares[N_SIZES];
static struct chunk *chunks;

static size_t
whole_size(int size)
{
	return ((size_t)size + sizeof(union header) + STEP - 1) / STEP * STEP;
}

static union header *
header_of(void *piece)
{
	return (union header *)piece - 1;
}

static struct spare **
spares_of(size_t whole)
{
	return &spares[whole / STEP - 1];
}

/* From the chunk; what remains of the one before is left. */
static void *
cut(size_t whole)
{
	if (chunks == NULL || chunks->left < whole) {
		struct chunk *const new = malloc(sizeof(*new));

		if (new == NULL)
			return NULL;
		new->before = chunks;
		new->left = sizeof(new->bytes);
		chunks = new;
	}
	chunks->left -= whole;
	return chunks->bytes + chunks->left;
}

void *
arena_get(int size)
{
	const size_t whole = whole_size(size);
	struct spare **spare;
	union header *header;

	if (whole <= SMALL_MAX && *(spare = spares_of(whole)) != NULL) {
		void *piece = *spare;

		*spare = (*spare)->next;
		return piece;
	}
	header = whole <= SMALL_MAX ? cut(whole) : malloc(whole);
	if (header == NULL)
		return NULL;
	header->size = whole - sizeof(*header);
	return header + 1;
}

void
arena_put(void *piece)
{
	union header *const header = header_of(piece);
	const size_t whole = header->size + sizeof(*header);
	struct spare *const spare = piece;

	if (whole > SMALL_MAX) {
		free(header);
		return;
	}
	spare->next = *spares_of(whole);
	*spares_of(whole) = spare;
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
