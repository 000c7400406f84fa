#include "crash_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct disk {
	struct file files[CRASH_FILES];
	int named[CRASH_NAMES];	/* the file of a name, or -1 */
	struct queue queue;	/* of the directory */
};

void
crash_die(const char *fmt, ...)
{
	va_list arguments;

	va_start(arguments, fmt);
	(void)fprintf(stderr, "crash: ");
	(void)vfprintf(stderr, fmt, arguments);
	(void)fprintf(stderr, "\n");
	va_end(arguments);
	(void)fflush(NULL);
	abort();
}

const char *
weather_name(enum weather weather)
{
	static const char *const names[N_WEATHERS] = {
		[WEATHER_NOTHING] = "nothing",
		[WEATHER_ALL] = "all",
		[WEATHER_PREFIX] = "prefix",
		[WEATHER_FEW] = "few",
		[WEATHER_HALF] = "half",
		[WEATHER_MOST] = "most",
		[WEATHER_ONE_LOST] = "one lost",
		[WEATHER_ONE_KEPT] = "one kept",
	};

	return names[weather];
}

uint64_t
crash_random(uint64_t seed, uint64_t a, uint64_t b)
{
	uint64_t x = seed + a * 0x9e3779b97f4a7c15u + b * 0xd1342543de82ef95u;
	int i;

	/* splitmix64, twice */
	for (i = 0; i < 2; i++) {
		x += 0x9e3779b97f4a7c15u;
		x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
		x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
		x ^= x >> 31;
	}
	return x;
}

/* ------------------------------------------------------------------------
 * What is known to be on the disk
 */

static void
reserve(struct content *content, size_t len)
{
	if (len <= content->size)
		return;
	content->size = len * 2;
	content->bytes = realloc(content->bytes, content->size);
	if (content->bytes == NULL)
		crash_die("no memory");
}

void
content_resize(struct content *content, size_t len)
{
	reserve(content, len);
	if (len > content->len)
		memset(content->bytes + content->len, 0, len - content->len);
	content->len = len;
}

/* The file as it is once this is done, all of it. */
static void
apply(struct content *content, const struct op *op)
{
	if (op->kind == OP_TRUNCATE) {
		content_resize(content, (size_t)op->at);
		return;
	}
	if ((size_t)op->at + op->len > content->len)
		content_resize(content, (size_t)op->at + op->len);
	memcpy(content->bytes + op->at, op->bytes, op->len);
}

static void
queue_add(struct queue *queue, const struct op *op)
{
	if (queue->n == queue->size) {
		queue->size = queue->size * 2 + 64;
		queue->changes = realloc(queue->changes, queue->size *
		    sizeof(*queue->changes));
		if (queue->changes == NULL)
			crash_die("no memory");
	}
	queue->changes[queue->n++] = (struct change){ .op = op };
}

static void
queue_pin(struct queue *queue, bool failed)
{
	size_t i;

	for (i = 0; i < queue->n; i++) {
		if (queue->changes[i].pinned)
			continue;
		/* Sizes go through the file system's own journal. */
		queue->changes[i].failed |= failed &&
		    queue->changes[i].op->kind == OP_WRITE;
		queue->changes[i].pinned = !failed &&
		    !queue->changes[i].failed;
	}
}

static void
queue_drop(struct queue *queue, size_t n)
{
	memmove(queue->changes, queue->changes + n, (queue->n - n) *
	    sizeof(*queue->changes));
	queue->n -= n;
}

static void
apply_name(int *named, const struct op *op)
{
	if (op->kind == OP_CREATE) {
		named[op->name] = op->file;
	} else if (op->kind == OP_UNLINK) {
		named[op->name] = -1;
	} else if (named[op->name] >= 0) {
		named[op->other] = named[op->name];
		named[op->name] = -1;
	}
}

