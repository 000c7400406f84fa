#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "twilio/event.h"
#include "twilio/explain_parts.h"

/* Parameters that are put in order and written as they are signed. */
struct list {
	struct param *param;
	size_t n;
};

struct body {
	struct readings *readings;
	struct params params;	/* as the responder has them */
	struct params query;	/* those of the URL's query */
	struct list list;	/* to work with; room for both and more */
	struct buf values;	/* of list, where they are made; never grows */
	struct buf one;
};

/* Of each byte of a form, what a value may come to at most ("%20", "\r\n"). */
#define VALUE_GROWTH 3

static int
by_name(const void *left, const void *right)
{
	const struct param *a = left, *b = right;
	const int order = slice_compare(a->name, b->name);

	return order != 0 ? order : slice_compare(a->value, b->value);
}

static int
by_letters(const void *left, const void *right)
{
	const struct param *a = left, *b = right;
	const size_t len = a->name.len < b->name.len ? a->name.len :
	    b->name.len;
	size_t i;
	int x, y;

	for (i = 0; i < len; i++) {
		x = (unsigned char)a->name.p[i];
		y = (unsigned char)b->name.p[i];
		x |= x >= 'A' && x <= 'Z' ? 0x20 : 0;
		y |= y >= 'A' && y <= 'Z' ? 0x20 : 0;
		if (x != y)
			return x - y;
	}
	return a->name.len == b->name.len ? by_name(left, right) :
	    (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

/* By name and value put together. */
static int
by_text(const void *left, const void *right)
{
	const struct param *a = left, *b = right;
	const size_t a_len = a->name.len + a->value.len;
	const size_t b_len = b->name.len + b->value.len;
	size_t i;
	int x, y;

	for (i = 0; i < a_len && i < b_len; i++) {
		x = (unsigned char)(i < a->name.len ? a->name.p[i] :
		    a->value.p[i - a->name.len]);
		y = (unsigned char)(i < b->name.len ? b->name.p[i] :
		    b->value.p[i - b->name.len]);
		if (x != y)
			return x - y;
	}
	return (a_len > b_len) - (a_len < b_len);
}

static bool
is_equal(struct slice a, struct slice b)
{
	return slice_compare(a, b) == 0;
}

/* Which of several parameters of one name are signed. */
enum equal {
	EQUAL_DISTINCT,		/* of equal values one: as Twilio */
	EQUAL_ALL,
	EQUAL_FIRST,
	EQUAL_LAST,
	EQUAL_JOINED,		/* the name once, then all values */
};

static bool
is_signed(const struct list *list, size_t i, enum equal equal)
{
	const struct param *param = &list->param[i];
	const bool again = i > 0 &&
	    is_equal(param[-1].name, param->name);
	const bool comes = i + 1 < list->n &&
	    is_equal(param[1].name, param->name);

	switch (equal) {
	case EQUAL_DISTINCT:
		return !again || !is_equal(param[-1].value, param->value);
	case EQUAL_FIRST:
		return !again;
	case EQUAL_LAST:
		return !comes;
	case EQUAL_ALL:
	case EQUAL_JOINED:
		break;
	}
	return true;
}

static void
add_list(struct body *body, enum explain_cause cause, enum equal equal)
{
	const struct list *list = &body->list;
	size_t i;

	buf_reset(&body->one);
	for (i = 0; i < list->n; i++) {
		if (!is_signed(list, i, equal))
			continue;
		if (equal != EQUAL_JOINED || i == 0 || !is_equal(
		    list->param[i - 1].name, list->param[i].name))
			buf_add_slice(&body->one, list->param[i].name);
		buf_add_slice(&body->one, list->param[i].value);
	}
	if (buf_ok(&body->one))
		readings_add(body->readings, cause, buf_slice(&body->one));
	else
		body->readings->lost = true;
}

/* The parameters as they arrived. */
static void
take(struct body *body)
{
	if (body->params.n > 0)
		memcpy(body->list.param, body->params.list,
		    body->params.n * sizeof(*body->list.param));
	body->list.n = body->params.n;
}

static void
sort(struct body *body, int (*order)(const void *, const void *))
{
	if (body->list.n > 1)
		qsort(body->list.param, body->list.n,
		    sizeof(*body->list.param), order);
}

/* ------------------------------------------------------------------------
 * Other values
 */

static void
keep_plus(struct buf *out, struct slice s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		buf_add_char(out, s.p[i] == ' ' ? '+' : s.p[i]);
}

static void
drop_plus(struct buf *out, struct slice s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		buf_add_char(out, s.p[i] == '+' ? ' ' : s.p[i]);
}

static void
escape_space(struct buf *out, struct slice s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] == ' ')
			buf_add_text(out, "%20");
		else
			buf_add_char(out, s.p[i]);
	}
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
trim(struct buf *out, struct slice s)
{
	for (; s.len > 0 && is_blank(s.p[0]); s.p++)
		s.len--;
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	buf_add_slice(out, s);
}

