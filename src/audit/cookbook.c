#include "audit/cookbook.h"

#include <stddef.h>
#include <string.h>

#include "scripts.h"

#define MARK "-- name: "
#define COMMENT "-- "

/* Where the next line begins that has this beginning; the end: nowhere. */
static const char *
find_line(const char *text, const char *begin)
{
	const char *at = text;

	while (*at != '\0' && strncmp(at, begin, strlen(begin)) != 0) {
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return at;
}

static bool
is_comment(const char *line)
{
	return strncmp(line, COMMENT, strlen(COMMENT)) == 0;
}

/* What lies between two places, without the blank lines at its end. */
static struct slice
between(const char *from, const char *to)
{
	while (to > from && (to[-1] == '\n' || to[-1] == ' '))
		to--;
	return (struct slice){ from, (size_t)(to - from) };
}

bool
cookbook_next(struct recipe *recipe)
{
	const char *mark, *name, *about, *sql, *end;

	mark = find_line(recipe->name.p == NULL ? cookbook_text :
	    recipe->sql.p, MARK);
	if (*mark == '\0')
		return false;
	name = mark + strlen(MARK);
	about = name + strcspn(name, "\n");
	about += *about == '\n';
	for (sql = about; is_comment(sql); sql += *sql == '\n')
		sql += strcspn(sql, "\n");
	end = find_line(sql, MARK);
	recipe->name = between(name, name + strcspn(name, "\n"));
	recipe->about = between(about, sql);
	recipe->sql = between(sql, end);
	return true;
}

bool
cookbook_find(const char *name, struct recipe *recipe)
{
	struct recipe next = { .name = { NULL, 0 } };

	while (cookbook_next(&next)) {
		if (slice_is(next.name, name)) {
			*recipe = next;
			return true;
		}
	}
	return false;
}

void
cookbook_about(struct buf *out, const struct recipe *recipe)
{
	const char *at = recipe->about.p;
	const char *const end = at + recipe->about.len;
	size_t len;

	while (at < end) {
		at += strlen(COMMENT);
		len = strcspn(at, "\n");
		if (at + len > end)
			len = (size_t)(end - at);
		buf_add(out, at, len);
		at += len + 1;
		if (at < end)
			buf_add_char(out, ' ');
	}
}
