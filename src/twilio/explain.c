#include "twilio/explain.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "twilio/explain_parts.h"

/* What a combination costs beside the bytes of its text. */
#define BYTES_A_TRY 128

/* In place of a name and a password in what is shown. */
#define USERINFO_SHOWN "USER:PASSWORD@"

static const struct explain_rule rules[N_CAUSES] = {
	[CAUSE_NONE] = { "none", "nothing is changed", MEND_ELSEWHERE, "" },
	[CAUSE_SCHEME] = { "scheme", "the URL has the other scheme (TLS ends "
	    "in a proxy before this web server)", MEND_PUBLIC_URL, "" },
	[CAUSE_USERINFO] = { "userinfo", "user:password is a part of the URL",
	    MEND_PUBLIC_URL, "" },
	[CAUSE_HOST] = { "host", "the URL has another host",
	    MEND_PUBLIC_URL, "" },
	[CAUSE_HOST_CASE] = { "host_case", "the host is written with other "
	    "capital letters", MEND_PUBLIC_URL, "" },
	[CAUSE_PORT] = { "port", "the URL has another port, or one at all",
	    MEND_PUBLIC_URL, "" },
	[CAUSE_PATH] = { "path", "the URL has another path",
	    MEND_PUBLIC_URL, "" },
	[CAUSE_PREFIX] = { "path_prefix", "the path has more or less before "
	    "or behind it (the web server rewrites it)", MEND_PUBLIC_URL, "" },
	[CAUSE_SLASH] = { "trailing_slash", "the path ends with, or without, "
	    "a slash", MEND_PUBLIC_URL, "" },
	[CAUSE_QUERY] = { "query", "the URL has another query, or none",
	    MEND_PUBLIC_URL, "something on the way changes or adds a query: "
	    "let the web server pass REQUEST_URI on as it is" },
	[CAUSE_QUERY_LOST] = { "query_lost", "the query still has its "
	    "bodySHA256", MEND_ELSEWHERE, "let the web server pass the query "
	    "on (QUERY_STRING, REQUEST_URI)" },
	[CAUSE_QUERY_ORDER] = { "query_order", "the query is in another order",
	    MEND_PUBLIC_URL, "" },
	[CAUSE_ESCAPES] = { "escapes", "characters of the URL are escaped "
	    "that arrive raw, or the other way round", MEND_PUBLIC_URL, "" },
	[CAUSE_HEX_CASE] = { "hex_case", "the escapes of the URL have other "
	    "capital letters", MEND_PUBLIC_URL, "" },
	[CAUSE_PLUS] = { "plus", "spaces of the URL are written the other way "
	    "('+' or %20)", MEND_PUBLIC_URL, "" },
	[CAUSE_FRAGMENT] = { "fragment", "the fragment is signed as well",
	    MEND_ELSEWHERE, "Twilio never signs it: whoever signed this is to "
	    "leave out what begins with #" },
	[CAUSE_TOKEN] = { "token", "it is signed with the token of another "
	    "account (a parent, or a subaccount)", MEND_TOKEN, "" },
	[CAUSE_MEDIA] = { "content_type", "the body is of another media type "
	    "than its Content-Type says", MEND_ELSEWHERE, "let the web server "
	    "and what stands before it pass Content-Type and body on as they "
	    "are" },
	[CAUSE_UNSIGNED] = { "body_unsigned", "the URL alone is signed, as of "
	    "a JSON body", MEND_ELSEWHERE, "something on the way made a form "
	    "of a JSON body, or Twilio was told to call with GET: let it POST, "
	    "and pass bodies on as they are" },
	[CAUSE_TWICE] = { "counted_twice", "parameters count twice (in the "
	    "query and in the body)", MEND_ELSEWHERE, "let Twilio POST, and "
	    "let nothing copy parameters between query and body" },
	[CAUSE_EQUAL_NAMES] = { "equal_names", "of parameters of one name "
	    "others are signed", MEND_ELSEWHERE, "whoever signed this is to "
	    "sign each distinct value, sorted, with its name" },
	[CAUSE_TRIMMED] = { "trimmed", "white space around values is cut off",
	    MEND_ELSEWHERE, "something on the way adds white space to values, "
	    "or the signer cuts it off: pass bodies on as they are" },
	[CAUSE_EMPTY] = { "empty_null", "empty values are left out, or are "
	    "\"null\"", MEND_ELSEWHERE, "something on the way turns null into "
	    "empty values, or the other way: pass bodies on as they are" },
	[CAUSE_EMPTY_LOST] = { "empty_lost", "there is an empty parameter more",
	    MEND_ELSEWHERE, "something on the way drops parameters that are "
	    "empty: pass bodies on as they are" },
	[CAUSE_SORT] = { "sort", "parameters are sorted by name and value put "
	    "together", MEND_ELSEWHERE, "whoever signed this is to sort by "
	    "name alone" },
	[CAUSE_SORT_CASE] = { "sort_case", "parameters are sorted without "
	    "regard to case", MEND_ELSEWHERE, "whoever signed this is to sort "
	    "names by their bytes" },
	[CAUSE_UNSORTED] = { "unsorted", "parameters are not sorted",
	    MEND_ELSEWHERE, "whoever signed this is to sort parameters by "
	    "name" },
	[CAUSE_BODY_PLUS] = { "body_plus", "'+' and spaces of the body are "
	    "read the other way", MEND_ELSEWHERE, "something on the way "
	    "decodes the body and encodes it anew: pass bodies on as they "
	    "are" },
	[CAUSE_BODY_ESCAPES] = { "body_escapes", "escapes of the body are "
	    "decoded once more, or not at all", MEND_ELSEWHERE, "something on "
	    "the way encodes the body anew: pass bodies on as they are" },
	[CAUSE_CHARSET] = { "charset", "the body is in the other of UTF-8 and "
	    "Latin-1", MEND_ELSEWHERE, "something on the way changes the "
	    "character set: pass bodies on as they are" },
	[CAUSE_LINES] = { "line_ends", "line ends in values are the other of "
	    "LF and CR LF", MEND_ELSEWHERE, "something on the way changes "
	    "line ends: pass bodies on as they are" },
	[CAUSE_BODY_CHANGED] = { "body_changed", "the body is another one: the "
	    "URL's signature fits, its bodySHA256 is not that of this body",
	    MEND_ELSEWHERE, "something on the way (a firewall, a module that "
	    "reads JSON and writes it anew) changes the body: pass it on byte "
	    "for byte" },
};

