#!/bin/sh
# The systemd units, as systemd itself reads them.

: "${BUILDDIR:=.}"
units="syncjournal.service syncjournal.socket"

if ! command -v systemd-analyze >/dev/null 2>&1; then
	echo "1..0 # SKIP systemd-analyze is not installed"
	exit 0
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/syncjournal-units.XXXXXX") || exit 1
echo "1..5"

# The program and its manual are where they will be installed, not here yet.
for unit in $units; do
	sed -e 's|^ExecStart=.*|ExecStart=/bin/true \\|' \
	    -e '/^Documentation=/d' "$BUILDDIR/systemd/$unit" >"$work/$unit" ||
	    exit 1
done
(cd "$work" && systemd-analyze verify --man=no \
    ./syncjournal.service ./syncjournal.socket) >"$work/out" 2>&1
status=$?
if [ "$status" -eq 0 ] && ! grep -q 'syncjournal\.' "$work/out"; then
	echo "ok 1 - systemd finds nothing wrong with the units"
else
	sed 's/^/# /' "$work/out"
	echo "not ok 1 - systemd finds nothing wrong with the units"
fi

if grep -q '@[a-z]*@' "$work"/syncjournal.*; then
	echo "not ok 2 - no place is left open in the units"
else
	echo "ok 2 - no place is left open in the units"
fi

# The check can fail.
sed 's/^ExecStart=/ExecStartt=/' "$work/syncjournal.service" \
    >"$work/broken.service"
if (cd "$work" && systemd-analyze verify --man=no ./broken.service) \
    >"$work/out" 2>&1 && ! grep -q ExecStartt "$work/out"; then
	echo "not ok 3 - systemd tells a key that it does not know"
else
	echo "ok 3 - systemd tells a key that it does not know"
fi

# What a broken-in responder could do, in systemd's own measure: 100 is all, 3 is
# what the shipped unit has (0.3 in words).
exposure="systemd-analyze security --no-pager --offline=true --threshold=3"
rated="4 - systemd rates the unit's exposure at 0.3 of 10"
if ! systemd-analyze security --help 2>/dev/null | grep -q offline; then
	echo "ok $rated # SKIP this systemd cannot rate a file"
	echo "ok 5 - a unit with less is rated worse # SKIP the same"
	rm -rf "$work"
	exit 0
fi
(cd "$work" && $exposure ./syncjournal.service) >"$work/out" 2>&1
status=$?
if [ "$status" -eq 0 ]; then
	echo "ok $rated"
else
	grep -v '^✓' "$work/out" | sed 's/^/# /'
	echo "not ok $rated"
fi
grep -v '^PrivateMounts=' "$work/syncjournal.service" >"$work/broken.service"
if (cd "$work" && $exposure ./broken.service) >"$work/out" 2>&1; then
	echo "not ok 5 - a unit with less is rated worse"
else
	echo "ok 5 - a unit with less is rated worse"
fi
rm -rf "$work"
