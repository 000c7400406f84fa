/* Forms: decoded as by a slow decoder of the same words, the same again when
 * encoded and decoded once more, sorted and found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "twilio/params.h"

/* A decoder that looks at one byte at a time. */
struct slow {
	struct slice body;
	size_t at;
	bool damaged;
	size_t damaged_at;
};

static int
digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found;

	if (c >= 'A' && c <= 'F')
		c = (char)(c + 32);
	found = c == '\0' ? NULL : strchr(digits, c);
	return found == NULL ? -1 : (int)(found - digits);
}

/* One byte of a name or value; false where it ends. */
static bool
slow_byte(struct slow *slow, bool in_name, char *byte)
{
	const char *const p = slow->body.p + slow->at;
	const size_t left = slow->body.len - slow->at;

	if (left == 0 || *p == '&' || (in_name && *p == '='))
		return false;
	*byte = *p == '+' ? ' ' : *p;
	slow->at++;
	if (*p != '%')
		return true;
	if (left < 3 || digit(p[1]) < 0 || digit(p[2]) < 0) {
		if (!slow->damaged)
			slow->damaged_at = slow->at - 1;
		slow->damaged = true;
		return true;
	}
	*byte = (char)(digit(p[1]) * 16 + digit(p[2]));
	slow->at += 2;
	return true;
}

/* Read a name or value and compare it with one that was decoded. */
static void
slow_compare(struct slow *slow, bool in_name, struct slice have)
{
	char byte;
	size_t i;

	MUST(have.p != NULL);
	for (i = 0; slow_byte(slow, in_name, &byte); i++)
		MUST(i < have.len && have.p[i] == byte);
	MUST(i == have.len);
}

static void
compare(struct slice body, const struct params *params)
{
	struct slow slow = { .body = body };
	size_t n = 0;

	while (slow.at < body.len) {
		if (body.p[slow.at] == '&') {
			slow.at++;
			continue;
		}
		MUST(n < params->n);
		slow_compare(&slow, true, params->list[n].name);
		if (slow.at < body.len && body.p[slow.at] == '=')
			slow.at++;
		slow_compare(&slow, false, params->list[n].value);
		n++;
	}
	MUST(n == params->n);
	MUST(slow.damaged == params->damaged);
	MUST(!slow.damaged || slow.damaged_at == params->damaged_at);
}

static void
encode(struct buf *out, struct slice bytes)
{
	size_t i;

	for (i = 0; i < bytes.len; i++)
		buf_printf(out, "%%%02x", (unsigned char)bytes.p[i]);
}

/* Encoded, they are the same again. */
static void
once_more(const struct params *params)
{
	struct params again;
	struct buf form;
	size_t i;

	buf_init(&form, 0);
	params_init(&again);
	for (i = 0; i < params->n; i++) {
		if (i > 0)
			buf_add_char(&form, '&');
		encode(&form, params->list[i].name);
		buf_add_char(&form, '=');
		encode(&form, params->list[i].value);
	}
	MUST(params_from_form(&again, buf_slice(&form), NULL) == RC_OK);
	MUST(again.n == params->n && !again.damaged);
	for (i = 0; i < params->n; i++) {
		MUST(fuzz_same(again.list[i].name, params->list[i].name));
		MUST(fuzz_same(again.list[i].value, params->list[i].value));
	}
	buf_clear(&form);
	params_clear(&again);
}

static int
order(const struct param *a, const struct param *b)
{
	const int names = slice_compare(a->name, b->name);

	return names != 0 ? names : slice_compare(a->value, b->value);
}

/* How many of a list are this one. */
static size_t
count(const struct param *list, size_t n, const struct param *wanted)
{
	size_t found = 0, i;

	for (i = 0; i < n; i++)
		found += order(&list[i], wanted) == 0;
	return found;
}

#define COUNTED 100	/* beyond, comparing all with all takes too long */

static void
check_sorted(struct params *params)
{
	const size_t n = params->n;
	struct param *before = calloc(n + 1, sizeof(*before));
	size_t i;

	MUST(before != NULL);
	if (n > 0)
		memcpy(before, params->list, n * sizeof(*before));
	params_sort(params);
	MUST(params->n == n);
	for (i = 0; i + 1 < n; i++)
		MUST(order(&params->list[i], &params->list[i + 1]) <= 0);
	for (i = 0; i < n && n < COUNTED; i++)
		MUST(count(before, n, &before[i]) ==
		    count(params->list, n, &before[i]));
	free(before);
}

static void
check_found(const struct params *params, const char *name)
{
	const struct slice found = params_find(params, name);
	size_t i;

	for (i = 0; i < params->n; i++) {
		if (slice_is(params->list[i].name, name)) {
			MUST(fuzz_same(found, params->list[i].value));
			return;
		}
	}
	MUST(found.p == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const struct slice body = input_rest(&input);
	char *const copy = fuzz_copy(body);
	struct params params;

	params_init(&params);
	MUST(params_from_form(&params, (struct slice){ copy, body.len },
	    NULL) == RC_OK);
	free(copy);
	compare(body, &params);
	once_more(&params);
	check_found(&params, "AccountSid");
	check_sorted(&params);
	check_found(&params, "");
	check_found(&params, "EventType");
	params_reset(&params);
	MUST(params.n == 0 && !params.damaged);
	params_clear(&params);
	return 0;
}
