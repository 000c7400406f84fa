/*
 * name -- which object of the journal a person means.
 *
 * Names are compared as the views have them: bytes that are no UTF-8 as \xHH
 * (base/text.h), so that both the bytes and what a listing shows of them fit.
 * Texts made here may hold control characters: whoever prints them sees to
 * that.
 */
#ifndef AUDIT_NAME_H
#define AUDIT_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/subject.h"
#include "base/buf.h"
#include "base/err.h"
#include "journal/db.h"

/* Who else has a name is told of so many; there may be more. */
#define NAME_OTHERS 20

struct name_query {
	/* One word, always a name; or two: "document", "list", "map" or
	 * "identity", and a name. */
	const char *const *words;
	size_t n_words;
	const char *service;	/* a ServiceSid; "": none; NULL: any */
	bool has_moment;
	int64_t moment_us;	/* of those that had the name, the one then */
};

struct name_found {
	struct subject subject;	/* on RC_OK: what is meant */
	/* On RC_OK: other objects of its kind and service that have or had
	 * this name, the newest first. On RC_USAGE: the candidates, one for
	 * each kind and service, in their order; none: the name is unknown,
	 * or the words are no name. */
	struct subject other[NAME_OTHERS];
	size_t n_other;		/* of them here */
	size_t n_others;	/* of them in the journal; beyond n_other,
				 * candidates are not told from each other */
	bool by_sid;		/* the name was a SID */
};

/*
 * name_find -- find what a name means.
 *
 * A SID means its document, list or map. Any other word is the unique name of a
 * document, list or map, or an identity. Of several objects of one kind and
 * service it means the one that is not removed, else the latest; with a moment
 * the latest whose first delivery had been received by then, else the first of
 * all.
 *
 * db      of reader_open; a transaction that is open stays, and is read from
 * *found  set in any case, cleared with name_clear
 *
 * RC_USAGE  several kinds or services have the name: the candidates are in
 *           *found, and err says so in one line, to be followed by theirs; or
 *           nobody has it: err says which names are near, and where to look
 * RC_BUSY, RC_STORE, RC_MEMORY
 */
enum rc name_find(struct db *db, const struct name_query *query,
    struct name_found *found, struct err *err);

/* name_clear -- free what name_find found. */
void name_clear(struct name_found *found);

/* What is told of a subject besides its name. */
#define NAME_KIND 1u
#define NAME_SERVICE 2u
#define NAME_BY_KEY 4u		/* its SID in place of its name */

/*
 * name_words -- append the words that mean a subject, as a shell takes them:
 * "cart", "document 'my cart' --service IS..". One whose name has control
 * characters is told by its SID, if it has one.
 *
 * what  NAME_ of it, or-ed
 */
void name_words(struct buf *out, const struct subject *subject,
    unsigned int what);

/* name_candidate -- append candidate i (below n_other) as the words that mean
 * it alone. */
void name_candidate(struct buf *out, const struct name_found *found,
    size_t i);

/*
 * name_note -- append what is to be known of the others on RC_OK, one line
 * without its end: "cart: earlier documents had this name: ET..". Nothing if
 * there are none.
 */
void name_note(struct buf *out, const struct name_found *found);

/* name_title -- append what a subject is called: its kind, its unique name or
 * else its key: "document cart". */
void name_title(struct buf *out, const struct subject *subject);

#endif
