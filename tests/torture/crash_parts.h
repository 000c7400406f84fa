/*
 * crash_parts -- what crash_disk.c and crash_fall.c share.
 */
#ifndef TESTS_TORTURE_CRASH_PARTS_H
#define TESTS_TORTURE_CRASH_PARTS_H

#include "crash_disk.h"

/* A change that no sync has pinned, or one that is behind such a one. */
struct change {
	const struct op *op;
	bool pinned, failed;
};

struct queue {
	struct change *changes;
	size_t n, size;
};

struct content {
	unsigned char *bytes;
	size_t len, size;
};

struct file {
	struct content base;	/* what is known to be on the disk */
	struct queue queue;
};

/* content_resize -- with zeros where it grows. */
void content_resize(struct content *content, size_t len);

/* crash_file -- what a crash leaves of a file; seed is this file's. */
void crash_file(const struct file *file, const struct crash *crash,
    uint64_t seed, struct content *image);

#endif
