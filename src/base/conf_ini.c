#include "base/conf_parts.h"

#include <ini.h>
#include <string.h>

#include "base/wipe.h"

/*
 * inih splits lines into keys and values and takes comments off. What it
 * would do silently, the reader below refuses or does itself: cut a line at
 * the size of its buffer, cut a section's name at 49 bytes, take an indented
 * line for more of the value before, ignore what follows a heading, take a
 * NUL for the end of a line.
 */
struct reading {
	struct conf_cursor at;
	struct slice rest;	/* of the text, not yet read */
	enum rc rc;		/* of the first thing that failed */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct slice
strip_left(struct slice s)
{
	while (s.len > 0 && is_blank(*s.p)) {
		s.p++;
		s.len--;
	}
	return s;
}

/* cut_line -- the next line off the text, without its end. */
static struct slice
cut_line(struct slice *rest)
{
	struct slice line = *rest;
	const char *end = memchr(rest->p, '\n', rest->len);

	if (end != NULL)
		line.len = (size_t)(end - line.p);
	rest->p += line.len;
	rest->len -= line.len;
	if (end != NULL) {
		rest->p++;
		rest->len--;
	}
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

static bool
has_control(struct slice line)
{
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

/* heading -- a line that begins with a bracket. */
static enum rc
heading(struct conf_cursor *at)
{
	struct slice inner = { at->raw.p + 1, at->raw.len - 1 };
	const char *end = memchr(inner.p, ']', inner.len);
	struct slice after;

	if (end == NULL)
		return conf_fail(at, "a heading without its ]");
	inner.len = (size_t)(end - inner.p);
	after.p = end + 1;
	after.len = at->raw.len - 1 - inner.len - 1;
	after = strip_left(after);
	if (after.len > 0 && *after.p != ';' && *after.p != '#')
		return conf_fail(at, "nothing but a comment may follow a "
		    "heading's ]");
	return conf_section_begin(at, inner);
}

/* check_line -- what inih may see of the current line; *line is emptied
 * where it needs to see nothing. */
static enum rc
check_line(struct conf_cursor *at, size_t most, struct slice *line)
{
	const bool comment = line->len > 0 &&
	    (*line->p == ';' || *line->p == '#');
	enum rc rc;

	if (has_control(*line))
		rc = conf_fail(at, "a control character");
	else if (comment)
		rc = RC_OK;
	else if (line->len > most)
		rc = conf_fail(at, "the line has more than %zu bytes (a long "
		    "token fits into a file named by auth_token_file)", most);
	else if (line->len > 0 && *line->p == '[')
		rc = heading(at);
	else
		return RC_OK;
	line->len = 0;
	return rc;
}

/* next_line -- inih's reader: as fgets(), but always a whole line. */
static char *
next_line(char *str, int num, void *stream)
{
	static const char mark[] = "\xef\xbb\xbf";	/* of UTF-8 */
	struct reading *r = stream;
	struct slice line;

	/* Room for a line's end and a NUL; less would be a bug of inih. */
	if (r->rc != RC_OK || r->rest.len == 0 || num < 3)
		return NULL;
	line = cut_line(&r->rest);
	r->at.line++;
	if (r->at.line == 1 && line.len >= 3 && memcmp(line.p, mark, 3) == 0) {
		line.p += 3;
		line.len -= 3;
	}
	/* An indented key is a key, never more of the value before it. */
	line = strip_left(line);
	r->at.raw = line;
	r->rc = check_line(&r->at, (size_t)num - 2, &line);
	if (r->rc != RC_OK)
		return NULL;
	memcpy(str, line.p, line.len);
	memcpy(str + line.len, "\n", 2);
	return str;
}

/* take_key -- inih's handler; 0 tells it that the line is wrong. */
static int
take_key(void *user, const char *section, const char *name,
    const char *value)
{
	struct reading *r = user;

	(void)section;		/* cut at 49 bytes; the cursor has it */
	if (r->rc == RC_OK && name != NULL && value != NULL)
		r->rc = conf_key_set(&r->at, name, value);
	return r->rc == RC_OK;
}

enum rc
conf_ini_read(struct conf *conf, const char *file, struct slice text,
    struct err *err)
{
	struct reading r = {
		.at = { .conf = conf, .file = file, .err = err },
		.rest = text,
		.rc = RC_OK,
	};
	int bad_line = ini_parse_stream(next_line, &r, take_key, &r);

	/* inih had each line in its frame. */
	wipe_stack();
	if (bad_line < 0)
		return conf_no_memory(err);
	if (bad_line == 0 ||
	    (r.rc != RC_OK && r.at.line <= (unsigned)bad_line))
		return r.rc;
	/* inih reads on after a line that it cannot split. */
	r.at.line = (unsigned)bad_line;
	return conf_fail(&r.at, "not of the form key = value (a value ends "
	    "with its line)");
}
