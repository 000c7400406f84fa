#include <string.h>

#include "twilio/explain_parts.h"
#include "twilio/hex.h"

/* Raw or as an escape, by who writes the URL. */
#define EITHER_WAY "'@:!*(),;$~[]/?"

/* As README and syncjournal(1) recommend it. */
#define FRAGMENT_USUAL "#rc=5&rp=5xx,ct,rt"

/* So many pieces of a query are tried in every order. */
#define PIECES_MAX 4

struct maker {
	struct readings *readings;
	struct buf one;		/* a reading being put together */
};

static void
add_one(struct maker *maker, enum explain_cause cause)
{
	if (buf_ok(&maker->one))
		readings_add(maker->readings, cause, buf_slice(&maker->one));
	else
		maker->readings->lost = true;
	buf_reset(&maker->one);
}

static void
add_text(struct maker *maker, enum explain_cause cause, const char *text)
{
	readings_add(maker->readings, cause, slice_of(text));
}

/* ------------------------------------------------------------------------
 * Escapes: of a path or a query
 */

static bool
is_escape(struct slice s, size_t i)
{
	return s.p[i] == '%' && s.len - i > 2 && hex_value(s.p[i + 1]) >= 0 &&
	    hex_value(s.p[i + 2]) >= 0;
}

static void
encode(struct buf *out, struct slice s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		if ((i > 0 && s.p[i] != '\0' &&
		    strchr("'@:!*(),;$~[]", s.p[i]) != NULL) ||
		    s.p[i] == ' ' || (s.p[i] & 0x80) != 0)
			buf_printf(out, "%%%02X", (unsigned char)s.p[i]);
		else
			buf_add_char(out, s.p[i]);
	}
}

/* all: also what delimits. */
static void
decode(struct buf *out, struct slice s, bool all)
{
	size_t i;
	char c;

	for (i = 0; i < s.len; i++) {
		c = s.p[i];
		if (is_escape(s, i)) {
			c = (char)(hex_value(s.p[i + 1]) << 4 |
			    hex_value(s.p[i + 2]));
			if (all || (c != '\0' &&
			    strchr(EITHER_WAY, c) != NULL))
				i += 2;
			else
				c = '%';
		}
		buf_add_char(out, c);
	}
}

static void
change_hex(struct buf *out, struct slice s, bool upper)
{
	static const char *const digits[] = { "0123456789abcdef",
	    "0123456789ABCDEF" };
	size_t i;

	for (i = 0; i < s.len; i++) {
		buf_add_char(out, s.p[i]);
		if (!is_escape(s, i))
			continue;
		buf_add_char(out, digits[upper][hex_value(s.p[i + 1])]);
		buf_add_char(out, digits[upper][hex_value(s.p[i + 2])]);
		i += 2;
	}
}

static void
replace(struct buf *out, struct slice s, const char *from, const char *to)
{
	const size_t len = strlen(from);
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.len - i >= len && memcmp(s.p + i, from, len) == 0) {
			buf_add_text(out, to);
			i += len - 1;
		} else {
			buf_add_char(out, s.p[i]);
		}
	}
}

static void
add_escapes(struct maker *maker, struct slice s)
{
	encode(&maker->one, s);
	add_one(maker, CAUSE_ESCAPES);
	decode(&maker->one, s, false);
	add_one(maker, CAUSE_ESCAPES);
	decode(&maker->one, s, true);
	add_one(maker, CAUSE_ESCAPES);
	replace(&maker->one, s, "%", "%25");
	add_one(maker, CAUSE_ESCAPES);
	change_hex(&maker->one, s, false);
	add_one(maker, CAUSE_HEX_CASE);
	change_hex(&maker->one, s, true);
	add_one(maker, CAUSE_HEX_CASE);
	replace(&maker->one, s, "+", "%20");
	add_one(maker, CAUSE_PLUS);
	replace(&maker->one, s, "%20", "+");
	add_one(maker, CAUSE_PLUS);
	replace(&maker->one, s, "%20", " ");
	add_one(maker, CAUSE_PLUS);
	replace(&maker->one, s, "+", " ");
	add_one(maker, CAUSE_PLUS);
}

/* ------------------------------------------------------------------------
 * Host and port
 */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Case: which letters are upper ones. */
enum letters {
	LETTERS_LOWER,
	LETTERS_UPPER,
	LETTERS_FIRST,		/* the first of all */
	LETTERS_TITLE,		/* the first of each label */
	LETTERS_NAME,		/* the same, but for the last label */
	N_LETTERS
};

