#!/bin/sh
# Tells members by e-mail of messages that come while they are away:
#
#     confab serve --notify-command /usr/local/bin/confab-mail
#
# The file ADDRESSES has a line for each member who has told you an address: the handle and the
# address. It needs jq and a sendmail, such as that of Postfix or msmtp.
set -eu
: "${SENDMAIL:=/usr/sbin/sendmail}" "${ADDRESSES:=/etc/confab/mail}"
notice=$(cat)
field() { printf '%s\n' "$notice" | jq -r "$1"; }
address=$(awk -v to="$(field .to)" '$1 == to { print $2; exit }' "$ADDRESSES")
[ -n "$address" ] || exit 0
{
	printf 'To: %s\nSubject: [confab] %s\n' "$address" "$(field '.from + " in " + .conversation')"
	printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n'
	field '.text // "A message came while you were away."'
} | "$SENDMAIL" -i -- "$address"
