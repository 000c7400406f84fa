#include "cli/data.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/plain.h"
#include "cli/terminal.h"
#include "json/json.h"
#include "json/json_text.h"

/* What JSON of 16 KiB, or a delivery's 128 KiB, may grow to over its lines. */
#define PRETTY_MOST (64U * 1024 * 1024)

/* Whole lines; those of a value are its own, all else in it is made plain. */
static void
add_plain_lines(struct buf *out, struct slice text)
{
	const char *end;
	struct slice line;

	while (text.len > 0) {
		end = memchr(text.p, '\n', text.len);
		line.p = text.p;
		line.len = end == NULL ? text.len : (size_t)(end - text.p);
		plain_add(out, line);
		buf_add_char(out, '\n');
		if (end != NULL)
			line.len++;
		text.p += line.len;
		text.len -= line.len;
	}
}

static enum rc
print(struct slice text, bool is_whole, struct err *err)
{
	struct buf lines;

	if (!terminal_look(stdout).is_terminal) {
		(void)fwrite(text.p, 1, text.len, stdout);
		if (!is_whole)
			(void)fputc('\n', stdout);
		return output_end(err);
	}
	buf_init(&lines, 0);
	add_plain_lines(&lines, text);
	if (!buf_ok(&lines)) {
		buf_clear(&lines);
		return err_set(err, RC_MEMORY, "show: no memory");
	}
	(void)fwrite(lines.data, 1, lines.len, stdout);
	buf_clear(&lines);
	return output_end(err);
}

static void
say(const char *why)
{
	struct buf line;

	buf_init(&line, 0);
	buf_printf(&line, "syncjournal: not JSON, shown as it is: %s", why);
	if (buf_ok(&line))
		plain_line(stderr, line.data);
	buf_clear(&line);
}

enum rc
data_print(struct slice data, bool raw, struct err *err)
{
	struct err why = { .text = "" };
	struct json *json = NULL;
	struct buf text;
	enum rc rc;

	if (raw)
		return print(data, true, err);
	rc = json_parse(&json, data, &why);
	if (rc == RC_MEMORY) {
		*err = why;
		return rc;
	}
	if (rc != RC_OK) {
		say(why.text);
		return print(data, true, err);
	}
	buf_init(&text, PRETTY_MOST);
	json_pretty(&text, json_root(json), 0);
	if (buf_ok(&text))
		rc = print(buf_slice(&text), false, err);
	else
		rc = print(data, true, err);
	buf_clear(&text);
	json_free(json);
	return rc;
}
