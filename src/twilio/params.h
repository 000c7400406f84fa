/*
 * params -- the parameters of one delivery: names and values, any bytes.
 */
#ifndef TWILIO_PARAMS_H
#define TWILIO_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* The media types that are taken: parameters come as a form, or as the
 * top-level members of a JSON body. */
#define FORM_TYPE "application/x-www-form-urlencoded"
#define JSON_TYPE "application/json"

struct param {
	struct slice name;	/* may be empty, never NULL */
	struct slice value;	/* may be empty, never NULL */
};

struct params {
	struct param *list;	/* in order of arrival until params_sort */
	size_t n;
	size_t size;		/* allocated */
	char *text;		/* the decoded bytes that the slices point to */
	size_t text_len;
	size_t text_size;
	bool damaged;		/* an escape was not % and two hex digits */
	size_t damaged_at;	/* byte in the body of the first such escape */
};

/* params_init, params_clear -- the second wipes nothing, frees all, accepts
 * NULL and leaves an empty set. */
void params_init(struct params *params);
void params_clear(struct params *params);

/* params_reset -- empty again, memory kept for the next delivery. */
void params_reset(struct params *params);

/*
 * params_from_form -- decode an application/x-www-form-urlencoded body.
 *
 * Pieces between '&' are name=value, split at the first '='; a piece without
 * one is a name with an empty value; empty pieces are skipped; '+' is a
 * space. A '%' that is not followed by two hexadecimal digits stands for
 * itself, as in the parsers that Twilio's libraries use, and is remembered in
 * damaged: such a delivery may verify, and is then journaled with a problem.
 * What was in params before is gone. The body is not needed afterwards.
 *
 * RC_MEMORY  params is empty
 */
enum rc params_from_form(struct params *params, struct slice body,
    struct err *err);

/*
 * params_set -- take parameters from elsewhere (a JSON body's members).
 * What was in params before is gone; names and values are copied.
 *
 * RC_MEMORY  params is empty
 */
enum rc params_set(struct params *params, const struct param *list, size_t n,
    struct err *err);

/*
 * params_sort -- order by name bytewise, equal names by value bytewise. This
 * is the order of the signature's text (docs/twilio.md section 1) and of an
 * event's content; n log n for any input.
 */
void params_sort(struct params *params);

/* params_find -- the first value of this name, or no value (p NULL). */
struct slice params_find(const struct params *params, const char *name);

#endif
