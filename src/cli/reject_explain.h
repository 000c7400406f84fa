/*
 * reject_explain -- say why a request does not verify, and what mends it.
 */
#ifndef CLI_REJECT_EXPLAIN_H
#define CLI_REJECT_EXPLAIN_H

#include <stdint.h>

#include "base/conf.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/output.h"
#include "journal/reject.h"

/*
 * reject_explain -- verify as configured, else find the cause, and print what
 * came of it: a sentence and the lines of configuration, or one object with the
 * same. Never a token or a signature that would fit.
 *
 * conf       with tokens
 * reject_id  of the quarantine; 0: it is of no quarantine
 * *status    set only on RC_OK: clean when it verifies as configured
 */
enum rc reject_explain(const struct conf *conf, int64_t reject_id,
    const struct reject *reject, enum output_format format,
    enum status *status, struct err *err);

#endif
