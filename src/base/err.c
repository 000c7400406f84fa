#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* format -- as vsnprintf, but a message that cannot be made is empty. */
static void
format(char text[ERR_TEXT_SIZE], const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

static void
format(char text[ERR_TEXT_SIZE], const char *fmt, va_list args)
{
	if (vsnprintf(text, ERR_TEXT_SIZE, fmt, args) < 0)
		text[0] = '\0';
}

enum rc
err_set(struct err *err, enum rc rc, const char *fmt, ...)
{
	/* Not straight into err: its old text may be one of the arguments. */
	char text[ERR_TEXT_SIZE];
	va_list args;

	if (err == NULL)
		return rc;
	va_start(args, fmt);
	format(text, fmt, args);
	va_end(args);
	memcpy(err->text, text, strlen(text) + 1);
	return rc;
}

void
err_prefix(struct err *err, const char *fmt, ...)
{
	char what[ERR_TEXT_SIZE];
	va_list args;

	if (err == NULL)
		return;
	va_start(args, fmt);
	format(what, fmt, args);
	va_end(args);
	err_set(err, RC_OK, "%s: %s", what, err->text);
}
