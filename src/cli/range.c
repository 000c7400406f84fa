#include "cli/range.h"

#include <stddef.h>
#include <string.h>

#include "base/slice.h"
#include "twilio/number.h"

enum rc
range_read(const char *word, int64_t *first, int64_t *last, struct err *err)
{
	const char *dash = strchr(word, '-');
	struct slice head = { word, dash == NULL ? 0 :
	    (size_t)(dash - word) };
	int64_t from, to;

	if (dash == NULL || !number_parse(head, 10, &from) ||
	    !number_parse(slice_of(dash + 1), 10, &to))
		return err_set(err, RC_USAGE, "--range is FIRST-LAST, two "
		    "numbers, not: %s", word);
	if (from > to)
		return err_set(err, RC_USAGE, "--range: the first number is "
		    "the larger: %s", word);
	*first = from;
	*last = to;
	return RC_OK;
}
