#!/bin/sh
# Copies what Litestream does not: the host key, the ids, the settings and the posted files.
# Run it every hour or so, as the user of the server. CONFAB_DATA is the data folder, and
# RESTIC_REPOSITORY and RESTIC_PASSWORD (or RESTIC_PASSWORD_FILE) are restic's.
set -eu
cd "$CONFAB_DATA"
restic backup --quiet --tag confab --exclude 'confab.db*' --exclude '.confab.db-litestream' --exclude confab.lock \
	--exclude confab.running --exclude before-upgrade .
restic forget --quiet --tag confab --group-by tags --keep-hourly 24 --keep-daily 14 --keep-monthly 12 --prune
