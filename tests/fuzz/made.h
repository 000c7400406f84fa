/*
 * made -- an HTTP request as a web server hands it over, made from an input.
 *
 * An input is: a line of letters, lines of changes to the variables of a usual
 * request, an empty line, and the body. The letters are
 *
 *     j  JSON: its Content-Type, and its hash in the query
 *     w  signed with a token that is not ours
 *     a  signed with the token of every account ([account *])
 *     c  CGI: a length is wanted
 *     t  torn: its end was not seen
 *     u  the URL is not configured, but built from the request
 *
 * A change is NAME=VALUE (another value, or one more variable), +NAME=VALUE (a
 * second one of that name) or NAME (none). In a value %s stands for the right
 * signature, %h for the body's hash, so that what is behind the signature is
 * reached.
 */
#ifndef TESTS_FUZZ_MADE_H
#define TESTS_FUZZ_MADE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "fuzz.h"

#define MADE_ACCOUNT "AC0123456789abcdef0123456789abcdef"
#define MADE_TOKEN "a1"
#define MADE_TOKEN_ANY "any"
#define MADE_HOST "hooks.example.com"
#define MADE_URL "https://" MADE_HOST "/sync"
#define MADE_BODY_MAX 2048

#define MADE_VARIABLES 48

struct made {
	char *envp[MADE_VARIABLES + 1];
	size_t n;
	struct slice body;
	bool json, wrong, any, cgi, torn, url_free;
	bool usual;	/* no variable was changed */
};

void made_init(struct made *made, struct input *input);
void made_clear(struct made *made);

#endif