static void
change_case(struct buf *out, struct slice host, enum letters letters)
{
	const char *dot = memrchr(host.p, '.', host.len);
	const size_t last = dot == NULL ? host.len : (size_t)(dot - host.p);
	bool upper, begins;
	size_t i;
	char c;

	for (i = 0; i < host.len; i++) {
		c = host.p[i];
		begins = i == 0 || host.p[i - 1] == '.' ||
		    host.p[i - 1] == '-';
		upper = letters == LETTERS_UPPER ||
		    (letters == LETTERS_FIRST && i == 0) ||
		    (letters == LETTERS_TITLE && begins) ||
		    (letters == LETTERS_NAME && begins && i < last);
		if (is_letter(c))
			c = (char)(upper ? c & ~0x20 : c | 0x20);
		buf_add_char(out, c);
	}
}

static bool
is_same_but_case(struct slice a, struct slice b)
{
	size_t i;

	for (i = 0; i < a.len && a.len == b.len; i++)
		if (a.p[i] != b.p[i] && !(is_letter(a.p[i]) &&
		    (a.p[i] ^ b.p[i]) == 0x20))
			return false;
	return a.len == b.len;
}

static void
make_hosts(struct maker *maker, const struct explain_url *base,
    const struct explain_url *others, size_t n)
{
	const struct slice host = base->parts.host;
	size_t i;

	readings_add(maker->readings, CAUSE_NONE, host);
	for (i = 0; i < n; i++)
		readings_add(maker->readings,
		    is_same_but_case(host, others[i].parts.host) ?
		    CAUSE_HOST_CASE : CAUSE_HOST, others[i].parts.host);
	for (i = 0; i < N_LETTERS; i++) {
		change_case(&maker->one, host, (enum letters)i);
		add_one(maker, CAUSE_HOST_CASE);
	}
	if (host.len > 4 && memcmp(host.p, "www.", 4) == 0) {
		buf_add(&maker->one, host.p + 4, host.len - 4);
	} else {
		buf_add_text(&maker->one, "www.");
		buf_add_slice(&maker->one, host);
	}
	add_one(maker, CAUSE_HOST);
}

static void
make_ports(struct maker *maker, const struct explain_url *base,
    const struct explain_url *others, size_t n)
{
	static const char *const usual[] = { "", ":443", ":80", ":8443",
	    ":8080", ":8000", ":3000" };
	size_t i;

	/* The acceptance set (url.h): as given, and removed or added. */
	readings_add(maker->readings, CAUSE_NONE, base->parts.port);
	add_text(maker, CAUSE_NONE, base->parts.port.len > 0 ? "" :
	    base->parts.default_port);
	for (i = 0; i < n; i++)
		readings_add(maker->readings, CAUSE_PORT,
		    others[i].parts.port);
	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		add_text(maker, CAUSE_PORT, usual[i]);
}

/* ------------------------------------------------------------------------
 * Path
 */

static struct slice
path_of(const struct explain_url *url)
{
	struct slice path = url->parts.rest;
	const char *mark = path.len == 0 ? NULL :
	    memchr(path.p, '?', path.len);

	if (mark != NULL)
		path.len = (size_t)(mark - path.p);
	return path;
}

static struct slice
query_of(const struct explain_url *url)
{
	const size_t len = path_of(url).len;

	return (struct slice){ url->parts.rest.p + len,
	    url->parts.rest.len - len };
}

static void
join(struct maker *maker, struct slice a, struct slice b)
{
	if (a.len > 0 && a.p[a.len - 1] == '/')
		a.len--;
	buf_add_slice(&maker->one, a);
	buf_add_slice(&maker->one, b);
	add_one(maker, CAUSE_PREFIX);
}

/* What is left when segments are taken from the beginning or the end. */
static void
add_shorter(struct maker *maker, struct slice path)
{
	size_t i;

	for (i = 1; i < path.len; i++) {
		if (path.p[i] != '/')
			continue;
		readings_add(maker->readings, CAUSE_PREFIX,
		    (struct slice){ path.p + i, path.len - i });
		readings_add(maker->readings, CAUSE_PREFIX,
		    (struct slice){ path.p, i });
	}
}

static void
toggle_slash(struct maker *maker, enum explain_cause cause,
    struct slice path)
{
	if (path.len > 0 && path.p[path.len - 1] == '/') {
		buf_add(&maker->one, path.p, path.len - 1);
	} else {
		buf_add_slice(&maker->one, path);
		buf_add_char(&maker->one, '/');
	}
	add_one(maker, cause);
}