const struct explain_rule *
explain_rule(enum explain_cause cause)
{
	return &rules[cause];
}

void
explanation_init(struct explanation *explanation)
{
	*explanation = (struct explanation){ .found = false };
	buf_init(&explanation->url, 0);
	buf_init(&explanation->public_url, 0);
}

void
explanation_clear(struct explanation *explanation)
{
	if (explanation == NULL)
		return;
	buf_clear(&explanation->url);
	buf_clear(&explanation->public_url);
}

/* ------------------------------------------------------------------------
 * Readings
 */

static struct slice
text_of(const struct readings *readings, size_t i)
{
	return (struct slice){ readings->text.data + readings->list[i].at,
	    readings->list[i].len };
}

void
readings_add(struct readings *readings, enum explain_cause cause,
    struct slice text)
{
	struct reading *reading = &readings->list[readings->n];
	size_t i;

	if (readings->n == READINGS_MAX)
		return;
	for (i = 0; i < readings->n; i++)
		if (slice_compare(text_of(readings, i), text) == 0)
			return;
	*reading = (struct reading){ .cause = cause,
	    .at = readings->text.len, .len = text.len };
	/* So that the text is never NULL. */
	buf_add(&readings->text, "", 0);
	buf_add_slice(&readings->text, text);
	if (buf_ok(&readings->text))
		readings->n++;
	else
		readings->lost = true;
}

static void
readings_reset(struct readings *readings)
{
	readings->n = 0;
	buf_reset(&readings->text);
}

struct search {
	const struct explain_request *request;
	bool json;
	char hash[sizeof("bodySHA256=") + DIGEST_HEX_SIZE];
	struct readings part[N_PARTS];
	size_t chosen[N_PARTS];
	struct explain_url *urls;	/* the public ones, and the
					 * request's */
	size_t n_urls;
	size_t n_bases;		/* of these, as configured */
	struct buf *texts;	/* of urls */
	struct buf text;	/* what is signed, put together */
	int64_t bytes;
	int64_t tries;
	bool is_spent;
};

/* ------------------------------------------------------------------------
 * Trying
 */

/* The URL as it is chosen, with this in place of its userinfo. */
static void
build_url(const struct search *search, struct slice userinfo,
    struct buf *url)
{
	size_t i;

	for (i = 0; i < N_URL_PARTS; i++)
		buf_add_slice(url, i == PART_USERINFO ? userinfo :
		    text_of(&search->part[i], search->chosen[i]));
}

