#!/bin/sh
# Tells members through ntfy of messages that come while they are away:
#
#     confab serve --notify-command /usr/local/bin/confab-ntfy
#
# The file ADDRESSES has a line for each member who has told you a topic: the handle and the
# topic. It needs curl and jq.
set -eu
: "${NTFY:=https://ntfy.sh}" "${ADDRESSES:=/etc/confab/ntfy}"
notice=$(cat)
field() { printf '%s\n' "$notice" | jq -r "$1"; }
topic=$(awk -v to="$(field .to)" '$1 == to { print $2; exit }' "$ADDRESSES")
[ -n "$topic" ] || exit 0
field '.text // "A message came while you were away."' |
	curl -fsS --max-time 20 -o /dev/null -H "Title: $(field '.from + " in " + .conversation')" --data-binary @- "$NTFY/$topic"
