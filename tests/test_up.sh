#!/bin/sh
# ./up, run as a stranger would: in a copy of the tree, on a free port.

n=0
failed=0

# claim STATUS TEXT -- a test point
claim() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		failed=1
		echo "not ok $n - $2"
	fi
}

# shows NUMBER PATTERN -- whether so many lines of the output fit
shows() {
	[ "$(grep -cE -- "$2" "$work/out")" -eq "$1" ]
}

free_port() {
	/usr/bin/python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# nobody_left -- whether no process has the copy's var as its working directory
nobody_left() {
	for cwd in /proc/[0-9]*/cwd; do
		case $(readlink "$cwd" 2>/dev/null) in
		"$work"/tree/var) return 1 ;;
		esac
	done
}

# eventually COMMAND... -- true within 10 s; the last answer counts
eventually() {
	tries=100
	while ! "$@" && [ "$tries" -gt 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	"$@"
}

# plain -- standard input without what differs from one run to another: the port,
# and the blanks with which sqlite3 fills a line
plain() {
	sed "s/127\\.0\\.0\\.1:$port/127.0.0.1:8080/g; s/ *\$//"
}

# readme_output -- what the README says that ./up --demo prints
readme_output() {
	awk '/^<!-- end of output/ { here = 0 }
	    here && !/^```$/
	    /^<!-- output of/ { here = 1 }' README.md
}

# --------------------------------------------------------------------------

shows_each_sample() {
	PORT=$port ./up --demo >"$work/out" 2>&1
	claim $? "the demonstration ends with status 0"
	shows 16 '^  [a-z_]+ .* 204  [a-z_]+$'
	claim $? "sixteen samples are answered 204 with a verdict"
	shows 1 'signature forged +403 *$'
	claim $? "the forged one is answered 403 without a verdict"
	shows 1 'updated cart, revision 3 +204  ahead$' &&
	    shows 1 'updated cart, revision 2 +204  late$' &&
	    shows 1 'updated cart, revision 3 +204  duplicate$'
	claim $? "ahead, late and duplicate are told apart"
	shows 1 'document_removed draft, revision 1 +204  in_order$'
	claim $? "a removal is in order"
	readme_output >"$work/readme"
	plain <"$work/out" | diff "$work/readme" - >"$work/diff"
	status=$?
	claim "$status" "the README shows what it prints"
	sed 's/^/# /' "$work/diff"
}

shows_the_journal() {
	shows 1 '^list +todo +2 +3 +open *$'
	claim $? "the gap that was left is the one that is open"
	shows 1 '^document +cart +2 +2 +filled *$'
	claim $? "the gap that was filled is filled"
	shows 1 '^cart +3 +\{"items":\["apple","fig","plum"\]\} +0 +0 *$'
	claim $? "the document has its last data"
	shows 1 '^draft .* 1 +0 *$'
	claim $? "the removed document is shown as removed"
}

leaves_only_var() {
	[ "$(stat -c %a var/syncjournal.conf)" = 600 ]
	claim $? "the file with the token is for its owner alone"
	eventually nobody_left
	claim $? "the demonstration leaves no process behind"
}

keeps_the_journal() {
	PORT=$port ./up --demo >"$work/out" 2>&1
	claim $? "a second run works"
	[ "$(sqlite3 -readonly var/journal.db \
	    'SELECT count(*) FROM deliveries')" = 32 ]
	claim $? "a second run keeps the deliveries of the first"
	shows 1 'updated cart, revision 3 +204  ahead$' &&
	    shows 2 'created .* 204  baseline$'
	claim $? "a second run has streams of its own"
}

# A package database in which nginx is not, and a user who cannot install it.
says_what_is_missing() {
	mkdir "$work/bin"
	{
		echo '#!/bin/sh'
		echo 'for p; do :; done'
		echo '[ "$p" = nginx ] || echo "install ok installed"'
	} >"$work/bin/dpkg-query"
	chmod +x "$work/bin/dpkg-query"
	PATH=$work/bin:$PATH ./up --demo >"$work/out" 2>&1
	[ $? -eq 2 ] && grep -q \
	    'apt-get install -y --no-install-recommends nginx$' "$work/out"
	claim $? "without root it says exactly what to install"
}

refuses_a_port_that_is_none() {
	PORT=70000 ./up --demo >"$work/out" 2>&1
	[ $? -eq 1 ] && grep -q 'not from 1 to 65535: 70000' "$work/out"
	claim $? "a port that cannot be is said"
}

serves_until_told() {
	PORT=$port ./up >"$work/out" 2>&1 &
	pid=$!
	eventually grep -q '^Serving ' "$work/out"
	claim $? "without --demo it goes on serving"
	PORT=$port ./up --demo >"$work/out2" 2>&1
	[ $? -eq 1 ] && grep -q "port $port of 127.0.0.1 is taken" "$work/out2"
	claim $? "a port that is taken is said"
	kill -TERM "$pid"
	wait "$pid"
	claim $? "it ends with status 0 when told"
	eventually nobody_left
	claim $? "it takes its children with it"
}

# --------------------------------------------------------------------------

: "${SRCDIR:=$(cd "$(dirname "$0")/.." && pwd)}"
SYNCJOURNAL_NO_INSTALL=1
export SYNCJOURNAL_NO_INSTALL
. "$SRCDIR/build-aux/packages.sh"
# shellcheck disable=SC2086,SC2154  # a list of words, from packages.sh
if ! missing=$(packages_need $packages_up 2>&1); then
	echo "1..0 # SKIP" "$missing" | tr '\n' ' '
	exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/syncjournal-up.XXXXXX") || exit 1
"$SRCDIR/build-aux/copy-source" "$SRCDIR" "$work/tree" || exit 1
cd "$work/tree" || exit 1
port=$(free_port) || exit 1

# make's own variables would reach the make inside.
unset MAKEFLAGS MFLAGS MAKELEVEL UNIT_WRAPPER
says_what_is_missing
refuses_a_port_that_is_none
shows_each_sample
shows_the_journal
leaves_only_var
keeps_the_journal
serves_until_told
echo "1..$n"

cd / || exit 1
if [ "$failed" -eq 0 ]; then
	rm -rf "$work"
else
	sed 's/^/# /' "$work/out"
	echo "# kept: $work"
fi
