#!/bin/sh
# Runs after the package is installed or upgraded: creates the user and reloads
# systemd.
set -e
if command -v systemd-sysusers >/dev/null; then
	systemd-sysusers confab.conf
fi
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	# Restarts confab only if it is running. The socket stays open, so no client is refused.
	systemctl try-restart confab.service
fi
