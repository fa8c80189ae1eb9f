#!/bin/sh
# Runs after the package is installed or upgraded: creates the user and the data folder,
# and reloads systemd. It also works where systemd does not run, such as in a container.
set -e
if command -v systemd-sysusers >/dev/null; then
	systemd-sysusers confab.conf
elif id confab >/dev/null 2>&1; then
	: # an upgrade
elif command -v useradd >/dev/null; then
	useradd --system --user-group --home-dir /var/lib/confab --no-create-home --shell /usr/sbin/nologin \
		--comment "confab chat server" confab
else # Alpine
	addgroup -S confab
	adduser -S -D -H -h /var/lib/confab -s /sbin/nologin -G confab -g "confab chat server" confab
fi
if [ ! -e /var/lib/confab ]; then
	install -d -o confab -g confab -m 0700 /var/lib/confab
fi
if [ -d /run/systemd/system ]; then
	# Restarts confab only if it is running. The socket stays open, so no client is refused.
	# On Debian, the host can forbid packages to do that. A restart that fails is in the
	# journal, and the package is installed all the same.
	systemctl daemon-reload || true
	if command -v deb-systemd-invoke >/dev/null; then
		deb-systemd-invoke try-restart confab.service || true
	else
		systemctl try-restart confab.service || true
	fi
fi
