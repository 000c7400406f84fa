/*
 * nagios -- the one line that a monitoring plugin prints, and its exit status
 * (https://www.monitoring-plugins.org/doc/guidelines.html, sections 2.1, 2.4 and
 * 2.6).
 */
#ifndef CLI_NAGIOS_H
#define CLI_NAGIOS_H

#include <stdbool.h>

enum nagios_state {
	NAGIOS_OK = 0,		/* the exit status of each */
	NAGIOS_WARNING = 1,
	NAGIOS_CRITICAL = 2,
	NAGIOS_UNKNOWN = 3,
	N_NAGIOS_STATES
};

/* nagios_is_wanted -- whether a command line asks for it, though it may be
 * wrong in other ways: --nagios, or what getopt_long takes for it. */
bool nagios_is_wanted(int argc, char *const *argv);

/*
 * nagios_print -- print the line on standard output.
 *
 * text      any bytes; what is not plain, and '|', which begins the perfdata, as
 *           \xHH
 * perfdata  as it is to stand there; NULL: none
 *
 * A failure is one of the file (ferror).
 */
void nagios_print(enum nagios_state state, const char *text,
    const char *perfdata);

#endif
