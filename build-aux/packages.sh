# shellcheck shell=sh disable=SC2034
# packages.sh -- Debian packages that ./up, ./check and bench/ need. To be
# sourced.

# To build and run the responder behind nginx; libseccomp works out a filter of
# system calls while it is built.
packages_up='gcc libc6-dev make autoconf automake pkg-config
	libfcgi-dev libsqlite3-dev nettle-dev libinih-dev libseccomp-dev
	nginx sqlite3 curl openssl'

# To test as well: libraries of the unit tests, the second compiler with the
# runtime of its sanitizers, valgrind (libc6-dbg: it must know the C library's
# symbols), Twilio's own library, which signs the end-to-end tests, one that
# applies JSON patches, strace, which shows that a sync comes before its answer,
# e2fsprogs, for a file system that loses its power, tmux, a terminal, and groff
# for what "make bundle" packs.
packages_check="$packages_up
	libcmocka-dev libjson-c-dev clang libclang-rt-14-dev valgrind libc6-dbg
	groff-base python3 python3-jsonpatch python3-twilio strace e2fsprogs
	tmux xz-utils"

# To test it behind the other web servers; without them those tests are skipped.
packages_servers='apache2 libapache2-mod-fcgid apache2-suexec-pristine
	lighttpd'

# To measure it beside others (bench/run); npm, unless it is there from
# elsewhere.
packages_bench='python3 php-fpm php-cli php-sqlite3 webhook'
packages_npm='nodejs npm'

# To measure it where Apache starts a process for each request
# (bench/processes).
packages_processes='python3 apache2 libapache2-mod-fcgid
	php-cgi php-cli php-sqlite3'

# packages_missing PACKAGE... -- print those that are not installed.
packages_missing() {
	for package; do
		case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
		*' installed') ;;
		*) printf ' %s' "$package" ;;
		esac
	done
}

# packages_need PACKAGE... -- have them all, or say what to do and return 2.
# Installs as root, unless SYNCJOURNAL_NO_INSTALL is set.
packages_need() {
	if ! command -v dpkg-query >/dev/null 2>&1; then
		echo "This is not Debian: what is missing will show." >&2
		return 0
	fi
	missing=$(packages_missing "$@")
	if [ -z "$missing" ]; then
		return 0
	fi
	if [ "$(id -u)" -ne 0 ] || [ -n "${SYNCJOURNAL_NO_INSTALL-}" ]; then
		echo "Missing packages. As root, run:" >&2
		echo "    apt-get update && apt-get install -y" \
		    "--no-install-recommends$missing" >&2
		return 2
	fi
	echo "Installing:$missing"
	packages_install "$missing"
}

# packages_install 'PACKAGE...' -- quietly; what apt-get said is shown when it
# fails. Without systemd, runlevel 1 keeps the system's servers from being
# started: we start our own.
packages_install() {
	log=$(mktemp) || return 1
	# shellcheck disable=SC2086  # the argument is a list of words
	if DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
	    export DEBIAN_FRONTEND RUNLEVEL
	    apt-get -q update >"$log" 2>&1 </dev/null &&
	    apt-get -q -y --no-install-recommends install $1 >>"$log" 2>&1 \
	    </dev/null; then
		rm -f "$log"
		return 0
	fi
	cat "$log" >&2
	rm -f "$log"
	echo "apt-get could not install:$1" >&2
	return 2
}
