#include "responder/signals.h"

#include <errno.h>
#include <string.h>

static volatile sig_atomic_t stop_wanted;
static volatile sig_atomic_t reload_wanted;

/* What to wait with, what to work with, and the difference. */
static sigset_t mask_open;
static sigset_t mask_ours;

static void
on_stop(int number)
{
	(void)number;
	stop_wanted = 1;
}

static void
on_reload(int number)
{
	(void)number;
	reload_wanted = 1;
}

static const struct {
	int number;
	void (*handler)(int);
} handlers[] = {
	{ SIGTERM, on_stop },
	{ SIGINT, on_stop },
	{ SIGUSR1, on_stop },
	{ SIGHUP, on_reload },
};
#define N_HANDLERS (sizeof(handlers) / sizeof(handlers[0]))

static bool
handle(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigemptyset(&action.sa_mask);
	return sigaction(number, &action, NULL) == 0;
}

enum rc
signals_install(struct err *err)
{
	bool ok = handle(SIGPIPE, SIG_IGN) && handle(SIGALRM, SIG_IGN);

	sigemptyset(&mask_ours);
	for (size_t i = 0; i < N_HANDLERS; i++) {
		ok = ok && handle(handlers[i].number, handlers[i].handler);
		sigaddset(&mask_ours, handlers[i].number);
	}
	ok = ok && sigprocmask(SIG_BLOCK, &mask_ours, &mask_open) == 0;
	/* Whoever started us may have blocked them. */
	for (size_t i = 0; i < N_HANDLERS; i++)
		sigdelset(&mask_open, handlers[i].number);
	if (!ok)
		return err_set(err, RC_SYSTEM, "signal handlers: %s",
		    strerror(errno));
	return RC_OK;
}

const sigset_t *
signals_open(void)
{
	return &mask_open;
}

void
signals_poll(void)
{
	sigset_t pending;
	bool any = false;

	if (sigpending(&pending) != 0)
		return;
	for (size_t i = 0; i < N_HANDLERS; i++)
		any = any || sigismember(&pending, handlers[i].number) == 1;
	if (any) {
		sigprocmask(SIG_UNBLOCK, &mask_ours, NULL);
		sigprocmask(SIG_BLOCK, &mask_ours, NULL);
	}
}

bool
signals_stop(void)
{
	return stop_wanted != 0;
}

bool
signals_reload(void)
{
	const bool wanted = reload_wanted != 0;

	reload_wanted = 0;
	return wanted;
}