static void
write_null(struct buf *out, struct slice s)
{
	if (s.len == 0)
		buf_add_text(out, "null");
	else
		buf_add_slice(out, s);
}

static void
drop_null(struct buf *out, struct slice s)
{
	if (!slice_is(s, "null"))
		buf_add_slice(out, s);
}

/* One time more: somebody encoded what was encoded. */
static void
decode(struct buf *out, struct slice s)
{
	struct params params;

	params_init(&params);
	/* '&' and '=' would cut it; then it stays as it is. */
	if (memchr(s.p, '&', s.len) == NULL &&
	    memchr(s.p, '=', s.len) == NULL &&
	    params_from_form(&params, s, NULL) == RC_OK && params.n == 1)
		buf_add_slice(out, params.list[0].name);
	else
		buf_add_slice(out, s);
	params_clear(&params);
}

/* A text in UTF-8 whose characters are all in Latin-1, as Latin-1. */
static void
to_latin_1(struct buf *out, struct slice s)
{
	size_t i;
	int c;

	for (i = 0; i < s.len; i++) {
		c = (unsigned char)s.p[i];
		if ((c == 0xC2 || c == 0xC3) && i + 1 < s.len &&
		    (s.p[i + 1] & 0xC0) == 0x80)
			c = (c & 0x03) << 6 | (s.p[++i] & 0x3F);
		buf_add_char(out, (char)c);
	}
}

static void
from_latin_1(struct buf *out, struct slice s)
{
	size_t i;
	int c;

	for (i = 0; i < s.len; i++) {
		c = (unsigned char)s.p[i];
		if (c >= 0x80) {
			buf_add_char(out, (char)(0xC0 | c >> 6));
			c = 0x80 | (c & 0x3F);
		}
		buf_add_char(out, (char)c);
	}
}

static void
to_lf(struct buf *out, struct slice s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] != '\r' || i + 1 == s.len || s.p[i + 1] != '\n')
			buf_add_char(out, s.p[i]);
	}
}

static void
to_crlf(struct buf *out, struct slice s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r'))
			buf_add_char(out, '\r');
		buf_add_char(out, s.p[i]);
	}
}

static const struct {
	enum explain_cause cause;
	void (*write)(struct buf *out, struct slice s);
} values[] = {
	{ CAUSE_BODY_PLUS, keep_plus },
	{ CAUSE_BODY_PLUS, drop_plus },
	{ CAUSE_BODY_PLUS, escape_space },
	{ CAUSE_TRIMMED, trim },
	{ CAUSE_EMPTY, write_null },
	{ CAUSE_EMPTY, drop_null },
	{ CAUSE_BODY_ESCAPES, decode },
	{ CAUSE_CHARSET, from_latin_1 },
	{ CAUSE_CHARSET, to_latin_1 },
	{ CAUSE_LINES, to_lf },
	{ CAUSE_LINES, to_crlf },
};