static struct slice
chosen_text(const struct search *search, enum part part)
{
	return text_of(&search->part[part], search->chosen[part]);
}

/* Whether the chosen combination fits. */
static bool
try(struct search *search)
{
	const struct explain_request *request = search->request;
	char text[SIGNATURE_LEN + 1];

	buf_reset(&search->text);
	build_url(search, chosen_text(search, PART_USERINFO), &search->text);
	buf_add_slice(&search->text, chosen_text(search, PART_BODY));
	if (!buf_ok(&search->text))
		search->part[PART_BODY].lost = true;
	search->tries++;
	search->bytes += BYTES_A_TRY + (int64_t)search->text.len;
	signature_make(request->keys[search->chosen[PART_KEY]].key,
	    buf_slice(&search->text), NULL, text);
	return slice_is(request->request.signature, text);
}

static enum explain_cause
cause_of(const struct search *search, size_t part, size_t i)
{
	if (part == PART_KEY)
		return search->request->keys[i].own ? CAUSE_NONE :
		    CAUSE_TOKEN;
	return search->part[part].list[i].cause;
}

static size_t
n_of(const struct search *search, size_t part)
{
	return part == PART_KEY ? search->request->n_keys :
	    search->part[part].n;
}

/* Choose readings of this part and those behind it so that there are exactly so
 * many causes; true once it fits. As deep as there are parts. */
static bool
walk(struct search *search, size_t part, size_t causes)
{
	size_t i, left;

	if (part == N_PARTS)
		return causes == 0 && try(search);
	for (i = 0; i < n_of(search, part); i++) {
		left = causes;
		if (cause_of(search, part, i) != CAUSE_NONE) {
			if (left == 0)
				continue;
			left--;
		}
		search->chosen[part] = i;
		if (walk(search, part + 1, left))
			return true;
		search->is_spent = search->bytes >= EXPLAIN_BYTES_MAX;
		if (search->is_spent)
			break;
	}
	return false;
}

