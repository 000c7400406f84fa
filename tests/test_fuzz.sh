#!/bin/sh
# Every fuzz target over its corpus (tests/fuzz/README.md), one claim each.
# UNIT_WRAPPER is put before each, as it is before the unit tests.

LC_ALL=C
export LC_ALL
n=0
failed=0

work=$(mktemp -d "${TMPDIR:-/tmp}/syncjournal-test-fuzz.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

for source in "$SRCDIR"/tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	name=${name#fuzz_}
	set -- "$SRCDIR/tests/fuzz/corpus/$name"/*
	n=$((n + 1))
	# shellcheck disable=SC2086  # the wrapper is a list of words
	if [ -e "$1" ] && $UNIT_WRAPPER \
	    "$BUILDDIR/tests/fuzz/fuzz_$name" "$@" >"$work/out" 2>&1; then
		echo "ok $n - $name: $# inputs"
	else
		failed=1
		echo "not ok $n - $name"
		tail -n 40 "$work/out" | sed 's/^/# /'
	fi
done
echo "1..$n"
exit $failed