static void
add_values(struct body *body, size_t which)
{
	struct slice *value;
	size_t at, i;

	take(body);
	buf_reset(&body->values);
	for (i = 0; i < body->list.n; i++) {
		value = &body->list.param[i].value;
		at = body->values.len;
		values[which].write(&body->values, *value);
		if (!buf_ok(&body->values)) {
			body->readings->lost = true;
			return;
		}
		*value = (struct slice){ body->values.data + at,
		    body->values.len - at };
	}
	sort(body, by_name);
	add_list(body, values[which].cause, EQUAL_DISTINCT);
}

/* The values if a '+' is no space, but stands for itself. */
static void
add_plus(struct body *body, struct slice form)
{
	struct params read;
	enum rc rc = RC_MEMORY;
	size_t i;

	params_init(&read);
	buf_reset(&body->values);
	for (i = 0; i < form.len; i++) {
		if (form.p[i] == '+')
			buf_add_text(&body->values, "%2B");
		else
			buf_add_char(&body->values, form.p[i]);
	}
	if (buf_ok(&body->values))
		rc = params_from_form(&read, buf_slice(&body->values), NULL);
	if (rc == RC_MEMORY)
		body->readings->lost = true;
	if (rc == RC_OK && read.n == body->params.n && read.n > 0) {
		memcpy(body->list.param, read.list,
		    read.n * sizeof(*read.list));
		body->list.n = read.n;
		sort(body, by_name);
		add_list(body, CAUSE_BODY_PLUS, EQUAL_DISTINCT);
	}
	params_clear(&read);
}

/* The values as they are encoded. */
static void
add_raw(struct body *body, struct slice form)
{
	const char *end, *equals;
	size_t len, name_len;

	body->list.n = 0;
	for (; form.len > 0 && body->list.n < body->params.n;
	    form.p += len, form.len -= len) {
		end = memchr(form.p, '&', form.len);
		len = end == NULL ? form.len : (size_t)(end - form.p);
		equals = memchr(form.p, '=', len);
		name_len = equals == NULL ? len : (size_t)(equals - form.p);
		if (len > 0)
			body->list.param[body->list.n++] = (struct param){
			    { form.p, name_len },
			    { form.p + name_len + (equals != NULL),
			    len - name_len - (equals != NULL) } };
		len += end != NULL;
	}
	sort(body, by_name);
	add_list(body, CAUSE_BODY_ESCAPES, EQUAL_DISTINCT);
}

/* ------------------------------------------------------------------------
 * More or fewer parameters
 */

static void
add_without_empty(struct body *body)
{
	size_t i, n = 0;

	take(body);
	for (i = 0; i < body->list.n; i++) {
		if (body->list.param[i].value.len > 0)
			body->list.param[n++] = body->list.param[i];
	}
	body->list.n = n;
	sort(body, by_name);
	add_list(body, CAUSE_EMPTY, EQUAL_DISTINCT);
}

/* With the parameters of the type that are not there, as empty: this one, or
 * N_FIELDS: all. */
static void
add_lost(struct body *body, const struct event_rule *rule, size_t field)
{
	const struct slice empty = { "", 0 };
	const char *name;
	size_t i;

	take(body);
	for (i = 0; i < N_FIELDS; i++) {
		name = rule->param[i];
		if (name != NULL && (field == N_FIELDS || field == i) &&
		    params_find(&body->params, name).p == NULL)
			body->list.param[body->list.n++] = (struct param){
			    slice_of(name), empty };
	}
	if (body->list.n == body->params.n)
		return;
	sort(body, by_name);
	add_list(body, CAUSE_EMPTY_LOST, EQUAL_DISTINCT);
}

static void
add_twice(struct body *body)
{
	const size_t n = body->params.n;
	size_t i;

	take(body);
	for (i = 0; i < n; i++)
		body->list.param[n + i] = body->list.param[i];
	body->list.n = 2 * n;
	sort(body, by_name);
	add_list(body, CAUSE_TWICE, EQUAL_ALL);
	add_list(body, CAUSE_TWICE, EQUAL_JOINED);
	if (body->query.n == 0)
		return;
	take(body);
	memcpy(body->list.param + n, body->query.list,
	    body->query.n * sizeof(*body->list.param));
	body->list.n = n + body->query.n;
	sort(body, by_name);
	add_list(body, CAUSE_TWICE, EQUAL_DISTINCT);
	add_list(body, CAUSE_TWICE, EQUAL_ALL);
}

