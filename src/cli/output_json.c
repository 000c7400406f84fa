#include "cli/output_parts.h"

#include "base/text.h"

/* SQLite writes an infinity as Inf, which is no number of RFC 8259. */
static bool
is_number(const struct db_value *value, struct slice text)
{
	if (value->type == DB_INTEGER)
		return true;
	return value->type == DB_REAL && text.len > 0 &&
	    text.p[text.len - 1] >= '0' && text.p[text.len - 1] <= '9';
}

static void
add_value(struct output *output, const struct db_value *value)
{
	struct slice text;

	if (value->type == DB_NULL) {
		buf_add_text(&output->line, "null");
		return;
	}
	text = output_value_text(output, value);
	if (is_number(value, text))
		buf_add_slice(&output->line, text);
	else
		text_json(&output->line, text);
}

/* The number of a character of two or three bytes. */
static unsigned
number_of(const char *p, size_t len)
{
	const unsigned first = (unsigned char)p[0];
	const unsigned second = (unsigned char)p[1] & 0x3fU;

	if (len == 2)
		return (first & 0x1fU) << 6 | second;
	return (first & 0x0fU) << 12 | second << 6 |
	    ((unsigned char)p[2] & 0x3fU);
}

/* What text_json leaves as it is, and would steer a terminal. It can only be in
 * a string. */
static void
add_plain(struct buf *out, struct slice json)
{
	size_t i = 0, n;

	while (i < json.len) {
		n = text_control(json, i);
		if (n == 0 || json.p[i] == '\n') {
			buf_add_char(out, json.p[i++]);
			continue;
		}
		buf_printf(out, "\\u%04x", n == 1 ?
		    (unsigned char)json.p[i] : number_of(json.p + i, n));
		i += n;
	}
}

static void
make_plain(struct output *output)
{
	struct buf plain;

	buf_init(&plain, 0);
	add_plain(&plain, buf_slice(&output->line));
	buf_reset(&output->line);
	buf_add_slice(&output->line, buf_slice(&plain));
	if (!buf_ok(&plain))
		output->is_out_of_memory = true;
	buf_clear(&plain);
}

static void
add_lines(struct output *output)
{
	if (output->terminal.is_terminal && buf_ok(&output->line))
		make_plain(output);
	output_add_line(output);
}

void
output_json(struct output *output, struct slice lines)
{
	buf_add_slice(&output->line, lines);
	add_lines(output);
}

void
output_json_row(struct output *output, const struct db_value *values)
{
	size_t i;

	for (i = 0; i < output->n; i++) {
		buf_add_char(&output->line, i == 0 ? '{' : ',');
		text_json(&output->line, slice_of(output->columns[i].name));
		buf_add_char(&output->line, ':');
		add_value(output, &values[i]);
	}
	buf_add_text(&output->line, "}\n");
	add_lines(output);
}
