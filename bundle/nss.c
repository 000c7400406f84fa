/*
 * Names of users and hosts in the static programs. Left alone, the C library
 * would load what the host's nsswitch.conf names (sss, systemd, ldap): modules
 * that were made for another C library than the one that is linked in here. So
 * it asks what it has in itself: files, and DNS.
 */
#include <nss.h>
#include <stddef.h>

__attribute__((constructor))
static void
ask_no_modules(void)
{
	static const char *const databases[][2] = {
		{ "passwd", "files" },
		{ "group", "files" },
		{ "hosts", "files dns" },
		{ "services", "files" },
		{ "protocols", "files" },
		{ "networks", "files" },
	};
	const size_t n = sizeof(databases) / sizeof(databases[0]);

	/* What fails stays as it was. */
	for (size_t i = 0; i < n; i++)
		(void)__nss_configure_lookup(databases[i][0], databases[i][1]);
}
