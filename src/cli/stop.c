#include "cli/stop.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

enum rc
stop_catch(void (*handler)(int), bool hang_up, int flags, struct err *err)
{
	const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	const size_t n = sizeof(numbers) / sizeof(numbers[0]) -
	    (hang_up ? 0 : 1);
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	struct sigaction old;
	size_t i;
	bool ok = sigemptyset(&action.sa_mask) == 0;

	for (i = 0; i < n; i++) {
		ok = ok && sigaction(numbers[i], NULL, &old) == 0;
		if (ok && old.sa_handler != SIG_IGN)
			ok = sigaction(numbers[i], &action, NULL) == 0;
	}
	if (!ok)
		return err_set(err, RC_SYSTEM, "signal handlers: %s",
		    strerror(errno));
	return RC_OK;
}
