#include "base/wipe.h"

#include <string.h>

void __attribute__((noinline))
wipe_stack(void)
{
	char below[4096];

	explicit_bzero(below, sizeof(below));
}
