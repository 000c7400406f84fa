/*
 * cgi -- one request of a web server that starts a process for each.
 */
#ifndef RESPONDER_CGI_H
#define RESPONDER_CGI_H

#include "base/err.h"
#include "responder/setup.h"

/*
 * cgi_run -- answer the request in the environment and on standard input.
 *
 * setup   file, envp and resident = false are set; the rest is NULL. It is
 *         loaded and its journal opened here, and both stay for setup_close.
 *
 * All that has to be written is written before the answer: web servers kill a
 * program that goes on after it. There is always an answer; what else went
 * wrong is in the rc and err, for the log.
 *
 * RC_SYSTEM  also when the answer could not be written
 */
enum rc cgi_run(struct setup *setup, struct err *err);

#endif