/* What is pinned and has nothing before it that is not. */
static void
absorb_file(struct file *file)
{
	size_t n = 0;

	for (; n < file->queue.n && file->queue.changes[n].pinned; n++)
		apply(&file->base, file->queue.changes[n].op);
	if (n > 0)
		queue_drop(&file->queue, n);
}

void
disk_do(struct disk *disk, const struct op *op)
{
	size_t i;

	switch (op->kind) {
	case OP_WRITE:
	case OP_TRUNCATE:
		queue_add(&disk->files[op->file].queue, op);
		break;
	case OP_SYNC:
		queue_pin(&disk->files[op->file].queue, op->failed);
		absorb_file(&disk->files[op->file]);
		break;
	case OP_CREATE:
	case OP_UNLINK:
	case OP_RENAME:
		queue_add(&disk->queue, op);
		break;
	case OP_SYNC_DIRECTORY:
		for (i = 0; i < disk->queue.n; i++)
			apply_name(disk->named, disk->queue.changes[i].op);
		disk->queue.n = 0;
		break;
	case N_OP_KINDS:
		break;
	}
}

struct disk *
disk_new(void)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	size_t i;

	if (disk == NULL)
		crash_die("no memory");
	for (i = 0; i < CRASH_NAMES; i++)
		disk->named[i] = -1;
	return disk;
}

void
disk_free(struct disk *disk)
{
	size_t i;

	if (disk == NULL)
		return;
	for (i = 0; i < CRASH_FILES; i++) {
		free(disk->files[i].base.bytes);
		free(disk->files[i].queue.changes);
	}
	free(disk->queue.changes);
	free(disk);
}

size_t
disk_pending(const struct disk *disk)
{
	size_t n = disk->queue.n, i;

	for (i = 0; i < CRASH_FILES; i++)
		n += disk->files[i].queue.n;
	return n;
}

/* ------------------------------------------------------------------------
 * One crash
 */

/* Each change of a name is there, or not. */
static void
crash_names(const struct disk *disk, const struct crash *crash, int *named)
{
	const size_t n = disk->queue.n;
	const size_t prefix = crash_random(crash->seed, 20, 0) % (n + 1);
	size_t i;
	bool there = false;

	memcpy(named, disk->named, sizeof(disk->named));
	for (i = 0; i < n; i++) {
		switch (crash->names) {
		case WEATHER_NOTHING:
		case WEATHER_ONE_KEPT:
			there = false;
			break;
		case WEATHER_ALL:
		case WEATHER_ONE_LOST:
			there = true;
			break;
		case WEATHER_PREFIX:
			there = i < prefix;
			break;
		case WEATHER_FEW:
		case WEATHER_HALF:
		case WEATHER_MOST:
			there = crash_random(crash->seed, 21, i) % 2 == 0;
			break;
		case N_WEATHERS:
			break;
		}
		if (there)
			apply_name(named, disk->queue.changes[i].op);
	}
}

static void
write_whole(const char *directory, const char *name, const void *bytes,
    size_t len)
{
	const unsigned char *p = bytes;
	char path[512];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		crash_die("%s: %s", path, strerror(errno));
	for (; len > 0; p += n, len -= (size_t)n) {
		n = write(fd, p, len);
		if (n < 0)
			crash_die("%s: %s", path, strerror(errno));
	}
	(void)close(fd);
}

void
disk_write(const struct disk *disk, const struct crash *crash,
    char names[][CRASH_NAME_SIZE], const char *directory)
{
	struct content image = { NULL, 0, 0 };
	int named[CRASH_NAMES];
	size_t i;

	crash_names(disk, crash, named);
	for (i = 0; i < CRASH_NAMES; i++) {
		if (named[i] < 0)
			continue;
		crash_file(&disk->files[named[i]], crash, crash_random(
		    crash->seed, 22, (uint64_t)named[i]), &image);
		write_whole(directory, names[i], image.bytes, image.len);
	}
	free(image.bytes);
}