static void
add_orders(struct body *body)
{
	take(body);
	sort(body, by_name);
	add_list(body, CAUSE_EQUAL_NAMES, EQUAL_ALL);
	add_list(body, CAUSE_EQUAL_NAMES, EQUAL_FIRST);
	add_list(body, CAUSE_EQUAL_NAMES, EQUAL_LAST);
	add_list(body, CAUSE_EQUAL_NAMES, EQUAL_JOINED);
	take(body);
	add_list(body, CAUSE_UNSORTED, EQUAL_ALL);
	sort(body, by_text);
	add_list(body, CAUSE_SORT, EQUAL_ALL);
	sort(body, by_letters);
	add_list(body, CAUSE_SORT_CASE, EQUAL_DISTINCT);
}

/* ------------------------------------------------------------------------ */

static void
add_form(struct body *body, const struct verify_request *request,
    enum explain_cause as_it_is)
{
	const struct event_rule *rule = event_rule(event_type_of(
	    params_find(&body->params, "EventType")));
	size_t i;

	take(body);
	sort(body, by_name);
	add_list(body, as_it_is, EQUAL_DISTINCT);
	if (as_it_is != CAUSE_NONE || request->body.len > EXPLAIN_BODY_MAX ||
	    body->params.n > EXPLAIN_PARAMS_MAX)
		return;
	add_orders(body);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		add_values(body, i);
	add_plus(body, request->body);
	add_raw(body, request->body);
	add_without_empty(body);
	add_twice(body);
	for (i = 0; i <= N_FIELDS; i++)
		add_lost(body, rule, i);
}

static enum rc
body_make(struct body *body, const struct verify_request *request,
    struct err *err)
{
	const struct slice query = url_query(request->url);
	size_t n, len;
	enum rc rc;

	buf_init(&body->values, 0);
	buf_init(&body->one, 0);
	params_init(&body->params);
	params_init(&body->query);
	rc = params_from_form(&body->params, request->body, err);
	if (rc == RC_OK && query.p != NULL)
		rc = params_from_form(&body->query, query, err);
	if (rc != RC_OK)
		return rc;
	n = 2 * body->params.n + body->query.n + N_FIELDS + 1;
	body->list.param = calloc(n, sizeof(*body->list.param));
	len = request->body.len < EXPLAIN_BODY_MAX ? request->body.len :
	    EXPLAIN_BODY_MAX;
	if (body->list.param == NULL || !buf_reserve(&body->values,
	    VALUE_GROWTH * len + 4 * (body->params.n + 1)))
		return err_set(err, RC_MEMORY, "explain: no memory");
	return RC_OK;
}

static void
body_clear(struct body *body)
{
	free(body->list.param);
	buf_clear(&body->values);
	buf_clear(&body->one);
	params_clear(&body->params);
	params_clear(&body->query);
}

enum rc
readings_of_body(struct readings *readings,
    const struct verify_request *request, struct err *err)
{
	const struct slice nothing = { "", 0 };
	const bool json = text_is_media(request->content_type, JSON_TYPE);
	const bool form = text_is_media(request->content_type, FORM_TYPE);
	struct body body = { .readings = readings };
	enum rc rc;

	rc = body_make(&body, request, err);
	if (rc == RC_OK && json)
		readings_add(readings, CAUSE_NONE, nothing);
	if (rc == RC_OK)
		add_form(&body, request, form ? CAUSE_NONE : CAUSE_MEDIA);
	if (rc == RC_OK && !json)
		readings_add(readings, form ? CAUSE_UNSIGNED : CAUSE_MEDIA,
		    nothing);
	body_clear(&body);
	return rc;
}
