/*
 * decode -- an event from the bytes of a journaled delivery: the same that the
 * responder decoded when they arrived.
 */
#ifndef JOURNAL_DECODE_H
#define JOURNAL_DECODE_H

#include "base/err.h"
#include "base/slice.h"
#include "twilio/event.h"

struct decoder;

/* decoder_new -- freed with decoder_free (NULL is accepted). */
enum rc decoder_new(struct decoder **decoder, struct err *err);
void decoder_free(struct decoder *decoder);

/*
 * decoder_read -- decode a body by its content type, form or JSON.
 *
 * body    borrowed until the next call
 * *event  set only on RC_OK; the decoder's own, valid until the next call
 *
 * RC_MEMORY  nothing decoded. Whatever else is wrong with the body is a problem
 *            of the event.
 */
enum rc decoder_read(struct decoder *decoder, struct slice content_type,
    struct slice body, struct event **event, struct err *err);

/* decode_problem -- what event_decode is to be told of a JSON body that
 * members_read could not read, by its result; NULL for RC_OK. */
const char *decode_problem(enum rc rc);

#endif