/* With so many causes, from each URL that is configured. */
static bool
walk_all(struct search *search, size_t causes)
{
	const struct slice hash = slice_of(search->json ? search->hash :
	    NULL);
	size_t i, part;

	for (i = 0; i < search->n_bases && !search->is_spent; i++) {
		for (part = 0; part < N_URL_PARTS; part++)
			readings_reset(&search->part[part]);
		readings_of_url(search->part, &search->urls[i], search->urls,
		    search->n_urls, hash);
		if (walk(search, 0, causes))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------------
 * What is said
 */

static void
add_cause(struct explanation *explanation, enum explain_cause cause)
{
	size_t i;

	for (i = 0; i < explanation->n_causes; i++)
		if (explanation->cause[i] == cause)
			return;
	explanation->cause[explanation->n_causes++] = cause;
}

/* Whether public_url can say this query: the responder takes that of the request
 * where public_url has none, and for JSON always. */
static bool
can_say(const struct search *search, bool *is_had)
{
	const struct slice query = chosen_text(search, PART_QUERY);
	const struct slice had = url_query(search->request->request.url);

	if (query.len == 0)
		*is_had = had.p == NULL;
	else
		*is_had = had.p != NULL && slice_compare(had,
		    (struct slice){ query.p + 1, query.len - 1 }) == 0;
	return *is_had || (query.len > 0 && !search->json);
}

/* The URL that mends it, in the words of the configuration: without the query
 * that comes with each request anyway. */
static void
build_public(const struct search *search, struct explanation *explanation)
{
	const bool named = chosen_text(search, PART_USERINFO).len > 0;
	const struct slice shown = slice_of(named ? USERINFO_SHOWN : "");
	bool by_url = false, elsewhere = false, is_had;
	size_t i;

	for (i = 0; i < explanation->n_causes; i++) {
		const enum explain_mend mend =
		    rules[explanation->cause[i]].mend;

		by_url = by_url || mend == MEND_PUBLIC_URL;
		elsewhere = elsewhere || mend == MEND_ELSEWHERE;
	}
	if (!by_url || elsewhere || !can_say(search, &is_had))
		return;
	build_url(search, shown, &explanation->public_url);
	if (is_had && buf_ok(&explanation->public_url)) {
		explanation->public_url.len -=
		    chosen_text(search, PART_QUERY).len;
		explanation->public_url.data[explanation->public_url.len] =
		    '\0';
	}
}

static void
tell(const struct search *search, struct explanation *explanation)
{
	const struct slice none = { "", 0 };
	const struct explain_request *request = search->request;
	size_t part;

	explanation->found = true;
	explanation->key = search->chosen[PART_KEY];
	for (part = 0; part < N_PARTS; part++) {
		const enum explain_cause cause = cause_of(search, part,
		    search->chosen[part]);

		if (cause != CAUSE_NONE)
			add_cause(explanation, cause);
	}
	build_url(search, none, &explanation->url);
	if (search->json && chosen_text(search, PART_BODY).len == 0 &&
	    signature_body_fits(url_query(buf_slice(&explanation->url)),
	    request->request.body, NULL) != RC_OK)
		add_cause(explanation, CAUSE_BODY_CHANGED);
	build_public(search, explanation);
}

/* ------------------------------------------------------------------------
 * Together
 */

/* A URL that has the shape of one, and its fragment. */
static bool
add_url(struct search *search)
{
	struct explain_url *url = &search->urls[search->n_urls];
	const struct slice text = buf_slice(&search->texts[search->n_urls]);
	const struct slice rest = url_without_fragment(text);

	if (!url_take_apart(text, &url->parts))
		return false;
	url->fragment = (struct slice){ text.p + rest.len,
	    text.len - rest.len };
	search->n_urls++;
	return true;
}

static enum rc
find_urls(struct search *search, struct err *err)
{
	const struct explain_request *request = search->request;
	const struct slice seen = request->request.url;
	const size_t n = request->n_public_urls + 1;
	struct buf *text;
	size_t i;

	search->urls = calloc(n, sizeof(*search->urls));
	search->texts = calloc(n, sizeof(*search->texts));
	if (search->urls == NULL || search->texts == NULL)
		return err_set(err, RC_MEMORY, "explain: no memory");
	for (i = 0; i < n; i++) {
		text = &search->texts[search->n_urls];
		buf_reset(text);
		if (i < n - 1)
			url_public(text, slice_of(request->public_urls[i]),
			    url_query(seen), search->json);
		else
			buf_add_slice(text, seen);
		if (!buf_ok(text))
			return err_set(err, RC_MEMORY, "explain: no memory");
		if (add_url(search) &&
		    (i < n - 1 || request->n_public_urls == 0))
			search->n_bases++;
	}
	return RC_OK;
}

static void
find_hash(struct search *search)
{
	const size_t len = strlen("bodySHA256=");
	uint8_t digest[DIGEST_SIZE];

	memcpy(search->hash, "bodySHA256=", len);
	digest_sha256(search->request->request.body, digest);
	digest_hex(digest, sizeof(digest), search->hash + len);
}

static void
search_free(struct search *search)
{
	size_t i;

	for (i = 0; i < N_PARTS; i++)
		buf_clear(&search->part[i].text);
	for (i = 0; search->texts != NULL &&
	    i <= search->request->n_public_urls; i++)
		buf_clear(&search->texts[i]);
	buf_clear(&search->text);
	free(search->urls);
	free(search->texts);
	free(search);
}

/* What was left out for want of memory may have been what fits. */
static bool
is_lost(const struct search *search)
{
	size_t i;

	for (i = 0; i < N_PARTS; i++) {
		if (search->part[i].lost)
			return true;
	}
	return false;
}

enum rc
explain(const struct explain_request *request,
    struct explanation *explanation, struct err *err)
{
	struct search *search = calloc(1, sizeof(*search));
	size_t causes;
	enum rc rc;

	if (search == NULL)
		return err_set(err, RC_MEMORY, "explain: no memory");
	search->request = request;
	search->json = text_is_media(request->request.content_type,
	    JSON_TYPE);
	find_hash(search);
	rc = find_urls(search, err);
	if (rc == RC_OK)
		rc = readings_of_body(&search->part[PART_BODY],
		    &request->request, err);
	for (causes = 0; rc == RC_OK && causes <= EXPLAIN_CAUSES_MAX &&
	    !explanation->found && !search->is_spent; causes++)
		if (walk_all(search, causes))
			tell(search, explanation);
	explanation->tries = search->tries;
	explanation->all = !search->is_spent;
	if (rc == RC_OK && (is_lost(search) || !buf_ok(&explanation->url) ||
	    !buf_ok(&explanation->public_url)))
		rc = err_set(err, RC_MEMORY, "explain: no memory");
	search_free(search);
	return rc;
}
