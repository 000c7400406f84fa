#include "cli/about.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum rc
about_one(struct past_about *about, const struct subject *subject,
    const struct call *call, struct err *err)
{
	const char *item = call->option[OPTION_ITEM];

	switch (subject->kind) {
	case STREAM_DOCUMENT:
		if (item != NULL)
			return err_set(err, RC_USAGE, "a document has no "
			    "items: leave --item out");
		break;
	case STREAM_LIST:
	case STREAM_MAP:
		if (item == NULL)
			return err_set(err, RC_USAGE, "which item of it? Say "
			    "--item KEY; syncjournal show lists them");
		break;
	case STREAM_NONE:
	case STREAM_IDENTITY:
	case N_STREAM_KINDS:
		return err_set(err, RC_USAGE, "an identity has no data");
	}
	about->subject = subject;
	about->item = slice_of(item);
	return RC_OK;
}
