#include "cli/nagios.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/slice.h"
#include "cli/plain.h"

#define OPTION "--nagios"
/* No other long option begins so. */
#define SHORTEST "--n"

bool
nagios_is_wanted(int argc, char *const *argv)
{
	size_t len;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		/* An argument, which it does not take, is behind "=". */
		len = strcspn(argv[i], "=");
		if (len >= strlen(SHORTEST) &&
		    strncmp(argv[i], OPTION, len) == 0)
			return true;
	}
	return false;
}

void
nagios_print(enum nagios_state state, const char *text, const char *perfdata)
{
	static const char *const names[N_NAGIOS_STATES] = {
		[NAGIOS_OK] = "OK",
		[NAGIOS_WARNING] = "WARNING",
		[NAGIOS_CRITICAL] = "CRITICAL",
		[NAGIOS_UNKNOWN] = "UNKNOWN",
	};
	struct buf plain, line;

	buf_init(&plain, 0);
	buf_init(&line, 0);
	plain_add(&plain, slice_of(text));
	buf_printf(&line, "SYNCJOURNAL %s - ", names[state]);
	for (size_t i = 0; i < plain.len; i++) {
		if (plain.data[i] == '|')
			buf_add_text(&line, "\\x7C");
		else
			buf_add_char(&line, plain.data[i]);
	}
	if (perfdata != NULL)
		buf_printf(&line, " | %s", perfdata);
	buf_add_char(&line, '\n');
	if (buf_ok(&plain) && buf_ok(&line))
		(void)fwrite(line.data, 1, line.len, stdout);
	buf_clear(&line);
	buf_clear(&plain);
}
