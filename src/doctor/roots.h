/*
 * roots -- what a web server serves, told by the names that hosts use.
 */
#ifndef DOCTOR_ROOTS_H
#define DOCTOR_ROOTS_H

#include <stdbool.h>

/*
 * roots_find -- the directory that is probably served, and that a path lies
 * in: public_html, htdocs, httpdocs, wwwroot, webroot, cgi-bin, or the places
 * of distributions (/var/www, /srv/www, /srv/http, /usr/share/nginx).
 *
 * path  need not exist; symbolic links of what exists of it are resolved
 *
 * Returns the directory, the outermost, freed by the caller; NULL: none.
 */
char *roots_find(const char *path);

/* roots_real -- the path with symbolic links resolved as far as it exists, from
 * / on, freed by the caller; NULL: no memory, or no working directory. */
char *roots_real(const char *path);

/* roots_holds -- whether the path, resolved so, is the directory or lies in
 * it. Not for "/", which nobody serves. */
bool roots_holds(const char *directory, const char *path);

#endif
