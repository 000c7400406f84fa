/*
 * init_lines -- what a person is to put elsewhere: the web server's
 * configuration, and the calls that tell Twilio.
 */
#ifndef CLI_INIT_LINES_H
#define CLI_INIT_LINES_H

#include <stdio.h>

#include "cli/init_wanted.h"

/* init_lines_server -- the exact lines for the web server, with where they
 * belong. The files under nginx/, apache/ and lighttpd/ say why of each. */
void init_lines_server(const struct init_wanted *wanted, FILE *file);

/* init_lines_twilio -- the calls of Twilio's REST interface. They hold no
 * token: $TWILIO_AUTH_TOKEN stands for it, and goes to curl by a pipe. */
void init_lines_twilio(const struct init_wanted *wanted, FILE *file);

#endif
