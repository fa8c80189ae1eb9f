#!/bin/sh
# Before the package is removed, but not before it is upgraded. The data stay.
set -e
case "$1" in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl disable --now confab.service confab.socket
	fi
	;;
esac
