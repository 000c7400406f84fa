#include "cli/object.h"

#include <stdio.h>
#include <string.h>

#include "cli/plain.h"

/* "document", and a name. */
#define WORDS_MOST 2

/* One that may hold anything; what it says is kept in any case. */
static void
say_line(struct slice line)
{
	struct buf text;

	buf_init(&text, 0);
	buf_add_text(&text, "syncjournal: ");
	plain_add(&text, line);
	buf_add_char(&text, '\n');
	if (buf_ok(&text))
		(void)fwrite(text.data, 1, text.len, stderr);
	buf_clear(&text);
}

void
object_say(struct slice lines)
{
	const char *end;
	struct slice line;

	while (lines.len > 0) {
		end = memchr(lines.p, '\n', lines.len);
		line.p = lines.p;
		line.len = end == NULL ? lines.len : (size_t)(end - lines.p);
		say_line(line);
		if (end != NULL)
			line.len++;
		lines.p += line.len;
		lines.len -= line.len;
	}
}

/* Names come from deliveries: their line's ends are none of ours. */
static void
say_candidates(const struct name_found *found)
{
	struct buf line;

	buf_init(&line, 0);
	for (size_t i = 0; i < found->n_other; i++) {
		buf_reset(&line);
		buf_add_text(&line, "  ");
		name_candidate(&line, found, i);
		if (buf_ok(&line))
			plain_line(stderr, line.data);
	}
	buf_clear(&line);
}

static void
say_note(const struct name_found *found)
{
	struct buf line;

	buf_init(&line, 0);
	name_note(&line, found);
	if (buf_ok(&line) && line.len > 0)
		say_line(buf_slice(&line));
	buf_clear(&line);
}

enum rc
object_find(struct object *object, struct reading *reading,
    const struct call *call, char *const *words, int n_words,
    const int64_t *moment_us, struct err *err)
{
	const char *word[WORDS_MOST] = { NULL };
	const struct name_query query = {
		.words = word,
		.n_words = (size_t)n_words,
		.service = call->option[OPTION_SERVICE],
		.has_moment = moment_us != NULL,
		.moment_us = moment_us == NULL ? 0 : *moment_us,
	};
	enum rc rc;

	*object = (struct object){ .is_found = false };
	for (int i = 0; i < n_words && i < WORDS_MOST; i++)
		word[i] = words[i];
	rc = reading_begin(reading, err);
	if (rc == RC_OK)
		rc = name_find(reading->db, &query, &object->found, err);
	reading_end(reading);
	if (rc == RC_USAGE) {
		say_line(slice_of(err->text));
		say_candidates(&object->found);
		return RC_OK;
	}
	if (rc != RC_OK)
		return reading_explain(reading, rc, err);
	object->is_found = true;
	say_note(&object->found);
	return RC_OK;
}

void
object_clear(struct object *object)
{
	name_clear(&object->found);
}
