#!/bin/sh
# Puts a server together again from what Litestream and others.sh have copied:
#   CONFAB_DATA=/var/lib/confab restore.sh litestream.yml
# The folder CONFAB_DATA must be new or empty. The other variables are those of the copies.
# Stop the old server and its Litestream first: two must not write to the same copy.
set -eu
mkdir -p "$CONFAB_DATA"
chmod 700 "$CONFAB_DATA"
if [ -n "$(ls -A "$CONFAB_DATA")" ]; then
	echo "restore.sh: $CONFAB_DATA is not empty: choose a new folder" >&2
	exit 1
fi
restic restore --quiet --tag confab --target "$CONFAB_DATA" latest
litestream restore -config "$1" "$CONFAB_DATA/confab.db"
chmod 600 "$CONFAB_DATA/confab.db"
# This names the posted files that are newer than the last run of others.sh, if any.
confab doctor --deep
