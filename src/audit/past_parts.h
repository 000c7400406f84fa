/*
 * past_parts -- what the files of past share: one answer, in the making.
 */
#ifndef AUDIT_PAST_PARTS_H
#define AUDIT_PAST_PARTS_H

#include <stdint.h>

#include "audit/cut.h"
#include "audit/past.h"

enum past_text {
	TEXT_VERSION,
	TEXT_REMOVAL
};

struct ask {
	struct db *db;
	const struct past_about *about;
	struct past_state *state;
	struct cut cut;
};

/* ask_number, ask_moment -- fill the state, which is initialised; at_us NULL:
 * now. */
enum rc ask_number(struct ask *ask, int64_t number, struct err *err);
enum rc ask_moment(struct ask *ask, const int64_t *at_us, struct err *err);

/* ask_data -- into the state's version, the largest number of the document up to
 * this one that is no removal. */
enum rc ask_data(struct ask *ask, int64_t up_to, struct err *err);

/* ask_item -- the item's event that the statement past_item_last or
 * past_item_next finds from a number. */
enum rc ask_item(struct ask *ask, enum statement statement, int64_t number,
    enum past_text text, struct version *version, struct err *err);

/* ask_title -- append what is asked about. */
void ask_title(struct buf *out, const struct past_about *about);

/* ask_conflicts -- note who says otherwise than the state's version. */
enum rc ask_conflicts(struct ask *ask, struct err *err);

/* ask_removed -- say that the state's version removed it. */
void ask_removed(struct ask *ask);

/* ask_before -- the state's version, of this number, is a removal: it becomes the
 * state's removal, and the last data before it its version, which is told. */
enum rc ask_before(struct ask *ask, int64_t number, struct err *err);

/* ask_last -- tell of the state's version as the last data before its removal. */
enum rc ask_last(struct ask *ask, struct err *err);

#endif