static void
make_paths(struct maker *maker, const struct explain_url *base,
    const struct explain_url *others, size_t n)
{
	const struct slice path = path_of(base);
	size_t i;

	readings_add(maker->readings, CAUSE_NONE, path);
	toggle_slash(maker, CAUSE_SLASH, path);
	for (i = 0; i < n; i++) {
		readings_add(maker->readings, CAUSE_PATH,
		    path_of(&others[i]));
		toggle_slash(maker, CAUSE_PATH, path_of(&others[i]));
	}
	add_escapes(maker, path);
	replace(&maker->one, path, "//", "/");
	add_one(maker, CAUSE_PATH);
	for (i = 0; i < n; i++) {
		join(maker, path, path_of(&others[i]));
		join(maker, path_of(&others[i]), path);
	}
	add_shorter(maker, path);
	for (i = 0; i < n; i++)
		add_shorter(maker, path_of(&others[i]));
}

/* ------------------------------------------------------------------------
 * Query
 */

struct pieces {
	struct slice list[PIECES_MAX];
	size_t n;
};

/* Put the pieces in this order; the digits of which, in base n, choose. */
static bool
add_order(struct maker *maker, const struct pieces *pieces, size_t which)
{
	bool used[PIECES_MAX] = { false };
	size_t i, next;

	for (i = 0; i < pieces->n; i++) {
		next = which % pieces->n;
		which /= pieces->n;
		if (used[next]) {
			buf_reset(&maker->one);
			return false;
		}
		used[next] = true;
		buf_add_char(&maker->one, i == 0 ? '?' : '&');
		buf_add_slice(&maker->one, pieces->list[next]);
	}
	add_one(maker, CAUSE_QUERY_ORDER);
	return true;
}

static void
add_orders(struct maker *maker, struct slice query)
{
	struct pieces pieces = { .n = 0 };
	size_t i, n_orders = 1;
	const char *end;

	while (query.len > 1) {
		if (pieces.n == PIECES_MAX)
			return;
		query.p++;	/* '?' or '&' */
		query.len--;
		end = memchr(query.p, '&', query.len);
		i = end == NULL ? query.len : (size_t)(end - query.p);
		pieces.list[pieces.n++] = (struct slice){ query.p, i };
		query.p += i;
		query.len -= i;
	}
	for (i = 0; i < pieces.n; i++)
		n_orders *= pieces.n;
	for (i = 0; pieces.n > 1 && i < n_orders; i++)
		(void)add_order(maker, &pieces, i);
}

static void
make_queries(struct maker *maker, const struct explain_url *base,
    const struct explain_url *others, size_t n, struct slice hash)
{
	const struct slice query = query_of(base);
	size_t i;

	readings_add(maker->readings, CAUSE_NONE, query);
	if (hash.p != NULL) {
		buf_add_slice(&maker->one, query);
		buf_add_char(&maker->one, query.len > 0 ? '&' : '?');
		buf_add_slice(&maker->one, hash);
		add_one(maker, CAUSE_QUERY_LOST);
	}
	for (i = 0; i < n; i++)
		readings_add(maker->readings, CAUSE_QUERY,
		    query_of(&others[i]));
	add_text(maker, CAUSE_QUERY, "");
	add_text(maker, CAUSE_QUERY, "?");
	add_escapes(maker, query);
	add_orders(maker, query);
}

/* ------------------------------------------------------------------------ */

void
readings_of_url(struct readings readings[N_PARTS],
    const struct explain_url *base, const struct explain_url *others,
    size_t n_others, struct slice hash)
{
	struct maker maker = { .readings = &readings[PART_SCHEME] };
	size_t i;

	buf_init(&maker.one, 0);
	readings_add(maker.readings, CAUSE_NONE, base->parts.scheme);
	add_text(&maker, CAUSE_SCHEME, "https://");
	add_text(&maker, CAUSE_SCHEME, "http://");

	maker.readings = &readings[PART_USERINFO];
	readings_add(maker.readings, CAUSE_NONE, base->parts.userinfo);
	add_text(&maker, CAUSE_NONE, "");
	for (i = 0; i < n_others; i++)
		readings_add(maker.readings, CAUSE_USERINFO,
		    others[i].parts.userinfo);

	maker.readings = &readings[PART_HOST];
	make_hosts(&maker, base, others, n_others);
	maker.readings = &readings[PART_PORT];
	make_ports(&maker, base, others, n_others);
	maker.readings = &readings[PART_PATH];
	make_paths(&maker, base, others, n_others);
	maker.readings = &readings[PART_QUERY];
	make_queries(&maker, base, others, n_others, hash);

	maker.readings = &readings[PART_FRAGMENT];
	add_text(&maker, CAUSE_NONE, "");
	for (i = 0; i < n_others; i++)
		readings_add(maker.readings, CAUSE_FRAGMENT,
		    others[i].fragment);
	readings_add(maker.readings, CAUSE_FRAGMENT, base->fragment);
	add_text(&maker, CAUSE_FRAGMENT, FRAGMENT_USUAL);
	buf_clear(&maker.one);
}
