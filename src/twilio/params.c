#include "twilio/params.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "twilio/hex.h"

/* A delivery has at most 13 parameters (docs/twilio.md section 2). */
#define LIST_SIZE_FIRST 16
/* Up to here an insertion sort is the fastest, the more so as parameters come
 * nearly sorted; beyond, it would be n squared. */
#define INSERTION_MAX 32

void
params_init(struct params *params)
{
	*params = (struct params){ 0 };
}

void
params_clear(struct params *params)
{
	if (params == NULL)
		return;
	free(params->list);
	free(params->text);
	params_init(params);
}

void
params_reset(struct params *params)
{
	params->n = 0;
	params->text_len = 0;
	params->damaged = false;
	params->damaged_at = 0;
}

/* Room for all decoded bytes at once: the slices point into them, so they
 * must not move. Never NULL, so that an empty value is not none. */
static bool
reserve_text(struct params *params, size_t len)
{
	char *text;

	if (len < params->text_size)
		return true;
	if (len == SIZE_MAX)
		return false;
	/* Nothing to keep: not realloc, which would copy. */
	text = malloc(len + 1);
	if (text == NULL)
		return false;
	free(params->text);
	params->text = text;
	params->text_size = len + 1;
	return true;
}

static bool
add_param(struct params *params, struct slice name, struct slice value)
{
	if (params->n == params->size) {
		size_t size = params->size == 0 ? LIST_SIZE_FIRST :
		    2 * params->size;
		struct param *list;

		if (size > SIZE_MAX / sizeof(*list))
			return false;
		list = realloc(params->list, size * sizeof(*list));
		if (list == NULL)
			return false;
		params->list = list;
		params->size = size;
	}
	params->list[params->n++] = (struct param){ name, value };
	return true;
}

static void
note_damage(struct params *params, size_t at)
{
	if (params->damaged)
		return;
	params->damaged = true;
	params->damaged_at = at;
}

/* Decode the bytes at .. end - 1 of the body to the end of the text. */
static struct slice
decode(struct params *params, struct slice body, size_t at, size_t end)
{
	char *const first = params->text + params->text_len;
	char *out = first;

	for (; at < end; at++) {
		char c = body.p[at];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = end - at > 2 ?
			    hex_value(body.p[at + 1]) : -1;
			int low = end - at > 2 ? hex_value(body.p[at + 2]) : -1;

			if (high >= 0 && low >= 0) {
				c = (char)(high << 4 | low);
				at += 2;
			} else {
				note_damage(params, at);
			}
		}
		*out++ = c;
	}
	params->text_len += (size_t)(out - first);
	return (struct slice){ first, (size_t)(out - first) };
}

/* Where c is among the bytes at .. end - 1, or end. */
static size_t
find(struct slice body, size_t at, size_t end, char c)
{
	const char *p = memchr(body.p + at, c, end - at);

	return p == NULL ? end : (size_t)(p - body.p);
}

static bool
add_piece(struct params *params, struct slice body, size_t at, size_t end)
{
	size_t equals = find(body, at, end, '=');
	struct slice name = decode(params, body, at, equals);
	struct slice value = decode(params, body,
	    equals < end ? equals + 1 : end, end);

	return add_param(params, name, value);
}

enum rc
params_from_form(struct params *params, struct slice body, struct err *err)
{
	size_t at, end;

	params_reset(params);
	if (!reserve_text(params, body.len))
		goto no_memory;
	for (at = 0; at < body.len; at = end + 1) {
		end = find(body, at, body.len, '&');
		if (end > at && !add_piece(params, body, at, end))
			goto no_memory;
	}
	return RC_OK;
no_memory:
	params_reset(params);
	return err_set(err, RC_MEMORY, "form: no memory for its parameters");
}

static struct slice
copy(struct params *params, struct slice from)
{
	char *to = params->text + params->text_len;

	if (from.len > 0)
		memcpy(to, from.p, from.len);
	params->text_len += from.len;
	return (struct slice){ to, from.len };
}

/* The sum of all lengths; false when it does not fit. */
static bool
total_len(const struct param *list, size_t n, size_t *total)
{
	size_t i;

	*total = 0;
	for (i = 0; i < n; i++)
		if (__builtin_add_overflow(*total, list[i].name.len, total) ||
		    __builtin_add_overflow(*total, list[i].value.len, total))
			return false;
	return true;
}

enum rc
params_set(struct params *params, const struct param *list, size_t n,
    struct err *err)
{
	size_t i, total;

	params_reset(params);
	if (!total_len(list, n, &total) || !reserve_text(params, total))
		goto no_memory;
	for (i = 0; i < n; i++) {
		struct slice name = copy(params, list[i].name);
		struct slice value = copy(params, list[i].value);

		if (!add_param(params, name, value))
			goto no_memory;
	}
	return RC_OK;
no_memory:
	params_reset(params);
	return err_set(err, RC_MEMORY, "parameters: no memory for them");
}

static bool
before(const struct param *a, const struct param *b)
{
	int order = slice_compare(a->name, b->name);

	if (order == 0)
		order = slice_compare(a->value, b->value);
	return order < 0;
}

static void
insertion_sort(struct param *list, size_t n)
{
	size_t i, j;

	for (i = 1; i < n; i++) {
		const struct param moved = list[i];

		for (j = i; j > 0 && before(&moved, &list[j - 1]); j--)
			list[j] = list[j - 1];
		list[j] = moved;
	}
}

/* Let the value at root sink in the heap list[0 .. n - 1]. */
static void
sink(struct param *list, size_t root, size_t n)
{
	const struct param sinking = list[root];
	size_t child;

	while ((child = 2 * root + 1) < n) {
		if (child + 1 < n && before(&list[child], &list[child + 1]))
			child++;
		if (!before(&sinking, &list[child]))
			break;
		list[root] = list[child];
		root = child;
	}
	list[root] = sinking;
}

/* qsort promises no bound, and the order of arrival is a stranger's choice. */
static void
heap_sort(struct param *list, size_t n)
{
	size_t i;

	for (i = n / 2; i > 0; i--)
		sink(list, i - 1, n);
	for (i = n - 1; i > 0; i--) {
		const struct param largest = list[0];

		list[0] = list[i];
		list[i] = largest;
		sink(list, 0, i);
	}
}

void
params_sort(struct params *params)
{
	if (params->n <= INSERTION_MAX)
		insertion_sort(params->list, params->n);
	else
		heap_sort(params->list, params->n);
}

struct slice
params_find(const struct params *params, const char *name)
{
	size_t i;

	for (i = 0; i < params->n; i++)
		if (slice_is(params->list[i].name, name))
			return params->list[i].value;
	return (struct slice){ NULL, 0 };
}
