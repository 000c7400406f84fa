/*
 * model_writer -- what Sync would write of one stream, at each number: the same
 * event whenever it is asked for, so that a second one is a duplicate.
 */
#ifndef TESTS_MODEL_WRITER_H
#define TESTS_MODEL_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

/* How a service writes its revisions. */
enum style {
	STYLE_DECIMAL,
	STYLE_HEX,
	STYLE_HEX_NO_LETTER,	/* numbers from 16 on, so that none shows */
	STYLE_COUNTER,		/* ItemRevision is the item's own counter */
	N_STYLES
};

#define WRITER_SERVICES 3

struct world_stream {
	enum stream_kind kind;
	size_t service;		/* < WRITER_SERVICES */
	enum style style;	/* of its service */
	const char *key;
	const char *name;	/* unique name, or NULL */
	int64_t birth, death;	/* numbers of a document's creation, or an
				 * item's certain addition; and of its removal;
				 * -1: never */
	int64_t limit;		/* largest number */
	int64_t cursor;		/* the last number that was written */
	uint64_t salt;		/* makes it another stream */
};

/* writer_service, writer_stream -- the fields that name them. The third service
 * is the first one's ServiceSid under another account. */
void writer_service(struct model_step *step, size_t service);
void writer_stream(struct model_step *step, const struct world_stream *stream);

/* writer_event -- the numbered event at s. */
void writer_event(const struct world_stream *stream, int64_t s,
    struct model_step *step);

/* writer_lifecycle -- the creation or removal of a list or map. */
void writer_lifecycle(const struct world_stream *stream, bool created,
    struct model_step *step);

/* ONE_OF -- one of some texts, by a number of any size. */
const char *writer_one_of(uint64_t n, const char *const *texts,
    size_t n_texts);
#define ONE_OF(n, ...) writer_one_of(n, (const char *const[]){ \
	__VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / \
	sizeof(char *))

#endif
