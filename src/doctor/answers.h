/*
 * answers -- what an answer that is not the responder's 204 means.
 */
#ifndef DOCTOR_ANSWERS_H
#define DOCTOR_ANSWERS_H

#include "doctor/curl.h"
#include "doctor/delivery.h"

struct explanation {
	const char *seen;	/* half a sentence */
	const char *mend;	/* a sentence */
};

/*
 * answers_explain -- never NULL in either; literals.
 *
 * kind     what was sent
 * small    whether the small one arrived, so that it is the data that hinders
 */
struct explanation answers_explain(const struct curl_answer *answer,
    enum delivery_kind kind, bool small);

/* answers_is_ours -- whether the responder itself refused: its one line names
 * the reject (docs/design.md section 4, HTTP). */
bool answers_is_ours(const struct curl_answer *answer);

#endif
