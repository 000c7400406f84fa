/*
 * sign -- what signature_make() makes, for the end-to-end tests: the
 * signature of the form on standard input, compared there with what Twilio's
 * library says.
 *
 *     sign TOKEN URL <form
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "twilio/params.h"
#include "twilio/signature.h"

/* Far above any form of the tests. */
#define FORM_MAX (4 * 1024 * 1024)

static void
read_form(struct buf *form)
{
	char piece[65536];
	size_t n;

	while ((n = fread(piece, 1, sizeof(piece), stdin)) > 0)
		buf_add(form, piece, n);
}

static enum rc
sign(const char *token, const char *url, struct slice form, struct err *err)
{
	struct params params;
	struct signing_key *key = NULL;
	char text[SIGNATURE_LEN + 1];
	enum rc rc;

	params_init(&params);
	rc = params_from_form(&params, form, err);
	if (rc == RC_OK)
		rc = signing_key_new(&key, slice_of(token), err);
	if (rc == RC_OK) {
		params_sort(&params);
		signature_make(key, slice_of(url), &params, text);
		puts(text);
	}
	signing_key_free(key);
	params_clear(&params);
	return rc;
}

int
main(int argc, char **argv)
{
	struct buf form;
	struct err err = { "" };
	enum rc rc;

	if (argc != 3) {
		fputs("usage: sign TOKEN URL <form\n", stderr);
		return 2;
	}
	buf_init(&form, FORM_MAX);
	read_form(&form);
	if (buf_ok(&form))
		rc = sign(argv[1], argv[2], buf_slice(&form), &err);
	else
		rc = err_set(&err, RC_MEMORY, "the form is too large");
	buf_clear(&form);
	if (rc != RC_OK)
		fprintf(stderr, "sign: %s\n", err.text);
	return rc == RC_OK ? 0 : 1;
}
