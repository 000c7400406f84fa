#!/bin/sh
# append.sh LINE -- what webhook starts for each request: the line is in the
# file JOURNAL, and on the disk, when this ends.
printf '%s\n' "$1" >>"$JOURNAL" && exec sync -d "$JOURNAL"
