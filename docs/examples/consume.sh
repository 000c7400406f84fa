#!/bin/sh
# Hand on each document's new state: sh consume.sh JOURNAL STATE
# Needs syncjournal, sqlite3 and jq.
set -u
journal=$1 state=$2 tab='	'

# Your work. Done twice, it must come to the same; the data is "null" once the
# document was removed.
handle() { # NAME REVISION DATA
	printf '%s %s %s\n' "$1" "$2" "$3"
}

# Of the event at a position: 1 if it is its document's state now, else 0; a
# tab; and its receipt.
ask() { # POSITION
	case $1 in '' | *[!0-9]*) return 1 ;; esac
	sqlite3 -readonly -cmd '.timeout 5000' "$journal" "
		SELECT EXISTS (SELECT 1 FROM documents AS d
			WHERE d.document_sid = e.object_sid
			AND d.service_sid IS e.service_sid
			AND d.position = e.position) || '$tab' || e.received_at
		FROM events AS e WHERE e.position = $1"
}

# The last event that was looked at: its position and receipt.
save() { # POSITION RECEIPT
	printf '%s\t%s\n' "$1" "$2" >"$state.new" &&
	    sync "$state.new" && mv "$state.new" "$state"
}

after=0
if [ -s "$state" ]; then
	after=$(cut -f1 "$state")
	answer=$(ask "$after")
	if [ "${answer#*"$tab"}" != "$(cut -f2 "$state")" ]; then
		echo "$state: is not of this journal, or it was restored" >&2
		exit 1
	fi
fi

syncjournal --journal "$journal" log --follow --format json \
    --type 'document_*' --from "$after" |
while IFS= read -r event; do
	position=$(printf '%s\n' "$event" | jq .position)
	answer=$(ask "$position") || exit 1
	if [ "${answer%%"$tab"*}" = 1 ]; then
		# @sh quotes what came from outside
		eval "handle $(printf '%s\n' "$event" | jq -r '
			[.unique_name // .object_sid, .revision, .data]
			| map(tostring) | @sh')" || exit 1
	fi
	save "$position" "${answer#*"$tab"}" || exit 1
done
