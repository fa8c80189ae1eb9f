#!/bin/sh
# Runs before the package is removed or upgraded. Removal stops the server; an
# upgrade does not. The data stay.
set -e
case "$1" in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl disable --now confab.service confab.socket confab-backup.timer || true
	fi
	;;
esac
