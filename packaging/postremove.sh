#!/bin/sh
# Runs after the package is removed: systemd forgets the units. The data stay.
set -e
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
