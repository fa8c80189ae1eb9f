package main

import (
	"log/slog"

	"confab/app/chat"
)

// ownOpenFiles is what the server has open for itself: the database's connections,
// the log, the listeners.
const ownOpenFiles = 128

// checkOpenFiles warns the host when connections and files that the limits allow would
// fail, since the system allows the process fewer.
func (f limitFlags) checkOpenFiles(log *slog.Logger) {
	needed := int64(f.MaxConnections) + chat.MaxHandlesInAll + ownOpenFiles
	if may, limited := maxOpenFiles(); limited && may < needed {
		log.Warn("the system lets this server have fewer files and connections open than its limits allow: raise ulimit -n, or lower --max-connections",
			"may", may, "needs", needed)
	}
}
