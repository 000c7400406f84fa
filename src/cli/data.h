/*
 * data -- one value of a document or item, printed.
 */
#ifndef CLI_DATA_H
#define CLI_DATA_H

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"
#include "cli/output.h"

/*
 * data_print -- print a value on standard output.
 *
 * raw   its bytes as they are
 *
 * Else JSON over several lines, its names, numbers and strings as they are
 * written; what is no JSON, which is said on standard error, or would grow
 * beyond all measure, as it is.
 *
 * On a terminal its lines are made plain, and a last newline is added; what is
 * printed as it is has neither elsewhere.
 *
 * RC_MEMORY, and codes of output_end. No transaction may be open.
 */
enum rc data_print(struct slice data, bool raw, struct err *err);

#endif
