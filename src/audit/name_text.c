#include <stdbool.h>
#include <string.h>

#include "audit/name.h"
#include "base/text.h"

/* What a shell takes as it is, wherever it stands in a word. */
static const char plain_bytes[] = "abcdefghijklmnopqrstuvwxyz"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+:,./-";

static bool
is_plain(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '\0' ||
		    strchr(plain_bytes, text.p[i]) == NULL)
			return false;
	}
	return text.len > 0;
}

/* has_control -- no terminal shows them, so nobody can type what is shown. */
static bool
has_control(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text_control(text, i) > 0)
			return true;
	}
	return false;
}

static void
add_word(struct buf *out, struct slice word)
{
	if (is_plain(word)) {
		buf_add_slice(out, word);
		return;
	}
	buf_add_char(out, '\'');
	for (size_t i = 0; i < word.len; i++) {
		if (word.p[i] == '\'')
			buf_add_text(out, "'\\''");
		else
			buf_add_char(out, word.p[i]);
	}
	buf_add_char(out, '\'');
}

static void
add_service(struct buf *out, const struct subject *subject)
{
	buf_add_text(out, "--service ");
	add_word(out, subject->service_sid);
}

void
name_words(struct buf *out, const struct subject *subject,
    unsigned int what)
{
	const bool with_service = (what & NAME_SERVICE) != 0;
	struct slice name = subject_name(subject);
	bool is_option;

	if ((what & NAME_BY_KEY) != 0 || has_control(name))
		name = subject->stream_key;
	is_option = name.len > 0 && *name.p == '-';
	if ((what & NAME_KIND) != 0) {
		buf_add_text(out, stream_kind_name(subject->kind));
		buf_add_char(out, ' ');
	}
	/* Behind "--" there are no options. */
	if (is_option && with_service) {
		add_service(out, subject);
		buf_add_char(out, ' ');
	}
	if (is_option)
		buf_add_text(out, "-- ");
	add_word(out, name);
	if (!is_option && with_service) {
		buf_add_char(out, ' ');
		add_service(out, subject);
	}
}

void
name_candidate(struct buf *out, const struct name_found *found, size_t i)
{
	const struct subject *one = &found->other[i];
	unsigned int what = NAME_KIND | (found->by_sid ? NAME_BY_KEY : 0);

	for (size_t j = 0; j < found->n_other; j++) {
		if (j != i && found->other[j].kind == one->kind)
			what |= NAME_SERVICE;
	}
	name_words(out, one, what);
}

void
name_note(struct buf *out, const struct name_found *found)
{
	const struct subject *subject = &found->subject;

	if (found->n_other == 0)
		return;
	buf_add_slice(out, subject->unique_name);
	/* The newest is the first. */
	buf_printf(out, ": %s %ss %s this name: ",
	    found->other[0].first_us <= subject->first_us ? "earlier" :
	    "other", stream_kind_name(subject->kind),
	    found->other[0].first_us <= subject->first_us ? "had" :
	    "have or had");
	for (size_t i = 0; i < found->n_other; i++) {
		if (i > 0)
			buf_add_text(out, ", ");
		buf_add_slice(out, found->other[i].stream_key);
	}
	if (found->n_others > found->n_other)
		buf_printf(out, " and %zu more",
		    found->n_others - found->n_other);
}

void
name_title(struct buf *out, const struct subject *subject)
{
	buf_add_text(out, stream_kind_name(subject->kind));
	buf_add_char(out, ' ');
	buf_add_slice(out, subject_name(subject));
}
