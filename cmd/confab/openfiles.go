package main

import (
	"log/slog"

	"confab/app/service"
)

// ownOpenFiles is how many files the server needs for itself: the database's
// connections, the log, the listeners.
const ownOpenFiles = 128

// checkOpenFiles warns the host if the system allows the process fewer open files
// than its limits need, because connections and files within the limits would then
// fail.
func (f limitFlags) checkOpenFiles(log *slog.Logger) {
	needed := int64(f.MaxConnections) + service.MaxHandlesInAll + ownOpenFiles
	if may, limited := maxOpenFiles(); limited && may < needed {
		log.Warn("the system allows fewer open files than the limits on connections and files need: raise ulimit -n, or lower --max-connections",
			"may", may, "needs", needed)
	}
}
