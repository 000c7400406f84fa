/*
 * record -- walk over the FastCGI records of one request.
 *
 * Source: the FastCGI specification 1.0, sections 3 and 5. libfcgi blocks while
 * it reads, believes every length, and loses its place on padding in a record
 * that ends a stream; so each request is walked over before libfcgi sees it.
 * Pure: bytes in, a state out, no system call. Bytes may come in any pieces.
 */
#ifndef RESPONDER_RECORD_H
#define RESPONDER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

#define RECORD_HEADER_LEN 8
/* The longest content of a record that keeps the next one aligned to 8. */
#define RECORD_CONTENT_MAX 65528
/* The longest PARAMS stream: nginx sends at most 64 KiB, Apache's headers are
 * at most 100 of 8 KiB, of which no webhook has a quarter. */
#define RECORD_PARAMS_MAX (256 * 1024)

/* Types of records (section 8 of the specification). */
#define RECORD_TYPE_BEGIN 1
#define RECORD_TYPE_ABORT 2
#define RECORD_TYPE_PARAMS 4
#define RECORD_TYPE_STDIN 5
#define RECORD_TYPE_GET_VALUES 9

enum record_state {
	RECORD_MORE,		/* the request is not whole */
	RECORD_REQUEST,		/* it is whole: STDIN was seen to its end */
	RECORD_ABORTED,		/* the peer gave it up */
	RECORD_MANAGEMENT,	/* one record about the connection is whole: it
				 * is to be answered, and the walk goes on */
	RECORD_BAD,		/* refused; walk.bad says why */
	N_RECORD_STATES
};

/* What of the request has begun. */
enum record_phase {
	RECORD_PHASE_BEGIN,	/* nothing */
	RECORD_PHASE_PARAMS,
	RECORD_PHASE_STDIN,	/* the parameters are whole */
	RECORD_PHASE_END,
	N_RECORD_PHASES
};

struct record_walk {
	enum record_phase phase;
	uint16_t id;		/* the request's, from its BEGIN */
	bool keep;		/* the peer wants the connection kept */
	bool plain;		/* libfcgi can read these very records */
	size_t params_len;	/* content of PARAMS so far, bytes */
	uint64_t stdin_len;	/* content of STDIN so far, bytes */
	const char *bad;	/* after RECORD_BAD, else NULL */

	/* The record being walked over. */
	uint8_t header[RECORD_HEADER_LEN];
	size_t header_len;	/* bytes of it seen */
	size_t content_left;
	size_t padding_left;
	uint8_t begin[8];	/* the content of BEGIN, as it comes */
	size_t begin_len;
	/* The name-value pair being walked over. */
	uint8_t lengths[8];
	size_t lengths_len;	/* bytes of them seen */
	size_t pair_left;	/* bytes of name and value not seen */
};

/* Where the contents go, when they are wanted. */
struct record_keep {
	struct buf params;
	struct buf body;	/* of STDIN, the first body_max bytes */
	size_t body_max;
	struct buf management;	/* content of one management record */
};

/* record_init -- before the first byte of a request. */
void record_init(struct record_walk *walk);

/*
 * record_walk -- go over the next bytes.
 *
 * bytes   the next len bytes of the connection; len may be 0
 * keep    NULL: the contents are not wanted. Else they are appended; a failed
 *         buffer shows in buf_ok()
 * *used   always set: how many bytes were gone over. Less than len only with
 *         RECORD_REQUEST, RECORD_ABORTED (what follows is not part of the
 *         request), RECORD_MANAGEMENT (answer, then walk on from there) and
 *         RECORD_BAD
 *
 * After RECORD_REQUEST, RECORD_ABORTED and RECORD_BAD only record_init
 * follows.
 *
 * Refused are: another version; a role that is not responder; a second request
 * before the end of the first; records out of their order, or of a type that a
 * web server does not send; PARAMS beyond RECORD_PARAMS_MAX, or with a name or
 * value that does not end within them.
 */
enum record_state record_walk(struct record_walk *walk, const char *bytes,
    size_t len, struct record_keep *keep, size_t *used);

/* record_type -- the type of the record being walked over, or of the one that
 * was whole with RECORD_MANAGEMENT. */
uint8_t record_type(const struct record_walk *walk);

/*
 * record_add -- append one stream as records to out: contents in pieces of at
 * most RECORD_CONTENT_MAX, without padding.
 *
 * ended   whether the empty record that ends the stream follows
 */
void record_add(struct buf *out, uint8_t type, uint16_t id,
    struct slice content, bool ended);

/* record_add_begin -- append a BEGIN record for a responder to out. */
void record_add_begin(struct buf *out, uint16_t id, bool keep);

/*
 * record_answer -- append the answer to a management record to out: values for
 * GET_VALUES, each once (libfcgi 2.4.2 writes over its stack if one is asked
 * for often), FCGI_UNKNOWN_TYPE for any other type.
 */
void record_answer(struct buf *out, uint8_t type, struct slice content);

#endif
