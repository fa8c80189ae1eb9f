#!/bin/sh
# After the package is installed or upgraded: its user, and what systemd knows.
set -e
if command -v systemd-sysusers >/dev/null; then
	systemd-sysusers confab.conf
fi
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	# Only if it runs; nobody who connects meanwhile is refused.
	systemctl try-restart confab.service
fi
